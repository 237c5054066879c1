-- command_catalog: register 2 command(s) (migration, deploy)
\set ON_ERROR_STOP on
\encoding UTF8
begin;
set local search_path = pg_catalog, pg_temp;

do $preflight$
begin
    if to_regprocedure('public.fn_iu_auto_instantiate_from_event(uuid,text,uuid,text,text,text,text)') is null then
        raise exception 'preflight: public.fn_iu_auto_instantiate_from_event(uuid,text,uuid,text,text,text,text) is missing: apply 033 first';
    end if;
    if to_regprocedure('public.fn_iu_auto_instantiate_rollback_by_actor(text,boolean)') is null then
        raise exception 'preflight: public.fn_iu_auto_instantiate_rollback_by_actor(text,boolean) is missing: apply 033 first';
    end if;
end
$preflight$;

insert into public.dot_iu_command_catalog (command_name, category, mutating, reversible, target_functions)
values
    ('dot_iu_auto_instantiate_from_event', 'collection', true, true, array['fn_iu_auto_instantiate_from_event']::text[]),
    ('dot_iu_auto_instantiate_rollback_by_actor', 'lifecycle', true, true, array['fn_iu_auto_instantiate_rollback_by_actor']::text[])
on conflict (command_name) do nothing;

do $verify$
begin
    if (select count(*) from public.dot_iu_command_catalog as c) <> 26 then
        raise exception 'verify: not 26 rows';
    end if;
    if (select count(distinct t.target) from public.dot_iu_command_catalog as c, unnest(c.target_functions) as t (target)) <> 24 then
        raise exception 'verify: not 24 distinct target functions';
    end if;
    if to_regprocedure('public.fn_iu_auto_instantiate_from_event(uuid,text,uuid,text,text,text,text)') is null then
        raise exception 'verify: public.fn_iu_auto_instantiate_from_event(uuid,text,uuid,text,text,text,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_auto_instantiate_rollback_by_actor(text,boolean)') is null then
        raise exception 'verify: public.fn_iu_auto_instantiate_rollback_by_actor(text,boolean) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_collection_add(uuid,uuid,text)') is null then
        raise exception 'verify: public.fn_iu_collection_add(uuid,uuid,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_collection_list(text)') is null then
        raise exception 'verify: public.fn_iu_collection_list(text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_collection_remove(uuid,uuid,text)') is null then
        raise exception 'verify: public.fn_iu_collection_remove(uuid,uuid,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_event_emit(text,text,jsonb,text)') is null then
        raise exception 'verify: public.fn_iu_event_emit(text,text,jsonb,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_event_pending(integer)') is null then
        raise exception 'verify: public.fn_iu_event_pending(integer) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_health()') is null then
        raise exception 'verify: public.fn_iu_health() does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_place(uuid,text,text,text)') is null then
        raise exception 'verify: public.fn_iu_place(uuid,text,text,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_route_resolve(text)') is null then
        raise exception 'verify: public.fn_iu_route_resolve(text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_snapshot_take(text,text)') is null then
        raise exception 'verify: public.fn_iu_snapshot_take(text,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_surface_counts()') is null then
        raise exception 'verify: public.fn_iu_surface_counts() does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_tag_attach(uuid,text,text,text)') is null then
        raise exception 'verify: public.fn_iu_tag_attach(uuid,text,text,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_tag_detach(uuid,text,text,text)') is null then
        raise exception 'verify: public.fn_iu_tag_detach(uuid,text,text,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_template_preview(uuid)') is null then
        raise exception 'verify: public.fn_iu_template_preview(uuid) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_template_set_status(uuid,text,text)') is null then
        raise exception 'verify: public.fn_iu_template_set_status(uuid,text,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_tree_attach(uuid,uuid,text)') is null then
        raise exception 'verify: public.fn_iu_tree_attach(uuid,uuid,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_tree_detach(uuid,text)') is null then
        raise exception 'verify: public.fn_iu_tree_detach(uuid,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_unit_create(text,text,text,text)') is null then
        raise exception 'verify: public.fn_iu_unit_create(text,text,text,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_unit_find(text,integer)') is null then
        raise exception 'verify: public.fn_iu_unit_find(text,integer) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_unit_history(uuid)') is null then
        raise exception 'verify: public.fn_iu_unit_history(uuid) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_unit_set_status(uuid,text,text)') is null then
        raise exception 'verify: public.fn_iu_unit_set_status(uuid,text,text) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_unit_show(uuid)') is null then
        raise exception 'verify: public.fn_iu_unit_show(uuid) does not resolve';
    end if;
    if to_regprocedure('public.fn_iu_unplace(uuid,text)') is null then
        raise exception 'verify: public.fn_iu_unplace(uuid,text) does not resolve';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_auto_instantiate_from_event' and c.category is not distinct from 'collection' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_auto_instantiate_from_event']::text[]) then
        raise exception 'verify: dot_iu_auto_instantiate_from_event is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_auto_instantiate_rollback_by_actor' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_auto_instantiate_rollback_by_actor']::text[]) then
        raise exception 'verify: dot_iu_auto_instantiate_rollback_by_actor is missing or differs in a column';
    end if;
end
$verify$;

commit;

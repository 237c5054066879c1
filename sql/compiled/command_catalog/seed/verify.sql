-- command_catalog: all 26 governed commands (seed, verify)
\set ON_ERROR_STOP on
\encoding UTF8
begin;
set local search_path = pg_catalog, pg_temp;

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
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_collection_add' and c.category is not distinct from 'collection' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_collection_add']::text[]) then
        raise exception 'verify: dot_iu_collection_add is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_collection_list' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_collection_list']::text[]) then
        raise exception 'verify: dot_iu_collection_list is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_collection_remove' and c.category is not distinct from 'collection' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_collection_remove']::text[]) then
        raise exception 'verify: dot_iu_collection_remove is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_event_emit' and c.category is not distinct from 'event' and c.mutating is not distinct from true and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_event_emit']::text[]) then
        raise exception 'verify: dot_iu_event_emit is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_event_pending' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_event_pending']::text[]) then
        raise exception 'verify: dot_iu_event_pending is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_health' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_health']::text[]) then
        raise exception 'verify: dot_iu_health is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_place' and c.category is not distinct from 'placement' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_place']::text[]) then
        raise exception 'verify: dot_iu_place is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_route_resolve' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_route_resolve']::text[]) then
        raise exception 'verify: dot_iu_route_resolve is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_snapshot_take' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_snapshot_take']::text[]) then
        raise exception 'verify: dot_iu_snapshot_take is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_surface_counts' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_surface_counts']::text[]) then
        raise exception 'verify: dot_iu_surface_counts is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_tag_attach' and c.category is not distinct from 'tagging' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_tag_attach']::text[]) then
        raise exception 'verify: dot_iu_tag_attach is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_tag_detach' and c.category is not distinct from 'tagging' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_tag_detach']::text[]) then
        raise exception 'verify: dot_iu_tag_detach is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_template_preview' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_template_preview']::text[]) then
        raise exception 'verify: dot_iu_template_preview is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_template_publish' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_template_set_status']::text[]) then
        raise exception 'verify: dot_iu_template_publish is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_template_withdraw' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_template_set_status']::text[]) then
        raise exception 'verify: dot_iu_template_withdraw is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_tree_attach' and c.category is not distinct from 'placement' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_tree_attach']::text[]) then
        raise exception 'verify: dot_iu_tree_attach is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_tree_detach' and c.category is not distinct from 'placement' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_tree_detach']::text[]) then
        raise exception 'verify: dot_iu_tree_detach is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_unit_create' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_unit_create']::text[]) then
        raise exception 'verify: dot_iu_unit_create is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_unit_find' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_unit_find']::text[]) then
        raise exception 'verify: dot_iu_unit_find is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_unit_history' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_unit_history']::text[]) then
        raise exception 'verify: dot_iu_unit_history is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_unit_restore' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_unit_set_status']::text[]) then
        raise exception 'verify: dot_iu_unit_restore is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_unit_retire' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_unit_set_status']::text[]) then
        raise exception 'verify: dot_iu_unit_retire is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_unit_show' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_unit_show']::text[]) then
        raise exception 'verify: dot_iu_unit_show is missing or differs in a column';
    end if;
    if not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_unplace' and c.category is not distinct from 'placement' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_unplace']::text[]) then
        raise exception 'verify: dot_iu_unplace is missing or differs in a column';
    end if;
end
$verify$;

commit;

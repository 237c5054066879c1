-- command_catalog: all 26 governed commands (seed, revert)
\set ON_ERROR_STOP on
\encoding UTF8
begin;
set local search_path = pg_catalog, pg_temp;

do $refused$
begin
    if exists (select 1 from public.dot_iu_command_run as r where r.command_name in ('dot_iu_auto_instantiate_from_event', 'dot_iu_auto_instantiate_rollback_by_actor')) then
        raise exception 'REFUSED: public.dot_iu_command_run holds runs of dot_iu_auto_instantiate_from_event, dot_iu_auto_instantiate_rollback_by_actor';
    end if;
end
$refused$;

do $unchanged$
begin
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_auto_instantiate_from_event')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_auto_instantiate_from_event' and c.category is not distinct from 'collection' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_auto_instantiate_from_event']::text[]) then
        raise exception 'REFUSED: dot_iu_auto_instantiate_from_event was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_auto_instantiate_rollback_by_actor')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name = 'dot_iu_auto_instantiate_rollback_by_actor' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_auto_instantiate_rollback_by_actor']::text[]) then
        raise exception 'REFUSED: dot_iu_auto_instantiate_rollback_by_actor was changed since it was inserted';
    end if;
end
$unchanged$;

delete from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_auto_instantiate_from_event', 'dot_iu_auto_instantiate_rollback_by_actor');

commit;

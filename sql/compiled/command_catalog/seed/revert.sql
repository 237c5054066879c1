-- command_catalog: all 26 governed commands (seed, revert)
\set ON_ERROR_STOP on
\encoding UTF8
begin;
set local search_path = pg_catalog, pg_temp;

do $refused$
begin
    if exists (select 1 from public.dot_iu_command_run as r where r.command_name in ('dot_iu_auto_instantiate_from_event', 'dot_iu_auto_instantiate_rollback_by_actor', 'dot_iu_collection_add', 'dot_iu_collection_list', 'dot_iu_collection_remove', 'dot_iu_event_emit', 'dot_iu_event_pending', 'dot_iu_health', 'dot_iu_place', 'dot_iu_route_resolve', 'dot_iu_snapshot_take', 'dot_iu_surface_counts', 'dot_iu_tag_attach', 'dot_iu_tag_detach', 'dot_iu_template_preview', 'dot_iu_template_publish', 'dot_iu_template_withdraw', 'dot_iu_tree_attach', 'dot_iu_tree_detach', 'dot_iu_unit_create', 'dot_iu_unit_find', 'dot_iu_unit_history', 'dot_iu_unit_restore', 'dot_iu_unit_retire', 'dot_iu_unit_show', 'dot_iu_unplace')) then
        raise exception 'REFUSED: public.dot_iu_command_run holds runs of dot_iu_auto_instantiate_from_event, dot_iu_auto_instantiate_rollback_by_actor, dot_iu_collection_add, dot_iu_collection_list, dot_iu_collection_remove, dot_iu_event_emit, dot_iu_event_pending, dot_iu_health, dot_iu_place, dot_iu_route_resolve, dot_iu_snapshot_take, dot_iu_surface_counts, dot_iu_tag_attach, dot_iu_tag_detach, dot_iu_template_preview, dot_iu_template_publish, dot_iu_template_withdraw, dot_iu_tree_attach, dot_iu_tree_detach, dot_iu_unit_create, dot_iu_unit_find, dot_iu_unit_history, dot_iu_unit_restore, dot_iu_unit_retire, dot_iu_unit_show, dot_iu_unplace';
    end if;
end
$refused$;

do $unchanged$
begin
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_auto_instantiate_from_event')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_auto_instantiate_from_event' and c.category is not distinct from 'collection' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_auto_instantiate_from_event']::text[]) then
        raise exception 'REFUSED: dot_iu_auto_instantiate_from_event was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_auto_instantiate_rollback_by_actor')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_auto_instantiate_rollback_by_actor' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_auto_instantiate_rollback_by_actor']::text[]) then
        raise exception 'REFUSED: dot_iu_auto_instantiate_rollback_by_actor was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_collection_add')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_collection_add' and c.category is not distinct from 'collection' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_collection_add']::text[]) then
        raise exception 'REFUSED: dot_iu_collection_add was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_collection_list')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_collection_list' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_collection_list']::text[]) then
        raise exception 'REFUSED: dot_iu_collection_list was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_collection_remove')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_collection_remove' and c.category is not distinct from 'collection' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_collection_remove']::text[]) then
        raise exception 'REFUSED: dot_iu_collection_remove was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_event_emit')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_event_emit' and c.category is not distinct from 'event' and c.mutating is not distinct from true and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_event_emit']::text[]) then
        raise exception 'REFUSED: dot_iu_event_emit was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_event_pending')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_event_pending' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_event_pending']::text[]) then
        raise exception 'REFUSED: dot_iu_event_pending was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_health')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_health' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_health']::text[]) then
        raise exception 'REFUSED: dot_iu_health was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_place')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_place' and c.category is not distinct from 'placement' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_place']::text[]) then
        raise exception 'REFUSED: dot_iu_place was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_route_resolve')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_route_resolve' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_route_resolve']::text[]) then
        raise exception 'REFUSED: dot_iu_route_resolve was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_snapshot_take')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_snapshot_take' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_snapshot_take']::text[]) then
        raise exception 'REFUSED: dot_iu_snapshot_take was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_surface_counts')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_surface_counts' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_surface_counts']::text[]) then
        raise exception 'REFUSED: dot_iu_surface_counts was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_tag_attach')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_tag_attach' and c.category is not distinct from 'tagging' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_tag_attach']::text[]) then
        raise exception 'REFUSED: dot_iu_tag_attach was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_tag_detach')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_tag_detach' and c.category is not distinct from 'tagging' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_tag_detach']::text[]) then
        raise exception 'REFUSED: dot_iu_tag_detach was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_template_preview')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_template_preview' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_template_preview']::text[]) then
        raise exception 'REFUSED: dot_iu_template_preview was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_template_publish')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_template_publish' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_template_set_status']::text[]) then
        raise exception 'REFUSED: dot_iu_template_publish was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_template_withdraw')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_template_withdraw' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_template_set_status']::text[]) then
        raise exception 'REFUSED: dot_iu_template_withdraw was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_tree_attach')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_tree_attach' and c.category is not distinct from 'placement' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_tree_attach']::text[]) then
        raise exception 'REFUSED: dot_iu_tree_attach was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_tree_detach')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_tree_detach' and c.category is not distinct from 'placement' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_tree_detach']::text[]) then
        raise exception 'REFUSED: dot_iu_tree_detach was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_unit_create')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_unit_create' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_unit_create']::text[]) then
        raise exception 'REFUSED: dot_iu_unit_create was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_unit_find')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_unit_find' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_unit_find']::text[]) then
        raise exception 'REFUSED: dot_iu_unit_find was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_unit_history')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_unit_history' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_unit_history']::text[]) then
        raise exception 'REFUSED: dot_iu_unit_history was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_unit_restore')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_unit_restore' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_unit_set_status']::text[]) then
        raise exception 'REFUSED: dot_iu_unit_restore was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_unit_retire')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_unit_retire' and c.category is not distinct from 'lifecycle' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_unit_set_status']::text[]) then
        raise exception 'REFUSED: dot_iu_unit_retire was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_unit_show')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_unit_show' and c.category is not distinct from 'read' and c.mutating is not distinct from false and c.reversible is not distinct from false and c.target_functions is not distinct from array['fn_iu_unit_show']::text[]) then
        raise exception 'REFUSED: dot_iu_unit_show was changed since it was inserted';
    end if;
    if exists (select 1 from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_unplace')) and not exists (select 1 from public.dot_iu_command_catalog as c where c.command_name is not distinct from 'dot_iu_unplace' and c.category is not distinct from 'placement' and c.mutating is not distinct from true and c.reversible is not distinct from true and c.target_functions is not distinct from array['fn_iu_unplace']::text[]) then
        raise exception 'REFUSED: dot_iu_unplace was changed since it was inserted';
    end if;
end
$unchanged$;

delete from public.dot_iu_command_catalog as c where c.command_name in ('dot_iu_auto_instantiate_from_event', 'dot_iu_auto_instantiate_rollback_by_actor', 'dot_iu_collection_add', 'dot_iu_collection_list', 'dot_iu_collection_remove', 'dot_iu_event_emit', 'dot_iu_event_pending', 'dot_iu_health', 'dot_iu_place', 'dot_iu_route_resolve', 'dot_iu_snapshot_take', 'dot_iu_surface_counts', 'dot_iu_tag_attach', 'dot_iu_tag_detach', 'dot_iu_template_preview', 'dot_iu_template_publish', 'dot_iu_template_withdraw', 'dot_iu_tree_attach', 'dot_iu_tree_detach', 'dot_iu_unit_create', 'dot_iu_unit_find', 'dot_iu_unit_history', 'dot_iu_unit_restore', 'dot_iu_unit_retire', 'dot_iu_unit_show', 'dot_iu_unplace');

commit;

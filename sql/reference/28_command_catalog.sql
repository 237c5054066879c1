-- The operator's command catalog, all 26 rows, and the trail of their runs. Deliberately without a constraint that stops
-- a wrong value (unknown category, NULL target, a mutating command that is not): finding those is what probes are for.
set role estate_owner;

create table public.dot_iu_command_catalog (
    command_name     text not null,
    category         text,
    mutating         boolean,
    reversible       boolean,
    target_functions text[],
    description      text not null default '',
    registered_at    timestamptz not null default now(),
    registered_by    text not null default current_user,
    constraint dot_iu_command_catalog_pkey primary key (command_name)
);

-- No foreign key: a run outlives its command, and the rollback's guard is what protects the rows.
create table public.dot_iu_command_run (
    id           uuid primary key default gen_random_uuid(),
    command_name text not null,
    arguments    jsonb not null default '{}',
    actor        text not null,
    status       text not null default 'started',
    started_at   timestamptz not null default now(),
    finished_at  timestamptz
);
create index dot_iu_command_run_command_idx on public.dot_iu_command_run (command_name);

insert into public.dot_iu_command_catalog (command_name, category, mutating, reversible, target_functions) values
    ('dot_iu_auto_instantiate_from_event', 'collection', true, true, '{fn_iu_auto_instantiate_from_event}'),
    ('dot_iu_auto_instantiate_rollback_by_actor', 'lifecycle', true, true, '{fn_iu_auto_instantiate_rollback_by_actor}'),
    ('dot_iu_collection_add', 'collection', true, true, '{fn_iu_collection_add}'),
    ('dot_iu_collection_list', 'read', false, false, '{fn_iu_collection_list}'),
    ('dot_iu_collection_remove', 'collection', true, true, '{fn_iu_collection_remove}'),
    ('dot_iu_event_emit', 'event', true, false, '{fn_iu_event_emit}'),
    ('dot_iu_event_pending', 'read', false, false, '{fn_iu_event_pending}'),
    ('dot_iu_health', 'read', false, false, '{fn_iu_health}'),
    ('dot_iu_place', 'placement', true, true, '{fn_iu_place}'),
    ('dot_iu_route_resolve', 'read', false, false, '{fn_iu_route_resolve}'),
    ('dot_iu_snapshot_take', 'lifecycle', true, false, '{fn_iu_snapshot_take}'),
    ('dot_iu_surface_counts', 'read', false, false, '{fn_iu_surface_counts}'),
    ('dot_iu_tag_attach', 'tagging', true, true, '{fn_iu_tag_attach}'),
    ('dot_iu_tag_detach', 'tagging', true, true, '{fn_iu_tag_detach}'),
    ('dot_iu_template_preview', 'read', false, false, '{fn_iu_template_preview}'),
    ('dot_iu_template_publish', 'lifecycle', true, true, '{fn_iu_template_set_status}'),
    ('dot_iu_template_withdraw', 'lifecycle', true, true, '{fn_iu_template_set_status}'),
    ('dot_iu_tree_attach', 'placement', true, true, '{fn_iu_tree_attach}'),
    ('dot_iu_tree_detach', 'placement', true, true, '{fn_iu_tree_detach}'),
    ('dot_iu_unit_create', 'lifecycle', true, true, '{fn_iu_unit_create}'),
    ('dot_iu_unit_find', 'read', false, false, '{fn_iu_unit_find}'),
    ('dot_iu_unit_history', 'read', false, false, '{fn_iu_unit_history}'),
    ('dot_iu_unit_restore', 'lifecycle', true, true, '{fn_iu_unit_set_status}'),
    ('dot_iu_unit_retire', 'lifecycle', true, true, '{fn_iu_unit_set_status}'),
    ('dot_iu_unit_show', 'read', false, false, '{fn_iu_unit_show}'),
    ('dot_iu_unplace', 'placement', true, true, '{fn_iu_unplace}');

reset role;

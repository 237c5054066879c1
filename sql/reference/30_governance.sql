-- What governs the estate beside the IU core: tools, issues, the registry of collections. Shapes as seen in practice.
set role estate_owner;

create table public.dot_tools (
    id             serial primary key,
    status         varchar(20) not null default 'draft',
    code           varchar(64) not null unique,
    name           varchar(255) not null,
    description    text,
    classification varchar(64),
    owner          varchar(64),
    script_path    varchar(255),
    file_path      varchar(255),
    tier           varchar(1),
    domain         varchar(64),
    category       varchar(64),
    paired_dot     varchar(64),
    trigger_type   varchar(20),
    cron_schedule  varchar(64),
    last_executed  timestamptz,
    token_type     varchar(32),
    usage_count    integer not null default 0,
    _dot_origin    varchar(64)
);

create sequence public.system_issues_code_seq;
create table public.system_issues (
    id                serial primary key,
    code              varchar(20) not null unique default 'SI-' || nextval('public.system_issues_code_seq'),
    title             varchar(255) not null,
    description       text,
    entity_type       varchar(64),
    entity_code       varchar(255),
    issue_type        varchar(50) not null,
    severity          varchar(20) not null default 'medium',
    source            varchar(64),
    source_system     varchar(64),
    detected_at       timestamptz not null default now(),
    status            varchar(20) not null default 'open',
    resolved_at       timestamptz,
    run_id            varchar(64),
    first_seen_at     timestamptz not null default now(),
    last_seen_at      timestamptz not null default now(),
    occurrence_count  integer not null default 1,
    violation_hash    varchar(64) unique,
    evidence_snapshot json
);
alter sequence public.system_issues_code_seq owned by public.system_issues.code;

create function public.fn_system_issues_source_guard() returns trigger language plpgsql as $$
begin
    if new.source is null and new.source_system is null then
        raise exception 'an issue needs source or source_system' using errcode = 'not_null_violation';
    end if;
    return new;
end $$;
create trigger trg_system_issues_source_guard before insert or update on public.system_issues
    for each row execute function public.fn_system_issues_source_guard();

create table public.collection_registry (
    id              serial primary key,
    collection_name varchar(64) not null unique,
    "group"         varchar(64),
    icon            varchar(64),
    field_count     integer not null default 0,
    record_count    bigint not null default 0,
    governance_role varchar(20),
    storage_role    varchar(20),
    source_kind     varchar(20),
    migration_state varchar(20),
    species_code    varchar(20)
);

-- Behind the endpoint refresh-counts. Names come from a table, so they are quoted; what is no table any more is left out.
create function public.fn_registry_refresh_counts() returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_row   record;
    v_count bigint;
    v_done  integer := 0;
begin
    for v_row in
        select r.id, c.oid::regclass as relation
          from public.collection_registry r
          join pg_catalog.pg_class c on c.relname = r.collection_name and c.relnamespace = 'public'::regnamespace
         where c.relkind = 'r'
    loop
        execute format('select count(*) from %s', v_row.relation) into v_count;
        update public.collection_registry set record_count = v_count
         where id = v_row.id and record_count is distinct from v_count;
        v_done := v_done + 1;
    end loop;
    return v_done;
end $$;

insert into public.dot_tools (status, code, name, description, classification, owner, script_path, tier, domain,
                              category, trigger_type, cron_schedule, token_type, _dot_origin) values
    ('active', 'DOT-REG-COUNT', '[DOT-REG] Count Refresh (6h)', 'Counts the rows of governed collections',
     'registry', 'platform', 'server/api/registry/refresh-counts.post.ts', 'B', 'registry', 'maintenance',
     'cron', '0 */6 * * *', 'none', 'registry'),
    ('active', 'DOT-REG-SYNC', 'dot-flow-setup-registry-sync', 'Sets up the flows from the registries to Agent Data',
     'registry', 'platform', 'dot/bin/dot-flow-setup-registry-sync', 'A', 'registry', 'setup',
     'manual', null, 'admin', 'registry');

insert into public.collection_registry
    (collection_name, "group", icon, field_count, governance_role, storage_role, source_kind, migration_state, species_code)
values
    ('table_registry', 'registry', 'table', 5, 'governed', 'primary', 'directus', 'done', 'REG'),
    ('workflows', 'workflow', 'account_tree', 4, 'governed', 'primary', 'directus', 'done', 'WF'),
    ('workflow_steps', 'workflow', 'linear_scale', 5, 'governed', 'primary', 'directus', 'done', 'WFS'),
    ('workflow_change_requests', 'workflow', 'edit_note', 5, 'governed', 'primary', 'directus', 'done', 'WCR'),
    ('workflow_categories', 'workflow', 'category', 3, 'governed', 'primary', 'directus', 'done', 'WCAT'),
    ('workflow_step_relations', 'workflow', 'link', 5, 'governed', 'primary', 'directus', 'done', 'WSR'),
    ('dot_tools', 'governance', 'build', 19, 'governed', 'primary', 'directus', 'done', 'DOT'),
    ('dot_config', 'governance', 'settings', 4, 'locked', 'primary', 'postgres', 'done', null),
    ('system_issues', 'governance', 'bug_report', 19, 'observed', 'log', 'postgres', 'done', null);

-- What Directus offers for a column that has a vocabulary of its own.
insert into public.directus_fields (collection, field, interface, options)
select v.collection, v.field, 'select-dropdown',
       json_build_object('choices', (select json_agg(json_build_object('text', initcap(c.value), 'value', c.value) order by c.n)
                                       from unnest(v.choices) with ordinality as c(value, n)))
  from (values
    ('dot_tools', 'status', array['draft', 'active', 'deprecated', 'retired']),
    ('dot_tools', 'tier', array['A', 'B']),
    ('dot_tools', 'trigger_type', array['cron', 'event', 'manual']),
    ('system_issues', 'severity', array['low', 'medium', 'high', 'critical']),
    ('system_issues', 'status', array['open', 'resolved'])
  ) as v(collection, field, choices);

reset role;

-- What stops every governed change of this estate while it is not `true`.
insert into public.dot_config (key, value, description) values
    ('policy.changes.enabled', 'true', 'kill switch: governed changes are applied only while this is true');

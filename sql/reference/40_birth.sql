-- The birth system. None of it may be removed by a rollback of the scheduler that will call the scan: the soft gate
-- (helper, gate function, trigger), the B3-A triggers, the sibling policy, the scan itself.
set role estate_owner;

insert into public.dot_config (key, value, description) values
    ('policy.birth_onboarding.contract', '["collection_name","governance_role","species_code"]',
     'what a governed collection must have in the registry'),
    ('policy.birth_onboarding.siblings',
     '["workflows","workflow_steps","workflow_change_requests","workflow_categories","workflow_step_relations"]',
     'collections that must be registered together'),
    ('policy.birth_onboarding.species_required', 'true', 'a governed collection without species is a gap');

-- B3-A: whatever is created in a governed collection is registered as born.
create table public.birth_registry (
    collection_name varchar(64) not null,
    entity_id       integer not null,
    entity_code     varchar(64) not null,
    born_at         timestamptz not null default now(),
    primary key (collection_name, entity_id)
);

create function public.fn_b3a_register_birth() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into public.birth_registry (collection_name, entity_id, entity_code)
    values (tg_table_name, new.id, new.code) on conflict do nothing;
    return null;
end $$;

create trigger trg_b3a_birth_table_registry after insert on public.table_registry
    for each row execute function public.fn_b3a_register_birth();
create trigger trg_b3a_birth_workflows after insert on public.workflows
    for each row execute function public.fn_b3a_register_birth();
create trigger trg_b3a_birth_workflow_steps after insert on public.workflow_steps
    for each row execute function public.fn_b3a_register_birth();
create trigger trg_b3a_birth_workflow_change_requests after insert on public.workflow_change_requests
    for each row execute function public.fn_b3a_register_birth();
create trigger trg_b3a_birth_workflow_categories after insert on public.workflow_categories
    for each row execute function public.fn_b3a_register_birth();
create trigger trg_b3a_birth_workflow_step_relations after insert on public.workflow_step_relations
    for each row execute function public.fn_b3a_register_birth();

-- What was there before the triggers came.
insert into public.birth_registry (collection_name, entity_id, entity_code)
select 'table_registry', id, code from public.table_registry
union all select 'workflows', id, code from public.workflows
union all select 'workflow_steps', id, code from public.workflow_steps
union all select 'workflow_change_requests', id, code from public.workflow_change_requests
union all select 'workflow_categories', id, code from public.workflow_categories
union all select 'workflow_step_relations', id, code from public.workflow_step_relations;

-- The helper: a known gap is not logged twice, it is seen again.
create function public.fn_b3f1_log_collection_onboarding_gap(
    p_collection text, p_gap text, p_run_id text default null, p_evidence json default null) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_new boolean;
begin
    insert into public.system_issues as i
        (title, description, entity_type, entity_code, issue_type, severity, source, run_id, violation_hash,
         evidence_snapshot)
    values (left('Onboarding gap: ' || p_collection || ' ' || p_gap, 255),
            'Collection ' || p_collection || ' has the gap ' || p_gap || '.', 'collection', left(p_collection, 255),
            'BIRTH_ONBOARDING_GAP', 'medium', 'birth', p_run_id, md5('birth/' || p_collection || '/' || p_gap),
            p_evidence)
    on conflict (violation_hash) do update
       set last_seen_at = clock_timestamp(), occurrence_count = i.occurrence_count + 1, run_id = excluded.run_id,
           status = 'open', resolved_at = null
    returning occurrence_count = 1 into v_new;
    return v_new;
end $$;

-- What was found before and is settled. Nothing may remove it: the gap is the helper's, so it would be opened again.
insert into public.system_issues
    (title, description, entity_type, entity_code, issue_type, severity, source, run_id, status, occurrence_count,
     detected_at, first_seen_at, last_seen_at, resolved_at, violation_hash)
values
    ('Onboarding gap: workflow_categories no_species', 'Collection workflow_categories has the gap no_species.',
     'collection', 'workflow_categories', 'BIRTH_ONBOARDING_GAP', 'medium', 'birth', null, 'resolved', 3,
     '2026-04-28 06:00Z', '2026-04-28 06:00Z', '2026-04-28 18:00Z', '2026-04-29 08:15Z',
     md5('birth/workflow_categories/no_species')),
    ('[DOT-REG] WCR Create -> AD failed at send', null, null, null, 'REGISTRY_SYNC', 'medium', 'registry_sync', null,
     'resolved', 1, '2026-03-06 09:41Z', '2026-03-06 09:41Z', '2026-03-06 09:41Z', '2026-03-06 10:02Z', null),
    ('Name of a workflow is used twice', null, 'workflow', 'WF-002', 'REGISTRY_REVIEW', 'low', 'review',
     null, 'resolved', 1, '2026-03-07 08:00Z', '2026-03-07 08:00Z', '2026-03-07 08:00Z', '2026-03-07 08:30Z', null),
    ('Count refresh did not run', null, 'flow', 'DOT-REG-COUNT', 'REGISTRY_REVIEW', 'high', 'review', null,
     'resolved', 1, '2026-03-09 12:10Z', '2026-03-09 12:10Z', '2026-03-09 12:10Z', '2026-03-09 13:00Z', null);

-- What is wrong with collections, by the contract. One read of the registry joined with one of the catalog: asked for by
-- name, each of many tables would be looked up and remembered by itself.
create function public.fn_b3f1_collection_gaps()
returns table (collection_name text, gap text) language sql stable as $$
    select r.collection_name::text, g.gap
      from public.collection_registry r
      left join pg_catalog.pg_class c
        on c.relname = r.collection_name collate "C" and c.relnamespace = 'public'::regnamespace
       and c.relkind in ('r', 'p', 'v', 'm', 'f')
      left join public.dot_config s on s.key = 'policy.birth_onboarding.species_required' and s.value = 'true'
     cross join lateral (values
        ('no_governance_role', r.governance_role is null),
        ('no_species', r.governance_role = 'governed' and r.species_code is null and s.key is not null),
        ('no_table', c.oid is null)) as g(gap, is_open)
     where (r.governance_role is null or r.species_code is null or c.oid is null) and g.is_open
$$;

-- The soft gate: it logs and never refuses (the hard gate is another phase).
create function public.fn_b3f1_collection_onboarding_soft_gate() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform public.fn_b3f1_log_collection_onboarding_gap(g.collection_name, g.gap)
       from public.fn_b3f1_collection_gaps() g where g.collection_name = new.collection_name;
    return null;
end $$;
create trigger trg_b3f1_collection_onboarding_soft_gate after insert or update of governance_role, species_code
    on public.collection_registry
    for each row execute function public.fn_b3f1_collection_onboarding_soft_gate();

reset role;

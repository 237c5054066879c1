-- The scan that a schedule is to call: checks what it depends on, scans the registry set-based, logs each gap through
-- the helper, and says what it found. All counts are derived at run time.
set role estate_owner;

create function public.fn_birth_onboarding_missing_dependencies() returns text[] language sql stable as $$
    select coalesce(array_agg(name order by name), '{}')
      from (
        select 'config ' || k as name from unnest(array['policy.birth_onboarding.contract',
            'policy.birth_onboarding.siblings', 'policy.birth_onboarding.species_required']) as k
         where not exists (select from public.dot_config where key = k)
        union all
        select 'trigger trg_b3f1_collection_onboarding_soft_gate' where not exists (
            select from pg_catalog.pg_trigger where tgname = 'trg_b3f1_collection_onboarding_soft_gate'
               and tgrelid = 'public.collection_registry'::regclass and tgenabled <> 'D')
        union all
        select 'sibling ' || s.name
          from public.dot_config c cross join lateral jsonb_array_elements_text(c.value::jsonb) as s(name)
         where c.key = 'policy.birth_onboarding.siblings'
           and not exists (select from public.collection_registry r where r.collection_name = s.name)
        union all
        select 'column collection_registry.' || s.name
          from public.dot_config c cross join lateral jsonb_array_elements_text(c.value::jsonb) as s(name)
         where c.key = 'policy.birth_onboarding.contract'
           and not exists (select from pg_catalog.pg_attribute a where a.attrelid = 'public.collection_registry'::regclass
                              and a.attname = s.name and not a.attisdropped)
      ) as t
$$;

create function public.fn_birth_onboarding_full_scan() returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_started timestamptz := clock_timestamp();
    v_run_id  text := gen_random_uuid()::text;
    v_missing text[] := public.fn_birth_onboarding_missing_dependencies();
    v_kinds   jsonb;
    v_gaps    bigint;
    v_new     bigint;
begin
    if cardinality(v_missing) > 0 then
        return jsonb_build_object('status', 'dependency_fail', 'run_id', v_run_id, 'missing', v_missing);
    end if;
    -- Materialized: the helper writes, and must be called once for each gap whatever is read of the result.
    with logged as materialized (
        select gap, public.fn_b3f1_log_collection_onboarding_gap(collection_name, gap, v_run_id) as is_new
          from public.fn_b3f1_collection_gaps()
    ), kinds as (
        select gap, count(*) as n, count(*) filter (where is_new) as fresh from logged group by gap
    )
    select coalesce(jsonb_object_agg(gap, n), '{}'), coalesce(sum(n), 0), coalesce(sum(fresh), 0)
      into v_kinds, v_gaps, v_new from kinds;
    return jsonb_build_object(
        'status', 'complete', 'run_id', v_run_id,
        'collections_scanned', (select count(*) from public.collection_registry),
        'gaps', v_gaps, 'new_gaps', v_new, 'gaps_by_kind', v_kinds,
        'duration_ms', round(extract(epoch from clock_timestamp() - v_started) * 1000));
end $$;

reset role;

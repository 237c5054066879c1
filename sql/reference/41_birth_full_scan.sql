-- The scan that a schedule is to call: checks what it depends on, scans the registry set-based, logs each gap through
-- the helper, and says what it found. All counts are derived at run time.
set role estate_owner;

-- Names that a policy holds, as a list of JSON; null where it holds none that can be read.
create function public.fn_birth_onboarding_names(p_key text) returns text[] language plpgsql stable as $$
declare
    v_names text[];
begin
    v_names := array(
        select n.name from public.dot_config c cross join lateral jsonb_array_elements_text(c.value::jsonb) as n(name)
         where c.key = p_key);
    return case when cardinality(v_names) > 0 and array_position(v_names, null) is null then v_names end;
exception when invalid_text_representation or invalid_parameter_value then
    return null;
end $$;

-- The contract, the policy and the siblings; before them what these are read from and what writes.
create function public.fn_birth_onboarding_missing_dependencies() returns text[] language plpgsql stable as $$
declare
    v_missing text[] := array(
        select 'table ' || t.name from unnest(array['collection_registry', 'dot_config', 'system_issues']) as t(name)
         where to_regclass('public.' || t.name) is null
        union all
        select 'function ' || f.name
          from unnest(array['fn_b3f1_log_collection_onboarding_gap(text,text,text,json)',
                            'fn_b3f1_collection_gaps()']) as f(name)
         where to_regprocedure('public.' || f.name) is null);
    v_contract text[];
    v_siblings text[];
begin
    if cardinality(v_missing) > 0 then
        return v_missing;
    end if;
    v_contract := public.fn_birth_onboarding_names('policy.birth_onboarding.contract');
    v_siblings := public.fn_birth_onboarding_names('policy.birth_onboarding.siblings');
    return array(
        select 'config ' || p.key || case when c.key is null then '' else ' holds ' || c.value end
          from (values ('policy.birth_onboarding.contract', v_contract is not null),
                       ('policy.birth_onboarding.siblings', v_siblings is not null),
                       ('policy.birth_onboarding.species_required', null)) as p(key, is_read)
          left join public.dot_config c on c.key = p.key
         where not coalesce(p.is_read, coalesce(c.value in ('true', 'false'), false))
        union all
        select 'trigger trg_b3f1_collection_onboarding_soft_gate' where not exists (
            select from pg_catalog.pg_trigger where tgname = 'trg_b3f1_collection_onboarding_soft_gate'
               and tgrelid = 'public.collection_registry'::regclass and tgenabled <> 'D')
        union all
        select 'sibling ' || s.name from unnest(v_siblings) as s(name)
         where not exists (select from public.collection_registry r where r.collection_name = s.name)
        union all
        select 'column collection_registry.' || s.name from unnest(v_contract) as s(name)
         where not exists (
            select from pg_catalog.pg_attribute a
             where a.attrelid = 'public.collection_registry'::regclass and a.attname = s.name and a.attnum > 0
               and not a.attisdropped)
        order by 1);
end $$;

create function public.fn_birth_onboarding_full_scan() returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_started timestamptz := clock_timestamp();
    v_run_id  text := gen_random_uuid()::text;
    v_missing text[] := public.fn_birth_onboarding_missing_dependencies();
    v_found   jsonb;
begin
    if cardinality(v_missing) > 0 then
        v_found := jsonb_build_object('status', 'dependency_fail', 'missing', v_missing);
    else
        -- Sorted: two scans at once log in the same order, so that one waits for the other and neither is a deadlock.
        -- Materialized: the helper writes, and must be called once for each gap whatever is read of the result.
        with found as materialized (
            select g.collection_name, g.gap from public.fn_b3f1_collection_gaps() g order by 1, 2
        ), logged as materialized (
            select f.gap, public.fn_b3f1_log_collection_onboarding_gap(f.collection_name, f.gap, v_run_id) as is_new
              from found f
        ), kinds as (
            select gap, count(*) as n, count(*) filter (where is_new) as fresh from logged group by gap
        )
        select jsonb_build_object(
                   'status', 'complete',
                   'collections_scanned', (select count(*) from public.collection_registry),
                   'gaps', coalesce(sum(n), 0), 'new_gaps', coalesce(sum(fresh), 0),
                   'gaps_by_kind', coalesce(jsonb_object_agg(gap, n), '{}'))
          into v_found from kinds;
    end if;
    return v_found || jsonb_build_object('run_id', v_run_id, 'duration_ms',
        round(extract(epoch from clock_timestamp() - v_started) * 1000));
end $$;

reset role;

-- Migration 033's orchestrator: an event makes instances of the published templates of a collection, and everything
-- that one actor made so can be taken back. Gates, for both: a dry run needs iu_core.composer_enabled, a live one also
-- iu_core.auto_instantiate_enabled. A shut gate refuses by answer, not by error, so that a caller can log it.
set role estate_owner;

create function public.fn_iu_auto_instantiate_from_event(
    p_event_id uuid, p_event_type text, p_template_collection_id uuid, p_instance_key_suffix text,
    p_emit_mode text, p_actor text, p_note text default null) returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_actor text := public.fn_iu_require_actor(p_actor);
    v_gate  text;
    v_new   text[];
    v_known text[];
    v_made  integer;
begin
    if p_emit_mode is null or p_emit_mode not in ('dry_run', 'live') then
        raise exception 'emit_mode is % instead of dry_run or live', p_emit_mode
            using errcode = 'invalid_parameter_value';
    end if;
    if p_event_id is null or public.fn_iu_slug(coalesce(p_instance_key_suffix, '')) = '' then
        raise exception 'event_id and instance_key_suffix are required' using errcode = 'invalid_parameter_value';
    end if;
    v_gate := public.fn_iu_closed_gate(p_emit_mode = 'live');
    if v_gate is not null then
        return jsonb_build_object('status', 'refused', 'reason', 'gate_closed', 'gate', v_gate, 'created', 0);
    end if;
    perform public.fn_iu_require_event_type(p_event_type);
    if not exists (select from public.iu_collection where id = p_template_collection_id and holds = 'template') then
        raise exception 'no collection of templates %', p_template_collection_id using errcode = 'no_data_found';
    end if;

    select coalesce(array_agg(k.key order by k.key) filter (where not k.known), '{}'),
           coalesce(array_agg(k.key order by k.key) filter (where k.known), '{}')
      into v_new, v_known
      from (select t.key, public.fn_iu_instance_exists(p_event_id, t.id, t.key) as known
              from (select t.id, public.fn_iu_instance_key(t.code, p_instance_key_suffix) as key
                      from public.iu_collection_item i join public.iu_template t on t.id = i.item_id
                     where i.collection_id = p_template_collection_id and t.status = 'published') as t) as k;

    if p_emit_mode = 'dry_run' then
        return jsonb_build_object('status', 'dry_run', 'would_create', v_new, 'would_skip', v_known, 'created', 0);
    end if;

    with made as (
        insert into public.iu_instance (instance_key, template_id, collection_id, event_id, actor, note)
        select public.fn_iu_instance_key(t.code, p_instance_key_suffix), t.id, p_template_collection_id, p_event_id,
               v_actor, p_note
          from public.iu_collection_item i join public.iu_template t on t.id = i.item_id
         where i.collection_id = p_template_collection_id and t.status = 'published'
        on conflict (event_id, template_id, instance_key) do nothing
        returning id, template_id
    ), pieces as (
        insert into public.iu_instance_piece (instance_id, position, section_type, title)
        select made.id, p.position, p.section_type, p.title
          from made join public.iu_template_piece p on p.template_id = made.template_id
    )
    select count(*) into v_made from made;

    -- A re-run makes nothing and leaves no trace.
    if v_made > 0 then
        insert into public.iu_event (id, event_type, subject, payload, actor)
        values (p_event_id, p_event_type, p_template_collection_id::text, jsonb_build_object('instances', v_made), v_actor)
        on conflict (id) do nothing;
        insert into public.iu_auto_instantiate_run (action, event_id, actor, instances, note)
        values ('instantiate', p_event_id, v_actor, v_made, p_note);
    end if;
    return jsonb_build_object('status', case when v_made > 0 then 'applied' else 'unchanged' end,
                              'created', v_made, 'skipped', cardinality(v_known), 'actor', v_actor);
end $$;

create function public.fn_iu_auto_instantiate_rollback_by_actor(p_actor text, p_dry_run boolean default true)
returns jsonb
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_actor text := public.fn_iu_require_actor(p_actor);
    v_dry   boolean := coalesce(p_dry_run, true);
    v_gate  text := public.fn_iu_closed_gate(not v_dry);
    v_keys  text[];
begin
    if v_gate is not null then
        return jsonb_build_object('status', 'refused', 'reason', 'gate_closed', 'gate', v_gate, 'removed', 0);
    end if;
    if v_dry then
        select coalesce(array_agg(instance_key), '{}') into v_keys from public.fn_iu_instances_by_actor(v_actor);
        return jsonb_build_object('status', 'dry_run', 'would_remove', v_keys, 'removed', 0);
    end if;
    with gone as (delete from public.iu_instance where actor = v_actor returning instance_key)
    select coalesce(array_agg(instance_key order by instance_key), '{}') into v_keys from gone;
    if cardinality(v_keys) > 0 then
        insert into public.iu_auto_instantiate_run (action, actor, instances)
        values ('rollback', v_actor, cardinality(v_keys));
    end if;
    return jsonb_build_object('status', case when v_keys = '{}' then 'unchanged' else 'applied' end,
                              'removed', cardinality(v_keys), 'instances', v_keys, 'actor', v_actor);
end $$;

reset role;

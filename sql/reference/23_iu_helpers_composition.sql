-- Helpers of collections, templates, instances, events and vectors, and the functions behind the triggers.
set role estate_owner;

create function public.fn_iu_collection_size(p_collection_id uuid) returns bigint language sql stable as
$$ select count(*) from public.iu_collection_item where collection_id = p_collection_id $$;

create function public.fn_iu_collection_contains(p_collection_id uuid, p_item_id uuid)
returns boolean language sql stable as
$$ select exists (select from public.iu_collection_item where collection_id = p_collection_id and item_id = p_item_id) $$;

create function public.fn_iu_template_pieces(p_template_id uuid) returns setof public.iu_template_piece
language sql stable as
$$ select * from public.iu_template_piece where template_id = p_template_id order by position $$;

create function public.fn_iu_template_is_published(p_template_id uuid) returns boolean language sql stable as
$$ select coalesce((select status = 'published' from public.iu_template where id = p_template_id), false) $$;

create function public.fn_iu_instance_key(p_template_code text, p_suffix text) returns text language sql immutable as
$$ select p_template_code || ':' || public.fn_iu_slug(p_suffix) $$;

create function public.fn_iu_instance_exists(p_event_id uuid, p_template_id uuid, p_key text)
returns boolean language sql stable as
$$ select exists (select from public.iu_instance
                   where event_id = p_event_id and template_id = p_template_id and instance_key = p_key) $$;

create function public.fn_iu_instances_by_actor(p_actor text) returns setof public.iu_instance language sql stable as
$$ select * from public.iu_instance where actor = p_actor order by instance_key, id $$;

create function public.fn_iu_event_payload_digest(p_payload jsonb) returns text language sql immutable as
$$ select md5(p_payload::text) $$;

create function public.fn_iu_event_acknowledge(p_event_id uuid, p_route text) returns boolean
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    with made as (
        insert into public.iu_event_delivery (event_id, route_code) values (p_event_id, p_route)
        on conflict do nothing returning 1
    )
    select exists (select from made)
$$;

create function public.fn_iu_vector_metric_allowed(p_metric text) returns boolean language sql stable as
$$ select coalesce(p_metric = any (string_to_array(public.fn_iu_config('vector_metrics'), ',')), false) $$;

create function public.fn_iu_vector_status(p_name text) returns text language sql stable as
$$ select status from public.iu_vector_collection where name = p_name $$;

-- A first call plans, the next one registers; a retired one comes back. Who it is (dimension, metric) never changes.
create function public.fn_iu_vector_register(p_name text, p_dimension integer, p_metric text, p_actor text) returns text
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    v_status text;
begin
    perform public.fn_iu_require_actor(p_actor);
    if not public.fn_iu_vector_metric_allowed(p_metric) then
        raise exception 'distance metric % is not allowed', p_metric using errcode = 'invalid_parameter_value';
    end if;
    insert into public.iu_vector_collection as c (name, dimension, metric, actor)
    values (p_name, p_dimension, p_metric, p_actor)
    on conflict (name) do update
       set dimension = excluded.dimension, metric = excluded.metric, actor = excluded.actor, updated_at = now(),
           status = case c.status when 'retired' then 'planned' else 'registered' end
    returning status into v_status;
    return v_status;
end $$;

create function public.fn_iu_vector_retire(p_name text, p_actor text) returns text
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform public.fn_iu_require_actor(p_actor);
    update public.iu_vector_collection set status = 'retired', actor = p_actor, updated_at = now() where name = p_name;
    if not found then
        raise exception 'no vector collection %', p_name using errcode = 'no_data_found';
    end if;
    return 'retired';
end $$;

-- Behind the triggers.
create function public.fn_iu_touch() returns trigger language plpgsql as $$
begin
    new.updated_at := now();
    return new;
end $$;

create function public.fn_iu_unit_version_capture() returns trigger language plpgsql as $$
begin
    insert into public.iu_unit_version (unit_id, version, title, body, status, actor)
    select new.id, coalesce(max(version), 0) + 1, new.title, new.body, new.lifecycle_status, new.actor
      from public.iu_unit_version where unit_id = new.id;
    return null;
end $$;

create function public.fn_iu_event_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'iu_event is append-only: % refused', tg_op using errcode = 'object_not_in_prerequisite_state';
end $$;

create function public.fn_iu_hierarchy_guard() returns trigger language plpgsql as $$
begin
    if new.child_id = any (public.fn_iu_tree_ancestors(new.parent_id)) then
        raise exception 'unit % would become its own ancestor', new.child_id using errcode = 'check_violation';
    end if;
    if public.fn_iu_tree_depth(new.parent_id) >= public.fn_iu_config_int('max_tree_depth', 12) then
        raise exception 'the tree would be too deep' using errcode = 'check_violation';
    end if;
    return new;
end $$;

create function public.fn_iu_vector_identity_guard() returns trigger language plpgsql as $$
begin
    if (new.name, new.dimension, new.metric) is distinct from (old.name, old.dimension, old.metric) then
        raise exception 'the identity of vector collection % is immutable', old.name using errcode = 'check_violation';
    end if;
    return new;
end $$;

create trigger trg_iu_unit_touch before update on public.iu_unit
    for each row execute function public.fn_iu_touch();
create trigger trg_iu_template_touch before update on public.iu_template
    for each row execute function public.fn_iu_touch();
create trigger trg_iu_unit_version after insert or update on public.iu_unit
    for each row execute function public.fn_iu_unit_version_capture();
create trigger trg_iu_event_append_only before update or delete on public.iu_event
    for each row execute function public.fn_iu_event_append_only();
create trigger trg_iu_hierarchy_guard before insert or update on public.iu_hierarchy
    for each row execute function public.fn_iu_hierarchy_guard();
create trigger trg_iu_vector_identity before update on public.iu_vector_collection
    for each row execute function public.fn_iu_vector_identity_guard();

reset role;

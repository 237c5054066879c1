-- What the reading commands of the catalog call: stable, and no writer among them.
set role estate_owner;

create function public.fn_iu_unit_show(p_unit_id uuid) returns jsonb language sql stable as $$
    select jsonb_build_object(
        'id', u.id, 'address', u.canonical_address, 'title', u.title, 'status', u.lifecycle_status,
        'placement', public.fn_iu_placement_of(u.id), 'tags', public.fn_iu_tags_by_source(u.id),
        'ancestors', public.fn_iu_tree_ancestors(u.id))
      from public.iu_unit u where u.id = p_unit_id
$$;

create function public.fn_iu_unit_find(p_text text, p_limit integer default 20)
returns table (unit_id uuid, address text, title text) language sql stable as $$
    select id, canonical_address, title from public.iu_unit
     where strpos(lower(title || ' ' || canonical_address), lower(p_text)) > 0
     order by canonical_address limit p_limit
$$;

create function public.fn_iu_unit_history(p_unit_id uuid)
returns table (version integer, status text, actor text, recorded_at timestamptz) language sql stable as $$
    select version, status, actor, recorded_at from public.iu_unit_version where unit_id = p_unit_id order by version
$$;

create function public.fn_iu_collection_list(p_code text)
returns table (item_id uuid, item_position integer, added_by text) language sql stable as $$
    select i.item_id, i.position, i.actor
      from public.iu_collection c join public.iu_collection_item i on i.collection_id = c.id
     where c.code = p_code order by i.position
$$;

create function public.fn_iu_template_preview(p_template_id uuid) returns jsonb language sql stable as $$
    select jsonb_build_object('template', t.code, 'status', t.status, 'pieces',
        (select coalesce(jsonb_agg(p.title order by p.position), '[]') from public.fn_iu_template_pieces(t.id) p))
      from public.iu_template t where t.id = public.fn_iu_require_template(p_template_id)
$$;

create function public.fn_iu_event_pending(p_limit integer default 100)
returns table (event_id uuid, event_type text, route_code text) language sql stable as $$
    select e.id, e.event_type, r.code
      from public.iu_event e
      join public.iu_route r on r.event_type = e.event_type and r.enabled
     where not exists (select from public.iu_event_delivery d where d.event_id = e.id and d.route_code = r.code)
     order by e.occurred_at, e.id, r.code limit p_limit
$$;

create function public.fn_iu_route_resolve(p_event_type text)
returns table (route_code text, target text) language sql stable as $$
    select code, target from public.iu_route where event_type = p_event_type and enabled order by code
$$;

create function public.fn_iu_surface_counts() returns jsonb language sql stable as $$
    select jsonb_build_object(
        'unit', (select count(*) from public.iu_unit), 'template', (select count(*) from public.iu_template),
        'collection', (select count(*) from public.iu_collection), 'instance', (select count(*) from public.iu_instance),
        'event', (select count(*) from public.iu_event), 'event_type', (select count(*) from public.iu_event_type),
        'route', (select count(*) from public.iu_route))
$$;

create function public.fn_iu_health() returns jsonb language sql stable as $$
    select jsonb_build_object(
        'composer_enabled', public.fn_iu_gate_open('composer_enabled'),
        'auto_instantiate_enabled', public.fn_iu_gate_open('auto_instantiate_enabled'),
        'pending_events', (select count(*) from public.fn_iu_event_pending(1000)),
        'unplaced_units', (select count(*) from public.iu_unit u
                            where not exists (select from public.iu_placement p where p.unit_id = u.id)))
$$;

reset role;

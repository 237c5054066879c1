-- What the IU core's commands are made of: configuration, assertions, addresses, and reading along the three axes.
set role estate_owner;

-- Configuration and gates. A gate that is absent is shut.
create function public.fn_iu_config(p_name text) returns text language sql stable as
$$ select value from public.dot_config where key = 'iu_core.' || p_name $$;

create function public.fn_iu_config_int(p_name text, p_default integer) returns integer language sql stable as
$$ select coalesce(public.fn_iu_config(p_name)::integer, p_default) $$;

create function public.fn_iu_gate_open(p_name text) returns boolean language sql stable as
$$ select coalesce(public.fn_iu_config(p_name) = 'true', false) $$;

create function public.fn_iu_closed_gate(p_live boolean) returns text language sql stable as
$$ select 'iu_core.' || gate
     from (values (1, 'composer_enabled', true), (2, 'auto_instantiate_enabled', p_live)) as t(n, gate, needed)
    where needed and not public.fn_iu_gate_open(gate)
    order by n limit 1 $$;

-- Assertions: they return what they were given, or raise.
create function public.fn_iu_require_actor(p_actor text) returns text language plpgsql immutable as $$
begin
    if coalesce(btrim(p_actor), '') = '' then
        raise exception 'an actor is required' using errcode = 'invalid_parameter_value';
    end if;
    return btrim(p_actor);
end $$;

create function public.fn_iu_require_unit(p_unit_id uuid) returns uuid language plpgsql stable as $$
begin
    if not exists (select from public.iu_unit where id = p_unit_id) then
        raise exception 'no unit %', p_unit_id using errcode = 'no_data_found';
    end if;
    return p_unit_id;
end $$;

create function public.fn_iu_require_template(p_template_id uuid) returns uuid language plpgsql stable as $$
begin
    if not exists (select from public.iu_template where id = p_template_id) then
        raise exception 'no template %', p_template_id using errcode = 'no_data_found';
    end if;
    return p_template_id;
end $$;

create function public.fn_iu_require_event_type(p_event_type text) returns text language plpgsql stable as $$
begin
    if not exists (select from public.iu_event_type where code = p_event_type) then
        raise exception 'no event type %', p_event_type using errcode = 'no_data_found';
    end if;
    return p_event_type;
end $$;

-- Addresses: kind/slug.
create function public.fn_iu_slug(p_text text) returns text language sql immutable as
$$ select btrim(regexp_replace(lower(p_text), '[^a-z0-9]+', '-', 'g'), '-') $$;

create function public.fn_iu_address(p_kind text, p_title text) returns text language sql immutable as
$$ select public.fn_iu_slug(p_kind) || '/' || public.fn_iu_slug(p_title) $$;

create function public.fn_iu_address_kind(p_address text) returns text language sql immutable as
$$ select split_part(p_address, '/', 1) $$;

create function public.fn_iu_unit_by_address(p_address text) returns uuid language sql stable as
$$ select id from public.iu_unit where canonical_address = p_address
   union all select unit_id from public.iu_unit_alias where alias = p_address limit 1 $$;

-- Axis C, from the nearest ancestor up.
create function public.fn_iu_tree_ancestors(p_unit_id uuid) returns uuid[] language sql stable as $$
    with recursive up(id, depth) as (
        select parent_id, 1 from public.iu_hierarchy where child_id = p_unit_id
        union all
        select h.parent_id, up.depth + 1 from up join public.iu_hierarchy h on h.child_id = up.id
    )
    select coalesce(array_agg(id order by depth), '{}') from up
$$;

create function public.fn_iu_tree_depth(p_unit_id uuid) returns integer language sql stable as
$$ select cardinality(public.fn_iu_tree_ancestors(p_unit_id)) $$;

create function public.fn_iu_tree_root(p_unit_id uuid) returns uuid language sql stable as
$$ select coalesce((array_agg(id order by n desc))[1], p_unit_id)
     from unnest(public.fn_iu_tree_ancestors(p_unit_id)) with ordinality as t(id, n) $$;

create function public.fn_iu_tree_children(p_unit_id uuid) returns setof uuid language sql stable as
$$ select child_id from public.iu_hierarchy where parent_id = p_unit_id order by child_id $$;

create function public.fn_iu_tree_descendants(p_unit_id uuid) returns setof uuid language sql stable as $$
    with recursive down(id) as (
        select child_id from public.iu_hierarchy where parent_id = p_unit_id
        union
        select h.child_id from down join public.iu_hierarchy h on h.parent_id = down.id
    )
    select id from down
$$;

-- Axis B.
create function public.fn_iu_tags(p_unit_id uuid) returns text[] language sql stable as
$$ select coalesce(array_agg(distinct tag_code order by tag_code), '{}')
     from public.iu_unit_tag where unit_id = p_unit_id $$;

create function public.fn_iu_tags_by_source(p_unit_id uuid) returns jsonb language sql stable as
$$ select coalesce(jsonb_object_agg(source, tags), '{}')
     from (select source, jsonb_agg(tag_code order by tag_code) as tags
             from public.iu_unit_tag where unit_id = p_unit_id group by source) as t $$;

create function public.fn_iu_tag_units(p_tag text) returns setof uuid language sql stable as
$$ select distinct unit_id from public.iu_unit_tag where tag_code = p_tag order by unit_id $$;

-- Axis A.
create function public.fn_iu_next_sort_order(p_document text) returns integer language sql stable as
$$ select coalesce(max(sort_order), 0) + 10 from public.iu_placement where document_code = p_document $$;

create function public.fn_iu_placement_of(p_unit_id uuid) returns text language sql stable as
$$ select document_code || '#' || section_code from public.iu_placement where unit_id = p_unit_id $$;

create function public.fn_iu_document_outline(p_document text)
returns table (section_code text, sort_order integer, unit_id uuid, title text) language sql stable as
$$ select p.section_code, p.sort_order, u.id, u.title
     from public.iu_placement p join public.iu_unit u on u.id = p.unit_id
    where p.document_code = p_document order by p.sort_order $$;

reset role;

-- What the writing commands of the catalog call. Each names its actor, runs as the owner with a pinned search_path
-- (an operator has no right on the tables), and returns what it did.
set role estate_owner;

create function public.fn_iu_unit_create(p_unit_kind text, p_section_type text, p_title text, p_actor text) returns uuid
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    insert into public.iu_unit (canonical_address, unit_kind, section_type, title, actor)
    values (public.fn_iu_address(p_unit_kind, p_title), p_unit_kind,
            coalesce(p_section_type, public.fn_iu_config('default_section_type')), p_title,
            public.fn_iu_require_actor(p_actor))
    returning id
$$;

-- Serves both retire and restore.
create function public.fn_iu_unit_set_status(p_unit_id uuid, p_status text, p_actor text) returns text
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    update public.iu_unit set lifecycle_status = p_status, actor = public.fn_iu_require_actor(p_actor)
     where id = public.fn_iu_require_unit(p_unit_id) returning lifecycle_status
$$;

create function public.fn_iu_tag_attach(p_unit_id uuid, p_tag text, p_source text, p_actor text) returns boolean
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    with made as (
        insert into public.iu_unit_tag (unit_id, tag_code, source, actor)
        values (public.fn_iu_require_unit(p_unit_id), p_tag,
                coalesce(p_source, public.fn_iu_config('default_tag_source')), public.fn_iu_require_actor(p_actor))
        on conflict do nothing returning 1
    )
    select exists (select from made)
$$;

create function public.fn_iu_tag_detach(p_unit_id uuid, p_tag text, p_source text, p_actor text) returns boolean
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (
        delete from public.iu_unit_tag
         where unit_id = p_unit_id and tag_code = p_tag and public.fn_iu_require_actor(p_actor) is not null
           and source = coalesce(p_source, public.fn_iu_config('default_tag_source')) returning 1
    )
    select exists (select from gone)
$$;

create function public.fn_iu_place(p_unit_id uuid, p_document text, p_section text, p_actor text) returns integer
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    insert into public.iu_placement as p (unit_id, document_code, section_code, sort_order, actor)
    values (public.fn_iu_require_unit(p_unit_id), p_document, p_section, public.fn_iu_next_sort_order(p_document),
            public.fn_iu_require_actor(p_actor))
    on conflict (unit_id) do update set document_code = excluded.document_code, section_code = excluded.section_code,
        actor = excluded.actor,
        sort_order = case when p.document_code = excluded.document_code then p.sort_order else excluded.sort_order end
    returning sort_order
$$;

create function public.fn_iu_unplace(p_unit_id uuid, p_actor text) returns boolean
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (
        delete from public.iu_placement
         where unit_id = p_unit_id and public.fn_iu_require_actor(p_actor) is not null returning 1
    )
    select exists (select from gone)
$$;

create function public.fn_iu_tree_attach(p_child_id uuid, p_parent_id uuid, p_actor text) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    insert into public.iu_hierarchy (child_id, parent_id, actor)
    values (public.fn_iu_require_unit(p_child_id), public.fn_iu_require_unit(p_parent_id),
            public.fn_iu_require_actor(p_actor))
    on conflict (child_id) do update set parent_id = excluded.parent_id, actor = excluded.actor;
    return public.fn_iu_tree_depth(p_child_id);
end $$;

create function public.fn_iu_tree_detach(p_child_id uuid, p_actor text) returns boolean
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (
        delete from public.iu_hierarchy
         where child_id = p_child_id and public.fn_iu_require_actor(p_actor) is not null returning 1
    )
    select exists (select from gone)
$$;

create function public.fn_iu_collection_add(p_collection_id uuid, p_item_id uuid, p_actor text) returns boolean
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    with made as (
        insert into public.iu_collection_item (collection_id, item_id, position, actor)
        values (p_collection_id, p_item_id, public.fn_iu_collection_size(p_collection_id)::integer + 1,
                public.fn_iu_require_actor(p_actor))
        on conflict do nothing returning 1
    )
    select exists (select from made)
$$;

create function public.fn_iu_collection_remove(p_collection_id uuid, p_item_id uuid, p_actor text) returns boolean
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    with gone as (
        delete from public.iu_collection_item
         where collection_id = p_collection_id and item_id = p_item_id
           and public.fn_iu_require_actor(p_actor) is not null returning 1
    )
    select exists (select from gone)
$$;

-- Serves both publish and withdraw.
create function public.fn_iu_template_set_status(p_template_id uuid, p_status text, p_actor text) returns text
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    update public.iu_template set status = p_status, actor = public.fn_iu_require_actor(p_actor)
     where id = public.fn_iu_require_template(p_template_id) returning status
$$;

create function public.fn_iu_event_emit(p_event_type text, p_subject text, p_payload jsonb, p_actor text) returns uuid
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    insert into public.iu_event (event_type, subject, payload, actor)
    values (public.fn_iu_require_event_type(p_event_type), p_subject, coalesce(p_payload, '{}'),
            public.fn_iu_require_actor(p_actor))
    returning id
$$;

create function public.fn_iu_snapshot_take(p_label text, p_actor text) returns uuid
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    insert into public.iu_snapshot (label, counts, actor)
    values (p_label, public.fn_iu_surface_counts(), public.fn_iu_require_actor(p_actor)) returning id
$$;

reset role;

-- A view registered with Directus, as policy has it; written by compile_registration.py, not by hand.
create schema directus_shadow authorization estate_owner;

set role estate_owner;

insert into public.directus_roles
    (id, "name")
values
    ('e4ad94bd-bac4-5f3e-b7c4-981fdb2916c5', 'Viewer'),
    ('19d42d9e-bef8-5715-8c7d-6e677772611a', 'Editor');

-- make the shadow directus_shadow.v_ui_iu_three_axis_envelope
create table if not exists directus_shadow.v_ui_iu_three_axis_envelope (
    unit_id uuid,
    canonical_address text,
    unit_kind text,
    section_type text,
    lifecycle_status text,
    axis_a_doc_code text,
    axis_a_sort_order integer,
    axis_a_section_code text,
    axis_b_tags jsonb,
    axis_b_tags_by_source jsonb,
    axis_c_parent_id uuid,
    axis_c_depth integer,
    axis_c_ancestors jsonb,
    axis_c_ancestor_addresses jsonb,
    created_at timestamp without time zone,
    updated_at timestamp without time zone,
    primary key (unit_id)
);

-- let directus_app, compliance_probe read it
grant select on table public.v_ui_iu_three_axis_envelope to directus_app;

grant usage on schema directus_shadow to directus_app;

grant select on table directus_shadow.v_ui_iu_three_axis_envelope to directus_app;

grant select on table public.iu_unit_tag to directus_app;

grant select on table public.iu_hierarchy to directus_app;

grant usage on schema directus_shadow to compliance_probe;

grant select on table directus_shadow.v_ui_iu_three_axis_envelope to compliance_probe;

insert into public.directus_collections
    (collection, icon, sort_field, accountability)
values
    ('v_ui_iu_three_axis_envelope', 'schema', 'axis_a_sort_order', 'all');

insert into public.directus_fields
    (collection, field, special, readonly, sort, note, required)
values
    ('v_ui_iu_three_axis_envelope', 'unit_id', null, true, 1, 'primary', true),
    ('v_ui_iu_three_axis_envelope', 'canonical_address', null, true, 2, 'primary', true),
    ('v_ui_iu_three_axis_envelope', 'unit_kind', null, true, 3, 'primary', true),
    ('v_ui_iu_three_axis_envelope', 'section_type', null, true, 4, 'meta', true),
    ('v_ui_iu_three_axis_envelope', 'lifecycle_status', null, true, 5, 'meta', true),
    ('v_ui_iu_three_axis_envelope', 'axis_a_doc_code', null, true, 6, 'axis_a', false),
    ('v_ui_iu_three_axis_envelope', 'axis_a_sort_order', null, true, 7, 'axis_a', false),
    ('v_ui_iu_three_axis_envelope', 'axis_a_section_code', null, true, 8, 'axis_a', false),
    ('v_ui_iu_three_axis_envelope', 'axis_b_tags', 'cast-json', true, 9, 'axis_b', false),
    ('v_ui_iu_three_axis_envelope', 'axis_b_tags_by_source', null, true, 10, 'axis_b', false),
    ('v_ui_iu_three_axis_envelope', 'axis_c_parent_id', null, true, 11, 'axis_c', false),
    ('v_ui_iu_three_axis_envelope', 'axis_c_depth', null, true, 12, 'axis_c', false),
    ('v_ui_iu_three_axis_envelope', 'axis_c_ancestors', 'cast-json', true, 13, 'axis_c', false),
    ('v_ui_iu_three_axis_envelope', 'axis_c_ancestor_addresses', 'cast-json', true, 14, 'axis_c', false),
    ('v_ui_iu_three_axis_envelope', 'created_at', 'cast-datetime', true, 15, 'meta', true),
    ('v_ui_iu_three_axis_envelope', 'updated_at', 'cast-datetime', true, 16, 'meta', true);

insert into public.directus_policies
    (id, "name")
values
    ('c50265f0-b994-5bc6-a30f-44596172c2ea', 'IU three-axis read');

insert into public.directus_permissions
    (collection, action, permissions, validation, fields, policy)
values
    ('v_ui_iu_three_axis_envelope', 'read', '{}', '{}', '*', 'c50265f0-b994-5bc6-a30f-44596172c2ea');

insert into public.directus_access
    (id, role, policy)
values
    ('23658f02-9269-5161-98d7-42fd8fcab18c', '18b774e8-4749-5c83-82b6-2d070481dbae', 'c50265f0-b994-5bc6-a30f-44596172c2ea'),
    ('e4dddb9e-567a-5a26-a089-44683efa1705', 'e4ad94bd-bac4-5f3e-b7c4-981fdb2916c5', 'c50265f0-b994-5bc6-a30f-44596172c2ea'),
    ('7c9bf835-4bfb-550f-8dba-188a848b74ee', '19d42d9e-bef8-5715-8c7d-6e677772611a', 'c50265f0-b994-5bc6-a30f-44596172c2ea');

reset role;

-- iu_registration: set right the collection v_ui_iu_three_axis_envelope; set right the fields of v_ui_iu_three_axis_envelope; make the access policy IU three-axis read; give IU three-axis read to administrator; give IU three-axis read to viewer; give IU three-axis read to editor (migration, verify)
\set ON_ERROR_STOP on
\encoding UTF8
begin;
set local search_path = pg_catalog, pg_temp;

do $verify$
begin
    if (select count(*) from (values
        ('v_ui_iu_three_axis_envelope'::character varying, 'schema'::character varying, null::text, false::boolean, false::boolean, null::character varying, 'axis_a_sort_order'::character varying, 'all'::character varying, false::boolean)) as w (collection, icon, note, hidden, singleton, archive_field, sort_field, accountability, versioning)
        inner join public.directus_collections as c on c.collection is not distinct from w.collection and c.icon is not distinct from w.icon and c.note is not distinct from w.note and c.hidden is not distinct from w.hidden and c.singleton is not distinct from w.singleton and c.archive_field is not distinct from w.archive_field and c.sort_field is not distinct from w.sort_field and c.accountability is not distinct from w.accountability and c.versioning is not distinct from w.versioning) <> 1 then
        raise exception 'verify: public.directus_collections is not as it has to be';
    end if;
    if (select count(*) from public.directus_collections as c where c.collection = 'v_ui_iu_three_axis_envelope') <> 1 then
        raise exception 'verify: public.directus_collections is not as it has to be';
    end if;
end
$verify$;

do $verify$
begin
    if (select count(*) from (values
        ('v_ui_iu_three_axis_envelope'::character varying, 'unit_id'::character varying, null::character varying, true::boolean, false::boolean, 1::integer, 'primary'::text, true::boolean, null::json),
        ('v_ui_iu_three_axis_envelope', 'canonical_address', null, true, false, 2, 'primary', true, null),
        ('v_ui_iu_three_axis_envelope', 'unit_kind', null, true, false, 3, 'primary', true, null),
        ('v_ui_iu_three_axis_envelope', 'section_type', null, true, false, 4, 'meta', true, null),
        ('v_ui_iu_three_axis_envelope', 'lifecycle_status', null, true, false, 5, 'meta', true, null),
        ('v_ui_iu_three_axis_envelope', 'axis_a_doc_code', null, true, false, 6, 'axis_a', false, null),
        ('v_ui_iu_three_axis_envelope', 'axis_a_sort_order', null, true, false, 7, 'axis_a', false, null),
        ('v_ui_iu_three_axis_envelope', 'axis_a_section_code', null, true, false, 8, 'axis_a', false, null),
        ('v_ui_iu_three_axis_envelope', 'axis_b_tags', 'cast-json', true, false, 9, 'axis_b', false, null),
        ('v_ui_iu_three_axis_envelope', 'axis_b_tags_by_source', null, true, false, 10, 'axis_b', false, null),
        ('v_ui_iu_three_axis_envelope', 'axis_c_parent_id', null, true, false, 11, 'axis_c', false, null),
        ('v_ui_iu_three_axis_envelope', 'axis_c_depth', null, true, false, 12, 'axis_c', false, null),
        ('v_ui_iu_three_axis_envelope', 'axis_c_ancestors', 'cast-json', true, false, 13, 'axis_c', false, null),
        ('v_ui_iu_three_axis_envelope', 'axis_c_ancestor_addresses', 'cast-json', true, false, 14, 'axis_c', false, null),
        ('v_ui_iu_three_axis_envelope', 'created_at', 'cast-datetime', true, false, 15, 'meta', true, null),
        ('v_ui_iu_three_axis_envelope', 'updated_at', 'cast-datetime', true, false, 16, 'meta', true, null)) as w (collection, field, special, readonly, hidden, sort, note, required, conditions)
        inner join public.directus_fields as c on c.collection is not distinct from w.collection and c.field is not distinct from w.field and c.special is not distinct from w.special and c.readonly is not distinct from w.readonly and c.hidden is not distinct from w.hidden and c.sort is not distinct from w.sort and c.note is not distinct from w.note and c.required is not distinct from w.required and c.conditions::jsonb is not distinct from w.conditions::jsonb) <> 16 then
        raise exception 'verify: public.directus_fields is not as it has to be';
    end if;
    if (select count(*) from public.directus_fields as c where c.collection = 'v_ui_iu_three_axis_envelope' and c.field in ('unit_id', 'canonical_address', 'unit_kind', 'section_type', 'lifecycle_status', 'axis_a_doc_code', 'axis_a_sort_order', 'axis_a_section_code', 'axis_b_tags', 'axis_b_tags_by_source', 'axis_c_parent_id', 'axis_c_depth', 'axis_c_ancestors', 'axis_c_ancestor_addresses', 'created_at', 'updated_at')) <> 16 then
        raise exception 'verify: public.directus_fields is not as it has to be';
    end if;
end
$verify$;

commit;

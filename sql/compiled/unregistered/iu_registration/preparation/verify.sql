-- iu_registration: make the view public.v_ui_iu_three_axis_envelope; make the view public.v_ui_iu_directus_registration_envelope; make the schema directus_shadow; make the shadow directus_shadow.v_ui_iu_three_axis_envelope; let directus_app, compliance_probe read it (preparation, verify)
\set ON_ERROR_STOP on
\encoding UTF8
begin;
set local search_path = pg_catalog, pg_temp;

do $verify$
begin
    if not exists (select 1 from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relname = 'v_ui_iu_three_axis_envelope'
        and c.relkind = 'v' and pg_catalog.pg_get_userbyid(c.relowner) = 'estate_owner') then
        raise exception 'verify: public.v_ui_iu_three_axis_envelope is not a view of estate_owner';
    end if;
    if (select count(*) from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on c.oid = a.attrelid
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relname = 'v_ui_iu_three_axis_envelope'
        and a.attnum > 0 and not a.attisdropped
        and (a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod)) in (
        ('unit_id', 'uuid'),
        ('canonical_address', 'text'),
        ('unit_kind', 'text'),
        ('section_type', 'text'),
        ('lifecycle_status', 'text'),
        ('axis_a_doc_code', 'text'),
        ('axis_a_sort_order', 'integer'),
        ('axis_a_section_code', 'text'),
        ('axis_b_tags', 'text[]'),
        ('axis_b_tags_by_source', 'jsonb'),
        ('axis_c_parent_id', 'uuid'),
        ('axis_c_depth', 'integer'),
        ('axis_c_ancestors', 'uuid[]'),
        ('axis_c_ancestor_addresses', 'text[]'),
        ('created_at', 'timestamp with time zone'),
        ('updated_at', 'timestamp with time zone'))) <> 16 then
        raise exception 'verify: public.v_ui_iu_three_axis_envelope has not the fields that policy declares';
    end if;
end
$verify$;

do $verify$
begin
    if not exists (select 1 from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relname = 'v_ui_iu_directus_registration_envelope'
        and c.relkind = 'v' and pg_catalog.pg_get_userbyid(c.relowner) = 'estate_owner') then
        raise exception 'verify: public.v_ui_iu_directus_registration_envelope is not a view of estate_owner';
    end if;
    if (select count(*) from public.v_ui_iu_directus_registration_envelope as e) <> (select count(*) from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on c.oid = a.attrelid
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relname = 'v_ui_iu_three_axis_envelope'
        and a.attnum > 0 and not a.attisdropped) then
        raise exception 'verify: public.v_ui_iu_directus_registration_envelope does not say what columns public.v_ui_iu_three_axis_envelope has';
    end if;
end
$verify$;

do $verify$
begin
    if not exists (select 1 from pg_catalog.pg_namespace as n where n.nspname = 'directus_shadow') then
        raise exception 'verify: there is no schema directus_shadow';
    end if;
end
$verify$;

do $verify$
begin
    if not exists (select 1 from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'directus_shadow' and c.relname = 'v_ui_iu_three_axis_envelope'
        and c.relkind = 'r' and pg_catalog.pg_get_userbyid(c.relowner) = 'estate_owner') then
        raise exception 'verify: directus_shadow.v_ui_iu_three_axis_envelope is not a table of estate_owner';
    end if;
    if (select count(*) from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on c.oid = a.attrelid
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'directus_shadow' and c.relname = 'v_ui_iu_three_axis_envelope'
        and a.attnum > 0 and not a.attisdropped
        and (a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod)) in (
        ('unit_id', 'uuid'),
        ('canonical_address', 'text'),
        ('unit_kind', 'text'),
        ('section_type', 'text'),
        ('lifecycle_status', 'text'),
        ('axis_a_doc_code', 'text'),
        ('axis_a_sort_order', 'integer'),
        ('axis_a_section_code', 'text'),
        ('axis_b_tags', 'jsonb'),
        ('axis_b_tags_by_source', 'jsonb'),
        ('axis_c_parent_id', 'uuid'),
        ('axis_c_depth', 'integer'),
        ('axis_c_ancestors', 'jsonb'),
        ('axis_c_ancestor_addresses', 'jsonb'),
        ('created_at', 'timestamp without time zone'),
        ('updated_at', 'timestamp without time zone'))) <> 16
        or (select count(*) from pg_catalog.pg_attribute as a
        inner join pg_catalog.pg_class as c on c.oid = a.attrelid
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'directus_shadow' and c.relname = 'v_ui_iu_three_axis_envelope'
        and a.attnum > 0 and not a.attisdropped) <> 16 then
        raise exception 'verify: directus_shadow.v_ui_iu_three_axis_envelope has not the columns of the view';
    end if;
    if not exists (select 1 from pg_catalog.pg_constraint as o
        inner join pg_catalog.pg_class as c on c.oid = o.conrelid
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = 'directus_shadow' and c.relname = 'v_ui_iu_three_axis_envelope' and o.contype = 'p'
        and pg_catalog.pg_get_constraintdef(o.oid) = 'PRIMARY KEY (' || pg_catalog.quote_ident('unit_id') || ')') then
        raise exception 'verify: the key of directus_shadow.v_ui_iu_three_axis_envelope is not unit_id';
    end if;
    if exists (select 1 from directus_shadow.v_ui_iu_three_axis_envelope as t) then
        raise exception 'verify: directus_shadow.v_ui_iu_three_axis_envelope holds rows';
    end if;
end
$verify$;

do $verify$
begin
    if not pg_catalog.has_table_privilege('directus_app', 'public.v_ui_iu_three_axis_envelope', 'SELECT') then
        raise exception 'verify: directus_app has no select on public.v_ui_iu_three_axis_envelope';
    end if;
    if not pg_catalog.has_schema_privilege('directus_app', 'directus_shadow', 'USAGE') then
        raise exception 'verify: directus_app has no usage on directus_shadow';
    end if;
    if not pg_catalog.has_table_privilege('directus_app', 'directus_shadow.v_ui_iu_three_axis_envelope', 'SELECT') then
        raise exception 'verify: directus_app has no select on directus_shadow.v_ui_iu_three_axis_envelope';
    end if;
    if not pg_catalog.has_table_privilege('directus_app', 'public.iu_unit_tag', 'SELECT') then
        raise exception 'verify: directus_app has no select on public.iu_unit_tag';
    end if;
    if not pg_catalog.has_table_privilege('directus_app', 'public.iu_hierarchy', 'SELECT') then
        raise exception 'verify: directus_app has no select on public.iu_hierarchy';
    end if;
    if not pg_catalog.has_table_privilege('compliance_probe', 'public.v_ui_iu_three_axis_envelope', 'SELECT') then
        raise exception 'verify: compliance_probe has no select on public.v_ui_iu_three_axis_envelope';
    end if;
    if not pg_catalog.has_table_privilege('compliance_probe', 'public.v_ui_iu_directus_registration_envelope', 'SELECT') then
        raise exception 'verify: compliance_probe has no select on public.v_ui_iu_directus_registration_envelope';
    end if;
    if not pg_catalog.has_schema_privilege('compliance_probe', 'directus_shadow', 'USAGE') then
        raise exception 'verify: compliance_probe has no usage on directus_shadow';
    end if;
    if not pg_catalog.has_table_privilege('compliance_probe', 'directus_shadow.v_ui_iu_three_axis_envelope', 'SELECT') then
        raise exception 'verify: compliance_probe has no select on directus_shadow.v_ui_iu_three_axis_envelope';
    end if;
end
$verify$;

commit;

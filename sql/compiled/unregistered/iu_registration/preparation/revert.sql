-- iu_registration: make the view public.v_ui_iu_three_axis_envelope; make the view public.v_ui_iu_directus_registration_envelope; make the schema directus_shadow; make the shadow directus_shadow.v_ui_iu_three_axis_envelope; let directus_app, compliance_probe read it (preparation, revert)
\set ON_ERROR_STOP on
\encoding UTF8
begin;
set local search_path = pg_catalog, pg_temp;

revoke select on table directus_shadow.v_ui_iu_three_axis_envelope from compliance_probe;

revoke usage on schema directus_shadow from compliance_probe;

revoke select on table public.v_ui_iu_directus_registration_envelope from compliance_probe;

revoke select on table public.v_ui_iu_three_axis_envelope from compliance_probe;

revoke select on table public.iu_hierarchy from directus_app;

revoke select on table public.iu_unit_tag from directus_app;

revoke select on table directus_shadow.v_ui_iu_three_axis_envelope from directus_app;

revoke usage on schema directus_shadow from directus_app;

revoke select on table public.v_ui_iu_three_axis_envelope from directus_app;

do $refused$
begin
    if exists (select 1 from public.directus_collections as c where c.collection = 'v_ui_iu_three_axis_envelope') then
        raise exception 'REFUSED: public.directus_collections holds rows: v_ui_iu_three_axis_envelope is still registered; take the registration back first (its receipt, or state: disabled)';
    end if;
    if exists (select 1 from public.directus_fields as c where c.collection = 'v_ui_iu_three_axis_envelope') then
        raise exception 'REFUSED: public.directus_fields holds rows: v_ui_iu_three_axis_envelope is still registered; take the registration back first (its receipt, or state: disabled)';
    end if;
end
$refused$;

drop table if exists directus_shadow.v_ui_iu_three_axis_envelope;

do $refused$
begin
    if exists (select 1 from public.directus_collections as c where c.collection = 'v_ui_iu_three_axis_envelope') then
        raise exception 'REFUSED: public.directus_collections holds rows: v_ui_iu_three_axis_envelope is still registered; take the registration back first (its receipt, or state: disabled)';
    end if;
    if exists (select 1 from public.directus_fields as c where c.collection = 'v_ui_iu_three_axis_envelope') then
        raise exception 'REFUSED: public.directus_fields holds rows: v_ui_iu_three_axis_envelope is still registered; take the registration back first (its receipt, or state: disabled)';
    end if;
end
$refused$;

drop schema if exists directus_shadow;

drop view if exists public.v_ui_iu_directus_registration_envelope;

drop view if exists public.v_ui_iu_three_axis_envelope;

commit;

-- Who may do what. Last, so that nothing which was created before is left out.
set role estate_owner;

do $grants$
declare
    v_function regprocedure;
begin
    -- PostgreSQL lets everyone execute a new function: not those that write, nor those behind triggers.
    for v_function in
        select p.oid::regprocedure from pg_catalog.pg_proc p
         where p.pronamespace = 'public'::regnamespace and p.proname like 'fn\_%' and p.provolatile = 'v'
    loop
        execute format('revoke execute on function %s from public', v_function);
    end loop;
    -- The operator executes what the catalog names.
    for v_function in
        select distinct p.oid::regprocedure
          from public.dot_iu_command_catalog c cross join unnest(c.target_functions) as t(name)
          join pg_catalog.pg_proc p on p.proname = t.name and p.pronamespace = 'public'::regnamespace
    loop
        execute format('grant execute on function %s to dot_operator', v_function);
    end loop;
end
$grants$;

-- Reading functions run as their caller.
do $read$
declare
    v_relation regclass;
begin
    for v_relation in
        select c.oid::regclass from pg_catalog.pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
           and c.relname ~ '^(iu_|v_(ui_)?iu_)'
    loop
        execute format('grant select on %s to dot_operator', v_relation);
    end loop;
end
$read$;
grant select on public.dot_config, public.dot_iu_command_catalog to dot_operator;
grant select, insert on public.dot_iu_command_run to dot_operator;

-- The role of every audit: what is governed, and no more. No password, no token, no settings.
grant select on
    public.dot_config, public.dot_iu_command_catalog, public.dot_iu_command_run, public.iu_event_type, public.iu_route,
    public.v_ui_iu_three_axis_envelope, public.v_ui_iu_directus_registration_envelope,
    public.directus_migrations, public.directus_flows, public.directus_operations, public.directus_collections,
    public.directus_fields, public.directus_permissions, public.directus_policies, public.directus_roles,
    public.directus_access
    to compliance_probe;

reset role;

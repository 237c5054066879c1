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

-- The running Directus: its own tables, the registries, and what its flows and endpoints write. Rights by name: what ALL
-- holds depends on the version of PostgreSQL.
do $directus$
declare
    v_relation record;
begin
    for v_relation in
        select c.oid::regclass as name,
               case c.relkind when 'S' then 'usage, select, update' else 'select, insert, update, delete' end as rights
          from pg_catalog.pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'S')
           and c.relname ~ '^(directus_|table_registry|workflow|dot_tools|collection_registry|system_issues|knowledge_)'
    loop
        execute format('grant %s on %s to directus_app', v_relation.rights, v_relation.name);
    end loop;
end
$directus$;
-- The endpoint of the birth scan asks for its kill switch, and writes none.
grant select on public.dot_config to directus_app;
grant execute on function public.fn_registry_refresh_counts() to directus_app;
grant execute on function public.fn_birth_onboarding_full_scan() to directus_app;

-- The role of every audit: what is governed, and no more. No password, no token, no settings.
grant select on
    public.dot_config, public.dot_iu_command_catalog, public.dot_iu_command_run, public.iu_event_type, public.iu_route,
    public.v_ui_iu_three_axis_envelope, public.v_ui_iu_directus_registration_envelope,
    public.directus_migrations, public.directus_flows, public.directus_operations, public.directus_collections,
    public.directus_fields, public.directus_permissions, public.directus_policies, public.directus_roles,
    public.directus_access, public.dot_tools, public.system_issues, public.collection_registry, public.table_registry,
    public.workflows, public.workflow_steps, public.workflow_change_requests, public.workflow_categories,
    public.workflow_step_relations, public.knowledge_documents
    to compliance_probe;
-- Which flow ran and when; not who, from where, with what.
grant select (id, action, collection, item, "timestamp") on public.directus_activity to compliance_probe;

reset role;

-- Agent Data's store is its own: only it may give that away. Documents, not where they were sent.
set role agent_data_app;
grant usage on schema agent_data to compliance_probe;
grant select on agent_data.kb_documents to compliance_probe;
-- Who applies plans rehearses them on a clone, and a clone begins with a dump.
grant usage on schema agent_data to estate_owner;
grant select on all tables in schema agent_data to estate_owner;
grant select on all sequences in schema agent_data to estate_owner;
reset role;

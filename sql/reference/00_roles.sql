-- The roles of the reference estate. They belong to the cluster, so each is made only where it is absent.
do $roles$
declare
    v_role record;
begin
    for v_role in
        select * from (values
            ('estate_owner', 'login'),      -- owns the database and all in it but the store of Agent Data; no superuser
            ('dot_operator', 'login'),      -- may execute what the command catalog names, and read the IU core
            ('compliance_probe', 'login'),  -- what every audit connects as: SELECT on governed tables, nothing else
            ('directus_app', 'login'),      -- what a running Directus connects as
            ('agent_data_app', 'login')     -- what a running Agent Data connects as; its store is its own
        ) as t(name, options)
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = v_role.name) then
            execute format('create role %I %s', v_role.name, v_role.options);
        end if;
    end loop;
    execute format('alter database %I owner to estate_owner', current_database());
end
$roles$;

grant all on schema public to estate_owner;
-- PostgreSQL 14 still lets everyone create in public; the estate is the same on all versions.
revoke create on schema public from public;
grant usage on schema public to dot_operator, compliance_probe, directus_app;

-- Roles of the cluster, and what each is a direct member of. PostgreSQL's own (pg_…) differ by version and are
-- left out as roles; membership in one of them is shown, as it is what gives a role its reach. Never reads a
-- password.
select
    r.rolname::pg_catalog.text as name,
    r.rolsuper as superuser,
    r.rolcreaterole as create_role,
    r.rolcreatedb as create_db,
    r.rolbypassrls as bypass_rls,
    r.rolreplication as replication,
    r.rolcanlogin as login,
    array(
        select distinct g.rolname::pg_catalog.text collate "C"
        from pg_catalog.pg_auth_members as m
        join pg_catalog.pg_roles as g on g.oid = m.roleid
        where m.member = r.oid
        order by 1) as member_of
from pg_catalog.pg_roles as r
where r.rolname !~ '^pg_'
order by r.rolname collate "C";

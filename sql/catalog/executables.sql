-- Which functions the roles that policy names may really execute, as PostgreSQL itself decides it: PUBLIC,
-- membership and use of the schema included. One query for all, never one a function.
with found as (
    select
        r.rolname::pg_catalog.text as role,
        n.nspname || '.' || p.proname || '(' || pg_catalog.array_to_string(
            array(
                select pg_catalog.format_type(a.type, null)
                from pg_catalog.unnest(p.proargtypes) with ordinality as a (type, place)
                order by a.place), ',') || ')' as function
    from pg_catalog.pg_roles as r
    cross join pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where r.rolname::pg_catalog.text = any (%(roles)s::pg_catalog.text[])
      and n.nspname !~ '^pg_'
      and n.nspname <> 'information_schema'
      and not exists (
          select from pg_catalog.pg_depend as d
          where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e')
      and pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
      and pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')
)
select role, function from found order by role collate "C", function collate "C";

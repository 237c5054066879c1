-- Who was granted what, with the defaults that PostgreSQL applies where nothing was ever granted or revoked
-- (PUBLIC may execute any new function). What an owner may do with its own object is a fact of ownership and is
-- not repeated here.
with held as (
    select 'schema' as kind, n.nspname::pg_catalog.text as object, n.nspowner as owner,
           coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)) as acl,
           'pg_catalog.pg_namespace'::pg_catalog.regclass as class, n.oid as oid, n.nspname as home
    from pg_catalog.pg_namespace as n
    union all
    select 'database', d.datname, d.datdba, coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba)),
           'pg_catalog.pg_database'::pg_catalog.regclass, d.oid, ''
    from pg_catalog.pg_database as d
    where d.datname = pg_catalog.current_database()
    union all
    select 'foreign server', s.srvname, s.srvowner, coalesce(s.srvacl, pg_catalog.acldefault('S', s.srvowner)),
           'pg_catalog.pg_foreign_server'::pg_catalog.regclass, s.oid, ''
    from pg_catalog.pg_foreign_server as s
    union all
    select case c.relkind when 'S' then 'sequence' else 'relation' end, n.nspname || '.' || c.relname, c.relowner,
           coalesce(c.relacl, pg_catalog.acldefault(case c.relkind when 'S' then 's' else 'r' end::"char",
           c.relowner)), 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, n.nspname
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all
    select 'column', n.nspname || '.' || c.relname || '.' || a.attname, c.relowner, a.attacl,
           'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, n.nspname
    from pg_catalog.pg_attribute as a
    join pg_catalog.pg_class as c on c.oid = a.attrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where a.attacl is not null and not a.attisdropped
    union all
    select 'function',
           n.nspname || '.' || p.proname || '(' || pg_catalog.array_to_string(
               array(
                   select pg_catalog.format_type(t.type, null)
                   from pg_catalog.unnest(p.proargtypes) with ordinality as t (type, place)
                   order by t.place), ',') || ')',
           p.proowner, coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)),
           'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, n.nspname
    from pg_catalog.pg_proc as p
    join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), granted as (
    select
        h.kind,
        h.object,
        case when g.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(g.grantee)::pg_catalog.text end as
        grantee, g.privilege_type as privilege, pg_catalog.bool_or(g.is_grantable) as grantable
    from held as h
    cross join pg_catalog.aclexplode(h.acl) as g
    where g.grantee <> h.owner
      and h.home !~ '^pg_'
      and h.home <> 'information_schema'
      and not exists (
          select from pg_catalog.pg_depend as d where d.classid = h.class and d.objid = h.oid and d.deptype =
          'e')
    group by 1, 2, 3, 4
)
select kind, object, grantee, privilege, grantable
from granted
order by kind collate "C", object collate "C", grantee collate "C", privilege collate "C";

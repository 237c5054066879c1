-- Schemas of the estate. Names that begin with pg_ are PostgreSQL's own: it refuses them to anyone else.
select
    n.nspname::pg_catalog.text as name,
    pg_catalog.pg_get_userbyid(n.nspowner)::pg_catalog.text as owner
from pg_catalog.pg_namespace as n
where n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
  and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.objid = n.oid and d.deptype = 'e')
order by n.nspname collate "C";

-- Indexes. An invalid one (left by a failed CREATE INDEX CONCURRENTLY) is there but enforces nothing for sure.
select
    n.nspname::pg_catalog.text as schema,
    c.relname::pg_catalog.text as relation,
    i.relname::pg_catalog.text as name,
    x.indisunique as unique,
    x.indisvalid and x.indisready as valid,
    pg_catalog.pg_get_indexdef(x.indexrelid) as definition
from pg_catalog.pg_index as x
join pg_catalog.pg_class as i on i.oid = x.indexrelid
join pg_catalog.pg_class as c on c.oid = x.indrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
  and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid in (c.oid, i.oid)
        and d.deptype = 'e')
order by n.nspname collate "C", c.relname collate "C", i.relname collate "C";

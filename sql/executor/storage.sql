-- The file that holds each table: another one after TRUNCATE and whatever rewrites a table, which counts no row.
select
    n.nspname || '.' || c.relname as relation,
    pg_catalog.pg_relation_filenode(c.oid)::pg_catalog.int8 as file
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'm')
  and c.relpersistence <> 't'
  and n.nspname <> 'pg_catalog'
order by n.nspname collate "C", c.relname collate "C";

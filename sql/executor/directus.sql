-- The schemas that hold the collections of a Directus.
select n.nspname::pg_catalog.text as schema
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relname = 'directus_collections'
  and c.relkind in ('r', 'p')
order by n.nspname collate "C";

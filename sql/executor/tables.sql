-- Tables whose rows a call could leave behind, and how large each is: nothing of PostgreSQL's own, nothing temporary.
select
    n.nspname || '.' || c.relname as relation,
    pg_catalog.pg_relation_size(c.oid) as bytes
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'r'
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
order by n.nspname collate "C", c.relname collate "C";

-- Columns of tables and views. Positions are counted over what is left, so that a dropped column leaves no gap.
select
    n.nspname::pg_catalog.text as schema,
    c.relname::pg_catalog.text as relation,
    a.attname::pg_catalog.text as name,
    pg_catalog.row_number() over (partition by a.attrelid order by a.attnum) as position,
    pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
    -- A NOT NULL that is not yet valid (PostgreSQL 18) says nothing of the rows that are there.
    not a.attnotnull or (a.attrelid, a.attnum) in (
        select o.conrelid, pg_catalog.unnest(o.conkey) from pg_catalog.pg_constraint as o
        where o.contype = 'n' and not o.convalidated) as nullable,
    pg_catalog.pg_get_expr(f.adbin, f.adrelid) as default,
    case a.attidentity when 'a' then 'always' when 'd' then 'by default' else '' end as identity,
    case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' else '' end as generated
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_attrdef as f on f.adrelid = a.attrelid and f.adnum = a.attnum
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and a.attnum > 0
  and not a.attisdropped
  and n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
  and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.objsubid = 0
        and d.deptype = 'e')
order by n.nspname collate "C", c.relname collate "C", position;

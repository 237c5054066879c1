-- Tables, views and sequences. A view's definition comes out with qualified names, as the search path is empty; its
-- options say in whose name it reads.
select
    n.nspname::pg_catalog.text as schema,
    c.relname::pg_catalog.text as name,
    case c.relkind
        when 'r' then 'table'
        when 'p' then 'partitioned table'
        when 'v' then 'view'
        when 'm' then 'materialized view'
        when 'f' then 'foreign table'
        else 'sequence'
    end as kind,
    pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text as owner,
    c.relrowsecurity as row_security,
    case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end as definition,
    array(
        select pn.nspname || '.' || p.relname
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as p on p.oid = i.inhparent
        join pg_catalog.pg_namespace as pn on pn.oid = p.relnamespace
        where i.inhrelid = c.oid
        order by i.inhseqno) as parents,
    case
        when c.relkind = 'v'
            then array(select o.option from pg_catalog.unnest(c.reloptions) as o (option) order by o.option collate "C")
        else '{}'
    end as options
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  and n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
  and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname collate "C", c.relname collate "C";

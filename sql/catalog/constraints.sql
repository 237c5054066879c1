-- Keys, checks and foreign keys. NOT NULL is a fact of the column: only PostgreSQL 18 lists it here as well.
select
    n.nspname::pg_catalog.text as schema,
    c.relname::pg_catalog.text as relation,
    o.conname::pg_catalog.text as name,
    case o.contype
        when 'p' then 'primary key'
        when 'u' then 'unique'
        when 'c' then 'check'
        when 'x' then 'exclusion'
        else 'foreign key'
    end as kind,
    array(
        select a.attname::pg_catalog.text
        from pg_catalog.unnest(o.conkey) with ordinality as k (attnum, place)
        join pg_catalog.pg_attribute as a on a.attrelid = o.conrelid and a.attnum = k.attnum
        order by k.place) as columns,
    tn.nspname || '.' || t.relname as target,
    case when o.contype = 'f' then
        case o.confdeltype
            when 'r' then 'restrict'
            when 'c' then 'cascade'
            when 'n' then 'set null'
            when 'd' then 'set default'
            else 'no action'
        end
    else '' end as delete_rule,
    pg_catalog.pg_get_constraintdef(o.oid) as definition
from pg_catalog.pg_constraint as o
join pg_catalog.pg_class as c on c.oid = o.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_class as t on t.oid = o.confrelid
left join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
where o.contype in ('p', 'u', 'c', 'x', 'f')
  and n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
  and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname collate "C", c.relname collate "C", o.conname collate "C";

-- Triggers that somebody made. Those behind foreign keys are PostgreSQL's own and follow from the constraint.
select
    n.nspname::pg_catalog.text as schema,
    c.relname::pg_catalog.text as relation,
    t.tgname::pg_catalog.text as name,
    t.tgenabled in ('O', 'A') as enabled,
    pn.nspname || '.' || p.proname || '()' as function,
    pg_catalog.pg_get_triggerdef(t.oid) as definition
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_proc as p on p.oid = t.tgfoid
join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
where not t.tgisinternal
  and n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
  and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
order by n.nspname collate "C", c.relname collate "C", t.tgname collate "C";

-- Triggers that somebody made, and rewrite rules of tables, which act on a write as a trigger does (function is empty).
-- Triggers behind foreign keys are PostgreSQL's own and follow from the constraint; a view's own rule is its definition.
with set_off as (
    select t.oid, t.tgrelid as relation, t.tgname as name, t.tgenabled as enabled, t.tgfoid as function,
           pg_catalog.pg_get_triggerdef(t.oid) as definition
    from pg_catalog.pg_trigger as t
    where not t.tgisinternal
    union all
    select r.oid, r.ev_class, r.rulename, r.ev_enabled, null, pg_catalog.pg_get_ruledef(r.oid)
    from pg_catalog.pg_rewrite as r
    where r.rulename <> '_RETURN'
)
select
    n.nspname::pg_catalog.text as schema,
    c.relname::pg_catalog.text as relation,
    t.name::pg_catalog.text as name,
    t.enabled in ('O', 'A') as enabled,
    coalesce(pn.nspname || '.' || p.proname || '()', '') as function,
    t.definition
from set_off as t
join pg_catalog.pg_class as c on c.oid = t.relation
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_proc as p on p.oid = t.function
left join pg_catalog.pg_namespace as pn on pn.oid = p.pronamespace
where n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
  and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
-- A rule and a trigger may have the same name.
order by n.nspname collate "C", c.relname collate "C", t.name collate "C", t.function is null;

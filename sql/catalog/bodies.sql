-- Source text of functions and procedures that PostgreSQL reads itself: what they write by SQL, no flow sees. Asked
-- for only where a rule judges it. One in SQL-standard form (BEGIN ATOMIC) has no text but what PostgreSQL prints.
select
    n.nspname::pg_catalog.text as schema,
    p.proname::pg_catalog.text as name,
    array(
        select pg_catalog.format_type(a.type, null)
        from pg_catalog.unnest(p.proargtypes) with ordinality as a (type, place)
        order by a.place) as arguments,
    l.lanname::pg_catalog.text as language,
    coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) as source
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_language as l on l.oid = p.prolang
where l.lanname in ('sql', 'plpgsql')
  and n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
  and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e')
order by n.nspname collate "C", p.proname collate "C", pg_catalog.pg_get_function_identity_arguments(p.oid)
collate "C";

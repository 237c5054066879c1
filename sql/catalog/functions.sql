-- Functions and procedures. The body is a digest: what matters is whether it is the one that was reviewed. A
-- body in SQL-standard form (BEGIN ATOMIC) has no source text, and one in C has its library besides.
select
    n.nspname::pg_catalog.text as schema,
    p.proname::pg_catalog.text as name,
    array(
        select pg_catalog.format_type(a.type, null)
        from pg_catalog.unnest(p.proargtypes) with ordinality as a (type, place)
        order by a.place) as arguments,
    coalesce(pg_catalog.pg_get_function_result(p.oid), '') as returns,
    case p.prokind when 'f' then 'function' when 'p' then 'procedure' when 'a' then 'aggregate' else 'window'
    end as kind, l.lanname::pg_catalog.text as language, case p.provolatile when 'i' then 'immutable' when 's'
    then 'stable' else 'volatile' end as volatility, pg_catalog.pg_get_userbyid(p.proowner)::pg_catalog.text as
    owner, p.prosecdef as security_definer, (
        select pg_catalog.substr(s.setting, 13)
        from pg_catalog.unnest(p.proconfig) as s (setting)
        where pg_catalog.starts_with(s.setting, 'search_path=')
        limit 1) as search_path,
    pg_catalog.encode(
        pg_catalog.sha256(
            pg_catalog.convert_to(
                coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) || coalesce(p.probin, ''),
                'UTF8')),
        'hex') as body_digest
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_language as l on l.oid = p.prolang
where n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
  and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e')
order by n.nspname collate "C", p.proname collate "C", pg_catalog.pg_get_function_identity_arguments(p.oid)
collate "C";

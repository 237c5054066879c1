-- Every object of the estate as the catalog holds it, whole: what no fact tells of (a comment, a cost, an option) may
-- not change unseen either. Each row under the section and subject of the fact that it belongs to; what belongs to none
-- has a section that no plan can name. Left out is what follows from other rows, or what PostgreSQL counts for itself.
with homes as (
    select n.oid, n.nspname::pg_catalog.text as name
    from pg_catalog.pg_namespace as n
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), relations as (
    select c.oid, h.name || '.' || c.relname as name, c.relkind as kind
    from pg_catalog.pg_class as c
    join homes as h on h.oid = c.relnamespace
    where c.relkind not in ('i', 'I', 't')
), functions as (
    select p.oid,
           h.name || '.' || p.proname || '(' || pg_catalog.array_to_string(
               array(
                   select pg_catalog.format_type(a.type, null)
                   from pg_catalog.unnest(p.proargtypes) with ordinality as a (type, place)
                   order by a.place), ',') || ')' as name
    from pg_catalog.pg_proc as p
    join homes as h on h.oid = p.pronamespace
), parts as (
    select 'pg_namespace' as catalog, h.oid, 'catalog.schemas' as section, h.name as subject from homes as h
    union all
    select 'pg_class', r.oid, 'catalog.relations', r.name from relations as r
    union all
    select 'pg_class', x.indexrelid, 'catalog.indexes', r.name
    from pg_catalog.pg_index as x
    join relations as r on r.oid = x.indrelid
    union all
    select 'pg_constraint', o.oid,
           case o.contype when 'n' then 'catalog.columns' when 't' then 'catalog.triggers' else 'catalog.constraints'
           end, r.name
    from pg_catalog.pg_constraint as o
    join relations as r on r.oid = o.conrelid
    union all
    -- What PostgreSQL sets off for a foreign key stands at both of its tables, and follows from the key.
    select 'pg_trigger', t.oid, case when t.tgisinternal then 'catalog.constraints' else 'catalog.triggers' end, r.name
    from pg_catalog.pg_trigger as t
    left join pg_catalog.pg_constraint as o on o.oid = t.tgconstraint
    join relations as r on r.oid = case when t.tgisinternal then coalesce(o.conrelid, t.tgrelid) else t.tgrelid end
    union all
    select 'pg_rewrite', w.oid, case w.rulename when '_RETURN' then 'catalog.relations' else 'catalog.triggers' end,
           r.name
    from pg_catalog.pg_rewrite as w
    join relations as r on r.oid = w.ev_class
    union all
    select 'pg_proc', f.oid, 'catalog.functions', f.name from functions as f
    union all
    select 'pg_type', y.oid, case when r.oid is null or r.kind = 'c' then 'types' else 'catalog.relations' end,
           coalesce(r.name, h.name || '.' || y.typname)
    from pg_catalog.pg_type as y
    join homes as h on h.oid = y.typnamespace
    left join pg_catalog.pg_type as e on e.typarray = y.oid
    left join relations as r on r.oid = coalesce(nullif(y.typrelid, 0), e.typrelid)
), held as (
    -- PostgreSQL gives a lower number to nothing but its own, of which there are thousands.
    select 'pg_namespace' as catalog, n.oid, pg_catalog.to_jsonb(n) - 'nspacl' as content
    from pg_catalog.pg_namespace as n
    union all
    select 'pg_class', c.oid, pg_catalog.to_jsonb(c) - array['relacl', 'relpages', 'reltuples', 'relallvisible',
           'relallfrozen', 'relfrozenxid', 'relminmxid', 'relfilenode', 'reltoastrelid', 'relnatts', 'relchecks',
           'relhasindex', 'relhasrules', 'relhastriggers', 'relhassubclass']
    from pg_catalog.pg_class as c
    where c.oid >= 16384
    union all
    select 'pg_class', x.indexrelid, pg_catalog.to_jsonb(x) - 'indcheckxmin' from pg_catalog.pg_index as x
    where x.indexrelid >= 16384
    union all
    select 'pg_class', s.seqrelid, pg_catalog.to_jsonb(s) from pg_catalog.pg_sequence as s
    where s.seqrelid >= 16384
    union all
    select 'pg_constraint', o.oid, pg_catalog.to_jsonb(o) from pg_catalog.pg_constraint as o
    where o.oid >= 16384
    union all
    select 'pg_trigger', t.oid, pg_catalog.to_jsonb(t) from pg_catalog.pg_trigger as t
    where t.oid >= 16384
    union all
    select 'pg_rewrite', w.oid, pg_catalog.to_jsonb(w) from pg_catalog.pg_rewrite as w
    where w.oid >= 16384
    union all
    select 'pg_proc', p.oid, pg_catalog.to_jsonb(p) - 'proacl' from pg_catalog.pg_proc as p
    where p.oid >= 16384
    union all
    select 'pg_type', y.oid, pg_catalog.to_jsonb(y) from pg_catalog.pg_type as y
    where y.oid >= 16384
), own as (
    -- PostgreSQL's schemas but those of sessions, in which what is temporary comes and goes, and of long values.
    select n.oid
    from pg_catalog.pg_namespace as n
    where n.nspname in ('pg_catalog', 'information_schema')
), tables as (
    select c.oid, c.relname
    from pg_catalog.pg_class as c
    join own as o on o.oid = c.relnamespace
), system as (
    -- What stands in PostgreSQL's own schemas no plan can name: a superuser may write there, so it is compared as well.
    select 'pg_namespace' as catalog, n.oid::pg_catalog.int8 as place, n::pg_catalog.text as content
    from pg_catalog.pg_namespace as n
    where n.nspname !~ '^pg_(toast_)?temp_' and (n.nspname ~ '^pg_' or n.nspname = 'information_schema')
    union all
    -- Without what PostgreSQL counts for itself.
    select 'pg_class', c.oid, pg_catalog.concat_ws(',', c.oid, c.relname, c.relkind, c.relowner, c.relacl::pg_catalog.text,
           c.reloptions::pg_catalog.text, c.relrowsecurity, c.relforcerowsecurity, c.relpersistence)
    from pg_catalog.pg_class as c
    join own as o on o.oid = c.relnamespace
    union all
    select 'pg_attribute', a.attrelid, a::pg_catalog.text
    from pg_catalog.pg_attribute as a
    join tables as t on t.oid = a.attrelid
    where a.attnum > 0
    union all
    select 'pg_attrdef', d.adrelid, d::pg_catalog.text
    from pg_catalog.pg_attrdef as d
    join tables as t on t.oid = d.adrelid
    union all
    select 'pg_index', x.indexrelid, x::pg_catalog.text
    from pg_catalog.pg_index as x
    join tables as t on t.oid = x.indrelid
    union all
    select 'pg_constraint', k.oid, k::pg_catalog.text
    from pg_catalog.pg_constraint as k
    join own as o on o.oid = k.connamespace
    union all
    select 'pg_trigger', g.oid, g::pg_catalog.text
    from pg_catalog.pg_trigger as g
    join tables as t on t.oid = g.tgrelid
    union all
    select 'pg_rewrite', w.oid, w::pg_catalog.text
    from pg_catalog.pg_rewrite as w
    join tables as t on t.oid = w.ev_class
    union all
    select 'pg_proc', p.oid, p::pg_catalog.text
    from pg_catalog.pg_proc as p
    join own as o on o.oid = p.pronamespace
    union all
    select 'pg_type', y.oid, y::pg_catalog.text
    from pg_catalog.pg_type as y
    join own as o on o.oid = y.typnamespace
    union all
    select 'pg_description', d.objoid, d::pg_catalog.text
    from pg_catalog.pg_description as d
    where d.objoid < 16384 and d.classoid <> 'pg_catalog.pg_namespace'::pg_catalog.regclass
), whole as (
    select p.section, p.subject, h.content
    from parts as p
    join held as h using (catalog, oid)
    union all
    select 'catalog.columns', r.name, pg_catalog.to_jsonb(a) - array['attacl', 'attcacheoff']
    from pg_catalog.pg_attribute as a
    join relations as r on r.oid = a.attrelid
    where a.attnum > 0
    union all
    select 'catalog.columns', r.name, pg_catalog.to_jsonb(f)
    from pg_catalog.pg_attrdef as f
    join relations as r on r.oid = f.adrelid
    union all
    select case when p.section is null then 'comments' when d.objsubid > 0 then 'catalog.columns' else p.section end,
           coalesce(p.subject, d.classoid::pg_catalog.regclass::pg_catalog.text), pg_catalog.to_jsonb(d)
    from pg_catalog.pg_description as d
    join pg_catalog.pg_class as c on c.oid = d.classoid
    left join parts as p on p.catalog = c.relname and p.oid = d.objoid
    where d.objoid >= 16384 or d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
    union all
    select 'catalog.grants', h.name, pg_catalog.to_jsonb(n.nspacl)
    from pg_catalog.pg_namespace as n
    join homes as h using (oid)
    where n.nspacl is not null
    union all
    select 'catalog.grants', r.name, pg_catalog.to_jsonb(c.relacl)
    from pg_catalog.pg_class as c
    join relations as r using (oid)
    where c.relacl is not null
    union all
    select 'catalog.grants', r.name || '.' || a.attname, pg_catalog.to_jsonb(a.attacl)
    from pg_catalog.pg_attribute as a
    join relations as r on r.oid = a.attrelid
    where a.attacl is not null
    union all
    select 'catalog.grants', f.name, pg_catalog.to_jsonb(p.proacl)
    from pg_catalog.pg_proc as p
    join functions as f using (oid)
    where p.proacl is not null
)
select
    w.section,
    w.subject,
    pg_catalog.encode(
        pg_catalog.sha256(
            pg_catalog.convert_to(
                pg_catalog.string_agg(w.content::pg_catalog.text, ' ' order by w.content::pg_catalog.text collate "C"),
                'UTF8')),
        'hex') as image
from whole as w
group by w.section, w.subject
union all
select
    'system',
    s.catalog,
    pg_catalog.encode(
        pg_catalog.sha256(
            pg_catalog.convert_to(
                pg_catalog.string_agg(s.content, ' ' order by s.place, s.content collate "C"), 'UTF8')),
        'hex')
from system as s
group by s.catalog
order by 1, 2;

-- Every role of the cluster with what it may and is a member of: one that stays behind is no row of any table. Of a
-- password this view shows none.
select
    r.rolname::pg_catalog.text as role,
    pg_catalog.encode(
        pg_catalog.sha256(
            pg_catalog.convert_to(
                pg_catalog.to_jsonb(r)::pg_catalog.text || coalesce(
                    (select pg_catalog.string_agg(pg_catalog.to_jsonb(m)::pg_catalog.text, ' ' order by m.roleid, m.grantor)
                     from pg_catalog.pg_auth_members as m
                     where m.member = r.oid),
                    ''),
                'UTF8')),
        'hex') as image
from pg_catalog.pg_roles as r
order by r.rolname collate "C";

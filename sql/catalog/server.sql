-- Who looked, and where: what a reader needs to know to trust the rest.
select
    pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version,
    pg_catalog.current_database()::pg_catalog.text as database,
    r.rolname::pg_catalog.text as role,
    r.rolsuper as superuser,
    pg_catalog.pg_encoding_to_char(d.encoding)::pg_catalog.text as encoding,
    i.system_identifier::pg_catalog.text as system
from pg_catalog.pg_roles as r
cross join pg_catalog.pg_database as d
cross join pg_catalog.pg_control_system() as i
where r.rolname = current_user
  and d.datname = pg_catalog.current_database()
order by r.rolname collate "C";

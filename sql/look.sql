-- The first query of a look: it takes the snapshot, which seals the transaction, and says with what reach and
-- under which settings everything after it is read. A pooler may drop the settings that a client asks for.
select
    r.rolname::pg_catalog.text as role,
    r.rolsuper as superuser,
    array(
        select g.rolname::pg_catalog.text
        from pg_catalog.pg_roles as g
        where (g.rolsuper or g.rolname in ('pg_write_all_data', 'pg_execute_server_program', 'pg_write_server_files'))
          and pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER')
        order by g.rolname collate "C") as reach,
    array(
        select s.name || '=' || s.setting
        from pg_catalog.pg_settings as s
        where s.name in (
            'default_transaction_read_only', 'transaction_read_only', 'transaction_isolation', 'row_security',
            'search_path', 'TimeZone', 'statement_timeout', 'lock_timeout')
        order by s.name collate "C") as settings
from pg_catalog.pg_roles as r
where r.rolname in (current_user, session_user)
order by r.rolname collate "C";

-- The database that is looked at, and whose it is: its owner may do anything in it that no grant tells of.
select
    d.datname::pg_catalog.text as name,
    pg_catalog.pg_get_userbyid(d.datdba)::pg_catalog.text as owner
from pg_catalog.pg_database as d
where d.datname = pg_catalog.current_database()
order by d.datname collate "C";

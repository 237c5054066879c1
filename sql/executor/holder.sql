-- Who holds the lock that keeps two changes of one estate apart.
select
    coalesce(a.application_name, '') as name,
    coalesce(a.usename::pg_catalog.text, '') as role,
    coalesce(a.backend_start::pg_catalog.text, '') as since
from pg_catalog.pg_locks as l
left join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'advisory'
  and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
  and l.classid = 1685025891
  and l.granted
order by 1, 2, 3;

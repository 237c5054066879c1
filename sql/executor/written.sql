-- Rows that this transaction has inserted, updated or deleted so far, by whatever way: triggers and cascades included.
-- Not of the tables behind long values: nothing is written there but with a row of the table that they belong to.
select
    s.schemaname || '.' || s.relname as relation,
    s.n_tup_ins as added,
    s.n_tup_upd + s.n_tup_del as rewritten
from pg_catalog.pg_stat_xact_all_tables as s
where s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0
  and s.schemaname <> 'pg_toast'
order by s.schemaname collate "C", s.relname collate "C";

-- Where sequences stand: they move on when a transaction is rolled back, so they are reported and never compared.
select
    s.schemaname || '.' || s.sequencename as sequence,
    s.last_value as position
from pg_catalog.pg_sequences as s
order by s.schemaname collate "C", s.sequencename collate "C";

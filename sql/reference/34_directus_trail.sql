-- What Directus leaves of each write of a flow or operation by its API, as if these had all come that way: an activity
-- and a revision. `data` is the row without its references, which stand in `delta` alone (measured with 11.17.4).
set role estate_owner;

with written as (
    select 'directus_flows' as collection, f.id, to_jsonb(f) - array['user_created', 'date_created'] as delta,
           array['operation'] as references_
      from public.directus_flows f
    union all
    select 'directus_operations', o.id, to_jsonb(o) - array['user_created', 'date_created'],
           array['flow', 'resolve', 'reject']
      from public.directus_operations o
),
activity as (
    insert into public.directus_activity (action, "timestamp", collection, item)
    select 'create', timestamptz '2026-03-06 00:00:00+00', collection, id::text from written order by collection, id
    returning id, collection, item
)
insert into public.directus_revisions (activity, collection, item, data, delta)
select a.id, a.collection, a.item, (w.delta - w.references_)::json, w.delta::json
  from activity a join written w on (w.collection, w.id::text) = (a.collection, a.item)
 order by a.id;

reset role;

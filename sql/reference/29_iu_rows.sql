-- The rows of the IU core: 13 configuration keys, 22 event types and 16 routes as counted by D9, and some content.
set role estate_owner;

-- Both gates are shut; no plan of the command catalog may open them.
insert into public.dot_config (key, value, description) values
    ('iu_core.address_prefix', 'iu', 'prefix of canonical addresses outside of the estate'),
    ('iu_core.auto_instantiate_enabled', 'false', 'gate: live runs of the orchestrator'),
    ('iu_core.composer_enabled', 'false', 'gate: dry runs and live runs of the orchestrator'),
    ('iu_core.default_section_type', 'body', 'section type of a unit that names none'),
    ('iu_core.default_tag_source', 'manual', 'source of a tag that names none'),
    ('iu_core.event_batch_size', '100', 'events that one delivery run takes'),
    ('iu_core.max_pieces_per_instance', '200', 'advisory limit of a template'),
    ('iu_core.max_tree_depth', '12', 'deepest level of axis C'),
    ('iu_core.operator_role', 'dot_operator', 'who may execute the commands'),
    ('iu_core.retention_days', '365', 'days that delivered events are kept'),
    ('iu_core.route_default', 'log', 'target of an event without a route'),
    ('iu_core.snapshot_keep', '12', 'snapshots that are kept'),
    ('iu_core.vector_metrics', 'cosine,l2,inner_product', 'distance metrics that may be registered');

insert into public.iu_event_type (code, domain, description)
select code, split_part(code, '.', 1), description
  from (values
    ('unit.created', 'a unit came to be'), ('unit.updated', 'its text changed'), ('unit.retired', 'it was retired'),
    ('unit.restored', 'it came back'), ('unit.tagged', 'a tag was attached'), ('unit.untagged', 'a tag was taken off'),
    ('unit.placed', 'it stands in a document'), ('unit.unplaced', 'it left a document'),
    ('tree.attached', 'it has a parent'), ('tree.detached', 'it has none any more'),
    ('collection.item_added', 'an item was added'), ('collection.item_removed', 'an item was removed'),
    ('template.published', 'a template may be used'), ('template.withdrawn', 'it may not any more'),
    ('template.instance_auto_composed', 'instances were composed for an event'),
    ('template.instance_rolled_back', 'they were taken back'), ('snapshot.taken', 'counts were kept'),
    ('vector.planned', 'a vector collection is planned'), ('vector.registered', 'it is registered'),
    ('vector.retired', 'it is retired'), ('gate.opened', 'a gate was opened'), ('gate.shut', 'a gate was shut')
  ) as t(code, description);

insert into public.iu_route (code, event_type, target) values
    ('unit-created-index', 'unit.created', 'index'), ('unit-updated-index', 'unit.updated', 'index'),
    ('unit-retired-index', 'unit.retired', 'index'), ('unit-restored-index', 'unit.restored', 'index'),
    ('unit-tagged-facets', 'unit.tagged', 'facets'), ('unit-untagged-facets', 'unit.untagged', 'facets'),
    ('unit-placed-outline', 'unit.placed', 'outline'), ('unit-unplaced-outline', 'unit.unplaced', 'outline'),
    ('tree-attached-outline', 'tree.attached', 'outline'), ('tree-detached-outline', 'tree.detached', 'outline'),
    ('template-published-log', 'template.published', 'log'), ('template-withdrawn-log', 'template.withdrawn', 'log'),
    ('instance-composed-log', 'template.instance_auto_composed', 'log'),
    ('instance-rolled-back-log', 'template.instance_rolled_back', 'log'),
    ('gate-opened-audit', 'gate.opened', 'audit'), ('gate-shut-audit', 'gate.shut', 'audit');

insert into public.iu_unit_kind values ('law', 'Law'), ('clause', 'Clause'), ('note', 'Note');
insert into public.iu_section_type values ('body', 'Body', 10), ('preamble', 'Preamble', 0), ('annex', 'Annex', 20);
insert into public.iu_tag_source values ('manual', 'By hand'), ('import', 'By import');
insert into public.iu_tag values ('governance', 'Governance'), ('birth', 'Birth'), ('registry', 'Registry');
insert into public.iu_relation_kind values ('amends', 'amends', true), ('see', 'see also', false);
insert into public.iu_document values ('LAW-44', 'Law 44');
insert into public.iu_document_section values ('LAW-44', 'S1', 'Scope'), ('LAW-44', 'S2', 'Duties');

-- Ids from names, so that every load has the same ones.
insert into public.iu_unit (id, canonical_address, unit_kind, section_type, title, lifecycle_status, actor)
select md5('unit/' || title)::uuid, public.fn_iu_address(kind, title), kind, section, title, status, 'reference'
  from (values ('law', 'preamble', 'Law 44', 'active'), ('clause', 'body', 'Scope', 'active'),
               ('clause', 'body', 'Duties', 'active'), ('note', 'annex', 'Superseded note', 'retired')
       ) as t(kind, section, title, status);
insert into public.iu_placement values
    (md5('unit/Scope')::uuid, 'LAW-44', 'S1', 10, 'reference'), (md5('unit/Duties')::uuid, 'LAW-44', 'S2', 20, 'reference');
insert into public.iu_hierarchy values
    (md5('unit/Scope')::uuid, md5('unit/Law 44')::uuid, 'reference'),
    (md5('unit/Duties')::uuid, md5('unit/Law 44')::uuid, 'reference');
insert into public.iu_unit_tag values
    (md5('unit/Law 44')::uuid, 'governance', 'manual', 'reference'), (md5('unit/Duties')::uuid, 'registry', 'import', 'reference');
insert into public.iu_relation values (md5('unit/Duties')::uuid, md5('unit/Scope')::uuid, 'see');

-- A collection of two published templates and a draft: an event makes two instances. Its id is easy to type.
insert into public.iu_collection values
    ('00000000-0000-4000-8000-000000000001', 'onboarding-templates', 'Onboarding templates', 'template'),
    ('00000000-0000-4000-8000-000000000002', 'law-44-units', 'Units of Law 44', 'unit');
insert into public.iu_template (id, code, title, status, actor)
select md5('template/' || code)::uuid, code, title, status, 'reference'
  from (values ('charter', 'Charter', 'published'), ('checklist', 'Checklist', 'published'), ('memo', 'Memo', 'draft')
       ) as t(code, title, status);
insert into public.iu_template_piece
select id, n, case n when 1 then 'preamble' else 'body' end, title || ' part ' || n
  from public.iu_template cross join generate_series(1, 3) as n;
insert into public.iu_collection_item
select '00000000-0000-4000-8000-000000000001', id, row_number() over (order by code), 'reference' from public.iu_template;
insert into public.iu_collection_item
select '00000000-0000-4000-8000-000000000002', id, row_number() over (order by canonical_address), 'reference'
  from public.iu_unit where lifecycle_status = 'active';

reset role;

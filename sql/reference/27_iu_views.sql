-- The 30 views of the IU core: two that a user interface reads (v_ui_iu_), 28 for operators (v_iu_).
set role estate_owner;

create view public.v_ui_iu_three_axis_envelope as
select u.id as unit_id, u.canonical_address, u.unit_kind, u.section_type, u.lifecycle_status,
       p.document_code as axis_a_doc_code, p.sort_order as axis_a_sort_order, p.section_code as axis_a_section_code,
       public.fn_iu_tags(u.id) as axis_b_tags, public.fn_iu_tags_by_source(u.id) as axis_b_tags_by_source,
       h.parent_id as axis_c_parent_id, cardinality(a.ids) as axis_c_depth, a.ids as axis_c_ancestors,
       array(select x.canonical_address from unnest(a.ids) with ordinality as t(id, n)
               join public.iu_unit x on x.id = t.id order by t.n) as axis_c_ancestor_addresses,
       u.created_at, u.updated_at
  from public.iu_unit u
  left join public.iu_placement p on p.unit_id = u.id
  left join public.iu_hierarchy h on h.child_id = u.id
 cross join lateral (select public.fn_iu_tree_ancestors(u.id) as ids) a;

-- The single source of the Directus registration: a column added to the view above appears here by itself.
create view public.v_ui_iu_directus_registration_envelope as
select c.column_name::text as field_name, c.data_type::text as pg_type, c.udt_name::text as pg_udt,
       c.is_nullable::text as is_nullable, c.ordinal_position::integer as ordinal_position,
       case when c.column_name in ('unit_id', 'canonical_address', 'unit_kind') then 'primary'
            when c.column_name like 'axis\_a\_%' then 'axis_a'
            when c.column_name like 'axis\_b\_%' then 'axis_b'
            when c.column_name like 'axis\_c\_%' then 'axis_c'
            else 'meta' end as axis_group
  from information_schema.columns c
 where c.table_schema = 'public' and c.table_name = 'v_ui_iu_three_axis_envelope';

create view public.v_iu_unit_active as select * from public.iu_unit where lifecycle_status = 'active';
create view public.v_iu_unit_draft as select * from public.iu_unit where lifecycle_status = 'draft';
create view public.v_iu_unit_retired as select * from public.iu_unit where lifecycle_status = 'retired';
create view public.v_iu_unit_latest_version as
select distinct on (unit_id) * from public.iu_unit_version order by unit_id, version desc;
create view public.v_iu_unit_aliases as
select a.alias, u.canonical_address from public.iu_unit_alias a join public.iu_unit u on u.id = a.unit_id;
create view public.v_iu_unit_notes as
select u.canonical_address, n.note, n.actor, n.created_at
  from public.iu_unit_note n join public.iu_unit u on u.id = n.unit_id;
create view public.v_iu_unit_count_by_kind as
select k.code, count(u.id) as units from public.iu_unit_kind k left join public.iu_unit u on u.unit_kind = k.code
 group by k.code;
create view public.v_iu_unit_count_by_status as
select lifecycle_status, count(*) as units from public.iu_unit group by lifecycle_status;
create view public.v_iu_unit_untagged as
select id, canonical_address from public.iu_unit u
 where not exists (select from public.iu_unit_tag t where t.unit_id = u.id);
create view public.v_iu_unit_unplaced as
select id, canonical_address from public.iu_unit u
 where not exists (select from public.iu_placement p where p.unit_id = u.id);
create view public.v_iu_unit_orphan as
select id, canonical_address from public.iu_unit u
 where not exists (select from public.iu_hierarchy h where u.id in (h.child_id, h.parent_id));

create view public.v_iu_axis_a as
select p.document_code, s.section_code, s.title as section_title, p.sort_order, p.unit_id
  from public.iu_placement p join public.iu_document_section s using (document_code, section_code);
create view public.v_iu_axis_b as
select t.unit_id, t.tag_code, g.label, t.source
  from public.iu_unit_tag t join public.iu_tag g on g.code = t.tag_code;
create view public.v_iu_axis_c as
select id as unit_id, public.fn_iu_tree_root(id) as root_id, public.fn_iu_tree_depth(id) as depth from public.iu_unit;
create view public.v_iu_document_size as
select d.code, d.title, count(p.unit_id) as units
  from public.iu_document d left join public.iu_placement p on p.document_code = d.code group by d.code;
create view public.v_iu_tag_usage as
select g.code, count(t.unit_id) as uses from public.iu_tag g left join public.iu_unit_tag t on t.tag_code = g.code
 group by g.code;
create view public.v_iu_tag_source_usage as
select source, count(*) as uses from public.iu_unit_tag group by source;
create view public.v_iu_relation_list as
select f.canonical_address as from_address, r.kind, t.canonical_address as to_address
  from public.iu_relation r join public.iu_unit f on f.id = r.from_id join public.iu_unit t on t.id = r.to_id;
create view public.v_iu_collection_content as
select c.code, c.holds, i.position, i.item_id, i.actor
  from public.iu_collection c join public.iu_collection_item i on i.collection_id = c.id;
create view public.v_iu_collection_size as
select code, public.fn_iu_collection_size(id) as items from public.iu_collection;
create view public.v_iu_template_published as select * from public.iu_template where status = 'published';
create view public.v_iu_template_outline as
select t.code, p.position, p.section_type, p.title
  from public.iu_template t join public.iu_template_piece p on p.template_id = t.id;
create view public.v_iu_instance_list as
select i.instance_key, t.code as template, i.event_id, i.actor, i.created_at
  from public.iu_instance i join public.iu_template t on t.id = i.template_id;
create view public.v_iu_instance_by_actor as
select actor, count(*) as instances from public.iu_instance group by actor;
create view public.v_iu_event_undelivered as
select e.id, e.event_type, e.occurred_at from public.iu_event e
 where not exists (select from public.iu_event_delivery d where d.event_id = e.id);
create view public.v_iu_event_by_type as
select t.code, count(e.id) as events from public.iu_event_type t left join public.iu_event e on e.event_type = t.code
 group by t.code;
create view public.v_iu_route_enabled as select * from public.iu_route where enabled;
create view public.v_iu_vector_live as
select c.name, c.dimension, c.metric, c.status, count(i.unit_id) as units
  from public.iu_vector_collection c left join public.iu_vector_item i on i.collection_name = c.name
 where c.status <> 'retired' group by c.name;

reset role;

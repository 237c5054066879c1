-- The store of Agent Data, the document service that the flows feed, with the documents they have sent so far; and the
-- collection of Directus that its reverse sync writes. The service is fixtures/agent_data.
create schema agent_data authorization agent_data_app;
set role agent_data_app;

-- key is the id with `/` written `__`, so that a/b and a__b are one document: a fact of the governed system.
create table agent_data.kb_documents (
    key  text primary key,
    data jsonb not null
);
create table agent_data.webhooks (
    id         uuid primary key,
    url        text not null,
    events     text[] not null,
    active     boolean not null default true,
    created_at timestamptz not null default now()
);
-- Events, and each attempt to send one on: to Directus (reverse) or to a webhook.
create table agent_data.events_log (
    id          bigint generated always as identity primary key,
    at          timestamptz not null default now(),
    kind        text not null check (kind in ('event', 'reverse', 'webhook')),
    event_type  text not null,
    document_id text not null,
    target      text,
    status      text not null,
    http_status integer,
    detail      text
);
create index events_log_kind_document on agent_data.events_log (kind, document_id text_pattern_ops);

reset role;

-- What the flows have written: one document a row. By the superuser, who alone may read the rows and write the store.
insert into agent_data.kb_documents (key, data)
select replace(d.document_id, '/', '__'),
       jsonb_build_object(
           'document_id', d.document_id, 'parent_id', d.parent_id,
           'content', jsonb_build_object('mime_type', 'text/markdown', 'body', d.body),
           'metadata', d.metadata, 'revision', 1, 'deleted_at', null,
           'created_at', '2026-03-06T00:00:00.000000+00:00', 'updated_at', '2026-03-06T00:00:00.000000+00:00')
  from (
    select 'registries/' || r.collection || '/' || r.prefix || '-' || r.id as document_id,
           'registries/' || r.collection as parent_id,
           concat_ws(E'\n\n', '# ' || r.name, r.code, r.table_id, r.status) as body,
           jsonb_strip_nulls(jsonb_build_object('title', r.name, 'code', r.code, 'table_id', r.table_id,
               'status', r.status, 'collection', r.collection)) as metadata
      from (
        select 'table_registry', 'tbl', id, name, code, table_id, null from public.table_registry
        union all select 'workflows', 'wf', id, name, code, null, null from public.workflows
        union all select 'workflow_steps', 'ws', id, name, code, null, null from public.workflow_steps
        union all select 'workflow_change_requests', 'wcr', id, name, code, null, status
                    from public.workflow_change_requests
        union all select 'workflow_categories', 'wcat', id, name, code, null, null from public.workflow_categories
        union all select 'workflow_step_relations', 'wsr', id, name, code, null, null
                    from public.workflow_step_relations
      ) as r(collection, prefix, id, name, code, table_id, status)
    union all
    select id, 'knowledge', body, jsonb_build_object('title', title)
      from (values
        ('knowledge/registry-sync', 'Registry sync', 'Directus is the source; documents follow it.'),
        ('knowledge/naming', 'Names of documents', 'A document is named by the key of its row.'),
        ('knowledge/on-call', 'On call', 'Who looks first when a flow has failed.')
      ) as k(id, title, body)
  ) as d;

-- Where the reverse sync puts what lies under knowledge/.
set role estate_owner;
create table public.knowledge_documents (
    id        serial primary key,
    source_id varchar(600) not null unique,
    title     varchar(255) not null,
    content   text
);
insert into public.directus_collections (collection, icon, note, sort)
values ('knowledge_documents', 'menu_book', 'written by the reverse sync of Agent Data', 7);
reset role;

insert into public.knowledge_documents (source_id, title, content)
select 'agentdata:' || (data->>'document_id'), data->'metadata'->>'title', data->'content'->>'body'
  from agent_data.kb_documents where data->>'document_id' like 'knowledge/%' order by key;

-- registry_sync: set up 1 flow(s), set right 2 flow(s) (migration, deploy)
\set ON_ERROR_STOP on
\encoding UTF8
begin;
set local search_path = pg_catalog, pg_temp;

do $preflight$
begin
    if not (exists (select 1 from public.directus_flows as c where c.id = '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0' and c."name" = '[DOT-REG] WCR Update -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = '2faeacec-9ac3-596a-bd54-7e9fc575e675' and c.description = 'One document of workflow_change_requests; compiled from policy, so change it there.')) then
        raise exception 'preflight: flow [DOT-REG] WCR Update -> AD (one document) was changed since it was seen';
    end if;
    if not (exists (select 1 from public.directus_operations as c where c.id = '2d267f94-953f-5445-b469-80b7f0c725c1' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Update -> AD (one document) failed at read: registries/workflow_change_requests/wcr-{{$trigger}}"},"permissions":"$full"}'::jsonb)) then
        raise exception 'preflight: operation failed_read (2d267f94-953f-5445-b469-80b7f0c725c1) was changed since it was seen';
    end if;
    if not (exists (select 1 from public.directus_operations as c where c.id = '2faeacec-9ac3-596a-bd54-7e9fc575e675' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0' and c.resolve = '6597aefb-4aa1-5754-a01a-94886165de4b' and c.reject = '2d267f94-953f-5445-b469-80b7f0c725c1' and c.options::jsonb = '{"collection":"workflow_change_requests","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}'::jsonb)) then
        raise exception 'preflight: operation read (2faeacec-9ac3-596a-bd54-7e9fc575e675) was changed since it was seen';
    end if;
    if not (exists (select 1 from public.directus_operations as c where c.id = '6597aefb-4aa1-5754-a01a-94886165de4b' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0' and c.resolve is null and c.reject = '85554b39-cd57-5915-86c6-4ba85eb9a04e' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}\\n\\n{{read.status}}","mime_type":"text/markdown"},"document_id":"registries/workflow_change_requests/wcr-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflow_change_requests","status":"{{read.status}}","title":"{{read.name}}"},"parent_id":"registries/workflow_change_requests"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"PUT","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) or exists (select 1 from public.directus_operations as c where c.id = '6597aefb-4aa1-5754-a01a-94886165de4b' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0' and c.resolve is null and c.reject = '85554b39-cd57-5915-86c6-4ba85eb9a04e' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}\\n\\n{{read.status}}","mime_type":"text/markdown"},"document_id":"registries/workflow_change_requests/wcr-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflow_change_requests","status":"{{read.status}}","title":"{{read.name}}"},"parent_id":"registries/workflow_change_requests"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb)) then
        raise exception 'preflight: operation send (6597aefb-4aa1-5754-a01a-94886165de4b) was changed since it was seen';
    end if;
    if not (exists (select 1 from public.directus_operations as c where c.id = '85554b39-cd57-5915-86c6-4ba85eb9a04e' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Update -> AD (one document) failed at send: registries/workflow_change_requests/wcr-{{$trigger}}"},"permissions":"$full"}'::jsonb)) then
        raise exception 'preflight: operation failed_send (85554b39-cd57-5915-86c6-4ba85eb9a04e) was changed since it was seen';
    end if;
end
$preflight$;

update public.directus_operations as c set options = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}\\n\\n{{read.status}}","mime_type":"text/markdown"},"document_id":"registries/workflow_change_requests/wcr-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflow_change_requests","status":"{{read.status}}","title":"{{read.name}}"},"parent_id":"registries/workflow_change_requests"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'
where c.id = '6597aefb-4aa1-5754-a01a-94886165de4b';

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0' and c."name" = '[DOT-REG] WCR Update -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = '2faeacec-9ac3-596a-bd54-7e9fc575e675' and c.description = 'One document of workflow_change_requests; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] WCR Update -> AD (one document) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '2faeacec-9ac3-596a-bd54-7e9fc575e675' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0' and c.resolve = '6597aefb-4aa1-5754-a01a-94886165de4b' and c.reject = '2d267f94-953f-5445-b469-80b7f0c725c1' and c.options::jsonb = '{"collection":"workflow_change_requests","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation read (2faeacec-9ac3-596a-bd54-7e9fc575e675) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '6597aefb-4aa1-5754-a01a-94886165de4b' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0' and c.resolve is null and c.reject = '85554b39-cd57-5915-86c6-4ba85eb9a04e' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}\\n\\n{{read.status}}","mime_type":"text/markdown"},"document_id":"registries/workflow_change_requests/wcr-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflow_change_requests","status":"{{read.status}}","title":"{{read.name}}"},"parent_id":"registries/workflow_change_requests"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) then
        raise exception 'verify: operation send (6597aefb-4aa1-5754-a01a-94886165de4b) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '2d267f94-953f-5445-b469-80b7f0c725c1' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Update -> AD (one document) failed at read: registries/workflow_change_requests/wcr-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_read (2d267f94-953f-5445-b469-80b7f0c725c1) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '85554b39-cd57-5915-86c6-4ba85eb9a04e' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Update -> AD (one document) failed at send: registries/workflow_change_requests/wcr-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (85554b39-cd57-5915-86c6-4ba85eb9a04e) is not as it has to be';
    end if;
end
$verify$;

do $preflight$
begin
    if not (not exists (select 1 from public.directus_flows as c where c.id = 'bfe2a22c-9c15-5283-8455-8f819ceca210') or exists (select 1 from public.directus_flows as c where c.id = 'bfe2a22c-9c15-5283-8455-8f819ceca210' and c."name" = '[DOT-REG] WCR Create -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_change_requests"],"scope":["items.create"],"type":"action"}'::jsonb and c.operation = '88cc9763-d146-5d05-9e0b-5aae08867587' and c.description = 'After create in workflow_change_requests; compiled from policy, so change it there.')) then
        raise exception 'preflight: flow [DOT-REG] WCR Create -> AD was changed since it was seen';
    end if;
    if not (not exists (select 1 from public.directus_operations as c where c.id = '88cc9763-d146-5d05-9e0b-5aae08867587') or exists (select 1 from public.directus_operations as c where c.id = '88cc9763-d146-5d05-9e0b-5aae08867587' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = 'bfe2a22c-9c15-5283-8455-8f819ceca210' and c.resolve = '549acd17-e21c-5449-9f65-d01deb157de2' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] WCR Create -> AD"}'::jsonb)) then
        raise exception 'preflight: operation log (88cc9763-d146-5d05-9e0b-5aae08867587) was changed since it was seen';
    end if;
    if not (not exists (select 1 from public.directus_operations as c where c.id = '549acd17-e21c-5449-9f65-d01deb157de2') or exists (select 1 from public.directus_operations as c where c.id = '549acd17-e21c-5449-9f65-d01deb157de2' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = 'bfe2a22c-9c15-5283-8455-8f819ceca210' and c.resolve = 'f71d7471-c0ca-5143-b90d-422469ba6a65' and c.reject = 'c94f778a-3530-5a8f-928a-cda80ef1ffd1' and c.options::jsonb = '{"collection":"workflow_change_requests","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}'::jsonb)) then
        raise exception 'preflight: operation read (549acd17-e21c-5449-9f65-d01deb157de2) was changed since it was seen';
    end if;
    if not (not exists (select 1 from public.directus_operations as c where c.id = 'f71d7471-c0ca-5143-b90d-422469ba6a65') or exists (select 1 from public.directus_operations as c where c.id = 'f71d7471-c0ca-5143-b90d-422469ba6a65' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = 'bfe2a22c-9c15-5283-8455-8f819ceca210' and c.resolve is null and c.reject = 'ee917008-46d3-52eb-89e7-44a33f8f45bc' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}\\n\\n{{read.status}}","mime_type":"text/markdown"},"document_id":"registries/workflow_change_requests/wcr-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"workflow_change_requests","status":"{{read.status}}","title":"{{read.name}}"},"parent_id":"registries/workflow_change_requests"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb)) then
        raise exception 'preflight: operation send (f71d7471-c0ca-5143-b90d-422469ba6a65) was changed since it was seen';
    end if;
    if not (not exists (select 1 from public.directus_operations as c where c.id = 'c94f778a-3530-5a8f-928a-cda80ef1ffd1') or exists (select 1 from public.directus_operations as c where c.id = 'c94f778a-3530-5a8f-928a-cda80ef1ffd1' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = 'bfe2a22c-9c15-5283-8455-8f819ceca210' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Create -> AD failed at read: registries/workflow_change_requests/wcr-{{$trigger.key}}"},"permissions":"$full"}'::jsonb)) then
        raise exception 'preflight: operation failed_read (c94f778a-3530-5a8f-928a-cda80ef1ffd1) was changed since it was seen';
    end if;
    if not (not exists (select 1 from public.directus_operations as c where c.id = 'ee917008-46d3-52eb-89e7-44a33f8f45bc') or exists (select 1 from public.directus_operations as c where c.id = 'ee917008-46d3-52eb-89e7-44a33f8f45bc' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = 'bfe2a22c-9c15-5283-8455-8f819ceca210' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Create -> AD failed at send: registries/workflow_change_requests/wcr-{{$trigger.key}}"},"permissions":"$full"}'::jsonb)) then
        raise exception 'preflight: operation failed_send (ee917008-46d3-52eb-89e7-44a33f8f45bc) was changed since it was seen';
    end if;
end
$preflight$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('bfe2a22c-9c15-5283-8455-8f819ceca210', '[DOT-REG] WCR Create -> AD', 'active', 'event', 'all', '{"collections":["workflow_change_requests"],"scope":["items.create"],"type":"action"}', '88cc9763-d146-5d05-9e0b-5aae08867587', 'After create in workflow_change_requests; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('88cc9763-d146-5d05-9e0b-5aae08867587', 'Log', 'log', 'log', 'bfe2a22c-9c15-5283-8455-8f819ceca210', '549acd17-e21c-5449-9f65-d01deb157de2', null, '{"message":"[DOT-REG] WCR Create -> AD"}', 19, 1),
    ('549acd17-e21c-5449-9f65-d01deb157de2', 'Read', 'read', 'item-read', 'bfe2a22c-9c15-5283-8455-8f819ceca210', 'f71d7471-c0ca-5143-b90d-422469ba6a65', 'c94f778a-3530-5a8f-928a-cda80ef1ffd1', '{"collection":"workflow_change_requests","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}', 37, 1),
    ('f71d7471-c0ca-5143-b90d-422469ba6a65', 'Send', 'send', 'request', 'bfe2a22c-9c15-5283-8455-8f819ceca210', null, 'ee917008-46d3-52eb-89e7-44a33f8f45bc', E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}\\n\\n{{read.status}}","mime_type":"text/markdown"},"document_id":"registries/workflow_change_requests/wcr-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"workflow_change_requests","status":"{{read.status}}","title":"{{read.name}}"},"parent_id":"registries/workflow_change_requests"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}', 55, 1),
    ('c94f778a-3530-5a8f-928a-cda80ef1ffd1', 'Failed read', 'failed_read', 'item-create', 'bfe2a22c-9c15-5283-8455-8f819ceca210', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Create -> AD failed at read: registries/workflow_change_requests/wcr-{{$trigger.key}}"},"permissions":"$full"}', 73, 1),
    ('ee917008-46d3-52eb-89e7-44a33f8f45bc', 'Failed send', 'failed_send', 'item-create', 'bfe2a22c-9c15-5283-8455-8f819ceca210', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Create -> AD failed at send: registries/workflow_change_requests/wcr-{{$trigger.key}}"},"permissions":"$full"}', 91, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = 'bfe2a22c-9c15-5283-8455-8f819ceca210' and c."name" = '[DOT-REG] WCR Create -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_change_requests"],"scope":["items.create"],"type":"action"}'::jsonb and c.operation = '88cc9763-d146-5d05-9e0b-5aae08867587' and c.description = 'After create in workflow_change_requests; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] WCR Create -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '88cc9763-d146-5d05-9e0b-5aae08867587' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = 'bfe2a22c-9c15-5283-8455-8f819ceca210' and c.resolve = '549acd17-e21c-5449-9f65-d01deb157de2' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] WCR Create -> AD"}'::jsonb) then
        raise exception 'verify: operation log (88cc9763-d146-5d05-9e0b-5aae08867587) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '549acd17-e21c-5449-9f65-d01deb157de2' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = 'bfe2a22c-9c15-5283-8455-8f819ceca210' and c.resolve = 'f71d7471-c0ca-5143-b90d-422469ba6a65' and c.reject = 'c94f778a-3530-5a8f-928a-cda80ef1ffd1' and c.options::jsonb = '{"collection":"workflow_change_requests","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation read (549acd17-e21c-5449-9f65-d01deb157de2) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'f71d7471-c0ca-5143-b90d-422469ba6a65' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = 'bfe2a22c-9c15-5283-8455-8f819ceca210' and c.resolve is null and c.reject = 'ee917008-46d3-52eb-89e7-44a33f8f45bc' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}\\n\\n{{read.status}}","mime_type":"text/markdown"},"document_id":"registries/workflow_change_requests/wcr-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"workflow_change_requests","status":"{{read.status}}","title":"{{read.name}}"},"parent_id":"registries/workflow_change_requests"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) then
        raise exception 'verify: operation send (f71d7471-c0ca-5143-b90d-422469ba6a65) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'c94f778a-3530-5a8f-928a-cda80ef1ffd1' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = 'bfe2a22c-9c15-5283-8455-8f819ceca210' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Create -> AD failed at read: registries/workflow_change_requests/wcr-{{$trigger.key}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_read (c94f778a-3530-5a8f-928a-cda80ef1ffd1) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'ee917008-46d3-52eb-89e7-44a33f8f45bc' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = 'bfe2a22c-9c15-5283-8455-8f819ceca210' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Create -> AD failed at send: registries/workflow_change_requests/wcr-{{$trigger.key}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (ee917008-46d3-52eb-89e7-44a33f8f45bc) is not as it has to be';
    end if;
end
$verify$;

do $preflight$
begin
    if not (exists (select 1 from public.directus_flows as c where c.id = '58305070-aeac-5542-afa9-755fc7854615' and c."name" = '[DOT-REG] WCR Delete -> AD' and c.status = 'inactive' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_change_requests"],"scope":["items.delete"],"type":"action"}'::jsonb and c.operation = '88ecf742-58fe-5784-863c-6f6783058e63' and c.description = 'After delete in workflow_change_requests; compiled from policy, so change it there.') or exists (select 1 from public.directus_flows as c where c.id = '58305070-aeac-5542-afa9-755fc7854615' and c."name" = '[DOT-REG] WCR Delete -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_change_requests"],"scope":["items.delete"],"type":"action"}'::jsonb and c.operation = '88ecf742-58fe-5784-863c-6f6783058e63' and c.description = 'After delete in workflow_change_requests; compiled from policy, so change it there.')) then
        raise exception 'preflight: flow [DOT-REG] WCR Delete -> AD was changed since it was seen';
    end if;
    if not (exists (select 1 from public.directus_operations as c where c.id = '88ecf742-58fe-5784-863c-6f6783058e63' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '58305070-aeac-5542-afa9-755fc7854615' and c.resolve = 'b6aa689b-4dcd-5333-adc7-35e10bdfe6a0' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] WCR Delete -> AD"}'::jsonb)) then
        raise exception 'preflight: operation log (88ecf742-58fe-5784-863c-6f6783058e63) was changed since it was seen';
    end if;
    if not (exists (select 1 from public.directus_operations as c where c.id = 'b6aa689b-4dcd-5333-adc7-35e10bdfe6a0' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = '58305070-aeac-5542-afa9-755fc7854615' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"def0121a-d6b8-560b-a597-04c11cbc8dd1","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb)) then
        raise exception 'preflight: operation each (b6aa689b-4dcd-5333-adc7-35e10bdfe6a0) was changed since it was seen';
    end if;
end
$preflight$;

update public.directus_flows as c set status = 'active'
where c.id = '58305070-aeac-5542-afa9-755fc7854615';

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '58305070-aeac-5542-afa9-755fc7854615' and c."name" = '[DOT-REG] WCR Delete -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_change_requests"],"scope":["items.delete"],"type":"action"}'::jsonb and c.operation = '88ecf742-58fe-5784-863c-6f6783058e63' and c.description = 'After delete in workflow_change_requests; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] WCR Delete -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '88ecf742-58fe-5784-863c-6f6783058e63' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '58305070-aeac-5542-afa9-755fc7854615' and c.resolve = 'b6aa689b-4dcd-5333-adc7-35e10bdfe6a0' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] WCR Delete -> AD"}'::jsonb) then
        raise exception 'verify: operation log (88ecf742-58fe-5784-863c-6f6783058e63) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'b6aa689b-4dcd-5333-adc7-35e10bdfe6a0' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = '58305070-aeac-5542-afa9-755fc7854615' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"def0121a-d6b8-560b-a597-04c11cbc8dd1","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb) then
        raise exception 'verify: operation each (b6aa689b-4dcd-5333-adc7-35e10bdfe6a0) is not as it has to be';
    end if;
end
$verify$;

commit;

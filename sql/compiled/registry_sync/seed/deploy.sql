-- registry_sync: all 18 declared flows and 12 helper flows (seed, deploy)
\set ON_ERROR_STOP on
\encoding UTF8
begin;
set local search_path = pg_catalog, pg_temp;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('1c88590d-8692-5560-8605-e0efa701bc8c', '[DOT-REG] Table Registry Update -> AD (one document)', 'active', 'operation', 'all', '{"return":"$last"}', '37f45cf8-daf3-534f-9805-793c36235111', 'One document of table_registry; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('37f45cf8-daf3-534f-9805-793c36235111', 'Read', 'read', 'item-read', '1c88590d-8692-5560-8605-e0efa701bc8c', '98dc2463-3e96-555f-986e-be7d161b391c', 'a05c71bb-fe2c-5064-9d30-09836314f547', '{"collection":"table_registry","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}', 19, 1),
    ('98dc2463-3e96-555f-986e-be7d161b391c', 'Send', 'send', 'request', '1c88590d-8692-5560-8605-e0efa701bc8c', null, '5886ce92-5bd1-5754-a86e-cd78ba17b744', E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}\\n\\n{{read.table_id}}","mime_type":"text/markdown"},"document_id":"registries/table_registry/tbl-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"table_registry","table_id":"{{read.table_id}}","title":"{{read.name}}"},"parent_id":"registries/table_registry"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}', 37, 1),
    ('a05c71bb-fe2c-5064-9d30-09836314f547', 'Failed read', 'failed_read', 'item-create', '1c88590d-8692-5560-8605-e0efa701bc8c', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Table Registry Update -> AD (one document) failed at read: registries/table_registry/tbl-{{$trigger}}"},"permissions":"$full"}', 55, 1),
    ('5886ce92-5bd1-5754-a86e-cd78ba17b744', 'Failed send', 'failed_send', 'item-create', '1c88590d-8692-5560-8605-e0efa701bc8c', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Table Registry Update -> AD (one document) failed at send: registries/table_registry/tbl-{{$trigger}}"},"permissions":"$full"}', 73, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '1c88590d-8692-5560-8605-e0efa701bc8c' and c."name" = '[DOT-REG] Table Registry Update -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = '37f45cf8-daf3-534f-9805-793c36235111' and c.description = 'One document of table_registry; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Table Registry Update -> AD (one document) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '37f45cf8-daf3-534f-9805-793c36235111' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = '1c88590d-8692-5560-8605-e0efa701bc8c' and c.resolve = '98dc2463-3e96-555f-986e-be7d161b391c' and c.reject = 'a05c71bb-fe2c-5064-9d30-09836314f547' and c.options::jsonb = '{"collection":"table_registry","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation read (37f45cf8-daf3-534f-9805-793c36235111) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '98dc2463-3e96-555f-986e-be7d161b391c' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '1c88590d-8692-5560-8605-e0efa701bc8c' and c.resolve is null and c.reject = '5886ce92-5bd1-5754-a86e-cd78ba17b744' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}\\n\\n{{read.table_id}}","mime_type":"text/markdown"},"document_id":"registries/table_registry/tbl-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"table_registry","table_id":"{{read.table_id}}","title":"{{read.name}}"},"parent_id":"registries/table_registry"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) then
        raise exception 'verify: operation send (98dc2463-3e96-555f-986e-be7d161b391c) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'a05c71bb-fe2c-5064-9d30-09836314f547' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = '1c88590d-8692-5560-8605-e0efa701bc8c' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Table Registry Update -> AD (one document) failed at read: registries/table_registry/tbl-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_read (a05c71bb-fe2c-5064-9d30-09836314f547) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '5886ce92-5bd1-5754-a86e-cd78ba17b744' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = '1c88590d-8692-5560-8605-e0efa701bc8c' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Table Registry Update -> AD (one document) failed at send: registries/table_registry/tbl-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (5886ce92-5bd1-5754-a86e-cd78ba17b744) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('09e9876e-d13e-55b1-9038-3d2836332d0e', '[DOT-REG] Table Registry Delete -> AD (one document)', 'active', 'operation', 'all', '{"return":"$last"}', '498408c8-cb3f-5547-bbf0-8a99f450f7a0', 'One document of table_registry; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('498408c8-cb3f-5547-bbf0-8a99f450f7a0', 'Send', 'send', 'request', '09e9876e-d13e-55b1-9038-3d2836332d0e', null, '135001a8-75aa-5f9c-b277-9f9d2c40061f', '{"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"}],"method":"DELETE","url":"{{$env.AGENT_DATA_URL}}/documents/registries/table_registry/tbl-{{$trigger}}"}', 19, 1),
    ('135001a8-75aa-5f9c-b277-9f9d2c40061f', 'Failed send', 'failed_send', 'item-create', '09e9876e-d13e-55b1-9038-3d2836332d0e', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Table Registry Delete -> AD (one document) failed at send: registries/table_registry/tbl-{{$trigger}}"},"permissions":"$full"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '09e9876e-d13e-55b1-9038-3d2836332d0e' and c."name" = '[DOT-REG] Table Registry Delete -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = '498408c8-cb3f-5547-bbf0-8a99f450f7a0' and c.description = 'One document of table_registry; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Table Registry Delete -> AD (one document) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '498408c8-cb3f-5547-bbf0-8a99f450f7a0' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '09e9876e-d13e-55b1-9038-3d2836332d0e' and c.resolve is null and c.reject = '135001a8-75aa-5f9c-b277-9f9d2c40061f' and c.options::jsonb = '{"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"}],"method":"DELETE","url":"{{$env.AGENT_DATA_URL}}/documents/registries/table_registry/tbl-{{$trigger}}"}'::jsonb) then
        raise exception 'verify: operation send (498408c8-cb3f-5547-bbf0-8a99f450f7a0) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '135001a8-75aa-5f9c-b277-9f9d2c40061f' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = '09e9876e-d13e-55b1-9038-3d2836332d0e' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Table Registry Delete -> AD (one document) failed at send: registries/table_registry/tbl-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (135001a8-75aa-5f9c-b277-9f9d2c40061f) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('e648aec7-c05f-5ba3-84da-b0fd4ab622fd', '[DOT-REG] Workflows Update -> AD (one document)', 'active', 'operation', 'all', '{"return":"$last"}', 'dbfd4196-fbc9-5289-a626-445631ea9d84', 'One document of workflows; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('dbfd4196-fbc9-5289-a626-445631ea9d84', 'Read', 'read', 'item-read', 'e648aec7-c05f-5ba3-84da-b0fd4ab622fd', 'd3671570-3b34-5892-8a4c-c9f21ea7113c', '49e9a321-77e9-5fdf-a9c0-47fc25ced2cc', '{"collection":"workflows","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}', 19, 1),
    ('d3671570-3b34-5892-8a4c-c9f21ea7113c', 'Send', 'send', 'request', 'e648aec7-c05f-5ba3-84da-b0fd4ab622fd', null, '2f7d2193-1f5f-582c-a0a3-3389251d40e8', E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflows/wf-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflows","title":"{{read.name}}"},"parent_id":"registries/workflows"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}', 37, 1),
    ('49e9a321-77e9-5fdf-a9c0-47fc25ced2cc', 'Failed read', 'failed_read', 'item-create', 'e648aec7-c05f-5ba3-84da-b0fd4ab622fd', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflows Update -> AD (one document) failed at read: registries/workflows/wf-{{$trigger}}"},"permissions":"$full"}', 55, 1),
    ('2f7d2193-1f5f-582c-a0a3-3389251d40e8', 'Failed send', 'failed_send', 'item-create', 'e648aec7-c05f-5ba3-84da-b0fd4ab622fd', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflows Update -> AD (one document) failed at send: registries/workflows/wf-{{$trigger}}"},"permissions":"$full"}', 73, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = 'e648aec7-c05f-5ba3-84da-b0fd4ab622fd' and c."name" = '[DOT-REG] Workflows Update -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = 'dbfd4196-fbc9-5289-a626-445631ea9d84' and c.description = 'One document of workflows; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflows Update -> AD (one document) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'dbfd4196-fbc9-5289-a626-445631ea9d84' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = 'e648aec7-c05f-5ba3-84da-b0fd4ab622fd' and c.resolve = 'd3671570-3b34-5892-8a4c-c9f21ea7113c' and c.reject = '49e9a321-77e9-5fdf-a9c0-47fc25ced2cc' and c.options::jsonb = '{"collection":"workflows","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation read (dbfd4196-fbc9-5289-a626-445631ea9d84) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'd3671570-3b34-5892-8a4c-c9f21ea7113c' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = 'e648aec7-c05f-5ba3-84da-b0fd4ab622fd' and c.resolve is null and c.reject = '2f7d2193-1f5f-582c-a0a3-3389251d40e8' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflows/wf-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflows","title":"{{read.name}}"},"parent_id":"registries/workflows"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) then
        raise exception 'verify: operation send (d3671570-3b34-5892-8a4c-c9f21ea7113c) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '49e9a321-77e9-5fdf-a9c0-47fc25ced2cc' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = 'e648aec7-c05f-5ba3-84da-b0fd4ab622fd' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflows Update -> AD (one document) failed at read: registries/workflows/wf-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_read (49e9a321-77e9-5fdf-a9c0-47fc25ced2cc) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '2f7d2193-1f5f-582c-a0a3-3389251d40e8' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = 'e648aec7-c05f-5ba3-84da-b0fd4ab622fd' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflows Update -> AD (one document) failed at send: registries/workflows/wf-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (2f7d2193-1f5f-582c-a0a3-3389251d40e8) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('c696d474-680e-5b1e-800c-97fd1728b553', '[DOT-REG] Workflows Delete -> AD (one document)', 'active', 'operation', 'all', '{"return":"$last"}', 'a4e90532-6934-50d9-90e6-ec9a80f65add', 'One document of workflows; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('a4e90532-6934-50d9-90e6-ec9a80f65add', 'Send', 'send', 'request', 'c696d474-680e-5b1e-800c-97fd1728b553', null, 'd28a49ab-8cda-5798-b282-c1ee656059e6', '{"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"}],"method":"DELETE","url":"{{$env.AGENT_DATA_URL}}/documents/registries/workflows/wf-{{$trigger}}"}', 19, 1),
    ('d28a49ab-8cda-5798-b282-c1ee656059e6', 'Failed send', 'failed_send', 'item-create', 'c696d474-680e-5b1e-800c-97fd1728b553', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflows Delete -> AD (one document) failed at send: registries/workflows/wf-{{$trigger}}"},"permissions":"$full"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = 'c696d474-680e-5b1e-800c-97fd1728b553' and c."name" = '[DOT-REG] Workflows Delete -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = 'a4e90532-6934-50d9-90e6-ec9a80f65add' and c.description = 'One document of workflows; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflows Delete -> AD (one document) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'a4e90532-6934-50d9-90e6-ec9a80f65add' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = 'c696d474-680e-5b1e-800c-97fd1728b553' and c.resolve is null and c.reject = 'd28a49ab-8cda-5798-b282-c1ee656059e6' and c.options::jsonb = '{"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"}],"method":"DELETE","url":"{{$env.AGENT_DATA_URL}}/documents/registries/workflows/wf-{{$trigger}}"}'::jsonb) then
        raise exception 'verify: operation send (a4e90532-6934-50d9-90e6-ec9a80f65add) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'd28a49ab-8cda-5798-b282-c1ee656059e6' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = 'c696d474-680e-5b1e-800c-97fd1728b553' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflows Delete -> AD (one document) failed at send: registries/workflows/wf-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (d28a49ab-8cda-5798-b282-c1ee656059e6) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('1f3b9389-597e-5ee4-88bd-946f8e9f4904', '[DOT-REG] Workflow Steps Update -> AD (one document)', 'active', 'operation', 'all', '{"return":"$last"}', '82626739-8c8c-5ae6-bc49-f77b2f587f49', 'One document of workflow_steps; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('82626739-8c8c-5ae6-bc49-f77b2f587f49', 'Read', 'read', 'item-read', '1f3b9389-597e-5ee4-88bd-946f8e9f4904', '6ddd096e-240c-5f9d-9ca9-8b1bc70a34a6', '0d053f52-36df-56bd-a475-aafdf41048d5', '{"collection":"workflow_steps","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}', 19, 1),
    ('6ddd096e-240c-5f9d-9ca9-8b1bc70a34a6', 'Send', 'send', 'request', '1f3b9389-597e-5ee4-88bd-946f8e9f4904', null, '490530c2-83be-5993-a2d8-cafca8c486a5', E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflow_steps/ws-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflow_steps","title":"{{read.name}}"},"parent_id":"registries/workflow_steps"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}', 37, 1),
    ('0d053f52-36df-56bd-a475-aafdf41048d5', 'Failed read', 'failed_read', 'item-create', '1f3b9389-597e-5ee4-88bd-946f8e9f4904', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Steps Update -> AD (one document) failed at read: registries/workflow_steps/ws-{{$trigger}}"},"permissions":"$full"}', 55, 1),
    ('490530c2-83be-5993-a2d8-cafca8c486a5', 'Failed send', 'failed_send', 'item-create', '1f3b9389-597e-5ee4-88bd-946f8e9f4904', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Steps Update -> AD (one document) failed at send: registries/workflow_steps/ws-{{$trigger}}"},"permissions":"$full"}', 73, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '1f3b9389-597e-5ee4-88bd-946f8e9f4904' and c."name" = '[DOT-REG] Workflow Steps Update -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = '82626739-8c8c-5ae6-bc49-f77b2f587f49' and c.description = 'One document of workflow_steps; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflow Steps Update -> AD (one document) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '82626739-8c8c-5ae6-bc49-f77b2f587f49' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = '1f3b9389-597e-5ee4-88bd-946f8e9f4904' and c.resolve = '6ddd096e-240c-5f9d-9ca9-8b1bc70a34a6' and c.reject = '0d053f52-36df-56bd-a475-aafdf41048d5' and c.options::jsonb = '{"collection":"workflow_steps","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation read (82626739-8c8c-5ae6-bc49-f77b2f587f49) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '6ddd096e-240c-5f9d-9ca9-8b1bc70a34a6' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '1f3b9389-597e-5ee4-88bd-946f8e9f4904' and c.resolve is null and c.reject = '490530c2-83be-5993-a2d8-cafca8c486a5' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflow_steps/ws-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflow_steps","title":"{{read.name}}"},"parent_id":"registries/workflow_steps"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) then
        raise exception 'verify: operation send (6ddd096e-240c-5f9d-9ca9-8b1bc70a34a6) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '0d053f52-36df-56bd-a475-aafdf41048d5' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = '1f3b9389-597e-5ee4-88bd-946f8e9f4904' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Steps Update -> AD (one document) failed at read: registries/workflow_steps/ws-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_read (0d053f52-36df-56bd-a475-aafdf41048d5) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '490530c2-83be-5993-a2d8-cafca8c486a5' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = '1f3b9389-597e-5ee4-88bd-946f8e9f4904' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Steps Update -> AD (one document) failed at send: registries/workflow_steps/ws-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (490530c2-83be-5993-a2d8-cafca8c486a5) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('7ca687e6-4ca0-527d-8dc3-7d5b76922764', '[DOT-REG] Workflow Steps Delete -> AD (one document)', 'active', 'operation', 'all', '{"return":"$last"}', 'd8bcf7a1-d6cb-5686-ba3b-6ff3ab469563', 'One document of workflow_steps; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('d8bcf7a1-d6cb-5686-ba3b-6ff3ab469563', 'Send', 'send', 'request', '7ca687e6-4ca0-527d-8dc3-7d5b76922764', null, 'd3e9cf34-6c76-53d1-9d2c-fad20f035fcc', '{"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"}],"method":"DELETE","url":"{{$env.AGENT_DATA_URL}}/documents/registries/workflow_steps/ws-{{$trigger}}"}', 19, 1),
    ('d3e9cf34-6c76-53d1-9d2c-fad20f035fcc', 'Failed send', 'failed_send', 'item-create', '7ca687e6-4ca0-527d-8dc3-7d5b76922764', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Steps Delete -> AD (one document) failed at send: registries/workflow_steps/ws-{{$trigger}}"},"permissions":"$full"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '7ca687e6-4ca0-527d-8dc3-7d5b76922764' and c."name" = '[DOT-REG] Workflow Steps Delete -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = 'd8bcf7a1-d6cb-5686-ba3b-6ff3ab469563' and c.description = 'One document of workflow_steps; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflow Steps Delete -> AD (one document) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'd8bcf7a1-d6cb-5686-ba3b-6ff3ab469563' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '7ca687e6-4ca0-527d-8dc3-7d5b76922764' and c.resolve is null and c.reject = 'd3e9cf34-6c76-53d1-9d2c-fad20f035fcc' and c.options::jsonb = '{"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"}],"method":"DELETE","url":"{{$env.AGENT_DATA_URL}}/documents/registries/workflow_steps/ws-{{$trigger}}"}'::jsonb) then
        raise exception 'verify: operation send (d8bcf7a1-d6cb-5686-ba3b-6ff3ab469563) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'd3e9cf34-6c76-53d1-9d2c-fad20f035fcc' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = '7ca687e6-4ca0-527d-8dc3-7d5b76922764' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Steps Delete -> AD (one document) failed at send: registries/workflow_steps/ws-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (d3e9cf34-6c76-53d1-9d2c-fad20f035fcc) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('60bf9b82-8df0-5ed0-a266-b7cf80ba06a0', '[DOT-REG] WCR Update -> AD (one document)', 'active', 'operation', 'all', '{"return":"$last"}', '2faeacec-9ac3-596a-bd54-7e9fc575e675', 'One document of workflow_change_requests; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('2faeacec-9ac3-596a-bd54-7e9fc575e675', 'Read', 'read', 'item-read', '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0', '6597aefb-4aa1-5754-a01a-94886165de4b', '2d267f94-953f-5445-b469-80b7f0c725c1', '{"collection":"workflow_change_requests","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}', 19, 1),
    ('6597aefb-4aa1-5754-a01a-94886165de4b', 'Send', 'send', 'request', '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0', null, '85554b39-cd57-5915-86c6-4ba85eb9a04e', E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}\\n\\n{{read.status}}","mime_type":"text/markdown"},"document_id":"registries/workflow_change_requests/wcr-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflow_change_requests","status":"{{read.status}}","title":"{{read.name}}"},"parent_id":"registries/workflow_change_requests"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}', 37, 1),
    ('2d267f94-953f-5445-b469-80b7f0c725c1', 'Failed read', 'failed_read', 'item-create', '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Update -> AD (one document) failed at read: registries/workflow_change_requests/wcr-{{$trigger}}"},"permissions":"$full"}', 55, 1),
    ('85554b39-cd57-5915-86c6-4ba85eb9a04e', 'Failed send', 'failed_send', 'item-create', '60bf9b82-8df0-5ed0-a266-b7cf80ba06a0', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Update -> AD (one document) failed at send: registries/workflow_change_requests/wcr-{{$trigger}}"},"permissions":"$full"}', 73, 1)
on conflict (id) do nothing;

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

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('def0121a-d6b8-560b-a597-04c11cbc8dd1', '[DOT-REG] WCR Delete -> AD (one document)', 'active', 'operation', 'all', '{"return":"$last"}', 'f1745438-b625-5b28-a1b6-1af85772f9d0', 'One document of workflow_change_requests; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('f1745438-b625-5b28-a1b6-1af85772f9d0', 'Send', 'send', 'request', 'def0121a-d6b8-560b-a597-04c11cbc8dd1', null, '702406cb-fe12-54cb-a736-4cc97769b04b', '{"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"}],"method":"DELETE","url":"{{$env.AGENT_DATA_URL}}/documents/registries/workflow_change_requests/wcr-{{$trigger}}"}', 19, 1),
    ('702406cb-fe12-54cb-a736-4cc97769b04b', 'Failed send', 'failed_send', 'item-create', 'def0121a-d6b8-560b-a597-04c11cbc8dd1', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Delete -> AD (one document) failed at send: registries/workflow_change_requests/wcr-{{$trigger}}"},"permissions":"$full"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = 'def0121a-d6b8-560b-a597-04c11cbc8dd1' and c."name" = '[DOT-REG] WCR Delete -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = 'f1745438-b625-5b28-a1b6-1af85772f9d0' and c.description = 'One document of workflow_change_requests; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] WCR Delete -> AD (one document) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'f1745438-b625-5b28-a1b6-1af85772f9d0' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = 'def0121a-d6b8-560b-a597-04c11cbc8dd1' and c.resolve is null and c.reject = '702406cb-fe12-54cb-a736-4cc97769b04b' and c.options::jsonb = '{"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"}],"method":"DELETE","url":"{{$env.AGENT_DATA_URL}}/documents/registries/workflow_change_requests/wcr-{{$trigger}}"}'::jsonb) then
        raise exception 'verify: operation send (f1745438-b625-5b28-a1b6-1af85772f9d0) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '702406cb-fe12-54cb-a736-4cc97769b04b' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = 'def0121a-d6b8-560b-a597-04c11cbc8dd1' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] WCR Delete -> AD (one document) failed at send: registries/workflow_change_requests/wcr-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (702406cb-fe12-54cb-a736-4cc97769b04b) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('5ce92966-6842-5698-8b1f-968a52806745', '[DOT-REG] Workflow Categories Update -> AD (one document)', 'active', 'operation', 'all', '{"return":"$last"}', '18e86115-a65d-56d9-8254-45e9e393e7b5', 'One document of workflow_categories; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('18e86115-a65d-56d9-8254-45e9e393e7b5', 'Read', 'read', 'item-read', '5ce92966-6842-5698-8b1f-968a52806745', 'dcaeb0c5-e52f-5155-be50-2addeb0185dc', '108cd266-e3f6-57a3-809d-f9c37bab57c9', '{"collection":"workflow_categories","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}', 19, 1),
    ('dcaeb0c5-e52f-5155-be50-2addeb0185dc', 'Send', 'send', 'request', '5ce92966-6842-5698-8b1f-968a52806745', null, '7ca2e3a7-2c96-5df1-8a0a-c5e3fa2ad09a', E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflow_categories/wcat-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflow_categories","title":"{{read.name}}"},"parent_id":"registries/workflow_categories"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}', 37, 1),
    ('108cd266-e3f6-57a3-809d-f9c37bab57c9', 'Failed read', 'failed_read', 'item-create', '5ce92966-6842-5698-8b1f-968a52806745', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Categories Update -> AD (one document) failed at read: registries/workflow_categories/wcat-{{$trigger}}"},"permissions":"$full"}', 55, 1),
    ('7ca2e3a7-2c96-5df1-8a0a-c5e3fa2ad09a', 'Failed send', 'failed_send', 'item-create', '5ce92966-6842-5698-8b1f-968a52806745', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Categories Update -> AD (one document) failed at send: registries/workflow_categories/wcat-{{$trigger}}"},"permissions":"$full"}', 73, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '5ce92966-6842-5698-8b1f-968a52806745' and c."name" = '[DOT-REG] Workflow Categories Update -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = '18e86115-a65d-56d9-8254-45e9e393e7b5' and c.description = 'One document of workflow_categories; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflow Categories Update -> AD (one document) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '18e86115-a65d-56d9-8254-45e9e393e7b5' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = '5ce92966-6842-5698-8b1f-968a52806745' and c.resolve = 'dcaeb0c5-e52f-5155-be50-2addeb0185dc' and c.reject = '108cd266-e3f6-57a3-809d-f9c37bab57c9' and c.options::jsonb = '{"collection":"workflow_categories","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation read (18e86115-a65d-56d9-8254-45e9e393e7b5) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'dcaeb0c5-e52f-5155-be50-2addeb0185dc' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '5ce92966-6842-5698-8b1f-968a52806745' and c.resolve is null and c.reject = '7ca2e3a7-2c96-5df1-8a0a-c5e3fa2ad09a' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflow_categories/wcat-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflow_categories","title":"{{read.name}}"},"parent_id":"registries/workflow_categories"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) then
        raise exception 'verify: operation send (dcaeb0c5-e52f-5155-be50-2addeb0185dc) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '108cd266-e3f6-57a3-809d-f9c37bab57c9' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = '5ce92966-6842-5698-8b1f-968a52806745' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Categories Update -> AD (one document) failed at read: registries/workflow_categories/wcat-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_read (108cd266-e3f6-57a3-809d-f9c37bab57c9) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '7ca2e3a7-2c96-5df1-8a0a-c5e3fa2ad09a' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = '5ce92966-6842-5698-8b1f-968a52806745' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Categories Update -> AD (one document) failed at send: registries/workflow_categories/wcat-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (7ca2e3a7-2c96-5df1-8a0a-c5e3fa2ad09a) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('154c0a8d-a4cc-574e-8b1b-07cf0870d9c9', '[DOT-REG] Workflow Categories Delete -> AD (one document)', 'active', 'operation', 'all', '{"return":"$last"}', '55cc1afd-b44d-5bf9-a34d-eea6d56ba0f1', 'One document of workflow_categories; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('55cc1afd-b44d-5bf9-a34d-eea6d56ba0f1', 'Send', 'send', 'request', '154c0a8d-a4cc-574e-8b1b-07cf0870d9c9', null, '4f0fc3c9-d3c7-5959-9286-af2177b5bb6a', '{"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"}],"method":"DELETE","url":"{{$env.AGENT_DATA_URL}}/documents/registries/workflow_categories/wcat-{{$trigger}}"}', 19, 1),
    ('4f0fc3c9-d3c7-5959-9286-af2177b5bb6a', 'Failed send', 'failed_send', 'item-create', '154c0a8d-a4cc-574e-8b1b-07cf0870d9c9', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Categories Delete -> AD (one document) failed at send: registries/workflow_categories/wcat-{{$trigger}}"},"permissions":"$full"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '154c0a8d-a4cc-574e-8b1b-07cf0870d9c9' and c."name" = '[DOT-REG] Workflow Categories Delete -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = '55cc1afd-b44d-5bf9-a34d-eea6d56ba0f1' and c.description = 'One document of workflow_categories; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflow Categories Delete -> AD (one document) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '55cc1afd-b44d-5bf9-a34d-eea6d56ba0f1' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '154c0a8d-a4cc-574e-8b1b-07cf0870d9c9' and c.resolve is null and c.reject = '4f0fc3c9-d3c7-5959-9286-af2177b5bb6a' and c.options::jsonb = '{"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"}],"method":"DELETE","url":"{{$env.AGENT_DATA_URL}}/documents/registries/workflow_categories/wcat-{{$trigger}}"}'::jsonb) then
        raise exception 'verify: operation send (55cc1afd-b44d-5bf9-a34d-eea6d56ba0f1) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '4f0fc3c9-d3c7-5959-9286-af2177b5bb6a' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = '154c0a8d-a4cc-574e-8b1b-07cf0870d9c9' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Categories Delete -> AD (one document) failed at send: registries/workflow_categories/wcat-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (4f0fc3c9-d3c7-5959-9286-af2177b5bb6a) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('b868fff3-f4e6-5593-aeb4-796fa4122140', '[DOT-REG] Step Relations Update -> AD (one document)', 'active', 'operation', 'all', '{"return":"$last"}', 'f2816a68-104e-5f9c-9a53-24170a2d3ec1', 'One document of workflow_step_relations; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('f2816a68-104e-5f9c-9a53-24170a2d3ec1', 'Read', 'read', 'item-read', 'b868fff3-f4e6-5593-aeb4-796fa4122140', '6b0da4b8-6211-5575-bc9e-8a4ac5767c13', '0d896098-b212-554a-9767-39979a6a466d', '{"collection":"workflow_step_relations","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}', 19, 1),
    ('6b0da4b8-6211-5575-bc9e-8a4ac5767c13', 'Send', 'send', 'request', 'b868fff3-f4e6-5593-aeb4-796fa4122140', null, '3af871a8-5a29-5441-8504-0f2eb048be09', E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflow_step_relations/wsr-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflow_step_relations","title":"{{read.name}}"},"parent_id":"registries/workflow_step_relations"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}', 37, 1),
    ('0d896098-b212-554a-9767-39979a6a466d', 'Failed read', 'failed_read', 'item-create', 'b868fff3-f4e6-5593-aeb4-796fa4122140', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Step Relations Update -> AD (one document) failed at read: registries/workflow_step_relations/wsr-{{$trigger}}"},"permissions":"$full"}', 55, 1),
    ('3af871a8-5a29-5441-8504-0f2eb048be09', 'Failed send', 'failed_send', 'item-create', 'b868fff3-f4e6-5593-aeb4-796fa4122140', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Step Relations Update -> AD (one document) failed at send: registries/workflow_step_relations/wsr-{{$trigger}}"},"permissions":"$full"}', 73, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = 'b868fff3-f4e6-5593-aeb4-796fa4122140' and c."name" = '[DOT-REG] Step Relations Update -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = 'f2816a68-104e-5f9c-9a53-24170a2d3ec1' and c.description = 'One document of workflow_step_relations; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Step Relations Update -> AD (one document) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'f2816a68-104e-5f9c-9a53-24170a2d3ec1' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = 'b868fff3-f4e6-5593-aeb4-796fa4122140' and c.resolve = '6b0da4b8-6211-5575-bc9e-8a4ac5767c13' and c.reject = '0d896098-b212-554a-9767-39979a6a466d' and c.options::jsonb = '{"collection":"workflow_step_relations","emitEvents":false,"key":"{{$trigger}}","permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation read (f2816a68-104e-5f9c-9a53-24170a2d3ec1) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '6b0da4b8-6211-5575-bc9e-8a4ac5767c13' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = 'b868fff3-f4e6-5593-aeb4-796fa4122140' and c.resolve is null and c.reject = '3af871a8-5a29-5441-8504-0f2eb048be09' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflow_step_relations/wsr-{{$trigger}}","metadata":{"code":"{{read.code}}","collection":"workflow_step_relations","title":"{{read.name}}"},"parent_id":"registries/workflow_step_relations"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) then
        raise exception 'verify: operation send (6b0da4b8-6211-5575-bc9e-8a4ac5767c13) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '0d896098-b212-554a-9767-39979a6a466d' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = 'b868fff3-f4e6-5593-aeb4-796fa4122140' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Step Relations Update -> AD (one document) failed at read: registries/workflow_step_relations/wsr-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_read (0d896098-b212-554a-9767-39979a6a466d) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '3af871a8-5a29-5441-8504-0f2eb048be09' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = 'b868fff3-f4e6-5593-aeb4-796fa4122140' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Step Relations Update -> AD (one document) failed at send: registries/workflow_step_relations/wsr-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (3af871a8-5a29-5441-8504-0f2eb048be09) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('ea0ab077-d3dd-5b56-a987-766ef06bb7a0', '[DOT-REG] Step Relations Delete -> AD (one document)', 'active', 'operation', 'all', '{"return":"$last"}', '6dcf6764-311a-5099-9954-90724568b4b4', 'One document of workflow_step_relations; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('6dcf6764-311a-5099-9954-90724568b4b4', 'Send', 'send', 'request', 'ea0ab077-d3dd-5b56-a987-766ef06bb7a0', null, '4e97e6c1-cc8b-58b3-9073-1d7e8f31c9d8', '{"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"}],"method":"DELETE","url":"{{$env.AGENT_DATA_URL}}/documents/registries/workflow_step_relations/wsr-{{$trigger}}"}', 19, 1),
    ('4e97e6c1-cc8b-58b3-9073-1d7e8f31c9d8', 'Failed send', 'failed_send', 'item-create', 'ea0ab077-d3dd-5b56-a987-766ef06bb7a0', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Step Relations Delete -> AD (one document) failed at send: registries/workflow_step_relations/wsr-{{$trigger}}"},"permissions":"$full"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = 'ea0ab077-d3dd-5b56-a987-766ef06bb7a0' and c."name" = '[DOT-REG] Step Relations Delete -> AD (one document)' and c.status = 'active' and c."trigger" = 'operation' and c.accountability = 'all' and c.options::jsonb = '{"return":"$last"}'::jsonb and c.operation = '6dcf6764-311a-5099-9954-90724568b4b4' and c.description = 'One document of workflow_step_relations; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Step Relations Delete -> AD (one document) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '6dcf6764-311a-5099-9954-90724568b4b4' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = 'ea0ab077-d3dd-5b56-a987-766ef06bb7a0' and c.resolve is null and c.reject = '4e97e6c1-cc8b-58b3-9073-1d7e8f31c9d8' and c.options::jsonb = '{"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"}],"method":"DELETE","url":"{{$env.AGENT_DATA_URL}}/documents/registries/workflow_step_relations/wsr-{{$trigger}}"}'::jsonb) then
        raise exception 'verify: operation send (6dcf6764-311a-5099-9954-90724568b4b4) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '4e97e6c1-cc8b-58b3-9073-1d7e8f31c9d8' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = 'ea0ab077-d3dd-5b56-a987-766ef06bb7a0' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Step Relations Delete -> AD (one document) failed at send: registries/workflow_step_relations/wsr-{{$trigger}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (4e97e6c1-cc8b-58b3-9073-1d7e8f31c9d8) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('bc1c452f-fadd-513e-b969-04950e07db5f', '[DOT-REG] Table Registry Create -> AD', 'active', 'event', 'all', '{"collections":["table_registry"],"scope":["items.create"],"type":"action"}', 'ee4a3c5a-7715-54ec-ac21-ece966bdcff7', 'After create in table_registry; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('ee4a3c5a-7715-54ec-ac21-ece966bdcff7', 'Log', 'log', 'log', 'bc1c452f-fadd-513e-b969-04950e07db5f', '44483da7-efa3-571e-8afd-a5fabe4583b6', null, '{"message":"[DOT-REG] Table Registry Create -> AD"}', 19, 1),
    ('44483da7-efa3-571e-8afd-a5fabe4583b6', 'Read', 'read', 'item-read', 'bc1c452f-fadd-513e-b969-04950e07db5f', 'a3ce299b-685d-528c-aecf-404633a5aea6', 'bec5d2e6-5a71-55c1-9515-4d4e65189424', '{"collection":"table_registry","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}', 37, 1),
    ('a3ce299b-685d-528c-aecf-404633a5aea6', 'Send', 'send', 'request', 'bc1c452f-fadd-513e-b969-04950e07db5f', null, 'b09c20a4-4acd-5bf6-be96-06b675e75108', E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}\\n\\n{{read.table_id}}","mime_type":"text/markdown"},"document_id":"registries/table_registry/tbl-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"table_registry","table_id":"{{read.table_id}}","title":"{{read.name}}"},"parent_id":"registries/table_registry"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}', 55, 1),
    ('bec5d2e6-5a71-55c1-9515-4d4e65189424', 'Failed read', 'failed_read', 'item-create', 'bc1c452f-fadd-513e-b969-04950e07db5f', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Table Registry Create -> AD failed at read: registries/table_registry/tbl-{{$trigger.key}}"},"permissions":"$full"}', 73, 1),
    ('b09c20a4-4acd-5bf6-be96-06b675e75108', 'Failed send', 'failed_send', 'item-create', 'bc1c452f-fadd-513e-b969-04950e07db5f', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Table Registry Create -> AD failed at send: registries/table_registry/tbl-{{$trigger.key}}"},"permissions":"$full"}', 91, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = 'bc1c452f-fadd-513e-b969-04950e07db5f' and c."name" = '[DOT-REG] Table Registry Create -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["table_registry"],"scope":["items.create"],"type":"action"}'::jsonb and c.operation = 'ee4a3c5a-7715-54ec-ac21-ece966bdcff7' and c.description = 'After create in table_registry; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Table Registry Create -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'ee4a3c5a-7715-54ec-ac21-ece966bdcff7' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = 'bc1c452f-fadd-513e-b969-04950e07db5f' and c.resolve = '44483da7-efa3-571e-8afd-a5fabe4583b6' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Table Registry Create -> AD"}'::jsonb) then
        raise exception 'verify: operation log (ee4a3c5a-7715-54ec-ac21-ece966bdcff7) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '44483da7-efa3-571e-8afd-a5fabe4583b6' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = 'bc1c452f-fadd-513e-b969-04950e07db5f' and c.resolve = 'a3ce299b-685d-528c-aecf-404633a5aea6' and c.reject = 'bec5d2e6-5a71-55c1-9515-4d4e65189424' and c.options::jsonb = '{"collection":"table_registry","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation read (44483da7-efa3-571e-8afd-a5fabe4583b6) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'a3ce299b-685d-528c-aecf-404633a5aea6' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = 'bc1c452f-fadd-513e-b969-04950e07db5f' and c.resolve is null and c.reject = 'b09c20a4-4acd-5bf6-be96-06b675e75108' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}\\n\\n{{read.table_id}}","mime_type":"text/markdown"},"document_id":"registries/table_registry/tbl-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"table_registry","table_id":"{{read.table_id}}","title":"{{read.name}}"},"parent_id":"registries/table_registry"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) then
        raise exception 'verify: operation send (a3ce299b-685d-528c-aecf-404633a5aea6) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'bec5d2e6-5a71-55c1-9515-4d4e65189424' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = 'bc1c452f-fadd-513e-b969-04950e07db5f' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Table Registry Create -> AD failed at read: registries/table_registry/tbl-{{$trigger.key}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_read (bec5d2e6-5a71-55c1-9515-4d4e65189424) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'b09c20a4-4acd-5bf6-be96-06b675e75108' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = 'bc1c452f-fadd-513e-b969-04950e07db5f' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Table Registry Create -> AD failed at send: registries/table_registry/tbl-{{$trigger.key}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (b09c20a4-4acd-5bf6-be96-06b675e75108) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('48cd9ac6-da5b-5d59-ae80-52c2225e20f1', '[DOT-REG] Table Registry Update -> AD', 'active', 'event', 'all', '{"collections":["table_registry"],"scope":["items.update"],"type":"action"}', '9f84f8d1-5307-5eb3-9d1c-fc0376825489', 'After update in table_registry; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('9f84f8d1-5307-5eb3-9d1c-fc0376825489', 'Log', 'log', 'log', '48cd9ac6-da5b-5d59-ae80-52c2225e20f1', 'e56db1f0-7e27-53fd-93c5-b7782ba6f0df', null, '{"message":"[DOT-REG] Table Registry Update -> AD"}', 19, 1),
    ('e56db1f0-7e27-53fd-93c5-b7782ba6f0df', 'Each', 'each', 'trigger', '48cd9ac6-da5b-5d59-ae80-52c2225e20f1', null, null, '{"flow":"1c88590d-8692-5560-8605-e0efa701bc8c","iterationMode":"serial","payload":"{{$trigger.keys}}"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '48cd9ac6-da5b-5d59-ae80-52c2225e20f1' and c."name" = '[DOT-REG] Table Registry Update -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["table_registry"],"scope":["items.update"],"type":"action"}'::jsonb and c.operation = '9f84f8d1-5307-5eb3-9d1c-fc0376825489' and c.description = 'After update in table_registry; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Table Registry Update -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '9f84f8d1-5307-5eb3-9d1c-fc0376825489' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '48cd9ac6-da5b-5d59-ae80-52c2225e20f1' and c.resolve = 'e56db1f0-7e27-53fd-93c5-b7782ba6f0df' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Table Registry Update -> AD"}'::jsonb) then
        raise exception 'verify: operation log (9f84f8d1-5307-5eb3-9d1c-fc0376825489) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'e56db1f0-7e27-53fd-93c5-b7782ba6f0df' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = '48cd9ac6-da5b-5d59-ae80-52c2225e20f1' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"1c88590d-8692-5560-8605-e0efa701bc8c","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb) then
        raise exception 'verify: operation each (e56db1f0-7e27-53fd-93c5-b7782ba6f0df) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('251642ec-1b2f-5d57-a21d-065ffb22ecdc', '[DOT-REG] Table Registry Delete -> AD', 'active', 'event', 'all', '{"collections":["table_registry"],"scope":["items.delete"],"type":"action"}', 'e7eeda38-fd4c-5989-9ea2-547c1e56ed7d', 'After delete in table_registry; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('e7eeda38-fd4c-5989-9ea2-547c1e56ed7d', 'Log', 'log', 'log', '251642ec-1b2f-5d57-a21d-065ffb22ecdc', 'e4ddb955-656f-58cf-9659-b3ef5b6d4f42', null, '{"message":"[DOT-REG] Table Registry Delete -> AD"}', 19, 1),
    ('e4ddb955-656f-58cf-9659-b3ef5b6d4f42', 'Each', 'each', 'trigger', '251642ec-1b2f-5d57-a21d-065ffb22ecdc', null, null, '{"flow":"09e9876e-d13e-55b1-9038-3d2836332d0e","iterationMode":"serial","payload":"{{$trigger.keys}}"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '251642ec-1b2f-5d57-a21d-065ffb22ecdc' and c."name" = '[DOT-REG] Table Registry Delete -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["table_registry"],"scope":["items.delete"],"type":"action"}'::jsonb and c.operation = 'e7eeda38-fd4c-5989-9ea2-547c1e56ed7d' and c.description = 'After delete in table_registry; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Table Registry Delete -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'e7eeda38-fd4c-5989-9ea2-547c1e56ed7d' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '251642ec-1b2f-5d57-a21d-065ffb22ecdc' and c.resolve = 'e4ddb955-656f-58cf-9659-b3ef5b6d4f42' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Table Registry Delete -> AD"}'::jsonb) then
        raise exception 'verify: operation log (e7eeda38-fd4c-5989-9ea2-547c1e56ed7d) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'e4ddb955-656f-58cf-9659-b3ef5b6d4f42' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = '251642ec-1b2f-5d57-a21d-065ffb22ecdc' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"09e9876e-d13e-55b1-9038-3d2836332d0e","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb) then
        raise exception 'verify: operation each (e4ddb955-656f-58cf-9659-b3ef5b6d4f42) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('13940197-deaf-5319-a87c-d3bc41f671b4', '[DOT-REG] Workflows Create -> AD', 'active', 'event', 'all', '{"collections":["workflows"],"scope":["items.create"],"type":"action"}', 'd099e41c-3079-576c-86f8-b692b0d23588', 'After create in workflows; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('d099e41c-3079-576c-86f8-b692b0d23588', 'Log', 'log', 'log', '13940197-deaf-5319-a87c-d3bc41f671b4', 'c8aae863-33a9-5c9a-befa-9b9e64670df7', null, '{"message":"[DOT-REG] Workflows Create -> AD"}', 19, 1),
    ('c8aae863-33a9-5c9a-befa-9b9e64670df7', 'Read', 'read', 'item-read', '13940197-deaf-5319-a87c-d3bc41f671b4', 'e3810142-dbb9-5d42-b8b8-0407aaf36134', '6dbc8e9e-4d54-5079-be03-a4e704abe771', '{"collection":"workflows","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}', 37, 1),
    ('e3810142-dbb9-5d42-b8b8-0407aaf36134', 'Send', 'send', 'request', '13940197-deaf-5319-a87c-d3bc41f671b4', null, 'b9397081-bf08-52e4-9d32-8a9f9bcaec8c', E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflows/wf-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"workflows","title":"{{read.name}}"},"parent_id":"registries/workflows"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}', 55, 1),
    ('6dbc8e9e-4d54-5079-be03-a4e704abe771', 'Failed read', 'failed_read', 'item-create', '13940197-deaf-5319-a87c-d3bc41f671b4', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflows Create -> AD failed at read: registries/workflows/wf-{{$trigger.key}}"},"permissions":"$full"}', 73, 1),
    ('b9397081-bf08-52e4-9d32-8a9f9bcaec8c', 'Failed send', 'failed_send', 'item-create', '13940197-deaf-5319-a87c-d3bc41f671b4', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflows Create -> AD failed at send: registries/workflows/wf-{{$trigger.key}}"},"permissions":"$full"}', 91, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '13940197-deaf-5319-a87c-d3bc41f671b4' and c."name" = '[DOT-REG] Workflows Create -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflows"],"scope":["items.create"],"type":"action"}'::jsonb and c.operation = 'd099e41c-3079-576c-86f8-b692b0d23588' and c.description = 'After create in workflows; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflows Create -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'd099e41c-3079-576c-86f8-b692b0d23588' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '13940197-deaf-5319-a87c-d3bc41f671b4' and c.resolve = 'c8aae863-33a9-5c9a-befa-9b9e64670df7' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Workflows Create -> AD"}'::jsonb) then
        raise exception 'verify: operation log (d099e41c-3079-576c-86f8-b692b0d23588) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'c8aae863-33a9-5c9a-befa-9b9e64670df7' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = '13940197-deaf-5319-a87c-d3bc41f671b4' and c.resolve = 'e3810142-dbb9-5d42-b8b8-0407aaf36134' and c.reject = '6dbc8e9e-4d54-5079-be03-a4e704abe771' and c.options::jsonb = '{"collection":"workflows","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation read (c8aae863-33a9-5c9a-befa-9b9e64670df7) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'e3810142-dbb9-5d42-b8b8-0407aaf36134' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '13940197-deaf-5319-a87c-d3bc41f671b4' and c.resolve is null and c.reject = 'b9397081-bf08-52e4-9d32-8a9f9bcaec8c' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflows/wf-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"workflows","title":"{{read.name}}"},"parent_id":"registries/workflows"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) then
        raise exception 'verify: operation send (e3810142-dbb9-5d42-b8b8-0407aaf36134) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '6dbc8e9e-4d54-5079-be03-a4e704abe771' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = '13940197-deaf-5319-a87c-d3bc41f671b4' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflows Create -> AD failed at read: registries/workflows/wf-{{$trigger.key}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_read (6dbc8e9e-4d54-5079-be03-a4e704abe771) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'b9397081-bf08-52e4-9d32-8a9f9bcaec8c' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = '13940197-deaf-5319-a87c-d3bc41f671b4' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflows Create -> AD failed at send: registries/workflows/wf-{{$trigger.key}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (b9397081-bf08-52e4-9d32-8a9f9bcaec8c) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('2fbead4f-d51e-5249-b521-11dca37fa936', '[DOT-REG] Workflows Update -> AD', 'active', 'event', 'all', '{"collections":["workflows"],"scope":["items.update"],"type":"action"}', '02f80ff2-dd77-5c60-88a9-10c87af21142', 'After update in workflows; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('02f80ff2-dd77-5c60-88a9-10c87af21142', 'Log', 'log', 'log', '2fbead4f-d51e-5249-b521-11dca37fa936', '92a2cb1e-b979-5662-abc6-e3c0c472c21b', null, '{"message":"[DOT-REG] Workflows Update -> AD"}', 19, 1),
    ('92a2cb1e-b979-5662-abc6-e3c0c472c21b', 'Each', 'each', 'trigger', '2fbead4f-d51e-5249-b521-11dca37fa936', null, null, '{"flow":"e648aec7-c05f-5ba3-84da-b0fd4ab622fd","iterationMode":"serial","payload":"{{$trigger.keys}}"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '2fbead4f-d51e-5249-b521-11dca37fa936' and c."name" = '[DOT-REG] Workflows Update -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflows"],"scope":["items.update"],"type":"action"}'::jsonb and c.operation = '02f80ff2-dd77-5c60-88a9-10c87af21142' and c.description = 'After update in workflows; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflows Update -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '02f80ff2-dd77-5c60-88a9-10c87af21142' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '2fbead4f-d51e-5249-b521-11dca37fa936' and c.resolve = '92a2cb1e-b979-5662-abc6-e3c0c472c21b' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Workflows Update -> AD"}'::jsonb) then
        raise exception 'verify: operation log (02f80ff2-dd77-5c60-88a9-10c87af21142) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '92a2cb1e-b979-5662-abc6-e3c0c472c21b' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = '2fbead4f-d51e-5249-b521-11dca37fa936' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"e648aec7-c05f-5ba3-84da-b0fd4ab622fd","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb) then
        raise exception 'verify: operation each (92a2cb1e-b979-5662-abc6-e3c0c472c21b) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('7e5c8304-3bbc-5d91-bcb5-3a9f5dcf0a31', '[DOT-REG] Workflows Delete -> AD', 'active', 'event', 'all', '{"collections":["workflows"],"scope":["items.delete"],"type":"action"}', 'f8eaa3d8-2860-5343-af9d-b287092960f2', 'After delete in workflows; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('f8eaa3d8-2860-5343-af9d-b287092960f2', 'Log', 'log', 'log', '7e5c8304-3bbc-5d91-bcb5-3a9f5dcf0a31', '45d4c7b7-f3f5-5793-90ab-643817b9be24', null, '{"message":"[DOT-REG] Workflows Delete -> AD"}', 19, 1),
    ('45d4c7b7-f3f5-5793-90ab-643817b9be24', 'Each', 'each', 'trigger', '7e5c8304-3bbc-5d91-bcb5-3a9f5dcf0a31', null, null, '{"flow":"c696d474-680e-5b1e-800c-97fd1728b553","iterationMode":"serial","payload":"{{$trigger.keys}}"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '7e5c8304-3bbc-5d91-bcb5-3a9f5dcf0a31' and c."name" = '[DOT-REG] Workflows Delete -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflows"],"scope":["items.delete"],"type":"action"}'::jsonb and c.operation = 'f8eaa3d8-2860-5343-af9d-b287092960f2' and c.description = 'After delete in workflows; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflows Delete -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'f8eaa3d8-2860-5343-af9d-b287092960f2' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '7e5c8304-3bbc-5d91-bcb5-3a9f5dcf0a31' and c.resolve = '45d4c7b7-f3f5-5793-90ab-643817b9be24' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Workflows Delete -> AD"}'::jsonb) then
        raise exception 'verify: operation log (f8eaa3d8-2860-5343-af9d-b287092960f2) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '45d4c7b7-f3f5-5793-90ab-643817b9be24' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = '7e5c8304-3bbc-5d91-bcb5-3a9f5dcf0a31' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"c696d474-680e-5b1e-800c-97fd1728b553","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb) then
        raise exception 'verify: operation each (45d4c7b7-f3f5-5793-90ab-643817b9be24) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('7bafc388-b70d-5ce0-ad46-9d53ceec41d5', '[DOT-REG] Workflow Steps Create -> AD', 'active', 'event', 'all', '{"collections":["workflow_steps"],"scope":["items.create"],"type":"action"}', 'ce55f84f-73ef-5b8f-a62d-94ae7d99848b', 'After create in workflow_steps; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('ce55f84f-73ef-5b8f-a62d-94ae7d99848b', 'Log', 'log', 'log', '7bafc388-b70d-5ce0-ad46-9d53ceec41d5', 'e5f07059-582c-546f-84e0-eee12bbd293e', null, '{"message":"[DOT-REG] Workflow Steps Create -> AD"}', 19, 1),
    ('e5f07059-582c-546f-84e0-eee12bbd293e', 'Read', 'read', 'item-read', '7bafc388-b70d-5ce0-ad46-9d53ceec41d5', 'd67cb4f3-4166-5fbb-899b-ad6d87861607', '18ad694b-61be-5f22-bac9-59dbcadb343e', '{"collection":"workflow_steps","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}', 37, 1),
    ('d67cb4f3-4166-5fbb-899b-ad6d87861607', 'Send', 'send', 'request', '7bafc388-b70d-5ce0-ad46-9d53ceec41d5', null, '05b5fc1d-70ff-5cb0-8658-786f72d91512', E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflow_steps/ws-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"workflow_steps","title":"{{read.name}}"},"parent_id":"registries/workflow_steps"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}', 55, 1),
    ('18ad694b-61be-5f22-bac9-59dbcadb343e', 'Failed read', 'failed_read', 'item-create', '7bafc388-b70d-5ce0-ad46-9d53ceec41d5', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Steps Create -> AD failed at read: registries/workflow_steps/ws-{{$trigger.key}}"},"permissions":"$full"}', 73, 1),
    ('05b5fc1d-70ff-5cb0-8658-786f72d91512', 'Failed send', 'failed_send', 'item-create', '7bafc388-b70d-5ce0-ad46-9d53ceec41d5', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Steps Create -> AD failed at send: registries/workflow_steps/ws-{{$trigger.key}}"},"permissions":"$full"}', 91, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '7bafc388-b70d-5ce0-ad46-9d53ceec41d5' and c."name" = '[DOT-REG] Workflow Steps Create -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_steps"],"scope":["items.create"],"type":"action"}'::jsonb and c.operation = 'ce55f84f-73ef-5b8f-a62d-94ae7d99848b' and c.description = 'After create in workflow_steps; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflow Steps Create -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'ce55f84f-73ef-5b8f-a62d-94ae7d99848b' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '7bafc388-b70d-5ce0-ad46-9d53ceec41d5' and c.resolve = 'e5f07059-582c-546f-84e0-eee12bbd293e' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Workflow Steps Create -> AD"}'::jsonb) then
        raise exception 'verify: operation log (ce55f84f-73ef-5b8f-a62d-94ae7d99848b) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'e5f07059-582c-546f-84e0-eee12bbd293e' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = '7bafc388-b70d-5ce0-ad46-9d53ceec41d5' and c.resolve = 'd67cb4f3-4166-5fbb-899b-ad6d87861607' and c.reject = '18ad694b-61be-5f22-bac9-59dbcadb343e' and c.options::jsonb = '{"collection":"workflow_steps","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation read (e5f07059-582c-546f-84e0-eee12bbd293e) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'd67cb4f3-4166-5fbb-899b-ad6d87861607' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '7bafc388-b70d-5ce0-ad46-9d53ceec41d5' and c.resolve is null and c.reject = '05b5fc1d-70ff-5cb0-8658-786f72d91512' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflow_steps/ws-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"workflow_steps","title":"{{read.name}}"},"parent_id":"registries/workflow_steps"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) then
        raise exception 'verify: operation send (d67cb4f3-4166-5fbb-899b-ad6d87861607) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '18ad694b-61be-5f22-bac9-59dbcadb343e' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = '7bafc388-b70d-5ce0-ad46-9d53ceec41d5' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Steps Create -> AD failed at read: registries/workflow_steps/ws-{{$trigger.key}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_read (18ad694b-61be-5f22-bac9-59dbcadb343e) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '05b5fc1d-70ff-5cb0-8658-786f72d91512' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = '7bafc388-b70d-5ce0-ad46-9d53ceec41d5' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Steps Create -> AD failed at send: registries/workflow_steps/ws-{{$trigger.key}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (05b5fc1d-70ff-5cb0-8658-786f72d91512) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('a6528d51-162d-5303-b2e2-5c9d92a7a632', '[DOT-REG] Workflow Steps Update -> AD', 'active', 'event', 'all', '{"collections":["workflow_steps"],"scope":["items.update"],"type":"action"}', '5e1250bd-8045-5592-8ad1-39f8937919e4', 'After update in workflow_steps; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('5e1250bd-8045-5592-8ad1-39f8937919e4', 'Log', 'log', 'log', 'a6528d51-162d-5303-b2e2-5c9d92a7a632', '6e06a956-d199-5818-819a-bb0c60702985', null, '{"message":"[DOT-REG] Workflow Steps Update -> AD"}', 19, 1),
    ('6e06a956-d199-5818-819a-bb0c60702985', 'Each', 'each', 'trigger', 'a6528d51-162d-5303-b2e2-5c9d92a7a632', null, null, '{"flow":"1f3b9389-597e-5ee4-88bd-946f8e9f4904","iterationMode":"serial","payload":"{{$trigger.keys}}"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = 'a6528d51-162d-5303-b2e2-5c9d92a7a632' and c."name" = '[DOT-REG] Workflow Steps Update -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_steps"],"scope":["items.update"],"type":"action"}'::jsonb and c.operation = '5e1250bd-8045-5592-8ad1-39f8937919e4' and c.description = 'After update in workflow_steps; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflow Steps Update -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '5e1250bd-8045-5592-8ad1-39f8937919e4' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = 'a6528d51-162d-5303-b2e2-5c9d92a7a632' and c.resolve = '6e06a956-d199-5818-819a-bb0c60702985' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Workflow Steps Update -> AD"}'::jsonb) then
        raise exception 'verify: operation log (5e1250bd-8045-5592-8ad1-39f8937919e4) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '6e06a956-d199-5818-819a-bb0c60702985' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = 'a6528d51-162d-5303-b2e2-5c9d92a7a632' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"1f3b9389-597e-5ee4-88bd-946f8e9f4904","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb) then
        raise exception 'verify: operation each (6e06a956-d199-5818-819a-bb0c60702985) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('30add404-3bdc-5786-aeef-4e29392a68a6', '[DOT-REG] Workflow Steps Delete -> AD', 'active', 'event', 'all', '{"collections":["workflow_steps"],"scope":["items.delete"],"type":"action"}', '052ee7fa-8d08-59da-8a21-180bfc745a4b', 'After delete in workflow_steps; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('052ee7fa-8d08-59da-8a21-180bfc745a4b', 'Log', 'log', 'log', '30add404-3bdc-5786-aeef-4e29392a68a6', '18d32155-1b0c-5cb0-bcbc-3e180e2f115c', null, '{"message":"[DOT-REG] Workflow Steps Delete -> AD"}', 19, 1),
    ('18d32155-1b0c-5cb0-bcbc-3e180e2f115c', 'Each', 'each', 'trigger', '30add404-3bdc-5786-aeef-4e29392a68a6', null, null, '{"flow":"7ca687e6-4ca0-527d-8dc3-7d5b76922764","iterationMode":"serial","payload":"{{$trigger.keys}}"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '30add404-3bdc-5786-aeef-4e29392a68a6' and c."name" = '[DOT-REG] Workflow Steps Delete -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_steps"],"scope":["items.delete"],"type":"action"}'::jsonb and c.operation = '052ee7fa-8d08-59da-8a21-180bfc745a4b' and c.description = 'After delete in workflow_steps; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflow Steps Delete -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '052ee7fa-8d08-59da-8a21-180bfc745a4b' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '30add404-3bdc-5786-aeef-4e29392a68a6' and c.resolve = '18d32155-1b0c-5cb0-bcbc-3e180e2f115c' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Workflow Steps Delete -> AD"}'::jsonb) then
        raise exception 'verify: operation log (052ee7fa-8d08-59da-8a21-180bfc745a4b) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '18d32155-1b0c-5cb0-bcbc-3e180e2f115c' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = '30add404-3bdc-5786-aeef-4e29392a68a6' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"7ca687e6-4ca0-527d-8dc3-7d5b76922764","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb) then
        raise exception 'verify: operation each (18d32155-1b0c-5cb0-bcbc-3e180e2f115c) is not as it has to be';
    end if;
end
$verify$;

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

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('20d26b19-f0b5-5b7f-b7a3-e0b18256ad6f', '[DOT-REG] WCR Update -> AD', 'active', 'event', 'all', '{"collections":["workflow_change_requests"],"scope":["items.update"],"type":"action"}', 'be604119-d08f-5c72-90a2-5ed120a49903', 'After update in workflow_change_requests; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('be604119-d08f-5c72-90a2-5ed120a49903', 'Log', 'log', 'log', '20d26b19-f0b5-5b7f-b7a3-e0b18256ad6f', '965c8b60-bce3-5399-990a-93069a106704', null, '{"message":"[DOT-REG] WCR Update -> AD"}', 19, 1),
    ('965c8b60-bce3-5399-990a-93069a106704', 'Each', 'each', 'trigger', '20d26b19-f0b5-5b7f-b7a3-e0b18256ad6f', null, null, '{"flow":"60bf9b82-8df0-5ed0-a266-b7cf80ba06a0","iterationMode":"serial","payload":"{{$trigger.keys}}"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '20d26b19-f0b5-5b7f-b7a3-e0b18256ad6f' and c."name" = '[DOT-REG] WCR Update -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_change_requests"],"scope":["items.update"],"type":"action"}'::jsonb and c.operation = 'be604119-d08f-5c72-90a2-5ed120a49903' and c.description = 'After update in workflow_change_requests; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] WCR Update -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'be604119-d08f-5c72-90a2-5ed120a49903' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '20d26b19-f0b5-5b7f-b7a3-e0b18256ad6f' and c.resolve = '965c8b60-bce3-5399-990a-93069a106704' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] WCR Update -> AD"}'::jsonb) then
        raise exception 'verify: operation log (be604119-d08f-5c72-90a2-5ed120a49903) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '965c8b60-bce3-5399-990a-93069a106704' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = '20d26b19-f0b5-5b7f-b7a3-e0b18256ad6f' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"60bf9b82-8df0-5ed0-a266-b7cf80ba06a0","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb) then
        raise exception 'verify: operation each (965c8b60-bce3-5399-990a-93069a106704) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('58305070-aeac-5542-afa9-755fc7854615', '[DOT-REG] WCR Delete -> AD', 'active', 'event', 'all', '{"collections":["workflow_change_requests"],"scope":["items.delete"],"type":"action"}', '88ecf742-58fe-5784-863c-6f6783058e63', 'After delete in workflow_change_requests; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('88ecf742-58fe-5784-863c-6f6783058e63', 'Log', 'log', 'log', '58305070-aeac-5542-afa9-755fc7854615', 'b6aa689b-4dcd-5333-adc7-35e10bdfe6a0', null, '{"message":"[DOT-REG] WCR Delete -> AD"}', 19, 1),
    ('b6aa689b-4dcd-5333-adc7-35e10bdfe6a0', 'Each', 'each', 'trigger', '58305070-aeac-5542-afa9-755fc7854615', null, null, '{"flow":"def0121a-d6b8-560b-a597-04c11cbc8dd1","iterationMode":"serial","payload":"{{$trigger.keys}}"}', 37, 1)
on conflict (id) do nothing;

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

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('58467e70-a35d-5980-b263-b80e7e29b255', '[DOT-REG] Workflow Categories Create -> AD', 'active', 'event', 'all', '{"collections":["workflow_categories"],"scope":["items.create"],"type":"action"}', 'ab4d912b-6dbe-5b60-ae2f-0cd4bfaebb63', 'After create in workflow_categories; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('ab4d912b-6dbe-5b60-ae2f-0cd4bfaebb63', 'Log', 'log', 'log', '58467e70-a35d-5980-b263-b80e7e29b255', '12ad24fe-a895-506d-b597-edad2c152455', null, '{"message":"[DOT-REG] Workflow Categories Create -> AD"}', 19, 1),
    ('12ad24fe-a895-506d-b597-edad2c152455', 'Read', 'read', 'item-read', '58467e70-a35d-5980-b263-b80e7e29b255', '8f697ba6-9014-51c0-80d0-cdf4dfd7d263', 'ed9146b8-58bc-57cb-8c30-3206a7d392ad', '{"collection":"workflow_categories","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}', 37, 1),
    ('8f697ba6-9014-51c0-80d0-cdf4dfd7d263', 'Send', 'send', 'request', '58467e70-a35d-5980-b263-b80e7e29b255', null, 'a2344952-a7e4-519e-8bbb-2ce5edeb5e58', E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflow_categories/wcat-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"workflow_categories","title":"{{read.name}}"},"parent_id":"registries/workflow_categories"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}', 55, 1),
    ('ed9146b8-58bc-57cb-8c30-3206a7d392ad', 'Failed read', 'failed_read', 'item-create', '58467e70-a35d-5980-b263-b80e7e29b255', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Categories Create -> AD failed at read: registries/workflow_categories/wcat-{{$trigger.key}}"},"permissions":"$full"}', 73, 1),
    ('a2344952-a7e4-519e-8bbb-2ce5edeb5e58', 'Failed send', 'failed_send', 'item-create', '58467e70-a35d-5980-b263-b80e7e29b255', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Categories Create -> AD failed at send: registries/workflow_categories/wcat-{{$trigger.key}}"},"permissions":"$full"}', 91, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '58467e70-a35d-5980-b263-b80e7e29b255' and c."name" = '[DOT-REG] Workflow Categories Create -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_categories"],"scope":["items.create"],"type":"action"}'::jsonb and c.operation = 'ab4d912b-6dbe-5b60-ae2f-0cd4bfaebb63' and c.description = 'After create in workflow_categories; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflow Categories Create -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'ab4d912b-6dbe-5b60-ae2f-0cd4bfaebb63' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '58467e70-a35d-5980-b263-b80e7e29b255' and c.resolve = '12ad24fe-a895-506d-b597-edad2c152455' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Workflow Categories Create -> AD"}'::jsonb) then
        raise exception 'verify: operation log (ab4d912b-6dbe-5b60-ae2f-0cd4bfaebb63) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '12ad24fe-a895-506d-b597-edad2c152455' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = '58467e70-a35d-5980-b263-b80e7e29b255' and c.resolve = '8f697ba6-9014-51c0-80d0-cdf4dfd7d263' and c.reject = 'ed9146b8-58bc-57cb-8c30-3206a7d392ad' and c.options::jsonb = '{"collection":"workflow_categories","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation read (12ad24fe-a895-506d-b597-edad2c152455) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '8f697ba6-9014-51c0-80d0-cdf4dfd7d263' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '58467e70-a35d-5980-b263-b80e7e29b255' and c.resolve is null and c.reject = 'a2344952-a7e4-519e-8bbb-2ce5edeb5e58' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflow_categories/wcat-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"workflow_categories","title":"{{read.name}}"},"parent_id":"registries/workflow_categories"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) then
        raise exception 'verify: operation send (8f697ba6-9014-51c0-80d0-cdf4dfd7d263) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'ed9146b8-58bc-57cb-8c30-3206a7d392ad' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = '58467e70-a35d-5980-b263-b80e7e29b255' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Categories Create -> AD failed at read: registries/workflow_categories/wcat-{{$trigger.key}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_read (ed9146b8-58bc-57cb-8c30-3206a7d392ad) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'a2344952-a7e4-519e-8bbb-2ce5edeb5e58' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = '58467e70-a35d-5980-b263-b80e7e29b255' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Workflow Categories Create -> AD failed at send: registries/workflow_categories/wcat-{{$trigger.key}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (a2344952-a7e4-519e-8bbb-2ce5edeb5e58) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('aa875332-fbf2-534e-8eab-d7e3e7e0cc5b', '[DOT-REG] Workflow Categories Update -> AD', 'active', 'event', 'all', '{"collections":["workflow_categories"],"scope":["items.update"],"type":"action"}', '9f8954e6-bd8c-55a1-acb6-0f50c8a2232d', 'After update in workflow_categories; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('9f8954e6-bd8c-55a1-acb6-0f50c8a2232d', 'Log', 'log', 'log', 'aa875332-fbf2-534e-8eab-d7e3e7e0cc5b', '669a1389-4658-5750-acb0-7f243982eb1a', null, '{"message":"[DOT-REG] Workflow Categories Update -> AD"}', 19, 1),
    ('669a1389-4658-5750-acb0-7f243982eb1a', 'Each', 'each', 'trigger', 'aa875332-fbf2-534e-8eab-d7e3e7e0cc5b', null, null, '{"flow":"5ce92966-6842-5698-8b1f-968a52806745","iterationMode":"serial","payload":"{{$trigger.keys}}"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = 'aa875332-fbf2-534e-8eab-d7e3e7e0cc5b' and c."name" = '[DOT-REG] Workflow Categories Update -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_categories"],"scope":["items.update"],"type":"action"}'::jsonb and c.operation = '9f8954e6-bd8c-55a1-acb6-0f50c8a2232d' and c.description = 'After update in workflow_categories; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflow Categories Update -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '9f8954e6-bd8c-55a1-acb6-0f50c8a2232d' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = 'aa875332-fbf2-534e-8eab-d7e3e7e0cc5b' and c.resolve = '669a1389-4658-5750-acb0-7f243982eb1a' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Workflow Categories Update -> AD"}'::jsonb) then
        raise exception 'verify: operation log (9f8954e6-bd8c-55a1-acb6-0f50c8a2232d) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '669a1389-4658-5750-acb0-7f243982eb1a' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = 'aa875332-fbf2-534e-8eab-d7e3e7e0cc5b' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"5ce92966-6842-5698-8b1f-968a52806745","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb) then
        raise exception 'verify: operation each (669a1389-4658-5750-acb0-7f243982eb1a) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('25ae4470-8e77-5682-935f-64d33f1ab813', '[DOT-REG] Workflow Categories Delete -> AD', 'active', 'event', 'all', '{"collections":["workflow_categories"],"scope":["items.delete"],"type":"action"}', '360671d8-da5d-5b26-8855-53bfd9c29731', 'After delete in workflow_categories; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('360671d8-da5d-5b26-8855-53bfd9c29731', 'Log', 'log', 'log', '25ae4470-8e77-5682-935f-64d33f1ab813', 'ff5fc6a7-c5f4-5cc1-8f61-1e4342ac2b33', null, '{"message":"[DOT-REG] Workflow Categories Delete -> AD"}', 19, 1),
    ('ff5fc6a7-c5f4-5cc1-8f61-1e4342ac2b33', 'Each', 'each', 'trigger', '25ae4470-8e77-5682-935f-64d33f1ab813', null, null, '{"flow":"154c0a8d-a4cc-574e-8b1b-07cf0870d9c9","iterationMode":"serial","payload":"{{$trigger.keys}}"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '25ae4470-8e77-5682-935f-64d33f1ab813' and c."name" = '[DOT-REG] Workflow Categories Delete -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_categories"],"scope":["items.delete"],"type":"action"}'::jsonb and c.operation = '360671d8-da5d-5b26-8855-53bfd9c29731' and c.description = 'After delete in workflow_categories; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Workflow Categories Delete -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '360671d8-da5d-5b26-8855-53bfd9c29731' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '25ae4470-8e77-5682-935f-64d33f1ab813' and c.resolve = 'ff5fc6a7-c5f4-5cc1-8f61-1e4342ac2b33' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Workflow Categories Delete -> AD"}'::jsonb) then
        raise exception 'verify: operation log (360671d8-da5d-5b26-8855-53bfd9c29731) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'ff5fc6a7-c5f4-5cc1-8f61-1e4342ac2b33' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = '25ae4470-8e77-5682-935f-64d33f1ab813' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"154c0a8d-a4cc-574e-8b1b-07cf0870d9c9","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb) then
        raise exception 'verify: operation each (ff5fc6a7-c5f4-5cc1-8f61-1e4342ac2b33) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('63c353a9-284b-5f7d-90c3-617076c3d55f', '[DOT-REG] Step Relations Create -> AD', 'active', 'event', 'all', '{"collections":["workflow_step_relations"],"scope":["items.create"],"type":"action"}', 'b7069b8b-89f9-529a-8e03-0cdbb9bcbdc5', 'After create in workflow_step_relations; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('b7069b8b-89f9-529a-8e03-0cdbb9bcbdc5', 'Log', 'log', 'log', '63c353a9-284b-5f7d-90c3-617076c3d55f', '11371f8c-aaf3-544d-ae84-ae7c406ed984', null, '{"message":"[DOT-REG] Step Relations Create -> AD"}', 19, 1),
    ('11371f8c-aaf3-544d-ae84-ae7c406ed984', 'Read', 'read', 'item-read', '63c353a9-284b-5f7d-90c3-617076c3d55f', '4d8505dc-07b8-5b76-ac0d-f584984232c4', 'b4f28486-d9bf-5cfd-a5d2-9e2cc3c069e4', '{"collection":"workflow_step_relations","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}', 37, 1),
    ('4d8505dc-07b8-5b76-ac0d-f584984232c4', 'Send', 'send', 'request', '63c353a9-284b-5f7d-90c3-617076c3d55f', null, 'd381f583-a0d3-5a6a-9b66-c929d1dd627b', E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflow_step_relations/wsr-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"workflow_step_relations","title":"{{read.name}}"},"parent_id":"registries/workflow_step_relations"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}', 55, 1),
    ('b4f28486-d9bf-5cfd-a5d2-9e2cc3c069e4', 'Failed read', 'failed_read', 'item-create', '63c353a9-284b-5f7d-90c3-617076c3d55f', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Step Relations Create -> AD failed at read: registries/workflow_step_relations/wsr-{{$trigger.key}}"},"permissions":"$full"}', 73, 1),
    ('d381f583-a0d3-5a6a-9b66-c929d1dd627b', 'Failed send', 'failed_send', 'item-create', '63c353a9-284b-5f7d-90c3-617076c3d55f', null, null, '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Step Relations Create -> AD failed at send: registries/workflow_step_relations/wsr-{{$trigger.key}}"},"permissions":"$full"}', 91, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '63c353a9-284b-5f7d-90c3-617076c3d55f' and c."name" = '[DOT-REG] Step Relations Create -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_step_relations"],"scope":["items.create"],"type":"action"}'::jsonb and c.operation = 'b7069b8b-89f9-529a-8e03-0cdbb9bcbdc5' and c.description = 'After create in workflow_step_relations; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Step Relations Create -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'b7069b8b-89f9-529a-8e03-0cdbb9bcbdc5' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '63c353a9-284b-5f7d-90c3-617076c3d55f' and c.resolve = '11371f8c-aaf3-544d-ae84-ae7c406ed984' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Step Relations Create -> AD"}'::jsonb) then
        raise exception 'verify: operation log (b7069b8b-89f9-529a-8e03-0cdbb9bcbdc5) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '11371f8c-aaf3-544d-ae84-ae7c406ed984' and c."name" = 'Read' and c.key = 'read' and c."type" = 'item-read' and c.flow = '63c353a9-284b-5f7d-90c3-617076c3d55f' and c.resolve = '4d8505dc-07b8-5b76-ac0d-f584984232c4' and c.reject = 'b4f28486-d9bf-5cfd-a5d2-9e2cc3c069e4' and c.options::jsonb = '{"collection":"workflow_step_relations","emitEvents":false,"key":"{{$trigger.key}}","permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation read (11371f8c-aaf3-544d-ae84-ae7c406ed984) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '4d8505dc-07b8-5b76-ac0d-f584984232c4' and c."name" = 'Send' and c.key = 'send' and c."type" = 'request' and c.flow = '63c353a9-284b-5f7d-90c3-617076c3d55f' and c.resolve is null and c.reject = 'd381f583-a0d3-5a6a-9b66-c929d1dd627b' and c.options::jsonb = E'{"body":{"content":{"body":"# {{read.name}}\\n\\n{{read.code}}","mime_type":"text/markdown"},"document_id":"registries/workflow_step_relations/wsr-{{$trigger.key}}","metadata":{"code":"{{read.code}}","collection":"workflow_step_relations","title":"{{read.name}}"},"parent_id":"registries/workflow_step_relations"},"headers":[{"header":"X-API-Key","value":"{{$env.AGENT_DATA_API_KEY}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.AGENT_DATA_URL}}/documents?upsert=true"}'::jsonb) then
        raise exception 'verify: operation send (4d8505dc-07b8-5b76-ac0d-f584984232c4) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'b4f28486-d9bf-5cfd-a5d2-9e2cc3c069e4' and c."name" = 'Failed read' and c.key = 'failed_read' and c."type" = 'item-create' and c.flow = '63c353a9-284b-5f7d-90c3-617076c3d55f' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Step Relations Create -> AD failed at read: registries/workflow_step_relations/wsr-{{$trigger.key}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_read (b4f28486-d9bf-5cfd-a5d2-9e2cc3c069e4) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'd381f583-a0d3-5a6a-9b66-c929d1dd627b' and c."name" = 'Failed send' and c.key = 'failed_send' and c."type" = 'item-create' and c.flow = '63c353a9-284b-5f7d-90c3-617076c3d55f' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"REGISTRY_SYNC","source":"registry_sync","title":"[DOT-REG] Step Relations Create -> AD failed at send: registries/workflow_step_relations/wsr-{{$trigger.key}}"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_send (d381f583-a0d3-5a6a-9b66-c929d1dd627b) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('acd562a2-8584-5e7b-8bc1-20182ea4cbb3', '[DOT-REG] Step Relations Update -> AD', 'active', 'event', 'all', '{"collections":["workflow_step_relations"],"scope":["items.update"],"type":"action"}', 'fca0da28-f9bc-52b9-8759-b559b675f4dc', 'After update in workflow_step_relations; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('fca0da28-f9bc-52b9-8759-b559b675f4dc', 'Log', 'log', 'log', 'acd562a2-8584-5e7b-8bc1-20182ea4cbb3', 'fe4342fb-9907-5865-a06e-2c8cb12f9bd7', null, '{"message":"[DOT-REG] Step Relations Update -> AD"}', 19, 1),
    ('fe4342fb-9907-5865-a06e-2c8cb12f9bd7', 'Each', 'each', 'trigger', 'acd562a2-8584-5e7b-8bc1-20182ea4cbb3', null, null, '{"flow":"b868fff3-f4e6-5593-aeb4-796fa4122140","iterationMode":"serial","payload":"{{$trigger.keys}}"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = 'acd562a2-8584-5e7b-8bc1-20182ea4cbb3' and c."name" = '[DOT-REG] Step Relations Update -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_step_relations"],"scope":["items.update"],"type":"action"}'::jsonb and c.operation = 'fca0da28-f9bc-52b9-8759-b559b675f4dc' and c.description = 'After update in workflow_step_relations; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Step Relations Update -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'fca0da28-f9bc-52b9-8759-b559b675f4dc' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = 'acd562a2-8584-5e7b-8bc1-20182ea4cbb3' and c.resolve = 'fe4342fb-9907-5865-a06e-2c8cb12f9bd7' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Step Relations Update -> AD"}'::jsonb) then
        raise exception 'verify: operation log (fca0da28-f9bc-52b9-8759-b559b675f4dc) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'fe4342fb-9907-5865-a06e-2c8cb12f9bd7' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = 'acd562a2-8584-5e7b-8bc1-20182ea4cbb3' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"b868fff3-f4e6-5593-aeb4-796fa4122140","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb) then
        raise exception 'verify: operation each (fe4342fb-9907-5865-a06e-2c8cb12f9bd7) is not as it has to be';
    end if;
end
$verify$;

insert into public.directus_flows (id, "name", status, "trigger", accountability, options, operation, description)
values
    ('898f7051-9e36-5e2b-8517-9d2754a79b28', '[DOT-REG] Step Relations Delete -> AD', 'active', 'event', 'all', '{"collections":["workflow_step_relations"],"scope":["items.delete"],"type":"action"}', '1554dc59-fe69-5262-9c3e-610f414bfd6a', 'After delete in workflow_step_relations; compiled from policy, so change it there.')
on conflict (id) do nothing;

insert into public.directus_operations (id, "name", key, "type", flow, resolve, reject, options, position_x, position_y)
values
    ('1554dc59-fe69-5262-9c3e-610f414bfd6a', 'Log', 'log', 'log', '898f7051-9e36-5e2b-8517-9d2754a79b28', '406405e4-1016-5ccd-b1a4-d425ea13766a', null, '{"message":"[DOT-REG] Step Relations Delete -> AD"}', 19, 1),
    ('406405e4-1016-5ccd-b1a4-d425ea13766a', 'Each', 'each', 'trigger', '898f7051-9e36-5e2b-8517-9d2754a79b28', null, null, '{"flow":"ea0ab077-d3dd-5b56-a987-766ef06bb7a0","iterationMode":"serial","payload":"{{$trigger.keys}}"}', 37, 1)
on conflict (id) do nothing;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '898f7051-9e36-5e2b-8517-9d2754a79b28' and c."name" = '[DOT-REG] Step Relations Delete -> AD' and c.status = 'active' and c."trigger" = 'event' and c.accountability = 'all' and c.options::jsonb = '{"collections":["workflow_step_relations"],"scope":["items.delete"],"type":"action"}'::jsonb and c.operation = '1554dc59-fe69-5262-9c3e-610f414bfd6a' and c.description = 'After delete in workflow_step_relations; compiled from policy, so change it there.') then
        raise exception 'verify: flow [DOT-REG] Step Relations Delete -> AD is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '1554dc59-fe69-5262-9c3e-610f414bfd6a' and c."name" = 'Log' and c.key = 'log' and c."type" = 'log' and c.flow = '898f7051-9e36-5e2b-8517-9d2754a79b28' and c.resolve = '406405e4-1016-5ccd-b1a4-d425ea13766a' and c.reject is null and c.options::jsonb = '{"message":"[DOT-REG] Step Relations Delete -> AD"}'::jsonb) then
        raise exception 'verify: operation log (1554dc59-fe69-5262-9c3e-610f414bfd6a) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '406405e4-1016-5ccd-b1a4-d425ea13766a' and c."name" = 'Each' and c.key = 'each' and c."type" = 'trigger' and c.flow = '898f7051-9e36-5e2b-8517-9d2754a79b28' and c.resolve is null and c.reject is null and c.options::jsonb = '{"flow":"ea0ab077-d3dd-5b56-a987-766ef06bb7a0","iterationMode":"serial","payload":"{{$trigger.keys}}"}'::jsonb) then
        raise exception 'verify: operation each (406405e4-1016-5ccd-b1a4-d425ea13766a) is not as it has to be';
    end if;
end
$verify$;

commit;

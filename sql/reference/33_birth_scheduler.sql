-- The scheduled birth scan, as policy declares it; written by compile_flows.py, not by hand.
set role estate_owner;

insert into public.directus_flows
    (id, name, status, trigger, accountability, options, operation, description)
values
    ('8da8f51d-1ffe-51f4-aae8-b1ae96269924', '[Birth] Onboarding Full Scan', 'active', 'schedule', 'all', '{"cron": "0 */6 * * *"}', '296ca669-1954-5dfe-a535-f4aa73bfe215', 'Calls /api/birth/onboarding/full-scan; compiled from policy, so change it there.');

insert into public.directus_operations
    (id, name, key, type, flow, resolve, reject, options, position_x, position_y)
values
    ('296ca669-1954-5dfe-a535-f4aa73bfe215', 'Scan', 'scan', 'request', '8da8f51d-1ffe-51f4-aae8-b1ae96269924', 'be841cbe-8774-5f04-9af1-ebc2e052e7ba', 'ff6354bd-c475-5b3f-ae24-1037143f040c', '{"body": {"flow": "8da8f51d-1ffe-51f4-aae8-b1ae96269924"}, "headers": [{"header": "Authorization", "value": "Bearer {{$env.BIRTH_SCAN_TOKEN}}"}, {"header": "Content-Type", "value": "application/json"}], "method": "POST", "url": "{{$env.WEB_URL}}/api/birth/onboarding/full-scan"}', 19, 1),
    ('be841cbe-8774-5f04-9af1-ebc2e052e7ba', 'Said', 'said', 'log', '8da8f51d-1ffe-51f4-aae8-b1ae96269924', null, null, '{"message": "[Birth] Onboarding Full Scan: {{scan.status}} {{scan.data}}"}', 37, 1),
    ('ff6354bd-c475-5b3f-ae24-1037143f040c', 'Failed scan', 'failed_scan', 'item-create', '8da8f51d-1ffe-51f4-aae8-b1ae96269924', null, null, '{"collection": "system_issues", "emitEvents": false, "payload": {"issue_type": "BIRTH_SCAN", "source": "birth", "title": "[Birth] Onboarding Full Scan failed at scan"}, "permissions": "$full"}', 55, 1);

insert into public.dot_config
    (key, value, description)
values
    ('policy.birth_full_scan.enabled', 'true', 'kill switch of the birth scan: the endpoint does nothing unless it is true'),
    ('policy.birth_full_scan.cadence_cron', '0 */6 * * *', 'when the birth scan is to run; its flow and its tool row say the same');

insert into public.dot_tools
    (code, name, description, status, classification, owner, tier, domain, category, trigger_type, script_path, cron_schedule, token_type, _dot_origin)
values
    ('DOT-BIRTH-SCAN', 'birth-onboarding-full-scan', 'Scans collection_registry for gaps of birth onboarding and logs them to system_issues.', 'active', 'registry', 'platform', 'B', 'registry', 'maintenance', 'cron', 'server/api/birth/onboarding/full-scan.post.ts', '0 */6 * * *', 'none', 'b3f1c-c');

reset role;

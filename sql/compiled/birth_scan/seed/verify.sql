-- birth_scan: the scheduled scan: configuration, tool and flow (seed, verify)
\set ON_ERROR_STOP on
\encoding UTF8
begin;
set local search_path = pg_catalog, pg_temp;

do $verify$
begin
    if (select count(*) from public.dot_config as c where c.key = 'policy.birth_full_scan.enabled') <> 1 then
        raise exception 'verify: public.dot_config policy.birth_full_scan.enabled is not there once';
    end if;
    if not exists (select 1 from public.dot_config as c where c.key = 'policy.birth_full_scan.enabled' and c.value = 'true' and c.description = 'kill switch of the birth scan: the endpoint does nothing unless it is true') then
        raise exception 'verify: public.dot_config policy.birth_full_scan.enabled is not as it has to be';
    end if;
end
$verify$;

do $verify$
begin
    if (select count(*) from public.dot_config as c where c.key = 'policy.birth_full_scan.cadence_cron') <> 1 then
        raise exception 'verify: public.dot_config policy.birth_full_scan.cadence_cron is not there once';
    end if;
    if not exists (select 1 from public.dot_config as c where c.key = 'policy.birth_full_scan.cadence_cron' and c.value = '0 */6 * * *' and c.description = 'when the birth scan is to run; its flow and its tool row say the same') then
        raise exception 'verify: public.dot_config policy.birth_full_scan.cadence_cron is not as it has to be';
    end if;
end
$verify$;

do $verify$
begin
    if (select count(*) from public.dot_tools as c where c.code = 'DOT-BIRTH-SCAN') <> 1 then
        raise exception 'verify: public.dot_tools DOT-BIRTH-SCAN is not there once';
    end if;
    if not exists (select 1 from public.dot_tools as c where c.code = 'DOT-BIRTH-SCAN' and c."name" = 'birth-onboarding-full-scan' and c.description = 'Scans collection_registry for gaps of birth onboarding and logs them to system_issues.' and c.status = 'active' and c.classification = 'registry' and c.owner = 'platform' and c.tier = 'B' and c.domain = 'registry' and c.category = 'maintenance' and c.trigger_type = 'cron' and c.script_path = 'server/api/birth/onboarding/full-scan.post.ts' and c.cron_schedule = '0 */6 * * *' and c.token_type = 'none' and c._dot_origin = 'b3f1c-c') then
        raise exception 'verify: public.dot_tools DOT-BIRTH-SCAN is not as it has to be';
    end if;
end
$verify$;

do $verify$
begin
    if not exists (select 1 from public.directus_flows as c where c.id = '8da8f51d-1ffe-51f4-aae8-b1ae96269924' and c."name" = '[Birth] Onboarding Full Scan' and c.status = 'active' and c."trigger" = 'schedule' and c.accountability = 'all' and c.options::jsonb = '{"cron":"0 */6 * * *"}'::jsonb and c.operation = '296ca669-1954-5dfe-a535-f4aa73bfe215' and c.description = 'Calls /api/birth/onboarding/full-scan; compiled from policy, so change it there.') then
        raise exception 'verify: flow [Birth] Onboarding Full Scan is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = '296ca669-1954-5dfe-a535-f4aa73bfe215' and c."name" = 'Scan' and c.key = 'scan' and c."type" = 'request' and c.flow = '8da8f51d-1ffe-51f4-aae8-b1ae96269924' and c.resolve = 'be841cbe-8774-5f04-9af1-ebc2e052e7ba' and c.reject = 'ff6354bd-c475-5b3f-ae24-1037143f040c' and c.options::jsonb = '{"body":{"flow":"8da8f51d-1ffe-51f4-aae8-b1ae96269924"},"headers":[{"header":"Authorization","value":"Bearer {{$env.BIRTH_SCAN_TOKEN}}"},{"header":"Content-Type","value":"application/json"}],"method":"POST","url":"{{$env.WEB_URL}}/api/birth/onboarding/full-scan"}'::jsonb) then
        raise exception 'verify: operation scan (296ca669-1954-5dfe-a535-f4aa73bfe215) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'be841cbe-8774-5f04-9af1-ebc2e052e7ba' and c."name" = 'Said' and c.key = 'said' and c."type" = 'log' and c.flow = '8da8f51d-1ffe-51f4-aae8-b1ae96269924' and c.resolve is null and c.reject is null and c.options::jsonb = '{"message":"[Birth] Onboarding Full Scan: {{scan.status}} {{scan.data}}"}'::jsonb) then
        raise exception 'verify: operation said (be841cbe-8774-5f04-9af1-ebc2e052e7ba) is not as it has to be';
    end if;
    if not exists (select 1 from public.directus_operations as c where c.id = 'ff6354bd-c475-5b3f-ae24-1037143f040c' and c."name" = 'Failed scan' and c.key = 'failed_scan' and c."type" = 'item-create' and c.flow = '8da8f51d-1ffe-51f4-aae8-b1ae96269924' and c.resolve is null and c.reject is null and c.options::jsonb = '{"collection":"system_issues","emitEvents":false,"payload":{"issue_type":"BIRTH_SCAN","source":"birth","title":"[Birth] Onboarding Full Scan failed at scan"},"permissions":"$full"}'::jsonb) then
        raise exception 'verify: operation failed_scan (ff6354bd-c475-5b3f-ae24-1037143f040c) is not as it has to be';
    end if;
end
$verify$;

commit;

// Records how Directus 11.17.4 itself judges crons, renders templates and decides conditions:
//   node tests/vectors/record.mjs <folder that holds node_modules> > tests/vectors/directus.json
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.argv[2]}/node_modules/@directus/api/package.json`));
const { CronJob, validateCronExpression } = require('cron');
const utils = await import(pathToFileURL(require.resolve('@directus/utils')));

const crons = ['', ' ', '0 */6 * * *', '0 0 */6 * * *', '*/15 * * * * *', '* * * * *', '* * * *', '* * * * * * *',
  '0 0 L * *', '0 0 * * 5L', '0 0 15W * *', '0 0 * * 1#2', '? * * * *', '0 0 ? * *', '@daily', '@hourly', '@weekdays',
  '@secondly', '@minutely', '@weekends', '@yearly', '@annually', '@monthly', '@weekly', '@midnight', '@reboot',
  '@Daily', ' @daily', 'daily', '60 * * * *', '59 23 31 12 7', '0 24 * * *', '0 0 0 * *', '0 0 32 * *', '0 0 * 13 *',
  '0 0 * 0 *', '0 0 * * 8', '0 0 * * 7', '0 0 * * sun', '0 0 * * SUN-SAT', '0 0 * jan-dec *', '0 0 * * mon,wed,fri',
  '0 0 * * monday', '0 0 * january *', '5-1 * * * *', '1-5 * * * *', '1-5/2 * * * *', '*/0 * * * *', '*/61 * * * *',
  '5/10 * * * *', '*/5/2 * * * *', '1,2,3 * * * *', '1,,3 * * * *', ',1 * * * *', '-1 * * * *', '1- * * * *',
  '1*/2 * * * *', '** * * * *', '*-5 * * * *', '0  0   *  * *', ' 0 0 * * * ', '0\t0 * * *', '0 0 * * *\n',
  'a * * * *', '0 0 * * * 2026', '0.5 * * * *', '1e1 * * * *', '+5 * * * *', '0 0 31 2 *', '00 00 * * *',
  '0 0 * * sun-mon', '0 0 * feb,mar *', '0 0 12 * * mon-fri', 'H * * * *', '0 0 1-31/7 * *', '*/7 0-23/2 * * *',
  '70-80 * * * *', '50-70 * * * *', 'mon * * * *', '0 0 dec * *', '0 0 ８ * *', '0 0 * * * ;', '%5 * * * *',
  '0 0 * * sat#1', 'TZ=UTC 0 0 * * *', '0 12 * * 1-5 ', '0 0 29 2 *', '0 0 30 2 *', '0 0 31 2 1', '0 0 31 4,6 0-6', '0 0 31 4,5 *', '0 0 30,31 2 *',
  '0 0 29-31 2 *', '000000000 * * * *', '1' + '0'.repeat(500) + ' * * * *', '*/1' + '0'.repeat(500) + ' * * * *',
  '0'.repeat(500) + '5 * * * *',  '0,30 8-18 * * 1-5', '* * * * * *', '99999999999 * * * *'];

const scope = { $trigger: { key: 7, keys: [1, 2], payload: { name: 'n', nil: null, o: { a: 1 } }, collection: 'c' },
  $last: null, $env: { X: 'x' }, read: { id: 7, 'a b': 'q' }, list: [{ id: 1 }], text: 'abc', no: false, zero: 0 };
const templates = ['', 'plain', '{{$trigger.key}}', 'wf-{{$trigger.key}}', '{{ $trigger.keys }}', '{{$trigger.keys[0]}}',
  '{{$trigger.keys.0}}', 'a{{$trigger.keys}}b', '{{$trigger.none}}', 'a{{$trigger.none}}', '{{$last}}', 'a{{$last}}',
  '{{$last.x}}', '{{$trigger.payload.nil}}', 'a{{$trigger.payload.nil}}', '{{$trigger.payload.o}}', 'a{{$trigger.payload.o}}',
  "{{read['a b']}}", 'a{{read["a b"]}}', 'a{{read[`a b`]}}', '{{', 'a{{b', '}}', '{{}}', '{{ }}', '{{a..b}}', 'x{{a..b}}',
  '{{.a}}', '{{a.}}', '{{ $trigger . key }}', 'a{{ $trigger . key }}', '{{$trigger.key || $trigger.keys[0]}}',
  '{{list[0].id}}', '{{list[1].id}}', '{{list[0]id}}', '{{list[]}}', '{{list[0}}', '{{list[+0].id}}', '{{text.length}}',
  '{{list.length}}', '{{text[0]}}', '{{no}}', 'a{{no}}', '{{zero}}', '{{$env.X}}', '{{$env.Y}}', '{{{$trigger.key}}}',
  '{{$trigger.key}}{{$trigger.key}}', '{{a{{b}}', "{{read['a b]}}", '{{a.b.c.d.e.f.g.h.i.j}}', '{{a.b.c.d.e.f.g.h.i.j.k}}',
  `{{${'a'.repeat(1001)}}}`, `{{${'a'.repeat(1000)}}}`, '{{\n$trigger.key\n}}', 'a {{\t$trigger.key}}', '{{list[0][id]}}'];

const filters = [{ $trigger: { key: { _nnull: true } } }, { $trigger: { key: { _null: true } } },
  { $trigger: { none: { _nnull: true } } }, { $trigger: { none: { _null: true } } },
  { $trigger: { none: { _empty: true } } }, { $trigger: { none: { _nempty: true } } },
  { $trigger: { keys: { _nnull: true } } }, { $trigger: { keys: { _nempty: true } } }, { $trigger: { key: { _nempty: true } } },
  { $trigger: { key: { _empty: true } } }, { $trigger: { collection: { _eq: 'c' } } }, { $trigger: { collection: { _eq: 'd' } } },
  { $trigger: { collection: { _neq: 'd' } } }, { $trigger: { collection: { _in: ['c', 'd'] } } },
  { $trigger: { none: { _eq: 'c' } } }, { $trigger: { none: { _neq: 'c' } } }, { $trigger: { none: { _in: ['c'] } } },
  { $trigger: { payload: { nil: { _null: true } } } }, { $trigger: { payload: { nil: { _nnull: true } } } },
  { $last: { _null: true } }, { $last: { _nnull: true } }, { $last: { x: { _null: true } } }, {}, null, '', [],
  { _and: [{ $trigger: { key: { _nnull: true } } }, { $trigger: { collection: { _eq: 'd' } } }] },
  { _or: [{ $trigger: { none: { _nnull: true } } }, { $trigger: { collection: { _eq: 'c' } } }] },
  { $trigger: { key: { _nnull: true }, collection: { _eq: 'd' } } }, { $trigger: { _and: [{ key: { _nnull: true } }] } },
  { $trigger: { key: { _nnull: true }, keys: { _nnull: true } } }, { $trigger: { none: {} } }, { $trigger: {} },
  { $trigger: { key: { _nnull: false } } }, { $trigger: { none: { _nnull: false } } },
  { $trigger: { key: { _null: false } } }, { $trigger: { none: { a: { _null: true } } } }];

function attempt(work) {
  try { return work(); } catch (error) { return { rejects: error.constructor.name }; }
}
function fires(cronTime) {
  if (!validateCronExpression(cronTime).valid) return false;
  try { CronJob.from({ cronTime, onTick() {}, start: true }).stop(); return true; } catch { return false; }
}
function resolves(filter) {
  const parsed = utils.parseFilter(filter, null, undefined, true);
  return !parsed || utils.validatePayload(parsed, scope, { requireAll: true }).length === 0;
}
const recorded = {
  directus: require('directus/package.json').version,
  crons: crons.map((text) => [text, fires(text)]),
  scope,
  templates: templates.map((text) => [text, attempt(() => ({ gives: utils.applyOptionsData({ o: text }, scope).o }))]),
  filters: filters.map((filter) => [filter, attempt(() => resolves(filter))]),
};
process.stdout.write(`${JSON.stringify(recorded, null, 1)}\n`);

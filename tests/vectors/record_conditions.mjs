// Asks Directus 11.17.4 itself again what is recorded in conditions.json: whether a filter lets a condition resolve, and
// whether a pattern hears an event.
//   node tests/vectors/record_conditions.mjs <folder that holds node_modules> tests/vectors/conditions.json
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, file] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${folder}/node_modules/@directus/api/package.json`));
const { parseFilter, validatePayload } = await import(pathToFileURL(require.resolve('@directus/utils')));
const { EventEmitter2 } = require('eventemitter2');

function resolves(filter, data) {
  try {
    const parsed = parseFilter(filter, null, undefined, true);
    return !parsed || validatePayload(parsed, data, { requireAll: true }).length === 0;
  } catch {
    return false;
  }
}
function hears(pattern, name) {
  const emitter = new EventEmitter2({ wildcard: true, verboseMemoryLeak: true, delimiter: '.', ignoreErrors: true });
  emitter.on(pattern, () => {});
  return emitter.listeners(name).length > 0;
}
const asked = JSON.parse(readFileSync(file));
const lines = (found) => found.map((one) => '  ' + JSON.stringify(one)).join(',\n');
const conditions = asked.conditions.map(([filter, data]) => [filter, data, resolves(filter, data)]);
const events = asked.events.map(([pattern, name]) => [pattern, name, hears(pattern, name)]);
writeFileSync(file, `{"conditions": [\n${lines(conditions)}\n ], "events": [\n${lines(events)}\n ]}\n`);

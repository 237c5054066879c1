// Records when the cron library of Directus 11.17.4 fires, and which schedules fire alike:
//   node tests/vectors/record_cron.mjs <folder that holds node_modules> > tests/vectors/cron.json
// With `-` as a second argument: answers [text, zone, start, count] from standard input, one JSON value a line.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.argv[2]}/node_modules/@directus/api/package.json`));
const { CronTime } = require('cron');
const { DateTime, Settings } = createRequire(require.resolve('cron'))('luxon');

// A job asks for its next date when it has just fired: then is now.
function fires(text, zone, start, count, end = Infinity) {
  let time;
  try { time = new CronTime(text, zone); } catch { return null; }
  const found = [];
  for (let at = start; found.length < count && at < end; found.push(at)) {
    Settings.now = () => at * 1000;
    try { at = time.getNextDateFrom(DateTime.fromSeconds(at, { zone })).toSeconds(); } catch { break; }
  }
  return found;
}

if (process.argv[3] === '-') {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(fires(...JSON.parse(line)))}\n`);
  }
  process.exit();
}

const changes = { UTC: ['2026-03-29T00:00Z'], 'Europe/Berlin': ['2026-03-28T22:30Z', '2026-10-24T22:30Z'],
  'America/New_York': ['2026-03-08T04:30Z', '2026-11-01T03:30Z'], 'Asia/Kolkata': ['2026-03-29T00:00Z'],
  'Australia/Adelaide': ['2026-04-04T13:30Z', '2026-10-03T13:30Z'],
  'Australia/Lord_Howe': ['2026-04-04T13:00Z', '2026-10-03T13:00Z'], 'Europe/Dublin': ['2026-10-24T22:30Z'] };
const clocks = ['0 */6 * * *', '0 0 */6 * * *', '*/30 * * * *', '*/20 * * * *', '0 * * * *', '30 2 * * *', '30 1 * * *',
  '0 2 * * *', '0 3 * * *', '30 3 * * *', '15 1-4 * * *', '59 59 1 * * *', '30 59 1,2 * * *', '*/17 30 2 * * *',
  '45 15 2,3 * * *', '0 2 * * 0', '10 30 2 29 3 *', '0 0 * * *', '59 23 * * *', '30 2 25 10 7', '*/45 * 1-3 * * *'];
const calendar = ['0 0 1 1 *', '0 0 29 2 *', '0 0 31 * *', '0 0 30,31 * *', '0 0 13 * 5', '0 0 1,15 * 1', '0 0 */2 * 2',
  '0 0 1-31 * 5', '0 0 1-30 * 5', '0 0 */1 * 1-5', '0 0 13 * 0-6', '0 0 13 * 0-7', '0 0 13 * 1-7', '0 0 13 * */2',
  '0 0 13 * 7', '0 0 31 2 1', '0 0 29 2 1', '0 12 * feb,jun sat', '0 0 28-31 2,4 *', '@weekly', '@monthly', '@yearly',
  '@weekdays', '@weekends', '@hourly', '0 0 * * mon-fri', '0 0 5/9 * *', '30 8 * 2-11/3 5/1', '0 0 * * 0-7/7'];
const written = [
  ['0 */6 * * *', '0 0,6,12,18 * * *'], ['0 */6 * * *', '0 0 */6 * * *'], ['0 */6 * * *', '0 0 0-23/6 * * *'],
  ['0 */6 * * *', '0 */5 * * *'], ['0 */6 * * *', '1 */6 * * *'], ['0 */6 * * *', '* */6 * * *'], ['0 * * * *', '@hourly'],
  ['0 * * * *', '0 0-23 * * *'], ['0 0 * * 0', '@weekly'], ['0 0 * * 7', '@weekly'], ['0 0 * * sun', '@weekly'],
  ['0 0 * * 1-5', '@weekdays'], ['0 0 * * 1-5', '0 0 * * mon,tue,wed,thu,fri'], ['0 0 1 * *', '@monthly'],
  ['0 0 * * 6,7', '@weekends'], ['0 0 1-31 * 5', '0 0 * * 5'], ['0 0 1-30 * 5', '0 0 * * 5'], ['0 0 13 * 0-6', '0 0 13 * *'],
  ['0 0 13 * 1-7', '0 0 13 * *'], ['0 0 13 * 1-6', '0 0 13 * *'], ['0 0 */1 * *', '0 0 * * *'], ['0 0 */31 * *', '0 0 1 * *'],
  ['0 0 31 2 1', '0 0 30 2 1'], ['0 0 31 2 1', '0 0 * 2 1'], ['0 0 29 2 1', '0 0 * 2 1'], ['0 0 31 4,5 *', '0 0 31 5 *'],
  ['0 0 30,31 4,6 *', '0 0 30 4,6 *'], ['0 0 29,30 2 *', '0 0 29 2 *'], ['0 0 28,29 2 *', '0 0 28 2 *'], ['* * * * *', '@minutely'],
  ['* * * * *', '* * * * * *'], ['* * * * * *', '@secondly'], ['*/61 * * * *', '0 * * * *'], ['*/30 * * * *', '0,30 * * * *'],
  ['*/40 * * * *', '0,40 * * * *'], ['5/10 * * * *', '5-59/10 * * * *'], ['0 0 29 2 0-5', '0 0 30 2 0-5'],
  ['0 0 * * 0-7/7', '0 0 * * 0'], ['0 0 * JAN,DEC *', '0 0 * 1,12 *'], ['0 2 * * *', '0 3 * * *'], ['30 2 * * *', '45 2 * * *']];

const day = 86400;
const at = (year, month) => Date.UTC(year, month - 1, 1) / 1000;
// Two years, and each February that has a 29th until that has come on each day of the week.
const windows = [...Array(24).keys()].map((month) => at(2026, month + 1));
windows.push(...[2024, 2028, 2032, 2036, 2040, 2044, 2048].map((year) => at(year, 2)));

function alike([one, other]) {
  const [a, b] = [one, other].map((text) => windows.map((begin) => fires(text, 'UTC', begin - 1, 40, begin + 32 * day)));
  return [one, other, JSON.stringify(a) === JSON.stringify(b)];
}

const seconds = (text) => Date.parse(text) / 1000;
const asked = Object.entries(changes).flatMap(([zone, starts]) => clocks.flatMap((text) => starts.map((start) =>
  [text, zone, seconds(start), 6])));
asked.push(...calendar.map((text) => [text, 'UTC', seconds('2026-01-31T12:00Z'), 9]));
const recorded = {
  cron: createRequire(require.resolve('cron'))('../package.json').version,
  luxon: createRequire(require.resolve('cron'))('luxon/package.json').version,
  fires: asked.map(([text, zone, start, count]) => [text, zone, start, fires(text, zone, start, count)]),
  alike: written.map(alike),
};
const lines = (rows) => `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]`;
process.stdout.write(`{"cron": "${recorded.cron}", "luxon": "${recorded.luxon}",\n"fires": ${lines(recorded.fires)},\n` +
  `"alike": ${lines(recorded.alike)}}\n`);

"""The text of the endpoint (document 001, section 1), with marks for what policy and estate say.

Its answers. Each is a JSON object with `status`; none repeats what the database said, which may hold data.

200 complete         scanned; what the function answered, `summary` (written, or known: this run had one) and,
                     where policy compares, `unchanged`
200 dependency_fail  the function says what it misses. Not an error: the summary row records it, and an error would
                     make the flow record it a second time
200 disabled         the kill switch is off: nothing was done
401 unauthorized     no token, or another one
409 busy             a scan is under way
500 failed           the database refused, with its SQLSTATE; all of it was rolled back
502 invalid          the function answered something else than policy says; all of it was rolled back
503 refused          switch, token or address of the database is not there, or not what it has to be
503 unavailable      the database does not answer
504 timeout          not done within the time limit; all of it was rolled back

The switch comes before the caller: the document's step 1 is the first, and off means that nothing else is looked at.
So strangers are told that it is off, and each takes one of four connections for the time of one short query; a caller
for whom none is left is answered `unavailable`, which the flow records, and the next fire scans what this one would
have. To answer 401 to a call without credentials before the database is asked would be no wall, since whoever means
harm sends some, and off would no longer say so to all. Who may reach the server is the affair of what stands before it.
Scan and summary are one transaction: gaps that no summary speaks of would be a run that nobody can find.
"""

from __future__ import annotations

TEXT = """\
// Calls @@FUNCTION@@ for the flow
// @@FLOW@@ and leaves a summary in
// @@RELATION@@.
// Compiled from the policy of the birth scan: what is changed here by hand is found, and compiled away.
import { createHash@@TIMING@@ } from 'node:crypto'
@@IMPORT@@

const SECONDS = @@SECONDS@@
const SWITCH = @@SWITCH@@
const LOCK = @@LOCK@@
const SCAN = @@SCAN@@
@@LAST@@const KNOWN =
  @@KNOWN@@
const RECORD =
  @@RECORD@@
const COUNTS: string[] = [@@COUNTS@@]
// Of a database that is not there: PostgreSQL's own classes; what the system and the driver say is no SQLSTATE.
const STATE = /^[0-9A-Z]{5}$/
const LATE = ['57014', '25P03', 'Query read timeout'] // ended by PostgreSQL, twice, or by the driver
const AWAY = /^(08|28|3D|53|57|EPIPE)/
const AWAY_SAID = /^(timeout e|Connection terminated|Client has encountered)/

type Values = Record<string, unknown>
type Query = (text: string, values?: string[]) => Promise<Values[]>

class Answer extends Error {
  code: number
  body: Values

  constructor(code: number, body: Values) {
    super(String(body.status))
    this.code = code
    this.body = body
  }
}

const refused = (reason: string) => new Answer(503, { status: 'refused', reason })
const invalid = (reason: string) => new Answer(502, { status: 'invalid', reason: `the function answered ${reason}` })
const digest = (text: string) => createHash('sha256').update(text).digest()

export default defineEventHandler(async (event) => {
  const { code, body } = await answer(@@CREDENTIALS@@)
  setResponseStatus(event, code)
  if (code === 401) setResponseHeader(event, 'www-authenticate', 'Bearer')
  return body
})

async function answer(credentials: string): Promise<Answer> {
  try {
    return await inTransaction(async (query) => {
      await query(`set local statement_timeout = ${SECONDS * 1000}`)
      await query("set local idle_in_transaction_session_timeout = '10s'")
      await checkSwitch(query)
      checkCaller(credentials)
      return await scanned(query)
    })
  } catch (problem) {
    return problem instanceof Answer ? problem : failed(problem)
  }
}

function failed(problem: unknown): Answer {
  const { code, message } = problem as { code?: unknown; message?: unknown }
  const state = String(code ?? '')
  console.error(@@PATH@@, state || 'failed')
  if (LATE.includes(state || String(message))) {
    return new Answer(504, { status: 'timeout', reason: `not done within ${SECONDS} s` })
  }
  if (state ? AWAY.test(state) || !STATE.test(state) : AWAY_SAID.test(String(message))) {
    return new Answer(503, { status: 'unavailable', reason: 'the database does not answer' })
  }
  return new Answer(500, { status: 'failed', reason: state ? `SQLSTATE ${state}` : 'an error' })
}

@@DATABASE@@

async function checkSwitch(query: Query): Promise<void> {
  const rows = await query(SWITCH)
  const value = rows.length === 1 ? rows[0]?.value : undefined
  if (value === 'false') throw new Answer(200, { status: 'disabled', reason: @@OFF@@ })
  if (value !== 'true') throw refused(@@UNKNOWN@@)
}

@@CALLER@@

async function scanned(query: Query): Promise<Answer> {
  const [lock] = await query(LOCK)
  if (lock?.taken !== true) throw new Answer(409, { status: 'busy', reason: 'a scan is under way' })
  const [row] = await query(SCAN)
  const result = checked(row?.result)
  @@COMPARED@@
  const summary = await recorded(query, result, said)
  return new Answer(200, { ...result, ...said, summary })
}

const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0
const isText = (value: unknown) => typeof value === 'string' && value.trim() !== ''

function checked(result: unknown): Values {
  if (!isObject(result)) throw invalid('no object')
  if (!isText(@@RUN_ID@@)) throw invalid(@@NO_RUN_ID@@)
  if (@@STATUS@@ === @@DEPENDENCY_FAIL@@) {
    const missing = @@MISSING@@
    if (!Array.isArray(missing) || !missing.every(isText)) throw invalid(@@NO_MISSING@@)
    return result
  }
  if (@@STATUS@@ !== @@COMPLETE@@) throw invalid('a status that is not known')
  for (const name of COUNTS) if (!isCount(result[name])) throw invalid(`no count ${name}`)
  const kinds = @@BY_KIND@@
  if (!isObject(kinds) || !Object.values(kinds).every(isCount)) throw invalid(@@NO_KINDS@@)
  return result
}

/** What was found, in an order of its own: two scans that found the same are told in the same words. */
function told(result: Values): string {
  if (@@STATUS@@ === @@DEPENDENCY_FAIL@@) {
    return `${@@STATUS@@}: missing ${[...(@@MISSING@@ as string[])].sort().join(', ')}`
  }
  const counts = COUNTS.map((name) => `${name} ${result[name]}`)
  const kinds = Object.entries(@@BY_KIND@@ as Values).map(([kind, count]) => `${kind} ${count}`)
  return `${@@STATUS@@}: ${[...counts, ...kinds.sort()].join(', ')}`
}

@@UNCHANGED@@async function recorded(query: Query, result: Values, said: Values): Promise<string> {
  const run = String(@@RUN_ID@@)
  const key = @@KEY@@
  if ((await query(KNOWN, [key])).length > 0) return 'known'
  const severity = @@STATUS@@ === @@COMPLETE@@ ? @@SEVERITY_COMPLETE@@ : @@SEVERITY_FAIL@@
  const text = `${@@LINE@@}\\n@@PARTIAL@@run ${run}`
  await query(RECORD, [
    @@VALUES@@,
  ])
  return 'written'
}

/** As long as the column is; what is cut off leaves a mark of its own, so that two stay two. */
function fitted(text: string, length: number): string {
  if (text.length <= length) return text
  const mark = digest(text).toString('hex')
  return length > 16 ? `${text.slice(0, length - 9)}~${mark.slice(0, 8)}` : mark.slice(0, length)
}
"""

DATABASE = {
    "pg": (
        "import { Pool } from 'pg'",
        """\
let pool: Pool | undefined
const ignore = () => undefined // a connection that is lost: without a listener nobody would catch it

/** Opened by the first call: an address that is wrong is an answer, and no route that cannot be loaded. */
function database(): Pool {
  const address = @@ADDRESS@@
  if (!address) throw refused('the server knows no address of a database')
  if (!pool) {
    const limits = { max: 4, connectionTimeoutMillis: 5_000, query_timeout: (SECONDS + 10) * 1_000 }
    pool = new Pool({ connectionString: address, ...limits })
    pool.on('error', ignore)
  }
  return pool
}

async function inTransaction(work: (query: Query) => Promise<Answer>): Promise<Answer> {
  const client = await database().connect()
  client.on('error', ignore)
  let broken = false
  try {
    await client.query('begin')
    const found = await work(async (text, values) => (await client.query(text, values)).rows)
    await client.query('commit')
    return found
  } catch (problem) {
    broken = (problem as Error).message === 'Query read timeout' // PostgreSQL does not listen: it would not now
    if (!broken) await client.query('rollback').catch(() => { broken = true })
    throw problem
  } finally {
    if (!broken) client.off('error', ignore)
    client.release(broken) // one that failed is closed, and PostgreSQL rolls back
  }
}""",
    ),
    "postgres": (
        "import postgres from 'postgres'",
        """\
let pool: ReturnType<typeof postgres> | undefined

/** Opened by the first call: an address that is wrong is an answer, and no route that cannot be loaded. */
function database(): ReturnType<typeof postgres> {
  const address = @@ADDRESS@@
  if (!address) throw refused('the server knows no address of a database')
  pool ??= postgres(address, { max: 4, connect_timeout: 5, idle_timeout: 10, onnotice: () => undefined })
  return pool
}

async function inTransaction(work: (query: Query) => Promise<Answer>): Promise<Answer> {
  const found = await database().begin((transaction) =>
    work(async (text, values = []) => await transaction.unsafe(text, values)),
  )
  return found as Answer
}""",
    ),
}

CALLER = """\
function checkCaller(credentials: string): void {
  const token = @@TOKEN@@
  if (!token) throw refused('the server knows no token of its caller')
  if (!timingSafeEqual(digest(credentials), digest(@@WANTED@@))) throw new Answer(401, { status: 'unauthorized' })
}"""

NOBODY = """\
// Whoever reaches this server may call. The policy says why:
// @@REASON@@
function checkCaller(_credentials: string): void {}"""

# Of a summary that somebody has changed nothing is known: then it is another one.
UNCHANGED = {
    "structured": """\
async function isUnchanged(query: Query, result: Values): Promise<boolean> {
  const [row] = await query(LAST)
  try {
    return row !== undefined && told(checked(JSON.parse(String(row.last)))) === told(result)
  } catch {
    return false
  }
}

""",
    "text": """\
async function isUnchanged(query: Query, result: Values): Promise<boolean> {
  const [row] = await query(LAST)
  return row !== undefined && String(row.last).split('\\n', 1)[0] === @@LINE@@
}

""",
}

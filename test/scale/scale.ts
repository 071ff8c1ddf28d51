/**
 * `npm run -s scale`: the numbers of docs/scale/scale.md, from what is counted here and what others publish.
 *
 * @module
 */

import { countFlows, type Flow, type GuardUse } from './flows.ts'
import { simulateDay } from './simulation.ts'
import { SOURCES } from './sources.ts'

/** What is assumed, and by nobody measured: put your own in its place. */
export const ASSUMED = {
  /** Of ten tokens so many come by each flow. */
  mix: {
    service: 4,
    login: 1,
    'refresh of a public client': 3,
    'refresh of a client with a secret': 2,
  } satisfies Readonly<Record<Flow, number>>,
  /** API requests that are made with one token. */
  requests: 20,
  /** Milliseconds of CPU for a request to the issuer; a login has four, each other token one. */
  cpu: 1,
  loginRequests: 4,
  /** Milliseconds for which a call keeps an object of 128 MB at work. */
  atWork: 10,
  /** Bytes of a row at the guard. */
  rowBytes: 200,
  /** Days for which a family is remembered: the default of `refresh_token_lifetime`. */
  familyDays: 30,
} as const

/** The number of the guard's objects: `SHARDS` in src/stores/guard_on_workers.ts. */
const SHARDS = 256

const TEN = 10
const MONTH = 30
const MILLION = 1e6

const FLOWS = Object.keys(ASSUMED.mix) as readonly Flow[]

/** What a table shows. */
type Rows = readonly (readonly string[])[]

function tableOf(head: readonly string[], rows: Rows): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
const dollars = (value: number): string => `$${value < 10 ? value.toFixed(2) : whole(value)}`

function flowTable(flows: Readonly<Record<Flow, GuardUse>>): string {
  const rows = FLOWS.map((flow) => {
    const { writes, reads, together } = flows[flow]
    return [flow, ...[writes, reads, writes + reads, together].map(String)]
  })
  return tableOf(['flow', 'changes', 'looks', 'calls to a guard on Workers', 'where a session is at one home'], rows)
}

/** Returns what so many tokens a day ask of the guard and of Workers, each day. */
function dayOf(tokens: number, flows: Readonly<Record<Flow, GuardUse>>) {
  const sum = (of: (flow: Flow) => number): number =>
    FLOWS.reduce((total, flow) => total + ((ASSUMED.mix[flow] * tokens) / TEN) * of(flow), 0)
  const writes = sum((flow) => flows[flow].writes)
  const reads = sum((flow) => flows[flow].reads)
  const requests = sum((flow) => (flow === 'login' ? ASSUMED.loginRequests : 1))
  return { writes, reads, requests, apiRequests: tokens * ASSUMED.requests }
}

/** Dollars a month for so many each day. */
function monthly(perDay: number, { value }: { readonly value: number }): number {
  return (perDay * MONTH * value) / MILLION
}

function costTable(flows: Readonly<Record<Flow, GuardUse>>): string {
  const { workersRequest, workersCpu, objectRequest, objectDuration, rowWritten, rowRead } = SOURCES
  const { kvRead, kvWrite, d1RowRead, d1RowWritten } = SOURCES
  const rows = [1e6, 1e8, 1e9].map((tokens) => {
    const { writes, reads, requests, apiRequests } = dayOf(tokens, flows)
    const calls = writes + reads
    const same = monthly(requests, workersRequest) + monthly(requests * ASSUMED.cpu, workersCpu)
    const gigabyteSeconds = (calls * ASSUMED.atWork * 0.128) / 1000
    // A row is written, and deleted when its time is over, which is written as well.
    const guard =
      monthly(calls, objectRequest) +
      monthly(gigabyteSeconds, objectDuration) +
      monthly(2 * writes, rowWritten) +
      monthly(reads, rowRead)
    // The least that they can do: an entry for each token, which ends by itself, and a look for each request.
    const kv = monthly(tokens, kvWrite) + monthly(apiRequests, kvRead)
    // A row and its index, both deleted again.
    const row = monthly(4 * tokens, d1RowWritten) + monthly(apiRequests, d1RowRead)
    return [
      `10${{ 1e6: '⁶', 1e8: '⁸', 1e9: '⁹' }[tokens]}`,
      whole(calls),
      dollars(same),
      ...[guard, kv, row].map(dollars),
    ]
  })
  const head = [
    'tokens a day',
    'calls to the guard a day',
    'the issuer’s requests',
    'Bulla’s guard',
    'an entry in KV',
    'a row in D1',
  ]
  return tableOf(head, rows)
}

function dayTable(flows: Readonly<Record<Flow, GuardUse>>): string {
  const { writes, reads } = flows.login
  const places = {
    'one region, 256 shards': { shards: SHARDS, regions: [[1, 0]] },
    'three regions, 256 shards': {
      shards: SHARDS,
      regions: [
        [1 / 3, -7],
        [1 / 3, 1],
        [1 / 3, 8],
      ],
    },
    'one region, one object': { shards: 1, regions: [[1, 0]] },
  } as const
  const rows = Object.entries(places).map(([name, place]) => {
    const day = simulateDay({ logins: 1e8, calls: writes + reads, rate: SOURCES.objectRate.value, ...place })
    const { busiestSecond, busiestShard, usual, over, waited } = day
    const wait = waited === 0 ? 'nobody' : `${whole(waited)} s`
    return [name, whole(busiestSecond), whole(busiestShard), whole(usual), whole(over), wait]
  })
  const head = [
    'people in',
    'calls, busiest second',
    'at one shard, busiest second',
    '9,999 of 10,000 seconds',
    'seconds over the limit',
    'longest wait',
  ]
  return tableOf(head, rows)
}

function storageTable(): string {
  const rows = [1e6, 1e8, 1e9].map((tokens) => {
    const families = ((ASSUMED.mix.login * tokens) / TEN) * ASSUMED.familyDays
    const bytes = families * ASSUMED.rowBytes
    return [whole(tokens), whole(families), `${(bytes / 1e9).toFixed(1)} GB`, `${(bytes / SHARDS / 1e9).toFixed(2)} GB`]
  })
  return tableOf(['tokens a day', 'families remembered', 'in all', 'in one object'], rows)
}

function sourceTable(): string {
  const rows = Object.values(SOURCES).map(({ name, value, unit, source }) => [
    name,
    [value.toLocaleString('en-US'), unit].filter(Boolean).join(' '),
    `[${new URL(source).hostname}](${source})`,
  ])
  return tableOf(['what', 'how much', 'says who'], rows)
}

/** Returns the tables of the page by their names. */
export async function scaleTables(): Promise<Readonly<Record<string, string>>> {
  const flows = await countFlows()
  return {
    flows: flowTable(flows),
    cost: costTable(flows),
    day: dayTable(flows),
    storage: storageTable(),
    sources: sourceTable(),
  }
}

if (import.meta.main)
  for (const [name, table] of Object.entries(await scaleTables())) console.log(`<!-- scale: ${name} -->\n${table}\n`)

import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import type { EventDataset } from '../../src/events_on_workers.ts'
import { createIssuer, readBindings } from '../../src/index.ts'
import { blockOf } from '../docs.ts'
import { basic, ISSUER, testSettings, tokenRequest } from '../fixtures.ts'
import { createApp, createPerson, REQUESTS } from '../parties/person.ts'

type Point = Parameters<EventDataset['writeDataPoint']>[0]

/** Lets an issuer write rows as Workers have them, and returns these. */
async function rowsOf(): Promise<readonly Point[]> {
  const rows: Point[] = []
  const EVENTS = { writeDataPoint: (row: Point) => void rows.push(row) }
  const { onEvent } = readBindings({ ISSUER, EVENTS })
  const issuer = createIssuer(testSettings(onEvent && { onEvent }))
  const ask = async (request: Request): Promise<Response> => issuer.fetch(request)
  for (const _ of [1, 2, 3]) await ask(tokenRequest())
  for (const _ of [1, 2]) await ask(tokenRequest({ client: 'one' }))
  await ask(tokenRequest({ headers: { authorization: basic('one', 'wrong') } }))
  const { now = () => 0 } = testSettings()
  const answer = await createPerson(ask, { now }).answer('allow', REQUESTS['web'])
  const app = createApp(ask, { client: 'web' })
  for (const _ of [1, 2]) await app.redeem(answer.searchParams.get('code') ?? '')
  await expect.poll(() => rows.filter(({ indexes }) => indexes[0] === 'token.refused').length).toBe(2)
  return rows
}

/** Runs a query of the page on rows of the last minutes. */
function run(name: string, rows: readonly Point[]): readonly unknown[] {
  const database = new DatabaseSync(':memory:')
  const blobs = [1, 2, 3, 4, 5, 6].map((number) => `blob${number} TEXT`).join(', ')
  database.exec(
    `CREATE TABLE events (timestamp INTEGER, _sample_interval INTEGER, index1 TEXT, ${blobs}, double1 REAL, double2 REAL)`,
  )
  const insert = database.prepare(`INSERT INTO events VALUES (5000, 2, ${Array(9).fill('?').join(', ')})`)
  rows.forEach(({ indexes, blobs, doubles: [one = 0] }, index) => void insert.run(...indexes, ...blobs, one, index))
  const spans = { MINUTE: 60, HOUR: 3600, DAY: 86_400 } as const
  const sql = blockOf(name)
    .replace(/toStartOfInterval\((\w+), INTERVAL '1' MINUTE\)/g, '($1 / 60 * 60)')
    .replace(/NOW\(\)/g, '5400')
    .replace(/INTERVAL '(\d+)' (MINUTE|HOUR|DAY)/g, (_, count, unit: keyof typeof spans) => `${count * spans[unit]}`)
    .replace(/quantileExactWeighted\(0\.99\)\((\w+), \w+\)/g, 'MAX($1)')
  return database.prepare(sql).all()
}

it('the queries of the page answer what they say, on rows as the issuer writes them', async () => {
  const rows = await rowsOf()
  expect(run('query-tokens', rows)).toEqual([
    { minute: 4980, client: 'service', tokens: 6 },
    { minute: 4980, client: 'one', tokens: 4 },
    { minute: 4980, client: 'web', tokens: 2 },
  ])
  expect(run('query-reasons', rows)).toEqual(
    expect.arrayContaining([
      { type: 'client.failed', reason: 'wrong_secret', times: 2 },
      { type: 'code.replayed', reason: 'code_replayed', times: 2 },
      { type: 'token.refused', reason: 'code_replayed', times: 2 },
    ]),
  )
  const last = rows.findLastIndex(({ indexes }) => indexes[0] === 'token.refused')
  expect(run('query-p99', rows)).toEqual([{ p99: last }])
  expect(run('query-replays', rows)).toEqual([
    { timestamp: 5000, type: 'code.replayed', client: 'web', resource: 'https://api1.example' },
  ])
})

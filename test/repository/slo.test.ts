/**
 * The alerts of the runbooks, run over rows as Workers write them, in PostgreSQL with the one function that Analytics Engine has beside it.
 *
 * @module
 */

import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { IssuerEvent } from '../../src/events/event.ts'
import { readEvents } from '../../src/events_on_workers.ts'
import { blockOf } from '../docs.ts'

describe('an alert of the runbooks', () => {
  let database: PGlite
  beforeAll(async () => {
    database = await PGlite.create()
    await database.exec(`
      CREATE FUNCTION "if"(boolean, double precision, double precision) RETURNS double precision
        LANGUAGE sql AS 'SELECT CASE WHEN $1 THEN $2 ELSE $3 END';
      CREATE TABLE events (timestamp timestamptz, _sample_interval double precision, index1 text,
        ${[1, 2, 3, 4, 5, 6].map((one) => `blob${one} text`).join(', ')}, double1 double precision, double2 double precision)`)
  }, 60_000)
  afterAll(() => database?.close())

  /** Events that were minutes ago, each of as many rows as a sample stands for. */
  async function were(minutes: number, count: number, event: Partial<IssuerEvent>, sample = 1): Promise<void> {
    const rows: (readonly (string | number)[])[] = []
    const told = { type: 'token.issued', outcome: 'ok', grant: 'authorization_code', ms: 8, ...event } as IssuerEvent
    const write = readEvents({
      writeDataPoint: ({ indexes, blobs, doubles }) => void rows.push([...indexes, ...blobs, ...doubles]),
    })
    await write?.(told)
    const places = Array.from({ length: 9 }, (_, at) => `$${at + 1}`).join(', ')
    await database.query(
      `INSERT INTO events SELECT NOW() - INTERVAL '${minutes} minutes', ${sample}, ${places} FROM generate_series(1, ${count})`,
      [...(rows[0] ?? [])],
    )
  }
  const ask = async (name: string): Promise<readonly number[]> => {
    const { rows } = await database.query<Record<string, number>>(blockOf(name))
    return Object.values(rows[0] ?? {}).map((burn) => Math.round(burn * 100) / 100)
  }
  const begin = () => database.exec('DELETE FROM events')

  it('tells how fast the budget of failures at /token burns, now and in the hour; what is refused burns none of it', async () => {
    await begin()
    await were(30, 9990, {})
    await were(30, 10, { type: 'token.refused', outcome: 'error', reason: 'guard_down' })
    expect(await ask('slo-token')).toEqual([0, 2])
    await were(2, 990, {})
    await were(2, 500, { type: 'token.refused', outcome: 'refused', reason: 'pkce' })
    await were(2, 1, { type: 'token.refused', outcome: 'error', reason: 'guard_down' }, 10)
    await were(90, 5000, { type: 'token.refused', outcome: 'error' })
    await were(2, 400, { type: 'token.introspected', outcome: 'error' })
    const [now = 0, hour = 0] = await ask('slo-token')
    expect([now, hour]).toEqual([10 / 1500 / 0.0005, 20 / 11_500 / 0.0005].map((burn) => Math.round(burn * 100) / 100))
  })

  it('tells how fast the budget of slow answers burns, of those that no guard is asked for', async () => {
    await begin()
    await were(20, 990, { grant: 'client_credentials', ms: 49 })
    await were(20, 10, { grant: 'client_credentials', ms: 51 })
    await were(20, 500, { grant: 'authorization_code', ms: 300 })
    expect(await ask('slo-fast')).toEqual([0, 1])
    await were(1, 98, { grant: 'client_credentials', ms: 5 })
    await were(1, 2, { grant: 'client_credentials', ms: 900 })
    expect((await ask('slo-fast'))[0]).toBe(2)
  })
})

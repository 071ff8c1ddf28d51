import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { MARGIN } from '../../../src/stores/guard.ts'
import { createSqlGuard, type Dialect, type SqlGuard, type SqlQuery } from '../../../src/stores/index.ts'
import { type PostgresServer, startPostgres } from '../../parties/postgres_server.ts'
import { openPg, openSqlite, type SqlDatabase } from '../../parties/sql_database.ts'

/** Seconds that a test may take. */
const UNSURE = 60
const step = (gid: string, expiresAt: number) => ({ gid, generation: 0, now: expiresAt, grace: 0, expiresAt })
let now: number
beforeEach(() => {
  now = Math.floor(Date.now() / 1000)
})

/** Returns a guard that cleans up by its five hundredth call: else by any of the first, so that many that end soon do so, too. */
function createGuard(dialect: Dialect, query: SqlQuery): SqlGuard {
  vi.spyOn(crypto, 'randomUUID').mockReturnValueOnce('00000000-0000-4000-8000-000000000000')
  return createSqlGuard({ dialect, query })
}
afterEach(() => vi.restoreAllMocks())

let server: PostgresServer
const open: Partial<Record<Dialect, SqlDatabase>> = {}
beforeAll(async () => {
  server = await startPostgres()
  open.postgresql = await openPg(server.url)
  open.sqlite = openSqlite()
})
afterAll(async () => {
  for (const database of Object.values(open)) await database.close()
  await server.stop()
})

describe.each<Dialect>(['sqlite', 'postgresql'])('what is over, on %s,', (dialect) => {
  const query: SqlQuery = async (...asked) => (await open[dialect]?.query(...asked)) ?? []
  const count = async (table: string): Promise<number> => {
    const [row] = await query(`SELECT COUNT(*) AS n FROM ${table}`, [])
    return Number(row?.['n'])
  }
  /** Puts rows there whose time is over. */
  const fill = async (rows: number): Promise<void> => {
    const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${rows})`
    await query(`${numbers} INSERT INTO bulla_name SELECT 'old ' || n, '', ${now - MARGIN - UNSURE} FROM numbers`, [])
    const family = `0, 0, 0, '', 0, '', 'advanced', ${now - MARGIN - UNSURE}`
    await query(`${numbers} INSERT INTO bulla_family SELECT 'old ' || n, ${family} FROM numbers`, [])
  }
  beforeEach(async () => {
    for (const table of ['bulla_name', 'bulla_family']) await query(`DELETE FROM ${table}`, [])
  })

  it('stays two minutes longer, and then goes; what is not over stays', async () => {
    const guard = createGuard(dialect, query)
    const [over, notYet] = [now - MARGIN - UNSURE, now - MARGIN + UNSURE]
    for (const expiresAt of [over, notYet, now + 3600]) {
      await guard.spend(`spent until ${expiresAt}`, expiresAt)
      await guard.advance(step(`until ${expiresAt}`, expiresAt))
      await guard.leave(`left until ${expiresAt}`, 'a', expiresAt)
      await guard.end(`ended until ${expiresAt}`, expiresAt)
    }
    expect(await guard.tidy()).toBe(4)
    expect([await count('bulla_name'), await count('bulla_family'), await guard.tidy()]).toEqual([4, 4, 0])
    expect([await guard.look(`left until ${over}`), await guard.look(`left until ${notYet}`)]).toEqual([undefined, 'a'])
    expect(await guard.hasEnded([`ended until ${over}`])).toBe(false)
    expect(await guard.hasEnded([`ended until ${notYet}`])).toBe(true)
    expect(await guard.spend(`spent until ${notYet}`, now + 3600)).toBe('spent')
  })

  it('is no number that was raised: that has no end', async () => {
    const guard = createGuard(dialect, query)
    await guard.raise('settings', 7)
    await guard.spend('over', now - MARGIN - UNSURE)
    expect([await guard.tidy(), await guard.raise('settings', 1)]).toEqual([1, 7])
  })

  it('is kept until the later end of all that came', async () => {
    const guard = createGuard(dialect, query)
    const over = now - MARGIN - UNSURE
    for (const [first, second] of [
      [over, now],
      [now, over],
    ] as const) {
      const name = `${first} ${second}`
      await guard.advance(step(name, first))
      await guard.end(name, second)
      await guard.end(`${name} too`, first)
      await guard.advance(step(`${name} too`, second))
      await guard.leave(name, 'a', first)
      await guard.swap(name, 'a', 'b', second)
    }
    expect(await guard.tidy()).toBe(0)
  })

  it('goes altogether when it is asked for, a thousand rows a statement', async () => {
    await fill(2300)
    const statements: number[] = []
    const counted: SqlQuery = async (...asked) => {
      const rows = await query(...asked)
      if (asked[0].startsWith('DELETE')) statements.push(rows.length)
      return rows
    }
    const guard = createGuard(dialect, counted)
    expect(await guard.tidy()).toBe(4600)
    expect(statements).toEqual([1000, 1000, 1000, 1000, 300, 300, 0, 0])
  })

  // promise: G09
  it('goes a thousand rows at a time, by one call in five hundred, and nobody waits for it', async () => {
    await fill(1500)
    const seen: string[] = []
    const deleting: Promise<unknown>[] = []
    const slow: SqlQuery = async (...asked) => {
      if (!asked[0].startsWith('DELETE')) return query(...asked)
      seen.push(asked[0])
      deleting.push(Promise.resolve(query(...asked)))
      // It never says that it has: nobody may notice.
      return new Promise(() => {})
    }
    const guard = createGuard(dialect, slow)
    for (let round = 0; round < 10; round++)
      await Promise.all(Array.from({ length: 50 }, (_, one) => guard.spend(`${round} ${one}`, now + 3600)))
    await Promise.all(deleting)
    expect([seen.length, await count('bulla_name')]).toEqual([1, 1000])
  })

  it('is nobody’s concern when it cannot be dropped', async () => {
    const failing: SqlQuery = (text, values) => {
      if (text.startsWith('DELETE')) throw new Error('no')
      return query(text, values)
    }
    const guard = createGuard(dialect, failing)
    for (let round = 0; round < 11; round++)
      await Promise.all(Array.from({ length: 50 }, (_, one) => guard.spend(`${round} ${one}`, now + 3600)))
    await expect(guard.tidy()).rejects.toMatchObject({ name: 'StoreError' })
  })
})

it('PostgreSQL finds what is over by its index', async () => {
  const { query, close } = await openPg(server.url, { options: '-c enable_seqscan=off' })
  const plans: string[] = []
  const explained: SqlQuery = async (text, values) => {
    if (text.startsWith('DELETE')) plans.push(JSON.stringify(await query(`EXPLAIN ${text}`, [])))
    return query(text, values)
  }
  await createGuard('postgresql', explained).tidy()
  const found = (name: string) =>
    expect.stringMatching(`Index Cond: \\(expires_at <.*${name}|${name}.*Index Cond: \\(expires_at <`)
  expect(plans).toEqual([found('bulla_name_expires_at'), found('bulla_family_expires_at')])
  await close()
})

/**
 * What a guard's call costs beside the bare statement, sent by the same driver over the same connections: sixteen at once, as requests come.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Guard } from '../../src/stores/guard.ts'
import { createRedisGuard, createSqlGuard, type SqlQuery, StoreError } from '../../src/stores/index.ts'
import { type Dialect, written } from '../../src/stores/sql_statement.ts'
import { type Contender, type Effort, median, race, ratioIn, timeIn } from './measure.ts'
import { type Row, writeTime } from './report.ts'

/** How many ask at the same time. */
const AT_ONCE = 16

/** Rounds of which a ratio is the median, at the most. */
const ROUNDS = 7

/** How much longer a slice is than for what takes microseconds: the slowest of a hundred is to be one of several. */
const LONGER = 10

/** Unix seconds until which everything is kept: it is over before anything is. */
const UNTIL = Math.floor(Date.now() / 1000) + 3600

let counted = 0
/** Returns a name that nobody had. */
const newName = (): string => `${process.pid} ${counted++}`

/** What sixteen do at once; beside how long one takes of them all, how long the slowest of a hundred does, round by round. */
interface Crowd extends Contender {
  /** Nanoseconds. */
  readonly slowest: number[]
}

/** @param once does it for one of the sixteen */
function crowd(name: string, once: (who: number) => Promise<unknown>): Crowd {
  const slowest: number[] = []
  return {
    name,
    slowest,
    async run(times) {
      const took: number[] = []
      let left = times
      const goOn = async (who: number): Promise<void> => {
        while (left-- > 0) {
          const begun = performance.now()
          await once(who)
          took.push((performance.now() - begun) * 1e6)
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, (_, who) => goOn(who)))
      slowest.push(took.toSorted((a, b) => a - b)[Math.ceil(took.length * 0.99) - 1] ?? Number.NaN)
    },
  }
}

/** Lets it pass that a guard has given up, on a busy machine: how long that took is in the figures. */
function unlessLate(error: unknown): undefined {
  if (!(error instanceof StoreError && error.reason === 'late')) throw error
}

/** Spends names that nobody has spent. */
function spending(guard: Guard): Crowd {
  return crowd('spend', async () => {
    const answer = await guard.spend(newName(), UNTIL).catch(unlessLate)
    if (answer === 'spent') throw new Error('spend: a new name was spent')
  })
}

/** Moves on sixteen families, each its own. */
function advancing(guard: Guard): Crowd {
  const families = Array.from({ length: AT_ONCE }, () => ({ gid: newName(), generation: 0 }))
  return crowd('advance', async (who) => {
    const family = families[who] as (typeof families)[number]
    const step = { ...family, now: UNTIL - 3600, grace: 0, expiresAt: UNTIL }
    const advance = await guard.advance(step).catch(unlessLate)
    // Nobody knows whether one that was given up was moved on.
    if (advance === undefined) families[who] = { gid: newName(), generation: 0 }
    else if (advance.outcome === 'advanced') family.generation += 1
    else throw new Error(`advance: an honest family is ${advance.outcome}`)
  })
}

/** A guard, and what is sent without one. */
interface Sides {
  readonly store: string
  readonly guard: Guard
  /** What would be sent for each, and the words for it. */
  readonly bare: Readonly<Record<'spend' | 'advance', { readonly words: string; once(who: number): Promise<unknown> }>>
  close(): Promise<unknown>
}

async function onRedis(): Promise<Sides> {
  const { startRedis } = await import('../parties/redis_server.ts')
  const { connectByRedis } = await import('../parties/redis_clients.ts')
  const server = await startRedis(['--appendfsync', 'everysec'])
  const { send, close } = await connectByRedis(server.url)
  const set = (name: string, ...flags: readonly string[]): Promise<unknown> =>
    send(['SET', `bare:${name}`, newName(), ...flags, 'PXAT', String(UNTIL * 1000)], `bare:${name}`)
  return {
    store: 'Redis',
    guard: createRedisGuard({ send, log: () => {} }),
    bare: {
      spend: { words: 'SET … NX', once: () => set(newName(), 'NX') },
      advance: { words: 'SET', once: (who) => set(String(who)) },
    },
    async close() {
      await close()
      await server.stop()
    },
  }
}

/** What is sent to SQL without a guard. */
async function bareSql(dialect: Dialect, query: SqlQuery): Promise<Sides['bare']> {
  const ask = async (text: string, ...values: readonly (string | number)[]): Promise<unknown> =>
    query(written(dialect, text), values)
  await ask('CREATE TABLE bare_name (id TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at BIGINT NOT NULL)')
  await ask('CREATE TABLE bare_family (id TEXT PRIMARY KEY, generation BIGINT NOT NULL)')
  for (let who = 0; who < AT_ONCE; who++) await ask('INSERT INTO bare_family VALUES (?, 0)', String(who))
  const insert = 'INSERT INTO bare_name (id, value, expires_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING'
  const update = 'UPDATE bare_family SET generation = generation + 1 WHERE id = ?'
  return {
    spend: { words: 'INSERT … ON CONFLICT', once: () => ask(insert, newName(), newName(), UNTIL) },
    advance: { words: 'UPDATE', once: (who) => ask(update, String(who)) },
  }
}

async function onPostgresql(): Promise<Sides> {
  const { startPostgres } = await import('../parties/postgres_server.ts')
  const { openPg } = await import('../parties/sql_database.ts')
  const server = await startPostgres()
  const { query, close } = await openPg(server.url)
  return {
    store: 'PostgreSQL',
    guard: createSqlGuard({ dialect: 'postgresql', query, log: () => {} }),
    bare: await bareSql('postgresql', query),
    async close() {
      await close()
      await server.stop()
    },
  }
}

async function onSqlite(): Promise<Sides> {
  const { openSqlite } = await import('../parties/sql_database.ts')
  const { database, close } = openSqlite()
  const statements = new Map<string, ReturnType<typeof database.prepare>>()
  const query: SqlQuery = (text, values) => {
    const statement = statements.get(text) ?? database.prepare(text)
    statements.set(text, statement)
    return statement.all(...values)
  }
  return {
    store: 'SQLite',
    guard: createSqlGuard({ dialect: 'sqlite', query, log: () => {} }),
    bare: await bareSql('sqlite', query),
    close,
  }
}

async function rowsOf({ store, guard, bare }: Sides, effort: Effort): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const ours of [spending(guard), advancing(guard)]) {
    const { words, once } = bare[ours.name as 'spend' | 'advance']
    const theirs = crowd(words, once)
    const times = await race([ours, theirs], effort)
    // What came before the rounds was to find out how many times.
    const [slow, theirSlow] = [ours.slowest.slice(-effort.rounds), theirs.slowest.slice(-effort.rounds)]
    rows.push({
      group: 'guard, rate',
      ours: `${store}: ${ours.name}`,
      beside: words,
      figures: `${writeTime(timeIn(times, ours.name))} : ${writeTime(timeIn(times, words))}`,
      ratio: ratioIn(times, ours.name, words),
    })
    rows.push({
      group: 'guard, p99',
      ours: `${store}: ${ours.name}`,
      beside: words,
      figures: `${writeTime(median(slow))} : ${writeTime(median(theirSlow))}`,
      ratio: median(slow.map((time, round) => time / (theirSlow[round] ?? Number.NaN))),
    })
  }
  return rows
}

/** Tells whether a machine has a program of Debian's, which no package brings. */
export const HAS: Readonly<Record<string, () => boolean>> = {
  'redis-server': () => execFileSync('sh', ['-c', 'command -v redis-server || true']).length > 0,
  postgresql: () => existsSync('/usr/lib/postgresql'),
}

/** Measures the guards on Redis, PostgreSQL and SQLite, of those that are there. */
export async function guards({ rounds, slice }: Effort): Promise<readonly Row[]> {
  const effort = { rounds: Math.min(rounds, ROUNDS), slice: slice * LONGER }
  const rows: Row[] = []
  for (const [needs, open] of [
    ['redis-server', onRedis],
    ['postgresql', onPostgresql],
    ['', onSqlite],
  ] as const) {
    if (HAS[needs]?.() === false) {
      rows.push({ group: 'guard, rate', ours: needs, beside: '', figures: 'not on this machine' })
      continue
    }
    const sides = await open()
    try {
      rows.push(...(await rowsOf(sides, effort)))
    } finally {
      await sides.close()
    }
  }
  return rows
}

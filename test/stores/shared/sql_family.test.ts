import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decideStep, type Family, NEW_FAMILY } from '../../../src/stores/family.ts'
import type { Step } from '../../../src/stores/guard.ts'
import type { SqlQuery } from '../../../src/stores/index.ts'
import { createSqlFamilies, type SqlFamilies } from '../../../src/stores/sql_family.ts'
import { type Dialect, written } from '../../../src/stores/sql_statement.ts'
import { type PostgresServer, startPostgres } from '../../parties/postgres_server.ts'
import { openPg, openSqlite, type SqlDatabase } from '../../parties/sql_database.ts'

const START = 1_900_000_000
const later = START + 3600

const keys = fc.constantFrom(undefined, '', 'k', 'other')
const graces = fc.constantFrom(0, 1, 30)
const graceUses = fc.constantFrom(undefined, 0, 1, 2, Number.POSITIVE_INFINITY)

/** What is mostly the same, and now and then is not. */
const rarely = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<{ readonly value: Value } | undefined> =>
  fc.option(fc.record({ value }), { nil: undefined, freq: 6 })

/** What is done to a family: mostly what its holder does, and what comes close to it. */
const action = fc.record({
  ends: fc.constantFrom(...Array.from({ length: 20 }, (_, one) => one === 0)),
  /** Which generation is shown: how many before the current one. */
  behind: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(0, 1) }, fc.integer({ min: -1, max: 3 })),
  after: fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: -40, max: 40 })),
  grace: rarely(graces),
  graceUses: rarely(graceUses),
  bound: rarely(keys),
  isAskedAgain: fc.boolean(),
})
const course = fc.record({
  first: fc.constantFrom(0, 0, 0, 0, 1, 2),
  usual: fc.record({ grace: graces, graceUses, bound: keys }),
  actions: fc.array(action, { minLength: 1, maxLength: 15 }),
})

function familiesIn(query: SqlQuery, dialect: Dialect): SqlFamilies {
  return createSqlFamilies({ ask: async (text, ...values) => query(written(dialect, text), values) }, dialect)
}

/** Returns a family as it lies in the database. */
async function readFamily(query: SqlQuery, dialect: Dialect, gid: string): Promise<Family> {
  const text = 'SELECT generation, since, ended, bound, uses FROM bulla_family WHERE id = ?'
  const [row] = await query(written(dialect, text), [gid])
  if (row === undefined) return NEW_FAMILY
  const [generation, since, ended, uses] = ['generation', 'since', 'ended', 'uses'].map((name) => Number(row[name]))
  return { generation, since, ended: ended === 1, bound: String(row['bound']), uses } as Family
}

let names = 0

/** Holds the statement against the rule: same families, same steps, same answers. */
async function compare(query: SqlQuery, dialect: Dialect): Promise<void> {
  const families = familiesIn(query, dialect)
  const seen = new Set<string>()
  let attempts = 0
  const deadline = Date.now() + 600_000
  const attempt = () => ({ id: `attempt ${++attempts}`, deadline, isOver: () => false })
  await fc.assert(
    fc.asyncProperty(course, async ({ first, usual, actions }) => {
      const gid = `family ${++names}`
      let [family, now, ahead] = [NEW_FAMILY, START, first]
      let asked: Parameters<SqlFamilies['advance']> | undefined
      for (const one of actions) {
        if (one.ends) {
          await families.end(gid, later, attempt())
          family = { ...family, ended: true }
          if (asked !== undefined) expect(await families.advance(...asked)).toEqual({ outcome: 'ended' })
        } else {
          now += one.after
          const generation = Math.max(0, family.generation - one.behind + ahead)
          const [uses, bound] = [one.graceUses ?? { value: usual.graceUses }, one.bound ?? { value: usual.bound }]
          const grace = one.grace?.value ?? usual.grace
          const step: Step = {
            ...{ gid, generation, now, grace, expiresAt: later },
            ...(uses.value !== undefined && { graceUses: uses.value }),
            ...(bound.value !== undefined && { bound: bound.value }),
          }
          const decided = decideStep(family, step)
          asked = [step, attempt()]
          expect(await families.advance(...asked)).toEqual(decided.advance)
          // What has changed nothing is decided once more, and comes to the same.
          if (one.isAskedAgain) expect(await families.advance(...asked)).toEqual(decided.advance)
          seen.add(decided.advance.outcome)
          family = decided.family
        }
        ahead = 0
        expect(await readFamily(query, dialect, gid)).toEqual(family)
      }
    }),
    { numRuns: 300 },
  )
  expect([...seen].sort()).toEqual(['advanced', 'ended', 'exhausted', 'reused'])
}

describe('a family in one statement goes by the rule of every guard: same families, same steps, same answers', () => {
  const sqlite = openSqlite('PRAGMA journal_mode = wal; PRAGMA synchronous = OFF')
  let server: PostgresServer
  let postgres: SqlDatabase
  beforeAll(async () => {
    server = await startPostgres()
    postgres = await openPg(server.url)
  })
  afterAll(async () => {
    await Promise.all([sqlite.close(), postgres.close()])
    await server.stop()
  })

  it('on SQLite', () => compare(sqlite.query, 'sqlite'))
  // promise: R20
  it('on PostgreSQL', () => compare(postgres.query, 'postgresql'))
})

/**
 * A guard on PostgreSQL or SQLite, and what speaks like them: each call is one statement, which is all or nothing.
 *
 * @module
 */

import { type Advance, checkRaised, MARGIN, type Step } from './guard.ts'
import { checkEnvelope, type SharedGuard, shortened, storedName } from './shared_guard.ts'
import { createSqlFamilies } from './sql_family.ts'
import { GREATEST, IN_TIME, noneEnded, TIME, textsFor } from './sql_statement.ts'
import { createSqlStore, type SqlStoreOptions } from './sql_store.ts'
import type { Attempt, StoreCalls } from './store_calls.ts'

/** What a guard on SQL is made of. */
export type SqlGuardOptions = SqlStoreOptions

/** A guard on SQL. */
export type SqlGuard = SharedGuard & {
  /**
   * Drops the rows whose time is over, and returns how many there were. The guard does it itself, a little by one call in 500.
   *
   * @throws {StoreError} when it cannot
   */
  tidy(): Promise<number>
}

/** How many calls there are between two clean-ups. */
const TIDY_EVERY = 500

/** How many rows one statement drops. */
const MOST_ROWS = 1000

/**
 * Returns a guard on SQL. Its tables are those of `sqlSchema`, and nobody else's: a database, or a schema, for each issuer.
 *
 * @throws {TypeError | RangeError} when an option is wrong
 * @example
 * import { createSqlGuard, createSqlRevocations, type SqlQuery } from 'bulla/stores'
 * import pg from 'pg'
 *
 * const pool = new pg.Pool()
 * const query: SqlQuery = async (text, values) => (await pool.query(text, [...values])).rows
 * const guard = createSqlGuard({ dialect: 'postgresql', query })
 * const revocations = createSqlRevocations({ dialect: 'postgresql', query })
 * await Promise.all([guard.ready(), revocations.ready()])
 */
export function createSqlGuard(options: SqlGuardOptions): SqlGuard {
  const { ask, call, ready } = createSqlStore('createSqlGuard', options)
  const { dialect } = options
  const families = createSqlFamilies({ ask }, dialect)
  const inTime = IN_TIME[dialect]
  /** Calls since the last clean-up: at first any number, so that processes that live for a few calls do their share. */
  let calls: number | undefined

  const claimText = textsFor(
    (unless) => `INSERT INTO bulla_name AS t (id, value, expires_at)
    SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT) WHERE ${inTime} ${noneEnded(unless)}
    ON CONFLICT (id) DO UPDATE SET value = t.value RETURNING value`,
  )
  // What lies there is returned, be it another: one trip, however many come at once.
  const replaceText = `WITH given AS (SELECT CAST(? AS TEXT) AS old_value, CAST(? AS TEXT) AS new_value, CAST(? AS BIGINT) AS expires_at)
    UPDATE bulla_name AS t SET value = CASE WHEN t.value IN (old_value, new_value) THEN new_value ELSE t.value END,
      expires_at = CASE WHEN t.value IN (old_value, new_value) THEN ${GREATEST[dialect]}(t.expires_at, given.expires_at) ELSE t.expires_at END
    FROM given WHERE t.id = ? AND ${inTime} RETURNING value`
  // Kept as a name that is never over: so the tables of before will do, and whatever version cleans up leaves it.
  const raiseText = `INSERT INTO bulla_name AS t (id, value, expires_at)
    SELECT CAST(? AS TEXT), CAST(? AS TEXT), ${Number.MAX_SAFE_INTEGER} WHERE ${inTime}
    ON CONFLICT (id) DO UPDATE SET value = CAST(${GREATEST[dialect]}(CAST(t.value AS BIGINT), CAST(excluded.value AS BIGINT)) AS TEXT)
    RETURNING value`
  // Whoever drops the same rows at the same time is let go before.
  const tidyText = (table: string): string => `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table}
    WHERE expires_at < (SELECT CAST(${TIME[dialect]} / 1000 AS BIGINT) - ${MARGIN}) LIMIT ${MOST_ROWS}
    ${dialect === 'postgresql' ? 'FOR UPDATE SKIP LOCKED' : ''}) RETURNING id`

  async function tidyOnce(): Promise<number> {
    const names = await ask(tidyText('bulla_name'))
    return names.length + (await ask(tidyText('bulla_family'))).length
  }

  /** Asks for a change, and beside one in some hundred cleans up: nobody waits for that, and the next one does what fails. */
  const change: StoreCalls['call'] = (run) =>
    call(async (attempt) => {
      const answer = await run(attempt)
      calls = (calls ?? Number.parseInt(attempt.id.slice(0, 8), 16) % TIDY_EVERY) + 1
      if (calls % TIDY_EVERY === 0) void tidyOnce().catch(() => {})
      return answer
    })

  async function claim(name: string, value: string, expiresAt: number, { deadline }: Attempt) {
    const [row] = await ask(claimText(0), name, value, expiresAt, deadline)
    return row === undefined ? 'late' : row['value'] === value ? 'first' : 'taken'
  }

  function spend(id: string, expiresAt: number, unless: readonly string[]): Promise<'first' | 'spent' | 'ended'> {
    const [name, names] = [storedName('spent', id), unless.map((other) => storedName('family', other))]
    return change(async (attempt) => {
      const [row] = await ask(claimText(names.length), name, attempt.id, expiresAt, attempt.deadline, ...names)
      if (row !== undefined) return row['value'] === attempt.id ? 'first' : 'spent'
      return (await families.hasEnded(names)) ? 'ended' : 'late'
    })
  }

  function advance(given: Step, unless: readonly string[]): Promise<Advance> {
    const step = shortened(given)
    const named = { ...step, gid: storedName('family', step.gid) }
    const others = unless.map((other) => storedName('family', other))
    return change((attempt) => families.advance(named, attempt, others))
  }

  return {
    ready,
    spend: async (id, expiresAt) => ((await spend(id, expiresAt, [])) === 'first' ? 'first' : 'spent'),
    spendUnlessEnded: spend,
    advance: (step) => advance(step, []),
    advanceUnlessEnded: advance,
    async end(id, expiresAt) {
      await change((attempt) => families.end(storedName('family', id), expiresAt, attempt))
    },
    hasEnded(ids) {
      const names = ids.map((id) => storedName('family', id))
      return call(() => families.hasEnded(names))
    },
    async leave(name, envelope, expiresAt) {
      checkEnvelope(envelope)
      return change((attempt) => claim(storedName('kept', name), envelope, expiresAt, attempt))
    },
    look: (name) =>
      call(async () => {
        const [row] = await ask('SELECT value FROM bulla_name WHERE id = ?', storedName('kept', name))
        return row === undefined ? undefined : String(row['value'])
      }),
    async swap(name, before, after, expiresAt) {
      for (const one of [before, after]) checkEnvelope(one)
      const place = storedName('kept', name)
      return change(async ({ deadline }) => {
        const [there] = await ask(replaceText, before, after, expiresAt, place, deadline)
        if (there !== undefined) return there['value'] === after ? 'swapped' : 'other'
        const [row] = await ask(`SELECT ${inTime} AS timely`, deadline)
        return row?.['timely'] ? 'other' : 'late'
      })
    },
    async raise(name, number) {
      checkRaised(number)
      const place = storedName('raised', name)
      return change(async ({ deadline }) => {
        const [row] = await ask(raiseText, place, String(number), deadline)
        return row === undefined ? 'late' : Number(row['value'])
      })
    },
    async tidy() {
      for (let all = 0; ; ) {
        const some = await call(tidyOnce)
        all += some
        if (some === 0) return all
      }
    },
  }
}

/**
 * A guard on PostgreSQL or SQLite, and what speaks like them.
 *
 * @module
 */

import { checkChoice, checkFunctions, checkMembers } from '../../keys/check.ts'
import type { Log } from '../log.ts'
import { createSharedGuard, type NameStore, type SharedGuard } from './shared_guard.ts'
import { SCHEMA_VERSION } from './sql_schema.ts'
import { type Dialect, type SqlQuery, type SqlValue, TIME, written } from './sql_statement.ts'
import { createStoreCalls } from './store_calls.ts'
import { StoreError, type StoreReason } from './store_error.ts'

/** What a guard on SQL is made of. */
export interface SqlGuardOptions {
  readonly query: SqlQuery
  readonly dialect: Dialect
  /** Takes warnings. Default: a line of JSON on the console. */
  readonly log?: Log
}

/** Returns what a database means by an error of its own; nothing where it said nothing. */
export function refusalOfSql(error: unknown): StoreReason | undefined {
  const { code } = error as { readonly code?: unknown }
  if (code === '40001' || code === '40P01') return 'contention'
  if (code === '42P01') return 'schema'
  return typeof code === 'string' && /^(?:22|23|28|42)/.test(code) ? 'refused-by-server' : undefined
}

/**
 * Returns a guard on SQL. Its tables are those of `sqlSchema`.
 *
 * @throws {TypeError | RangeError} when an option is wrong
 */
export function createSqlGuard(options: SqlGuardOptions): SharedGuard {
  checkMembers('createSqlGuard', options, ['query', 'dialect', 'log'])
  checkFunctions(options, ['query', ...(options.log ? ['log'] : [])])
  checkChoice('dialect', options.dialect, ['postgresql', 'sqlite'])
  const { query, dialect, log } = options
  const ask = async (text: string, ...values: readonly SqlValue[]) => query(written(dialect, text), values)
  const isInTime = `${TIME[dialect]} <= CAST(? AS DOUBLE PRECISION)`
  const greatest = dialect === 'postgresql' ? 'GREATEST' : 'MAX'

  async function prepare(): Promise<number> {
    const [row] = await ask(`SELECT version, ${TIME[dialect]} AS time FROM bulla_meta`)
    if (Number(row?.['version']) !== SCHEMA_VERSION)
      throw new StoreError('schema', `the tables are not there; see: bulla guard schema --dialect ${dialect}`)
    return Number(row?.['time'])
  }

  const store: NameStore = {
    async claim(name, value, expiresAt, { deadline }) {
      const insert = `INSERT INTO bulla_name AS t (id, value, expires_at)
        SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT) WHERE ${isInTime}
        ON CONFLICT (id) DO UPDATE SET value = t.value RETURNING value`
      const [row] = await ask(insert, name, value, expiresAt, deadline)
      return row === undefined ? 'late' : row['value'] === value ? 'first' : 'taken'
    },
    async read(name) {
      const [row] = await ask('SELECT value FROM bulla_name WHERE id = ?', name)
      return row === undefined ? undefined : String(row['value'])
    },
    async replace(name, before, after, expiresAt, { deadline }) {
      if (before === undefined) {
        const outcome = await store.claim(name, after, expiresAt, { deadline, id: '', isOver: () => false })
        if (outcome === 'taken') return { outcome: 'other', there: await store.read(name) }
        return { outcome: outcome === 'late' ? 'late' : 'swapped' }
      }
      const update = `UPDATE bulla_name SET value = ?, expires_at = ${greatest}(expires_at, CAST(? AS BIGINT))
        WHERE id = ? AND value IN (?, ?) AND ${isInTime} RETURNING id`
      const rows = await ask(update, after, expiresAt, name, before, after, deadline)
      if (rows.length > 0) return { outcome: 'swapped' }
      const [row] = await ask(`SELECT ${isInTime} AS timely`, deadline)
      if (!row?.['timely']) return { outcome: 'late' }
      return { outcome: 'other', there: await store.read(name) }
    },
  }
  const calls = createStoreCalls({
    store: dialect === 'postgresql' ? 'PostgreSQL' : 'SQLite',
    prepare,
    refusalOf: refusalOfSql,
    ...(log && { log }),
  })
  return createSharedGuard(store, calls)
}

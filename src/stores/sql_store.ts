/**
 * PostgreSQL or SQLite as a store that many processes share: asked only after it was seen that it keeps what it says.
 *
 * @module
 */

import { checkChoice, checkFunctions, checkMembers } from '../../keys/check.ts'
import type { Log } from '../log.ts'
import { refusalOfSql } from './sql_refusal.ts'
import { SCHEMA_VERSION } from './sql_schema.ts'
import { type Dialect, type SqlQuery, type SqlRows, type SqlValue, TIME, written } from './sql_statement.ts'
import { createStoreCalls, type StoreCalls } from './store_calls.ts'
import { StoreError } from './store_error.ts'

/** What a store on SQL is made of. */
export interface SqlStoreOptions {
  readonly query: SqlQuery
  readonly dialect: Dialect
  /** Takes warnings. Default: a line of JSON on the console. */
  readonly log?: Log
}

/** A store on SQL. */
export interface SqlStore extends StoreCalls {
  /** Runs one statement, `?` for each value; what its tables lack is a `StoreError`. */
  ask(text: string, ...values: readonly SqlValue[]): Promise<SqlRows>
}

/** Milliseconds that SQLite must be ready to wait for another that writes. */
const BUSY_TIMEOUT = 1000

/** `synchronous` of SQLite from which on what is committed is on the disk: FULL. */
const FULL = 2

/** Levels of `synchronous_commit` at which a commit waits for the disk, and for the standbys that are named. */
const DURABLE = ['on', 'remote_write', 'remote_apply']

/**
 * Returns a store on SQL.
 *
 * @param maker names who makes it, for messages
 * @throws {TypeError | RangeError} when an option is wrong
 */
export function createSqlStore(maker: string, options: SqlStoreOptions): SqlStore {
  checkMembers(maker, options, ['query', 'dialect', 'log'])
  if (options.query === undefined) throw new TypeError('"query" expected a function, got nothing')
  checkFunctions(options, ['query', ...(options.log ? ['log'] : [])])
  checkChoice('dialect', options.dialect, ['postgresql', 'sqlite'])
  const { query, dialect, log } = options

  const refuse = (why: string): never => {
    throw new StoreError('settings', why)
  }

  async function ask(text: string, ...values: readonly SqlValue[]): Promise<SqlRows> {
    try {
      return await query(written(dialect, text), values)
    } catch (error) {
      if (refusalOfSql(error) !== 'schema') throw error
      throw new StoreError('schema', `its tables are missing: bulla guard schema --dialect ${dialect}`, {
        cause: error,
      })
    }
  }

  /** Returns the one value that a statement returns. */
  async function value(text: string): Promise<string> {
    const [row = {}] = await ask(text)
    return String(Object.values(row)[0])
  }

  async function checkPostgresql(): Promise<void> {
    const [row = {}] =
      await ask(`SELECT current_setting('transaction_read_only') AS reads, current_setting('synchronous_commit') AS commits,
      current_setting('synchronous_standby_names') AS standbys, current_setting('transaction_isolation') AS isolation,
      set_config('bulla.transaction', 'one', true)`)
    const { reads, commits, standbys, isolation } = row
    if (reads !== 'off')
      throw new StoreError('readonly_replica', 'this PostgreSQL takes nothing: it is a standby, or set so')
    const isDurable = DURABLE.includes(String(commits)) || (commits === 'local' && standbys === '')
    if (!isDurable) refuse(`"synchronous_commit" is ${commits}: a crash would forget what was spent; set it to on`)
    if (isolation !== 'read committed')
      refuse(`"default_transaction_isolation" is ${isolation}: many at once would fail; set it to read committed`)
    // What is set for a transaction is gone with it.
    if ((await value("SELECT COALESCE(current_setting('bulla.transaction', true), '')")) !== '')
      refuse('"query" runs inside a transaction: what is said would not be written yet')
  }

  async function checkSqlite(): Promise<void> {
    const journal = await value('PRAGMA journal_mode').catch((error) => {
      // What forbids even to ask, as D1, looks after that itself.
      if (/SQLITE_AUTH/.test(`${error?.code} ${error?.message}`)) return
      throw error
    })
    if (journal === undefined) return
    if (journal !== 'wal') refuse(`"journal_mode" is ${journal}: set it to wal`)
    const synchronous = Number(await value('PRAGMA synchronous'))
    if (!(synchronous >= FULL))
      refuse(`"synchronous" is ${synchronous}: a crash would forget what was spent; set it to FULL`)
    const timeout = Number(await value('PRAGMA busy_timeout'))
    if (!(timeout >= BUSY_TIMEOUT)) refuse(`"busy_timeout" is ${timeout} ms: set it to ${BUSY_TIMEOUT} or more`)
    // It is what it was, but inside a transaction it may not even be said.
    await ask(`PRAGMA synchronous = ${synchronous}`).catch((error) => {
      if (!/inside a transaction/.test(error?.message)) throw error
      refuse('"query" runs inside a transaction: what is said would not be written yet')
    })
  }

  async function prepare(): Promise<number> {
    await (dialect === 'postgresql' ? checkPostgresql() : checkSqlite())
    const [row] = await ask(`SELECT version, ${TIME[dialect]} AS time FROM bulla_meta`)
    if (Number(row?.['version']) !== SCHEMA_VERSION)
      throw new StoreError(
        'schema',
        `its tables are none of version ${SCHEMA_VERSION}: bulla guard schema --dialect ${dialect}`,
      )
    if (row?.['time'] === null) refuse('SQLite expected 3.42 or later: this one knows no milliseconds')
    return Number(row?.['time'])
  }

  const store = dialect === 'postgresql' ? 'PostgreSQL' : 'SQLite'
  return { ask, ...createStoreCalls({ store, prepare, refusalOf: refusalOfSql, ...(log && { log }) }) }
}

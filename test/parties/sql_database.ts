/**
 * Databases that speak SQL, with the tables of stores in them, as an operator would open them.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { type SqlQuery, sqlSchema } from '../../src/stores/index.ts'
import { type PostgresServer, startPostgres } from './postgres_server.ts'

/** What asks a database, until it is closed. */
export interface SqlDatabase {
  readonly query: SqlQuery
  close(): Promise<void>
}

/** How SQLite is set up for a guard. */
export const SQLITE_SETTINGS = 'PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000'

/** Opens a file that SQLite writes to: a new one, with the tables, which goes when it is closed. */
export function openSqlite(settings: string = SQLITE_SETTINGS): SqlDatabase & {
  readonly database: DatabaseSync
  readonly path: string
} {
  const folder = mkdtempSync(join(tmpdir(), 'bulla-sqlite-'))
  const path = join(folder, 'bulla.sqlite')
  const database = new DatabaseSync(path)
  database.exec(`${settings}; ${sqlSchema('sqlite')}`)
  return {
    database,
    path,
    query: (text, values) => database.prepare(text).all(...values),
    async close() {
      database.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Starts PostgreSQL with the tables, as an operator makes them by what `bulla guard schema` prints. */
export async function startPostgresWithTables(): Promise<PostgresServer> {
  const server = await startPostgres()
  const { close } = await openPg(server.url)
  await close()
  return server
}

/** Connects to PostgreSQL by pg; the tables are made where there are none. */
export async function openPg(
  connectionString: string,
  options: pg.PoolConfig = {},
): Promise<SqlDatabase & { readonly pool: pg.Pool }> {
  const pool = new pg.Pool({ connectionString, ...options })
  // A connection that breaks while nobody uses it: the next one is a new one.
  pool.on('error', () => {})
  await pool.query(sqlSchema('postgresql'))
  return {
    pool,
    query: async (text, values) => (await pool.query(text, [...values])).rows,
    close: () => pool.end(),
  }
}

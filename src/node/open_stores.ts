/**
 * A guard and a list of revocations by their URL: SQLite for one machine, Redis or PostgreSQL for more.
 *
 * @module
 */

import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { createRedisGuard, createSqlGuard, type SharedGuard, sqlSchema } from '../stores/index.ts'
import type { Revocations } from '../stores/revocations.ts'

/** What many processes share, until it is closed. */
export interface OpenStores {
  readonly guard: SharedGuard
  readonly revocations?: Revocations
  close(): Promise<void>
}

function openSqlite(path: string): OpenStores {
  closeSync(openSync(path, 'a', 0o600))
  const database = new DatabaseSync(path)
  database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = wal; PRAGMA synchronous = FULL')
  database.exec(sqlSchema('sqlite'))
  const statements = new Map<string, StatementSync>()
  return {
    guard: createSqlGuard({
      dialect: 'sqlite',
      query(text, values) {
        const statement = statements.get(text) ?? database.prepare(text)
        statements.set(text, statement)
        return statement.all(...values)
      },
    }),
    close: async () => database.close(),
  }
}

async function openRedis(url: string): Promise<OpenStores> {
  const { createClient } = await import('redis')
  const client = createClient({ url, disableOfflineQueue: true })
  client.on('error', () => {})
  await client.connect()
  return {
    guard: createRedisGuard({ send: (command) => client.sendCommand([...command]) }),
    close: async () => client.destroy(),
  }
}

async function openPostgres(connectionString: string): Promise<OpenStores> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString })
  pool.on('error', () => {})
  return {
    guard: createSqlGuard({
      dialect: 'postgresql',
      query: async (text, values) => (await pool.query(text, [...values])).rows,
    }),
    close: () => pool.end(),
  }
}

/**
 * Opens what a URL names: `sqlite:PATH`, `redis://…`, `rediss://…`, `postgres://…`.
 *
 * @throws {RangeError} when it names nothing that we know; the URL is in no message
 */
export async function openStores(url: string): Promise<OpenStores> {
  const scheme = url.slice(0, url.indexOf(':'))
  if (scheme === 'sqlite') return openSqlite(url.slice('sqlite:'.length))
  if (scheme === 'redis' || scheme === 'rediss') return openRedis(url)
  if (scheme === 'postgres' || scheme === 'postgresql') return openPostgres(url)
  throw new RangeError('the guard expected sqlite:PATH, redis://… or postgres://…')
}

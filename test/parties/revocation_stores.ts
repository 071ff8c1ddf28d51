/**
 * Stores that a list of revocations is kept in by many processes, and what an operator can do to them.
 *
 * @module
 */

import { chmodSync } from 'node:fs'
import { createRedisRevocations, createSqlRevocations, type SharedRevocations } from '../../src/stores/index.ts'
import { startPostgres } from './postgres_server.ts'
import { connectByRedis } from './redis_clients.ts'
import { startRedis } from './redis_server.ts'
import { openPg, openSqlite, type SqlDatabase } from './sql_database.ts'

/** A row: its number and its text. */
export type StoredRow = readonly [seq: number, text: string]

/** A store, until it is closed. */
export interface RevocationStore {
  /** By which the command opens it. */
  readonly url: string
  /** Returns the list, as a process that has just started has it. */
  open(): SharedRevocations
  /** Returns all that is there. */
  rows(): Promise<readonly StoredRow[]>
  /** Makes this all that is there, as whoever puts a backup back. */
  replace(rows: readonly StoredRow[]): Promise<void>
  close(): Promise<void>
}

function onSql(database: SqlDatabase, dialect: 'postgresql' | 'sqlite', url: string): Omit<RevocationStore, 'close'> {
  const { query } = database
  const each = dialect === 'sqlite' ? 'json_each(?)' : 'jsonb_array_elements(CAST($1 AS JSONB)) AS one (value)'
  const insert = `INSERT INTO bulla_revocation (seq, value) SELECT CAST(value ->> 0 AS BIGINT), value ->> 1 FROM ${each} RETURNING seq`
  return {
    url,
    open: () => createSqlRevocations({ dialect, query }),
    async rows() {
      const rows = await query('SELECT seq, value FROM bulla_revocation ORDER BY seq', [])
      return rows.map(({ seq, value }) => [Number(seq), String(value)] as const)
    },
    async replace(rows) {
      await query('DELETE FROM bulla_revocation', [])
      await query(insert, [JSON.stringify(rows)])
    },
  }
}

/** Opens a list on each of the stores that there are. */
export const REVOCATION_STORES: Readonly<Record<string, () => Promise<RevocationStore>>> = {
  async SQLite() {
    const database = openSqlite()
    // The command refuses a file that others can read.
    chmodSync(database.path, 0o600)
    return { ...onSql(database, 'sqlite', `sqlite:${database.path}`), close: database.close }
  },
  async PostgreSQL() {
    const server = await startPostgres()
    const database = await openPg(server.url)
    return {
      ...onSql(database, 'postgresql', server.url),
      async close() {
        await database.close()
        await server.stop()
      },
    }
  },
  async Redis() {
    const server = await startRedis()
    const { send, close } = await connectByRedis(server.url)
    const key = 'bulla:revocations'
    return {
      url: server.url,
      open: () => createRedisRevocations({ send }),
      async rows() {
        const all = (await send(['ZRANGE', key, '0', '-1'], key)) as readonly string[]
        return Promise.all(all.map(async (text) => [Number(await send(['ZSCORE', key, text], key)), text] as const))
      },
      async replace(rows) {
        await send(['DEL', key], key)
        if (rows.length > 0) await send(['ZADD', key, ...rows.flatMap(([seq, text]) => [String(seq), text])], key)
      },
      async close() {
        await close()
        await server.stop()
      },
    }
  },
}

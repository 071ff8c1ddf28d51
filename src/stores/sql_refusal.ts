/**
 * What a database means by an error of its own.
 *
 * @module
 */

import type { StoreReason } from './store_error.ts'

/** What PostgreSQL says, by the beginning of its code: the longest that fits. */
const POSTGRESQL: readonly (readonly [code: string, reason: StoreReason])[] = [
  ['40001', 'contention'],
  ['40P01', 'contention'],
  ['55P03', 'contention'],
  ['57014', 'late'],
  ['25006', 'readonly_replica'],
  ['53100', 'memory_full'],
  ['53200', 'memory_full'],
  ['42P01', 'schema'],
  ['42703', 'schema'],
  ['0A', 'refused_by_server'],
  ['22', 'refused_by_server'],
  ['23', 'refused_by_server'],
  ['25', 'refused_by_server'],
  ['26', 'refused_by_server'],
  ['28', 'refused_by_server'],
  ['3D', 'refused_by_server'],
  ['42', 'refused_by_server'],
]

/** What SQLite says, by the name of its result code; and the numbers of the same. */
const SQLITE: Readonly<Record<string, readonly [number: number, reason: StoreReason]>> = {
  PERM: [3, 'refused_by_server'],
  BUSY: [5, 'contention'],
  LOCKED: [6, 'contention'],
  READONLY: [8, 'refused_by_server'],
  CORRUPT: [11, 'refused_by_server'],
  FULL: [13, 'memory_full'],
  CANTOPEN: [14, 'refused_by_server'],
  AUTH: [23, 'refused_by_server'],
  NOTADB: [26, 'refused_by_server'],
}

/** An error of a driver: the `code` of pg, postgres.js, Bun, better-sqlite3; Node's `errcode`; D1's words. */
interface DriverError {
  readonly code?: unknown
  readonly errcode?: unknown
  readonly message?: unknown
}

/** Returns what a database means by an error of its own; nothing where it said nothing, so that nobody knows whether it heard. */
export function refusalOfSql(error: unknown): StoreReason | undefined {
  const { code, errcode, message } = (error ?? {}) as DriverError
  if (/\bno such (?:table|column)\b/.test(String(message))) return 'schema'
  const [, name = ''] = /\bSQLITE_([A-Z]+)/.exec(`${code} ${message}`) ?? []
  // The lower 8 bits; the others say more of the same.
  const number = typeof errcode === 'number' ? errcode & 255 : undefined
  const said = Object.entries(SQLITE).find(([known, [result]]) => known === name || result === number)
  if (said !== undefined) return said[1][1]
  if (typeof code !== 'string' || !/^[\dA-Z]{5}$/.test(code)) return
  return POSTGRESQL.find(([start]) => code.startsWith(start))?.[1]
}

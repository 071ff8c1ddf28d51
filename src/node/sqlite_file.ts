/**
 * A guard in a file of SQLite, for the processes of one machine.
 *
 * @module
 */

import { closeSync, openSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { createSqlGuard, createSqlRevocations, type SqlQuery, sqlSchema } from '../stores/index.ts'
import { type OpenStores, silent } from './shared_stores.ts'

/**
 * What makes the file one that several processes use and a crash does not take back. Nobody waits for another process for longer than the issuer
 * waits for a guard, since all of this process wait with it.
 */
const SETTINGS = 'PRAGMA busy_timeout = 1000; PRAGMA journal_mode = wal; PRAGMA synchronous = FULL'

/** SQLITE_BUSY. */
const BUSY = 5

/** How often a new file is tried that another process makes at the same time, and the milliseconds between. */
const MAKING = { tries: 40, pause: 50 } as const

/**
 * Makes a file for its owner alone, if it is not there.
 *
 * @throws {RangeError} when it cannot be, or others than its owner's group may read or write it
 */
function makeFile(path: string): void {
  // What others' URLs have there would be a part of the name: `sqlite://data/x` is none of this folder.
  if (path === '' || /^(?::|\/\/[^/])/.test(path) || basename(path).includes('?'))
    throw new RangeError('sqlite: expected the path of a file, behind no slashes but its own, and nothing after it')
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch (error) {
    throw new RangeError(`${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`)
  }
  // Windows knows no such rights.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o007) !== 0)
    throw new RangeError(`${path} is open to everybody on this machine: chmod 600 ${path}`)
}

/** Says what a code of SQLite means for the operator. */
function wordsOf(path: string, errcode: number): string {
  // Of an extended code the lower byte tells the kind.
  const kind = errcode & 0xff
  // SQLITE_NOTADB, SQLITE_CORRUPT.
  if (kind === 26 || kind === 11) return `${path} is no database of SQLite, or broken`
  // SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM: what SQLite makes beside it counts, too.
  if ([8, 14, 3].includes(kind))
    return `${path} cannot be written: its folder, ${path}-wal and ${path}-shm must be, too`
  // SQLITE_FULL.
  if (kind === 13) return `${path} cannot be written: the disk is full`
  if (kind === BUSY) return `${path} is held by another process`
  return `${path} cannot be used: SQLite says ${errcode}`
}

/**
 * Makes the tables, if they are not there: who comes at the same time waits.
 *
 * @throws {RangeError} when they cannot be
 */
async function makeTables(database: DatabaseSync, path: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return database.exec(`${SETTINGS}; ${sqlSchema('sqlite')}`)
    } catch (error) {
      const { errcode } = error as { readonly errcode?: number }
      if (errcode === undefined) throw error
      // Another one is turning it into a file for several, and nobody may wait for that inside of SQLite.
      if ((errcode & 0xff) !== BUSY || tries === MAKING.tries) throw new RangeError(wordsOf(path, errcode))
    }
    await setTimeout(MAKING.pause)
  }
}

/**
 * Opens a file, and makes it, for its owner alone, where it is not there.
 *
 * @throws {RangeError} when it cannot be
 */
export async function openSqlite(path: string): Promise<OpenStores> {
  makeFile(path)
  const database = new DatabaseSync(path)
  try {
    await makeTables(database, path)
  } catch (error) {
    database.close()
    throw error
  }
  const statements = new Map<string, StatementSync>()
  const query: SqlQuery = (text, values) => {
    const statement = statements.get(text) ?? database.prepare(text)
    statements.set(text, statement)
    return statement.all(...values)
  }
  return {
    guard: createSqlGuard({ dialect: 'sqlite', query }),
    revocations: createSqlRevocations({ dialect: 'sqlite', query, log: silent }),
    close: async () => database.close(),
  }
}

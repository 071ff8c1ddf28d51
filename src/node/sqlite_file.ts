/**
 * A guard in a file of SQLite, for the processes of one machine.
 *
 * @module
 */

import { closeSync, openSync, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { createSqlGuard, createSqlRevocations, type SqlQuery, sqlSchema } from '../stores/index.ts'
import { type OpenStores, silent } from './shared_stores.ts'

/**
 * What makes the file one that several processes use and a crash does not take back. Nobody waits for another process for longer than the issuer
 * waits for a guard, since all of this process wait with it.
 */
const SETTINGS = 'PRAGMA busy_timeout = 1000; PRAGMA journal_mode = wal; PRAGMA synchronous = FULL'

/** How often a new file is tried that another process makes at the same time, and the milliseconds between. */
const MAKING = { tries: 40, pause: 50 } as const

/**
 * Makes a file for its owner alone, if it is not there.
 *
 * @throws {RangeError} when it cannot be, or others than its owner's group may read or write it
 */
function makeFile(path: string): void {
  if (path === '' || path.startsWith(':')) throw new RangeError('sqlite: expected the path of a file')
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch (error) {
    throw new RangeError(`${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`)
  }
  // Windows knows no such rights.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o007) !== 0)
    throw new RangeError(`${path} is open to everybody on this machine: chmod 600 ${path}`)
}

/** Makes the tables, if they are not there: who comes at the same time waits. */
async function makeTables(database: DatabaseSync, path: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return database.exec(`${SETTINGS}; ${sqlSchema('sqlite')}`)
    } catch (error) {
      const { errcode } = error as { readonly errcode?: number }
      // SQLITE_NOTADB, SQLITE_CORRUPT.
      if (errcode === 26 || errcode === 11) throw new RangeError(`${path} is no database of SQLite, or broken`)
      // SQLITE_BUSY: another one is turning it into a file for several, and nobody may wait for that inside of SQLite.
      if (((errcode ?? 0) & 0xff) !== 5 || tries === MAKING.tries) throw error
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

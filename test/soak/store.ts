/**
 * The stores behind an issuer in Node, and what can be done to them.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { sqlSchema } from '../../src/stores/index.ts'
import { startPostgres } from '../parties/postgres_server.ts'
import { startRedis } from '../parties/redis_server.ts'
import type { Store, SystemName } from './system.ts'

/** A store, and where it is. */
export interface OpenedStore extends Partial<Store> {
  readonly url: string
  stop(): Promise<void>
}

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Returns a process and those that it has started. */
function familyOf(pid: number): readonly number[] {
  const listed = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
  const pairs = listed
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const own = [pid]
  for (const parent of own) own.push(...pairs.flatMap(([child = 0, of]) => (of === parent ? [child] : [])))
  return own
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids)
    try {
      process.kill(pid, name)
    } catch {
      // It has ended meanwhile.
    }
}

async function openPostgres(): Promise<OpenedStore> {
  const server = await startPostgres()
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  await client.query(sqlSchema('postgresql'))
  await client.end()
  return {
    url: server.url,
    restart: (milliseconds) => server.restart(milliseconds),
    async pause(milliseconds) {
      const pids = familyOf(server.process().pid ?? 0)
      signal(pids, 'SIGSTOP')
      await wait(milliseconds)
      signal(pids, 'SIGCONT')
    },
    stop: () => server.stop(),
  }
}

async function openRedis(): Promise<OpenedStore> {
  const server = await startRedis()
  return {
    url: server.url,
    restart: (milliseconds) => server.restart(milliseconds),
    async pause(milliseconds) {
      server.process().kill('SIGSTOP')
      await wait(milliseconds)
      server.process().kill('SIGCONT')
    },
    stop: () => server.stop(),
  }
}

/** Begins to write, as soon as nobody else does; tells whether it could within so many milliseconds. */
async function beginWriting(writer: DatabaseSync, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds
  while (performance.now() < end) {
    try {
      writer.exec('BEGIN IMMEDIATE')
      return true
    } catch (error) {
      if (!(error instanceof Error && error.message === 'database is locked')) throw error
      await wait(5)
    }
  }
  return false
}

/** A file stands still while another process writes to it, and does not come to an end. */
export function openSqlite(folder: string) {
  const file = join(folder, 'bulla.sqlite')
  return {
    url: `sqlite:${file}`,
    async pause(milliseconds) {
      const writer = new DatabaseSync(file)
      try {
        // An issuer that was stopped while it wrote makes the file stand still already.
        if (!(await beginWriting(writer, milliseconds))) return false
        await wait(milliseconds)
        writer.exec('ROLLBACK')
        return true
      } finally {
        writer.close()
      }
    },
    stop: async () => undefined,
  } satisfies OpenedStore
}

/** Opens a store. */
export async function openStore(name: Exclude<SystemName, 'workerd'>, folder: string): Promise<OpenedStore> {
  if (name === 'postgresql') return openPostgres()
  return name === 'redis' ? openRedis() : openSqlite(folder)
}

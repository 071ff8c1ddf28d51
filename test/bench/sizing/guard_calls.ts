/**
 * How often each kind of request asks the guard, and what the guard sends to its store for that: counted, at an issuer as it is.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { createIssuer, type Guard, readBindings } from '../../../src/index.ts'
import { createRedisGuard, createSqlGuard } from '../../../src/stores/index.ts'
import { ISSUER } from '../tokens.ts'
import { settingsOf } from './installations.ts'
import { WORKS, type Work } from './rates.ts'

/** What one request asks. */
export interface Calls {
  readonly work: string
  /** Calls to the guard: round trips to wherever it is. */
  readonly guard: number
  readonly statements: number
  /** Nothing where the machine has no Redis. */
  readonly commands?: number
}

/** A guard whose calls are counted, as well as what it sends. */
interface Counted {
  readonly guard: Guard
  take(): { readonly calls: number; readonly sent: number }
  close(): Promise<unknown>
}

function counting(open: (sent: () => void) => { readonly guard: Guard; close(): Promise<unknown> }): Counted {
  let [calls, sent] = [0, 0]
  const { guard, close } = open(() => void sent++)
  const counted = Object.entries(guard).map(([name, method]) => [
    name,
    (...given: readonly unknown[]) => {
      calls += 1
      return method(...given)
    },
  ])
  return {
    guard: Object.fromEntries(counted),
    close,
    take() {
      const taken = { calls, sent }
      ;[calls, sent] = [0, 0]
      return taken
    },
  }
}

async function onSql(): Promise<Counted> {
  const { openSqlite } = await import('../../parties/sql_database.ts')
  const { query, close } = openSqlite()
  return counting((sent) => ({
    close,
    guard: createSqlGuard({
      dialect: 'sqlite',
      log: () => {},
      query: (text, values) => {
        sent()
        return query(text, values)
      },
    }),
  }))
}

async function onRedis(): Promise<Counted | undefined> {
  if (execFileSync('sh', ['-c', 'command -v redis-server || true']).length === 0) return undefined
  const { startRedis } = await import('../../parties/redis_server.ts')
  const { connectByRedis } = await import('../../parties/redis_clients.ts')
  const server = await startRedis()
  const { send, close } = await connectByRedis(server.url)
  return counting((sent) => ({
    guard: createRedisGuard({
      log: () => {},
      send(command, key) {
        sent()
        return send(command, key)
      },
    }),
    async close() {
      await close()
      await server.stop()
    },
  }))
}

/** Asks twice, and counts the second time: a guard looks at its store before its first call. */
async function askedOf({ guard, take }: Counted, { name, path, headers, bodies }: Work) {
  const issuer = createIssuer({ ...readBindings(settingsOf()), guard, log: () => {}, onEvent: () => {} })
  for (const body of [...(await bodies(2)), ...(await bodies(2))].slice(0, 2)) {
    take()
    const answer = await issuer.fetch(new Request(`${ISSUER}${path}`, { method: 'POST', headers, body }))
    if (answer.status !== 200) throw new Error(`${name}: ${answer.status}`)
  }
  return take()
}

/** Counts for each kind of request. */
export async function guardCalls(): Promise<readonly Calls[]> {
  const [sql, redis] = [await onSql(), await onRedis()]
  const counted: Calls[] = []
  for (const work of Object.values(WORKS)) {
    const { calls, sent } = await askedOf(sql, work)
    const commands = redis && (await askedOf(redis, work)).sent
    counted.push({ work: work.name, guard: calls, statements: sent, ...(commands !== undefined && { commands }) })
  }
  await Promise.all([sql.close(), redis?.close()])
  return counted
}

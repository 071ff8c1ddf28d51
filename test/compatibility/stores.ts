/**
 * The stores that two versions share: those that both have, and those of this version, which 0.1.0 takes by its settings `guard` and
 * `revocations`.
 *
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Guard, Issuer, Revocations } from '../../src/index.ts'
import { openStores } from '../../src/node/index.ts'
import type { Ask } from '../parties/person.ts'
import { startPostgres } from '../parties/postgres_server.ts'
import { startRedis } from '../parties/redis_server.ts'
import { openPg } from '../parties/sql_database.ts'
import { CERTIFICATE, tlsOf } from './certificates.ts'
import type { Variables } from './known_settings.ts'
import { startObjects } from './objects.ts'
import { OWN, type Version } from './versions.ts'

/** Guard and list of revocations that nothing was told yet, and the issuers that have them. */
export interface Shared {
  /** Starts an issuer of a version, which knows nothing but what lies there. */
  issuer(version: Version, variables: Variables): Promise<Ask>
  close(): Promise<void>
}

/** A store that runs. */
export interface RunningStore {
  /** @param at returns Unix seconds */
  begin(at: () => number): Promise<Shared>
  /** Gives it the classes of a version, where it has them of one: as a deployment does. */
  turnTo?(version: Version): Promise<void>
  stop(): Promise<void>
}

/** A store. */
export interface Store {
  readonly name: string
  /** Whether 0.1.0 has it, or is handed it. */
  readonly had: boolean
  start(packed: Version): Promise<RunningStore>
}

/** Makes an issuer in this process. */
function create(
  { issuer }: Version,
  variables: Variables,
  guard: Guard,
  revocations: Revocations,
  now: () => number,
): Ask {
  const { certificate = () => undefined, ...settings } = issuer.readBindings(variables)
  // As Workers tell it, which here lies beside the request.
  const beside: typeof certificate = (_, env) => certificate(env as Request, undefined)
  const made: Issuer = issuer.createIssuer({
    ...{ ...settings, certificate: beside, guard, revocations, now },
    log: () => {},
  })
  return (request) => made.fetch(request, { cf: tlsOf(request.headers.get(CERTIFICATE)) })
}

const memoryOf = (own: boolean): Store => ({
  name: `memory of ${own ? 'this version' : '0.1.0'}`,
  had: true,
  async start(packed) {
    const { issuer } = own ? OWN : packed
    return {
      async begin(at) {
        const [guard, list] = [issuer.createMemoryGuard(at), issuer.createMemoryRevocations('salt')]
        return {
          issuer: async (version, variables) => create(version, variables, guard, list, at),
          close: async () => {},
        }
      },
      stop: async () => {},
    }
  },
})

const objectsOf = (own: boolean): Store => ({
  name: `Durable Objects of ${own ? 'this version' : '0.1.0'}`,
  had: true,
  async start(packed) {
    const objects = await startObjects(own ? [OWN, packed] : [packed, OWN])
    let count = 0
    return {
      async begin(at) {
        const name = `test ${count++}`
        return { issuer: (version, variables) => objects.issuer(version, name, variables, at), close: async () => {} }
      },
      turnTo: objects.turnTo,
      stop: objects.stop,
    }
  },
})

/** Each issuer opens a store of this version for itself, by its URL. */
const handed = (
  name: string,
  start: () => Promise<{ readonly urlOf: (count: number) => Promise<string>; readonly stop: () => Promise<void> }>,
): Store => ({
  name,
  had: false,
  async start() {
    const server = await start()
    let count = 0
    return {
      async begin(at) {
        const url = await server.urlOf(count++)
        const closing: (() => Promise<void>)[] = []
        return {
          async issuer(version, variables) {
            const { guard, revocations, close } = await openStores(url)
            closing.push(close)
            await Promise.all([guard.ready(), revocations.ready()])
            return create(version, variables, guard, revocations, at)
          },
          close: async () => void (await Promise.all(closing.map((close) => close()))),
        }
      },
      stop: server.stop,
    }
  },
})

/** All of them. */
export const STORES: readonly Store[] = [
  memoryOf(false),
  memoryOf(true),
  objectsOf(false),
  objectsOf(true),
  handed('SQLite', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bulla-compatibility-'))
    return {
      urlOf: async (count) => `sqlite:${join(folder, String(count))}`,
      stop: () => rm(folder, { recursive: true }),
    }
  }),
  handed('PostgreSQL', async () => {
    const server = await startPostgres()
    const { query, close } = await openPg(server.url)
    return {
      async urlOf(count) {
        await query(`CREATE SCHEMA test${count}`, [])
        const url = `${server.url}?options=${encodeURIComponent(`-c search_path=test${count}`)}`
        await (await openPg(url)).close()
        return url
      },
      async stop() {
        await close()
        await server.stop()
      },
    }
  }),
  handed('Redis', async () => {
    const server = await startRedis()
    return { urlOf: async (count) => `${server.url}?prefix=test${count}:`, stop: server.stop }
  }),
]

/**
 * A guard and a list of revocations by their URL: SQLite for one machine, Redis or PostgreSQL for more.
 *
 * @module
 */

import { findMeant } from '../../keys/did_you_mean.ts'
import {
  createRedisGuard,
  createRedisRevocations,
  createSqlGuard,
  createSqlRevocations,
  type SqlQuery,
} from '../stores/index.ts'
import { PATIENCE } from '../stores/store_calls.ts'
import { openRedisLink } from './redis_link.ts'
import { type OpenStores, silent } from './shared_stores.ts'
import { openSqlite } from './sqlite_file.ts'

/** Returns a driver, which the operator brings. */
async function driver<Driver>(name: string, load: () => Promise<Driver>): Promise<Driver> {
  try {
    return await load()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new TypeError(`the driver is not installed: npm install ${name}`)
  }
}

/** What the query of a URL of Redis says to the guard; the driver does not see it. */
function readQuery(query: URLSearchParams) {
  const names = [...query.keys()]
  const stranger = names.find((name) => !['prefix', 'replicas', 'eviction_checked'].includes(name))
  if (stranger !== undefined || new Set(names).size < names.length)
    throw new RangeError(
      'the query of a URL of Redis has prefix, replicas and eviction_checked, each once, and nothing else',
    )
  const [prefix, replicas, checked] = [query.get('prefix'), query.get('replicas'), query.get('eviction_checked')]
  if (replicas !== null && !/^[0-9]$/.test(replicas))
    throw new RangeError('"replicas" in a URL of Redis expected 0 to 9')
  if (checked !== null && checked !== 'true') throw new RangeError('"eviction_checked" in a URL of Redis expected true')
  return {
    ...(prefix !== null && { prefix }),
    ...(replicas !== null && { replicas: Number(replicas) }),
    ...(checked !== null && { evictionChecked: true }),
  }
}

async function openRedis(url: URL): Promise<OpenStores> {
  const options = readQuery(url.searchParams)
  const redis = await driver('redis', () => import('redis'))
  const bare = new URL(url)
  bare.search = ''
  const { send, close } = await openRedisLink(redis, bare.href)
  try {
    return {
      guard: createRedisGuard({ ...options, send }),
      revocations: createRedisRevocations({ ...options, send, log: silent }),
      close: async () => close(),
    }
  } catch (error) {
    // A connection that stays would keep the process from its end.
    close()
    throw error
  }
}

/** What the query of a URL of PostgreSQL may say of TLS; what the driver does not know it passes over. */
const TLS_WORDS = ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation', 'uselibpqcompat']

/** Refuses a word that was meant for TLS and is none: the driver would connect without. */
function checkTlsWords(url: string): void {
  const query = URL.canParse(url) ? [...new URL(url).searchParams.keys()] : []
  for (const name of query) {
    const meant = TLS_WORDS.includes(name) ? undefined : findMeant(name, TLS_WORDS)
    if (meant !== undefined) throw new RangeError(`the query of a URL of PostgreSQL: did you mean "${meant}"?`)
  }
}

/** Waits for an end, but not for one that never comes. */
function endInTime(ended: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, PATIENCE)
    ended.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

async function openPostgres(connectionString: string): Promise<OpenStores> {
  checkTlsWords(connectionString)
  const { default: pg } = await driver('pg', () => import('pg'))
  const pool = new pg.Pool({
    connectionString,
    // As long as whoever asks waits: after that a connection is given up, and another one made.
    connectionTimeoutMillis: PATIENCE,
    query_timeout: PATIENCE,
    keepAlive: true,
    // A connection by which nobody asks keeps no process alive: one to a server that stands still is never closed.
    allowExitOnIdle: true,
  })
  // An idle connection that breaks is left; without a listener the process would end.
  pool.on('error', () => {})
  const query: SqlQuery = async (text, values) => (await pool.query(text, [...values])).rows
  return {
    guard: createSqlGuard({ dialect: 'postgresql', query }),
    revocations: createSqlRevocations({ dialect: 'postgresql', query, log: silent }),
    close: () => endInTime(pool.end()),
  }
}

/**
 * Opens what a URL names: `sqlite:PATH`, which is made where it is not there; `redis://…` or `rediss://…`, in whose query `prefix`, `replicas` and
 * `eviction_checked=true` may stand (`createRedisGuard`); `postgres://…`. Await `ready()` of both before you serve.
 *
 * @throws {TypeError} when the driver is not installed
 * @throws {RangeError} when it names nothing that we know, or a file that cannot be; no URL is in a message
 * @throws {StoreError} when Redis cannot be reached
 * @see {@link serve}
 */
export async function openStores(url: string): Promise<OpenStores> {
  if (url.startsWith('sqlite:')) return openSqlite(url.slice('sqlite:'.length))
  const protocol = URL.canParse(url) ? new URL(url).protocol : ''
  if (['redis:', 'rediss:'].includes(protocol)) return openRedis(new URL(url))
  if (['postgres:', 'postgresql:'].includes(protocol)) return openPostgres(url)
  throw new RangeError('the URL of a guard expected sqlite:PATH, redis://… or postgres://…')
}

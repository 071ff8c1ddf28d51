/**
 * Whether a Redis may be trusted with what must not be forgotten.
 *
 * @module
 */

import { pairedInRedis, refusalOfRedis, textOfRedis, textsOfRedis } from './redis_answers.ts'
import { StoreError } from './store_error.ts'

/** What Redis is asked by before it is used. */
export interface RedisStart {
  readonly ask: (...command: readonly string[]) => Promise<unknown>
  /** How many replicas must have a write. */
  readonly replicas: number
  /** That somebody has seen that nothing is evicted. */
  readonly evictionChecked: boolean
  /** Takes what the operator should know. */
  readonly warn: (detail: string) => void
}

/** How many commands are sent at once, to see whether they go over one connection. */
const AT_ONCE = 8

const refuse = (message: string): never => {
  throw new StoreError('settings', message)
}

function unlessRefused(error: unknown): undefined {
  if (refusalOfRedis(error) !== 'refused_by_server') throw error
}

async function readPolicy({ ask, evictionChecked }: RedisStart): Promise<string | undefined> {
  if (evictionChecked) return undefined
  const answer = await ask('CONFIG', 'GET', 'maxmemory-policy').catch(unlessRefused)
  const policy = answer === undefined ? undefined : pairedInRedis(answer, 'maxmemory-policy')
  return (
    policy ??
    refuse(
      'Redis does not tell its maxmemory-policy: look where it is managed that it is "noeviction", and then say evictionChecked',
    )
  )
}

async function checkConnection({ ask, replicas }: RedisStart): Promise<void> {
  if (replicas === 0) return
  const ids = await Promise.all(Array.from({ length: AT_ONCE }, () => ask('CLIENT', 'ID')))
  if (new Set(ids.map(textOfRedis)).size > 1)
    refuse(
      'with replicas, "send" must use one connection of its own, and no pool: WAIT counts what its own connection wrote',
    )
}

/** How many keys are looked for, to see whether they lie at one server. */
const SAMPLE = 8

/**
 * Tells whether all keys lie at one server that is none of a cluster: whoever sends may as well divide them. Where nobody can tell,
 * or one does not answer, it is taken that they do not: nothing is wrong then, and only slower.
 *
 * @param tell asks the server of a key for `INFO server`
 */
export async function isAtOneServer(tell: (key: string) => Promise<unknown>, prefix: string): Promise<boolean> {
  const keys = Array.from({ length: SAMPLE }, (_, one) => `${prefix}${one}`)
  const nameOf = async (key: string): Promise<string | undefined> => {
    const text = textOfRedis(await tell(key))
    return /^redis_mode:cluster/m.test(text) ? undefined : /^run_id:(\w+)/m.exec(text)?.[1]
  }
  const names = new Set(await Promise.all(keys.map((key) => nameOf(key).catch(() => undefined))))
  return names.size === 1 && !names.has(undefined)
}

async function checkServer({ ask, replicas, warn }: RedisStart): Promise<string | undefined> {
  const text = textOfRedis((await ask('INFO').catch(unlessRefused)) ?? '')
  const told = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1]
  const version = told('redis_version') ?? refuse('Redis does not tell its version by INFO: 7.0 or newer is needed')
  if (!(Number.parseInt(version, 10) >= 7)) refuse(`Redis 7.0 or newer is needed, and this is ${version}`)
  if (told('role') === 'slave') throw new StoreError('readonly_replica', 'this Redis is a replica, and takes no writes')
  if (told('aof_enabled') === '0')
    warn('Redis writes no append-only file: what it forgets when it ends can be used again; set appendonly to "yes"')
  if (Number(told('connected_slaves') ?? replicas) < replicas)
    warn(`Redis has ${told('connected_slaves')} of ${replicas} replicas: no write will do until they are there`)
  return told('maxmemory_policy')
}

/**
 * Looks whether Redis can be used, and returns its clock in Unix milliseconds.
 *
 * @throws {StoreError} `settings` when it may forget, or is too old; `readonly_replica` when it is one
 */
export async function checkRedis(start: RedisStart): Promise<number> {
  const [time, seen, told] = await Promise.all([
    start.ask('TIME'),
    readPolicy(start),
    checkServer(start),
    checkConnection(start),
  ])
  // What the server says counts, whatever somebody has checked once.
  const policy = [seen, told].find((one) => one !== undefined && one !== 'noeviction')
  if (policy !== undefined)
    refuse(
      `Redis' maxmemory-policy is "${policy}": with its memory full, what was used could be used again; set "noeviction"`,
    )
  const [seconds, microseconds] = textsOfRedis(time)
  return Number(seconds) * 1000 + Number(microseconds) / 1000
}

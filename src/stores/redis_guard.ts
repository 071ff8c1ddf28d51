/**
 * A guard on Redis or Valkey, 7.0 or newer, for as many processes as you like.
 *
 * @module
 */

import { checkFunctions, checkMembers, checkText } from '../../keys/check.ts'
import type { Log } from '../log.ts'
import { CLAIM, REPLACE } from './redis_scripts.ts'
import { createSharedGuard, MARGIN, type NameStore, type SharedGuard } from './shared_guard.ts'
import { createStoreCalls } from './store_calls.ts'
import { StoreError, type StoreReason } from './store_error.ts'

/**
 * Sends a command and returns what Redis says, errors thrown: `client.sendCommand(command)` (redis), `client.call(...command)`
 * (ioredis, iovalkey). `key` is the only one that the command touches, for clusters.
 */
export type SendCommand = (command: readonly string[], key: string) => Promise<unknown>

/** What a guard on Redis is made of. */
export interface RedisGuardOptions {
  readonly send: SendCommand
  /** Before all keys. Default `"bulla:"`. */
  readonly prefix?: string
  /** How many replicas must have a write before it counts; `send` must use one connection then. Default 0. */
  readonly replicas?: number
  /** That somebody has seen `maxmemory-policy` to be `noeviction`, where the server forbids to ask. Default false. */
  readonly evictionChecked?: boolean
  /** Takes warnings. Default: a line of JSON on the console. */
  readonly log?: Log
}

/** Returns what Redis means by an error of its own; nothing where it said nothing. */
export function refusalOfRedis(error: unknown): StoreReason | undefined {
  const [word = ''] = /^[A-Z]{2,}(?=\b|[:_ ])/.exec(error instanceof Error ? error.message : '') ?? []
  if (word === 'OOM') return 'memory-full'
  if (word === 'READONLY') return 'readonly-replica'
  if (word === '' || ['LOADING', 'CLUSTERDOWN', 'MASTERDOWN', 'TRYAGAIN', 'BUSY', 'ECONNREFUSED'].includes(word))
    return undefined
  return 'refused-by-server'
}

/** Returns a text that Redis said, whatever the driver made of it. */
function textOf(value: unknown): string {
  return typeof value === 'string'
    ? value
    : value instanceof Uint8Array
      ? new TextDecoder().decode(value)
      : String(value)
}

/**
 * Returns a guard on Redis.
 *
 * @throws {TypeError | RangeError} when an option is wrong
 */
export function createRedisGuard(options: RedisGuardOptions): SharedGuard {
  checkMembers('createRedisGuard', options, ['send', 'prefix', 'replicas', 'evictionChecked', 'log'])
  checkFunctions(options, ['send', ...(options.log ? ['log'] : [])])
  const { send, prefix = 'bulla:', log } = options
  checkText('prefix', prefix, /^[\x21-\x7e]{0,64}$/, 'at most 64 visible characters')

  async function prepare(): Promise<number> {
    const time = await send(['TIME'], prefix)
    if (!Array.isArray(time)) throw new StoreError('settings', 'Redis does not tell its time')
    return Number(textOf(time[0])) * 1000 + Number(textOf(time[1])) / 1000
  }

  async function run(script: string, key: string, ...values: readonly string[]): Promise<readonly string[]> {
    const answer = await send(['EVAL', script, '1', key, ...values], key)
    return Array.isArray(answer) ? answer.map(textOf) : []
  }
  const keptUntil = (expiresAt: number): string => String((expiresAt + MARGIN) * 1000)

  const store: NameStore = {
    async claim(name, value, expiresAt, { deadline }) {
      const [outcome] = await run(CLAIM, prefix + name, value, keptUntil(expiresAt), String(deadline))
      return outcome as 'first' | 'taken' | 'late'
    },
    async read(name) {
      const value = await send(['GET', prefix + name], prefix + name)
      return value === null || value === undefined ? undefined : textOf(value)
    },
    async replace(name, before = '', after, expiresAt, { deadline }) {
      const values = [before, after, keptUntil(expiresAt), String(deadline)]
      const [outcome, there] = await run(REPLACE, prefix + name, ...values)
      return outcome === 'other' ? { outcome, there: there || undefined } : { outcome: outcome as 'swapped' | 'late' }
    },
  }
  const calls = createStoreCalls({ store: 'Redis', prepare, refusalOf: refusalOfRedis, ...(log && { log }) })
  return createSharedGuard(store, calls)
}

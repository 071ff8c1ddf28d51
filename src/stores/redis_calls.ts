/**
 * What is asked of Redis or Valkey, 7.0 or newer, one key at a time.
 *
 * @module
 */

import { checkBoolean, checkFunctions, checkInteger, checkMembers, checkText } from '../../keys/check.ts'
import { type Log, writeLog } from '../log.ts'
import { refusalOfRedis, textsOfRedis } from './redis_answers.ts'
import { TAKE_BACK } from './redis_scripts.ts'
import { checkRedis, isAtOneServer } from './redis_start.ts'
import { createStoreCalls, type StoreCalls } from './store_calls.ts'
import { StoreError } from './store_error.ts'

/**
 * Sends a command and returns what Redis says, errors thrown: `client.sendCommand(command)` (redis), `client.call(...command)`
 * (ioredis, iovalkey). `key` is the only one that the command touches, for clusters.
 */
export type SendCommand = (command: readonly string[], key: string) => Promise<unknown>

/** How Redis is asked. */
export interface RedisOptions {
  readonly send: SendCommand
  /** Before all keys; each issuer has its own. Default `"bulla:"`. */
  readonly prefix?: string
  /**
   * How many replicas must have a write before it counts: a replica that takes over then knows it. `send` must use one connection.
   * Default 0: what such a replica has not got yet can be used again.
   */
  readonly replicas?: number
  /** That somebody has seen `maxmemory-policy` to be `noeviction`, where the server forbids to ask. Default false. */
  readonly evictionChecked?: boolean
  /** Takes warnings. Default: a line of JSON on the console. */
  readonly log?: Log
}

/** A script that writes one key, and what there was before and after. */
export interface RedisWrite {
  readonly script: string
  readonly key: string
  /** Further keys that it reads: all are to lie at one server. Default: none. */
  readonly reads?: readonly string[]
  readonly values: readonly string[]
  /** The first word of its answer when it has written. */
  readonly written: string
  /** What is put back where too few replicas have it (`''`: nothing), and what it has written; without it that stays. */
  readonly takeBack?: readonly [before: string, after: string]
}

/** What asks Redis. */
export interface RedisCalls extends StoreCalls {
  readonly prefix: string
  /** Tells whether all keys lie at one server, as far as is known: only then may a script read several. */
  isOneServer(): boolean
  /** Sends a command that reads one key, or none. */
  ask(key: string, ...command: readonly string[]): Promise<unknown>
  /** Runs a script that writes, and returns its answer when enough replicas have it. */
  write(write: RedisWrite): Promise<readonly string[]>
}

/** Milliseconds that replicas have: then there is still time to take back what they have not. */
const REPLICA_PATIENCE = 600

/**
 * Returns what asks Redis.
 *
 * @param caller whose options these are, for messages
 * @param readsSeveral whether scripts are to read several keys, where that can be. Default false
 * @throws {TypeError | RangeError} when an option is wrong
 */
export function createRedisCalls(caller: string, options: RedisOptions, readsSeveral = false): RedisCalls {
  checkMembers(caller, options, ['send', 'prefix', 'replicas', 'evictionChecked', 'log'])
  if (options.send === undefined) throw new TypeError('"send" expected a function, got nothing')
  checkFunctions(options, ['send', ...(options.log ? ['log'] : [])])
  const { send, prefix = 'bulla:', replicas = 0, evictionChecked = false, log = writeLog } = options
  checkText('prefix', prefix, /^[\x21-\x7e]{0,64}$/, 'at most 64 visible characters')
  checkInteger('replicas', replicas, 0, 16)
  checkBoolean('evictionChecked', evictionChecked)

  const warned = new Set<string>()
  const warn = (detail: string): void => {
    if (!warned.has(detail)) log({ level: 'warn', event: 'guard', detail })
    warned.add(detail)
  }
  let isOne = false
  const ask = (key: string, ...command: readonly string[]): Promise<unknown> => send(command, key)
  const run = ({ script, key, reads = [], values }: RedisWrite): Promise<unknown> =>
    ask(key, 'EVAL', script, String(1 + reads.length), key, ...reads, ...values)
  async function prepare(): Promise<number> {
    const asked = { ask: (...command: readonly string[]) => send(command, prefix), replicas, evictionChecked, warn }
    const [time, areOne] = await Promise.all([
      checkRedis(asked),
      readsSeveral && isAtOneServer((key) => ask(key, 'INFO', 'server'), prefix),
    ])
    isOne = areOne
    return time
  }

  /** Runs a script and tells whether the replicas have what it wrote; that is not known where the connection was lost. */
  async function runOnce(what: RedisWrite) {
    const { key, written } = what
    // `WAIT` is for what its own connection wrote: so it is proved that there was one.
    const [before, ran, waited, after] = await Promise.allSettled([
      ask(key, 'CLIENT', 'ID'),
      run(what),
      ask(key, 'WAIT', String(replicas), String(REPLICA_PATIENCE)),
      ask(key, 'CLIENT', 'ID'),
    ])
    if (ran.status === 'rejected') throw ran.reason
    const answer = textsOfRedis(ran.value)
    if (answer[0] !== written) return { answer, has: 'enough' } as const
    const isOne =
      before.status === 'fulfilled' && after.status === 'fulfilled' && String(before.value) === String(after.value)
    if (!isOne || waited.status === 'rejected') return { answer, has: 'unknown' } as const
    return { answer, has: Number(waited.value) >= replicas ? 'enough' : 'too few' } as const
  }

  async function write(what: RedisWrite): Promise<readonly string[]> {
    const { key, written, takeBack } = what
    if (replicas === 0) return textsOfRedis(await run(what))
    const first = await runOnce(what)
    const last = first.has === 'unknown' ? await runOnce(what).catch(() => first) : first
    // What was written, and is told to have come too late since, is known to nobody but this one.
    if (last.has === 'enough' && (last === first || last.answer[0] === written)) return last.answer
    if (takeBack !== undefined) await ask(key, 'EVAL', TAKE_BACK, '1', key, ...takeBack).catch(() => {})
    // Never again as the same attempt: what takes it back may yet be on its way.
    throw new StoreError('refused_by_server', `Redis wrote it, and fewer than ${replicas} replicas have it`)
  }

  const calls = createStoreCalls({ store: 'Redis', prepare, refusalOf: refusalOfRedis, log })
  return { ...calls, prefix, isOneServer: () => isOne, ask, write }
}

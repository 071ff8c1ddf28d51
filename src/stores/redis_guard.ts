/**
 * A guard on Redis or Valkey, 7.0 or newer, for as many processes as you like.
 *
 * @module
 */

import { MARGIN } from './guard.ts'
import type { NameStore } from './name_store.ts'
import { isAcrossSlots, textOfRedis, wordOfRedis } from './redis_answers.ts'
import { createRedisCalls, type RedisOptions } from './redis_calls.ts'
import { CLAIM, RAISE, REPLACE } from './redis_scripts.ts'
import { isEndedRow } from './shared_families.ts'
import { createSharedGuard, type SharedGuard } from './shared_guard.ts'

/** What a guard on Redis is made of. */
export type RedisGuardOptions = RedisOptions

const keptUntil = (expiresAt: number): string => String((expiresAt + MARGIN) * 1000)

/**
 * Returns a guard on Redis. Await `ready()` at the start: it looks whether Redis may be trusted with this.
 *
 * @throws {TypeError | RangeError} when an option is wrong
 * @example
 * import { createRedisGuard, createRedisRevocations, type SendCommand } from 'bulla/stores'
 * import { createClient } from 'redis'
 *
 * const client = await createClient({ url: 'redis://localhost:6379' }).connect()
 * const send: SendCommand = (command) => client.sendCommand([...command])
 * const guard = createRedisGuard({ send })
 * const revocations = createRedisRevocations({ send })
 * await Promise.all([guard.ready(), revocations.ready()])
 */
export function createRedisGuard(options: RedisGuardOptions): SharedGuard {
  const redis = createRedisCalls('createRedisGuard', options, true)
  const { prefix } = redis

  /** Whether several servers have said that they do not have what one script wants. */
  let isApart = false

  /** Writes unless one of these has ended: by one script, where one server has them all; else they are asked first. */
  async function unlessEnded(
    names: readonly string[] = [],
    write: (reads: readonly string[]) => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    if (names.length === 0) return write([])
    if (redis.isOneServer() && !isApart)
      try {
        return await write(names.map((name) => prefix + name))
      } catch (error) {
        // What stands before several servers, and says so of none of them: the script has not been run.
        if (!isAcrossSlots(error)) throw error
        isApart = true
      }
    const families = await Promise.all(names.map((name) => store.read(name)))
    return families.some(isEndedRow) ? ['ended'] : write([])
  }

  const store: NameStore = {
    async claim(name, value, expiresAt, { deadline }, unless) {
      const answer = await unlessEnded(unless, (reads) =>
        redis.write({
          script: CLAIM,
          key: prefix + name,
          reads,
          values: [value, keptUntil(expiresAt), String(deadline)],
          written: 'first',
          takeBack: ['', value],
        }),
      )
      return wordOfRedis(answer, ['first', 'taken', 'ended', 'late'])
    },
    async read(name) {
      const value = await redis.ask(prefix + name, 'GET', prefix + name)
      return value === null ? undefined : textOfRedis(value)
    },
    async replace(name, before = '', after, expiresAt, { deadline, stays = false }, unless) {
      const answer = await unlessEnded(unless, (reads) =>
        redis.write({
          script: REPLACE,
          key: prefix + name,
          reads,
          values: [before, after, keptUntil(expiresAt), String(deadline)],
          written: 'swapped',
          ...(!stays && { takeBack: [before, after] }),
        }),
      )
      const outcome = wordOfRedis(answer, ['swapped', 'other', 'ended', 'late'])
      return outcome === 'other' ? { outcome, there: answer[1] || undefined } : { outcome }
    },
    async raise(name, number, { deadline }) {
      // It stays where too few replicas have it, too: nothing of it can be used twice, and it may only grow.
      const answer = await redis.write({
        script: RAISE,
        key: prefix + name,
        values: [String(number), String(deadline)],
        written: 'raised',
      })
      return wordOfRedis(answer, ['raised', 'late']) === 'late' ? 'late' : Number(textOfRedis(answer[1]))
    },
  }
  return createSharedGuard(store, redis)
}

/**
 * A guard on Redis or Valkey, 7.0 or newer, for as many processes as you like.
 *
 * @module
 */

import { MARGIN } from './guard.ts'
import type { NameStore } from './name_store.ts'
import { textOfRedis, wordOfRedis } from './redis_answers.ts'
import { createRedisCalls, type RedisOptions } from './redis_calls.ts'
import { CLAIM, RAISE, REPLACE } from './redis_scripts.ts'
import { createSharedGuard, type SharedGuard } from './shared_guard.ts'

/** What a guard on Redis is made of. */
export type RedisGuardOptions = RedisOptions

const keptUntil = (expiresAt: number): string => String((expiresAt + MARGIN) * 1000)

/**
 * Returns a guard on Redis. Await `ready()` at the start: it looks whether Redis may be trusted with this.
 *
 * @throws {TypeError | RangeError} when an option is wrong
 */
export function createRedisGuard(options: RedisGuardOptions): SharedGuard {
  const redis = createRedisCalls('createRedisGuard', options)
  const { prefix } = redis
  const store: NameStore = {
    async claim(name, value, expiresAt, { deadline }) {
      const answer = await redis.write({
        script: CLAIM,
        key: prefix + name,
        values: [value, keptUntil(expiresAt), String(deadline)],
        written: 'first',
        takeBack: ['', value],
      })
      return wordOfRedis(answer, ['first', 'taken', 'late'])
    },
    async read(name) {
      const value = await redis.ask(prefix + name, 'GET', prefix + name)
      return value === null ? undefined : textOfRedis(value)
    },
    async replace(name, before = '', after, expiresAt, { deadline, stays = false }) {
      const answer = await redis.write({
        script: REPLACE,
        key: prefix + name,
        values: [before, after, keptUntil(expiresAt), String(deadline)],
        written: 'swapped',
        ...(!stays && { takeBack: [before, after] }),
      })
      const outcome = wordOfRedis(answer, ['swapped', 'other', 'late'])
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

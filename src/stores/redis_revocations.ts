/**
 * Revocations on Redis or Valkey, 7.0 or newer: one sorted set, a member for each row.
 *
 * @module
 */

import { textsOfRedis, wordOfRedis } from './redis_answers.ts'
import { createRedisCalls, type RedisOptions } from './redis_calls.ts'
import { createLogRevocations, MOST_READ, type RevocationLog, type SharedRevocations } from './revocation_log.ts'

/** What revocations on Redis are made of. */
export type RedisRevocationsOptions = RedisOptions

/** KEYS: the list. ARGV: the number from which on rows are read, a salt. Returns the first row and these. */
const READ = `
local list = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
if not list then
  local time = redis.call('TIME')
  list = string.format('[%d,"%s"]', time[1] * 1000 + math.floor(time[2] / 1000), ARGV[2])
  redis.call('ZADD', KEYS[1], 0, list)
end
local rows = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '+inf', 'LIMIT', 0, ${MOST_READ})
table.insert(rows, 1, list)
return rows`

/** KEYS: the list. ARGV: the newest row, deadline; number and text of each row to write. Whoever asks again writes again. */
const APPEND = `
local time = redis.call('TIME')
if time[1] * 1000 + time[2] / 1000 > tonumber(ARGV[2]) then return {'late'} end
local newest = redis.call('ZRANGE', KEYS[1], -1, -1)[1]
if newest ~= ARGV[1] and newest ~= ARGV[#ARGV] then return {'other'} end
for place = 3, #ARGV, 2 do
  redis.call('ZREM', KEYS[1], ARGV[place + 1])
  redis.call('ZADD', KEYS[1], ARGV[place], ARGV[place + 1])
end
return {'appended'}`

/** KEYS: the list. ARGV: number and text of a row that must be there; numbers of the rows to delete. */
const DROP = `
if redis.call('ZSCORE', KEYS[1], ARGV[2]) ~= ARGV[1] then return {} end
for place = 3, #ARGV do redis.call('ZREMRANGEBYSCORE', KEYS[1], ARGV[place], ARGV[place]) end
return {}`

/**
 * Returns revocations on Redis. Await `ready()` at the start: it looks whether Redis may be trusted with this.
 *
 * @throws {TypeError | RangeError} when an option is wrong
 * @see {@link createRedisGuard}
 */
export function createRedisRevocations(options: RedisRevocationsOptions): SharedRevocations {
  const redis = createRedisCalls('createRedisRevocations', options)
  const key = `${redis.prefix}revocations`
  const run = async (script: string, ...values: readonly (string | number)[]) =>
    textsOfRedis(await redis.ask(key, 'EVAL', script, '1', key, ...values.map(String)))

  const revocations: RevocationLog = {
    read: (from, salt) => run(READ, from, salt),
    async append(newest, rows, { deadline }) {
      const values = [newest, deadline, ...rows.flatMap(({ seq, text }) => [seq, text])].map(String)
      // What too few replicas have stays all the same: nobody is harmed by what is revoked too soon.
      const answer = await redis.write({ script: APPEND, key, values, written: 'appended' })
      return wordOfRedis(answer, ['appended', 'other', 'late'])
    },
    async drop(seqs, { seq, text }) {
      await run(DROP, seq, text, ...seqs)
    },
  }
  return createLogRevocations(revocations, redis)
}

/**
 * What Redis does at once, in its own words: each script writes one key, the first, and reads the time there. Further keys are
 * families: where one of them has ended nothing is done.
 *
 * @module
 */

/** Unix milliseconds by Redis' clock are over the deadline. */
const unlessLate = (deadline: number): string => `
local time = redis.call('TIME')
if time[1] * 1000 + time[2] / 1000 > tonumber(ARGV[${deadline}]) then return {'late'} end`

/** One of the further keys is of a family that has ended, as `shared_families` writes it. */
const UNLESS_ENDED = `
for place = 2, #KEYS do
  local family = redis.call('GET', KEYS[place])
  if family and cjson.decode(family)[3] == 1 then return {'ended'} end
end`

/**
 * KEYS: a name, and what must not have ended. ARGV: value, until when it is kept (Unix milliseconds), deadline.
 *
 * Whoever asks again writes again: what a connection has not written, its `WAIT` does not wait for.
 */
export const CLAIM: string = `${unlessLate(3)}${UNLESS_ENDED}
local there = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'GET', 'PXAT', ARGV[2])
if there == ARGV[1] then redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2]) end
if there and there ~= ARGV[1] then return {'taken'} end
return {'first'}`

/** KEYS: a name, and what must not have ended. ARGV: before (`''` for nothing), after, until when it is kept, deadline. */
export const REPLACE: string = `${unlessLate(4)}${UNLESS_ENDED}
local there = redis.call('GET', KEYS[1]) or ''
if there ~= ARGV[1] and there ~= ARGV[2] then return {'other', there} end
local till = math.max(tonumber(ARGV[3]), redis.call('PEXPIRETIME', KEYS[1]))
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', string.format('%d', till))
return {'swapped'}`

/**
 * KEYS: a name. ARGV: number, deadline. It has no end. What is there is written again, for `WAIT`.
 *
 * Lua's numbers are exact up to 2^53, and only compared: what is written, and answered, are the digits themselves.
 */
export const RAISE: string = `${unlessLate(2)}
local highest = ARGV[1]
local there = redis.call('GET', KEYS[1])
if there and tonumber(there) > tonumber(highest) then highest = there end
redis.call('SET', KEYS[1], highest)
return {'raised', highest}`

/** KEYS: a name. ARGV: before (`''` for nothing), after. Makes undone what was done; where that is another's since, nothing. */
export const TAKE_BACK: string = `
if redis.call('GET', KEYS[1]) ~= ARGV[2] then return {'other'} end
if ARGV[1] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[1], 'KEEPTTL') end
return {'taken back'}`

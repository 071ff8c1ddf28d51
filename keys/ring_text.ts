/**
 * The text of a ring: one line of JSON, strict in both directions.
 *
 * @module
 */

import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { checkInteger, checkMembers, checkText, checkTexts } from './check.ts'
import {
  type BadRoot,
  type Dates,
  KID,
  RING_BYTES,
  type Ring,
  type RingReading,
  type RingReason,
  type RingRefusal,
  type Root,
  type RsaKey,
} from './ring.ts'
import { readRsaJwk } from './rsa.ts'

/**
 * Returns the ring as one line of JSON, the form in which it is kept as a secret.
 *
 * @see {@link createRing}
 */
export function writeRing(ring: Ring): string {
  const roots = ring.roots.map(({ kid, k, pub, use, end, del }) => ({ kid, k: encodeBase64url(k), pub, use, end, del }))
  const rsa = ring.rsa?.map(({ kid, jwk, pub, use, end, del }) => ({ kid, jwk, pub, use, end, del }))
  const { v, period, propagation, skew, revoked } = ring
  return JSON.stringify({ v, period, propagation, skew, roots, ...(rsa?.length ? { rsa } : {}), revoked })
}

/** Checks the timings of a ring: a period from a minute to 31 days, a propagation up to 31 days, a skew up to an hour. */
export function checkTimings(
  timings: Readonly<Record<'period' | 'propagation' | 'skew', unknown>>,
): asserts timings is Pick<Ring, 'period' | 'propagation' | 'skew'> {
  checkInteger('period', timings.period, 60, 31 * 86_400)
  checkInteger('propagation', timings.propagation, 0, 31 * 86_400)
  checkInteger('skew', timings.skew, 0, 3600)
}

/** Checks that `dates` are four instants in their order. */
export function checkDates(name: string, dates: Readonly<Record<keyof Dates, unknown>>): asserts dates is Dates {
  checkInteger(`${name}.pub`, dates.pub, 0)
  checkInteger(`${name}.use`, dates.use, dates.pub)
  checkInteger(`${name}.end`, dates.end, dates.use + 1)
  checkInteger(`${name}.del`, dates.del, dates.end)
}

/** Reads 32 bytes of key. Fewer than 16 different bytes among 32 never come from a random source: such a key is refused. */
export function readKey(name: string, value: unknown): Uint8Array {
  checkText(name, value, /^[A-Za-z0-9_-]{43}$/, '32 bytes as base64url')
  const key = decodeBase64url(value)
  if (new Set(key).size < 16) throw new RangeError(`"${name}" expected random bytes`)
  return key
}

function readRoot(name: string, value: unknown): Root {
  checkMembers(name, value, ['kid', 'k', 'pub', 'use', 'end', 'del'])
  const { kid, k, pub, use, end, del } = value
  checkText(`${name}.kid`, kid, KID, '1 to 16 characters of [A-Za-z0-9_-]')
  const dates = { pub, use, end, del }
  checkDates(name, dates)
  return { kid, k: readKey(`${name}.k`, k), ...dates }
}

function readRsaKey(name: string, value: unknown): RsaKey {
  checkMembers(name, value, ['kid', 'jwk', 'pub', 'use', 'end', 'del'])
  const { kid, jwk, pub, use, end, del } = value
  checkText(`${name}.kid`, kid, KID, '1 to 16 characters of [A-Za-z0-9_-]')
  const dates = { pub, use, end, del }
  checkDates(name, dates)
  return { kid, jwk: readRsaJwk(`${name}.jwk`, jwk), ...dates }
}

/** Reads a list, entry by entry: what cannot be read is left out, and reported. */
function readEntries<Entry>(
  name: string,
  list: unknown,
  read: (name: string, value: unknown) => Entry,
): { readonly entries: readonly Entry[]; readonly bad: readonly BadRoot[] } {
  if (!Array.isArray(list)) throw new TypeError(`"${name}" expected a list`)
  const entries: Entry[] = []
  const bad: BadRoot[] = []
  for (const [index, value] of list.entries()) {
    try {
      entries.push(read(`${name}[${index}]`, value))
    } catch (error) {
      bad.push(describeBadRoot(value, (error as Error).message))
    }
  }
  return { entries, bad }
}

function describeBadRoot(value: unknown, message: string): BadRoot {
  const { kid, use, end } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  return {
    kid: typeof kid === 'string' && KID.test(kid) ? kid : undefined,
    use: typeof use === 'number' ? use : undefined,
    end: typeof end === 'number' ? end : undefined,
    message,
  }
}

/** Takes apart the keys that share a kid or key bytes with another: nobody can tell which of them is meant. */
function separateTwins<Key extends Dates & { readonly kid: string }>(
  keys: readonly Key[],
  bytesOf: (key: Key) => string,
): { good: readonly Key[]; bad: readonly BadRoot[] } {
  const count = new Map<string, number>()
  const marks = (key: Key): readonly string[] => [`kid ${key.kid}`, `k ${bytesOf(key)}`]
  for (const mark of keys.flatMap(marks)) count.set(mark, (count.get(mark) ?? 0) + 1)
  const isTwin = (key: Key): boolean => marks(key).some((mark) => count.get(mark) !== 1)
  return {
    good: keys.filter((key) => !isTwin(key)),
    bad: keys
      .filter(isTwin)
      .map((key) => describeBadRoot(key, `key ${key.kid}: its kid or its bytes stand in the ring twice`)),
  }
}

/** Reads the RSA keys. None of them, however bad, stops what is sealed under roots: so its dates are not told. */
function readRsaKeys(list: unknown): { good: readonly RsaKey[]; bad: readonly BadRoot[] } {
  const { entries, bad } = readEntries('rsa', list, readRsaKey)
  const twins = separateTwins(entries, ({ jwk }) => jwk.n)
  return {
    good: twins.good,
    bad: [...bad, ...twins.bad].map((key) => ({ ...key, use: undefined, end: undefined })),
  }
}

/** Returns a kid that both a root and an RSA key have: whoever revokes it would not know what. */
export function findSharedKid(roots: readonly Root[], rsa: readonly RsaKey[]): string | undefined {
  const kids = new Set(roots.map(({ kid }) => kid))
  return rsa.find(({ kid }) => kids.has(kid))?.kid
}

function refuse(reason: RingReason, detail: string): RingRefusal {
  return { ok: false, reason, detail }
}

/**
 * Reads a ring from its JSON.
 *
 * Unknown members are refused. A root that cannot be read is left out and reported in `bad`. This checks no timing rule
 * but the order of each root's dates; `examineRing` does.
 *
 * @see {@link revokeRoot}
 */
export function readRing(text: string | undefined): RingReading | RingRefusal {
  if (text === undefined || text.trim() === '') return refuse('ring_missing', 'the ring is missing or empty')
  const size = new TextEncoder().encode(text).length
  if (size > RING_BYTES) return refuse('ring_too_large', `the ring has ${size} bytes; a secret holds ${RING_BYTES}`)
  let json: unknown
  try {
    // A file's byte order mark, which an editor may have left before it, is white space to `trim` alone.
    json = JSON.parse(text.trim())
  } catch {
    return refuse('ring_malformed', 'the ring is not JSON; it may be cut off')
  }
  try {
    checkMembers('ring', json, ['v', 'period', 'propagation', 'skew', 'roots', 'rsa', 'revoked'])
    if (json.v !== 1) return refuse('ring_version', 'the ring is not of version 1')
    const { revoked } = json
    const timings = { period: json.period, propagation: json.propagation, skew: json.skew }
    checkTimings(timings)
    checkTexts('revoked', revoked, KID, 'the kid of a root')
    const roots = readEntries('roots', json.roots, readRoot)
    const { good, bad } = separateTwins(roots.entries, ({ k }) => encodeBase64url(k))
    const rsa = readRsaKeys(json['rsa'] ?? [])
    if (findSharedKid(good, rsa.good) !== undefined) throw new RangeError('"rsa" expected kids that no root has')
    const kept = rsa.good.length > 0 ? { rsa: rsa.good } : {}
    const ring: Ring = { v: 1, ...timings, roots: good, ...kept, revoked }
    return { ok: true, ring, bad: [...roots.bad, ...bad, ...rsa.bad] }
  } catch (error) {
    return refuse('ring_malformed', (error as Error).message)
  }
}

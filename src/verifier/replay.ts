/**
 * What remembers that a proof was used (RFC 9449 §11.1).
 *
 * @module
 */

import { checkInteger } from '../../keys/check.ts'

/**
 * A memory for proofs, as an issuer's `Guard` is one. It is atomic, whoever else asks at the same time.
 *
 * One that cannot tell throws. It never guesses.
 */
export interface ReplayStore {
  /**
   * Spends a name: `first` for exactly one of all callers, `spent` for the others.
   *
   * @param expiresAt Unix seconds until which it must be remembered: two minutes ahead at the most
   */
  spend(id: string, expiresAt: number): Promise<'first' | 'spent'>
}

/**
 * Returns a memory of this process alone. When it is full it forgets what is oldest: on more processes than one, or above
 * `most` requests in two minutes, a proof can be used again within the minute or two that it is taken.
 *
 * @param now returns Unix seconds
 * @param most names that it remembers at once. Default 100000
 * @throws {TypeError | RangeError} when one is not that
 * @example
 * import { readFileSync } from 'node:fs'
 * import { createMemoryReplay, createVerifier } from 'bulla/verifier'
 *
 * const verifier = createVerifier({
 *   issuer: 'https://auth.example.com',
 *   resource: 'https://api.example.com',
 *   keys: readFileSync('keys.json', 'utf8'),
 *   dpop: { replay: createMemoryReplay(() => Math.floor(Date.now() / 1000), 1_000_000) },
 * })
 */
export function createMemoryReplay(now: () => number, most = 100_000): ReplayStore {
  if (typeof now !== 'function') throw new TypeError('"now" expected a function that returns Unix seconds')
  checkInteger('most', most, 1)
  const spent = new Map<string, number>()

  /** Drops the oldest names that nobody needs any more; and one that somebody might, where there are too many. */
  function tidy(): void {
    const limit = now()
    for (const [id, expiresAt] of spent) {
      if (expiresAt >= limit && spent.size < most) return
      spent.delete(id)
    }
  }

  return {
    async spend(id, expiresAt) {
      if (spent.has(id)) return 'spent'
      tidy()
      spent.set(id, expiresAt)
      return 'first'
    },
  }
}

/**
 * When a ring has to be rotated: before its keys come to their end, and early enough for everyone to hear of it.
 *
 * @module
 */

import { HORIZON } from './doctor.ts'
import { type Dates, type Ring, stateOf } from './ring.ts'

/** When a key has to follow those that a ring has. Unix seconds. */
export interface RotationDue {
  /** From then on the ring should have been rotated. */
  readonly due: number
  /** From then on no key is primary; `now` where none is. */
  readonly until: number
}

/**
 * Returns when the next rotation is due: 14 days before no key is primary, for keys that are primary for less than 42 days a third
 * of that; and never later than a new one can be known everywhere.
 *
 * @param keys the roots of the ring, or its RSA keys
 * @param now Unix seconds
 * @example
 * import { type Ring, rotationDue, writeInstant } from 'bulla/keys'
 *
 * export function remind(ring: Ring): void {
 *   const { due, until } = rotationDue(ring, ring.roots, Math.floor(Date.now() / 1000))
 *   console.log(`rotate from ${writeInstant(due)} on, before ${writeInstant(until)}`)
 * }
 */
export function rotationDue(
  { revoked, propagation, skew }: Ring,
  keys: readonly (Dates & { readonly kid: string })[],
  now: number,
): RotationDue {
  let last: (Dates & { readonly kid: string }) | undefined
  for (let until = now; ; until = last.end) {
    const next = keys.find((key) => stateOf(key, revoked, until) === 'primary')
    if (next === undefined) break
    last = next
  }
  if (last === undefined) return { due: now, until: now }
  const margin = Math.max(propagation + skew, Math.min(HORIZON, Math.floor((last.end - last.use) / 3)))
  return { due: last.end - margin, until: last.end }
}

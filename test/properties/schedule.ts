/**
 * Any schedule of rotations, and who holds which ring when.
 *
 * @module
 */

import fc from 'fast-check'
import { branchesOf, createLeaves, createRing, type Leaves, type Ring, rotateRing } from '../../keys/index.ts'
import { API, ISSUER, NOW, testKey } from '../fixtures.ts'

export const TIMINGS = { period: 600, propagation: 300, skew: 30 }
export const LONGEST_LIFE = 1200
const ROOT_LIFE = 20_000

/** A ring, and when it was published. */
export interface Published {
  readonly at: number
  readonly ring: Ring
}

/** Rotates at each of the waits; a rotation that is refused is a wait more. */
export function publish(waits: readonly number[]): readonly Published[] {
  const options = { now: NOW, key: testKey(0), rootLife: ROOT_LIFE, longestLife: LONGEST_LIFE }
  const published: Published[] = [{ at: NOW, ring: createRing({ ...options, ...TIMINGS }) }]
  let now = NOW
  for (const [index, wait] of waits.entries()) {
    now += wait
    const latest = published.at(-1)?.ring as Ring
    const rotation = rotateRing(latest, { ...options, now, key: testKey(index + 1) })
    if (rotation.ok) published.push({ at: now, ring: rotation.ring })
  }
  return published
}

/** The ring that a holder has who learns of each one `delay` seconds after it was published. */
export function heldAt(published: readonly Published[], now: number, delay: number): Ring {
  return (published.findLast(({ at }) => at + delay <= now) ?? published[0])?.ring as Ring
}

export const leavesOf = (ring: Ring, resource = API): Leaves =>
  createLeaves({
    ...ring,
    branches: branchesOf(ring, ISSUER, 'access', resource),
    enc: 'A256GCM',
    longestLife: LONGEST_LIFE,
  })

export const waits = fc.array(fc.integer({ min: 1, max: 6000 }), { maxLength: 8 })
export const delay = fc.integer({ min: 0, max: TIMINGS.propagation })
/** Clocks run early or late, so that no two differ by more than the skew. */
export const drift = fc.integer({ min: 0, max: TIMINGS.skew })

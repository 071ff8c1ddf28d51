import { describe, expect, it } from 'vitest'
import { createRing, examineRing, type Ring, revokeRoot, rotateRing, rotationDue } from '../../keys/index.ts'
import { NOW, named, testKey } from '../fixtures.ts'

const DAY = 86_400

/** Returns a ring that is rotated. */
function rotated(ring: Ring, now: number, turn = 1): Ring {
  const rotation = rotateRing(ring, { now, key: testKey(turn) })
  if (!rotation.ok) throw new Error(rotation.detail)
  return named(rotation.ring)
}

const ring = named(createRing({ now: NOW, key: testKey() }))

describe('the next rotation', () => {
  it('is due 14 days before nothing can be sealed', () => {
    expect(rotationDue(ring, ring.roots, NOW)).toEqual({ due: NOW + 76 * DAY, until: NOW + 90 * DAY })
  })

  it('is due when the doctor of keys begins to complain, and not before', () => {
    const { due } = rotationDue(ring, ring.roots, NOW)
    expect([due - 1, due + 1].map((now) => examineRing(ring, { now }).length)).toEqual([0, 1])
  })

  it('is no longer due once there was one, whether its root seals or waits', () => {
    const now = NOW + 80 * DAY
    const next = rotated(ring, now)
    const use = now + ring.propagation + ring.skew
    for (const at of [now, use - 1, use, use + DAY])
      expect(rotationDue(next, next.roots, at)).toEqual({ due: use + 76 * DAY, until: use + 90 * DAY })
  })

  it('is due at once where no root is primary', () => {
    const late = NOW + 91 * DAY
    expect(rotationDue(ring, ring.roots, late)).toEqual({ due: late, until: late })
    const { revoked } = revokeRoot(ring, 'r1')
    expect(rotationDue({ ...ring, revoked }, ring.roots, NOW)).toEqual({ due: NOW, until: NOW })
  })

  it('is before a gap, whatever comes after that', () => {
    const [first] = ring.roots
    if (first === undefined) throw new Error('no root')
    const later = { ...first, kid: 'r2', pub: first.end, use: first.end + 1, end: first.end + 90 * DAY }
    expect(rotationDue(ring, [first, later], NOW).until).toBe(first.end)
  })

  it.each([
    [30 * DAY, 10 * DAY],
    [3 * DAY, DAY],
    [2 * 3600, 3660],
  ])('of roots that seal for %i seconds is due %i seconds before', (rootLife, margin) => {
    const short = createRing({ now: NOW, key: testKey(), rootLife })
    expect(rotationDue(short, short.roots, NOW)).toEqual({ due: NOW + rootLife - margin, until: NOW + rootLife })
  })
})

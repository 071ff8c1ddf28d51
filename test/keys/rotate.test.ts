import { describe, expect, it } from 'vitest'
import { createRing, examineRing, type Ring, revokeRoot, rotateRing } from '../../keys/index.ts'
import { NOW, testKey, testRing } from '../fixtures.ts'

/** Rotates, and expects that it can be done. */
function rotated(ring: Ring, now: number, turn: number): Ring {
  const rotation = rotateRing(ring, { now, key: testKey(turn) })
  if (!rotation.ok) throw new Error(rotation.detail)
  return rotation.ring
}

describe('a new ring', () => {
  it('has one root that seals at once, and is sound', () => {
    const ring = testRing(NOW)
    expect(ring).toMatchObject({ v: 1, period: 86_400, propagation: 3600, skew: 60, revoked: [] })
    expect(ring.roots).toMatchObject([
      { kid: 'r1', pub: NOW, use: NOW, end: NOW + 7_776_000, del: NOW + 7_776_000 + 2_592_120 },
    ])
    expect(examineRing(ring, { now: NOW })).toEqual([])
  })

  it.each([
    [{ period: 5 }, '"period" expected an integer from 60 to 2678400, got 5'],
    [{ skew: 4000 }, '"skew" expected an integer from 0 to 3600, got 4000'],
    [{ rootLife: 0 }, '"rootLife" expected an integer ≥ 1, got 0'],
    [{ key: testKey().slice(1) }, '"key" expected 32 bytes, got 31'],
  ])('is not made with %o', (options, message) => {
    expect(() => createRing({ now: NOW, key: testKey(), ...options })).toThrow(message)
  })
})

describe('a rotation', () => {
  it('stages the next root, which seals after propagation + skew, when the primary ends (design §3)', () => {
    const ring = rotated(testRing(NOW), NOW + 1000, 1)
    const use = NOW + 1000 + 3660
    expect(ring.roots).toMatchObject([
      { kid: 'r1', end: use, del: NOW + 7_776_000 + 2_592_120 },
      { kid: 'r2', pub: NOW + 1000, use, end: use + 7_776_000, del: use + 7_776_000 + 2_592_120 },
    ])
    expect(examineRing(ring, { now: NOW + 1000 })).toEqual([])
  })

  it('is refused while the last staged root is not yet in use (design §3)', () => {
    const ring = rotated(testRing(NOW), NOW + 1000, 1)
    const tooEarly = { ok: false, detail: 'too early: root r2 is staged, and begins to seal at 2027-01-15T09:17:40Z' }
    expect(rotateRing(ring, { now: NOW + 4659, key: testKey(2) })).toEqual(tooEarly)
    expect(rotateRing(ring, { now: NOW + 4660, key: testKey(2) }).ok).toBe(true)
  })

  it('drops retired roots, and never uses a kid again', () => {
    const first = rotated(testRing(NOW), NOW, 1)
    const later = NOW + 7_776_000 + 2_592_120
    const ring = rotated(first, later, 2)
    expect(ring.roots.map((root) => root.kid)).toEqual(['r2', 'r3'])
    expect(rotated(revokeRoot(testRing(NOW), 'r1'), later, 3).roots.map((root) => root.kid)).toEqual(['r2'])
  })

  it('adds a root that seals at once where none is primary, until the staged one takes over', () => {
    const staged = rotated(testRing(NOW), NOW, 1)
    const ring = rotated(revokeRoot(staged, 'r1'), NOW + 60, 2)
    expect(ring.roots.at(-1)).toMatchObject({ kid: 'r3', pub: NOW + 60, use: NOW + 60, end: NOW + 3660 })
    expect(examineRing(ring, { now: NOW + 60 })).toEqual([])
  })

  it('does not wait for a staged root that is revoked', () => {
    const ring = rotated(revokeRoot(rotated(testRing(NOW), NOW, 1), 'r2'), NOW + 10, 2)
    expect(ring.roots.at(-1)).toMatchObject({ kid: 'r3', use: NOW + 3670, end: NOW + 3670 + 7_776_000 })
  })

  it('changes nothing of a root but the end of the primary', () => {
    const before = testRing(NOW)
    const [root] = rotated(before, NOW + 5, 1).roots
    expect({ ...root, end: 0 }).toEqual({ ...before.roots[0], end: 0 })
  })
})

describe('a revocation', () => {
  it('names the kid, once', () => {
    const ring = revokeRoot(testRing(NOW), 'r1')
    expect(ring.revoked).toEqual(['r1'])
    expect(revokeRoot(ring, 'r1')).toBe(ring)
  })

  it('is refused for a root that is not there', () => {
    expect(() => revokeRoot(testRing(NOW), 'r9')).toThrow('the ring has no such root; it has: r1')
  })
})

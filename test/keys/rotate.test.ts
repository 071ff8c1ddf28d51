import { describe, expect, it } from 'vitest'
import { createRing, examineRing, loadRing, type Ring, revokeRoot, rotateRing, writeRing } from '../../keys/index.ts'
import { ensureRsaKey } from '../../keys/rotate.ts'
import { NOW, named, testKey, testRing } from '../fixtures.ts'
import { RING_RSA, RING_RSA_2, signingRing } from '../parties/partner.ts'

/** Rotates, and expects that it can be done. */
function rotated(ring: Ring, now: number, turn: number): Ring {
  const rotation = rotateRing(ring, { now, key: testKey(turn) })
  if (!rotation.ok) throw new Error(rotation.detail)
  return named(rotation.ring)
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
    [{ longestLife: -1 }, '"longestLife" expected an integer ≥ 0, got -1'],
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
      { kid: 'r1', end: use, del: use + 2_592_120 },
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

  it('lets a root that ends before the next one may seal end as before', () => {
    const ring = createRing({ now: NOW, key: testKey(), rootLife: 3600 })
    const [first] = rotated(ring, NOW + 3000, 1).roots
    expect(first).toMatchObject({ end: NOW + 3600, del: ring.roots[0]?.del })
  })

  it('names a root by its bytes alone: who rotates the same ring elsewhere, or by another version, names it so', () => {
    expect(createRing({ now: NOW, key: testKey(1) }).roots.map(({ kid }) => kid)).toEqual(['rJiEO'])
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

  it('adds a root that seals until the first of two staged ones, in whatever order they stand', () => {
    const [root] = testRing(NOW).roots as readonly [Ring['roots'][0]]
    const [late, early] = [300, 200].map((wait, turn) => ({
      ...root,
      kid: `r${turn + 2}`,
      k: testKey(turn + 1),
      use: NOW + wait,
    })) as [Ring['roots'][0], Ring['roots'][0]]
    for (const staged of [
      [late, early],
      [early, late],
    ])
      expect(rotated({ ...testRing(NOW), roots: staged }, NOW, 5).roots.at(-1)).toMatchObject({
        use: NOW,
        end: NOW + 200,
      })
  })

  it('does not wait for a staged root that is revoked', () => {
    const ring = rotated(revokeRoot(rotated(testRing(NOW), NOW, 1), 'r2'), NOW + 10, 2)
    expect(ring.roots.at(-1)).toMatchObject({ kid: 'r3', use: NOW + 3670, end: NOW + 3670 + 7_776_000 })
  })

  it('changes nothing of a root but the end of the primary, and its deletion by the same seconds', () => {
    const before = testRing(NOW)
    const [root] = rotated(before, NOW + 5, 1).roots
    expect({ ...root, end: 0, del: 0 }).toEqual({ ...before.roots[0], end: 0, del: 0 })
    expect((root?.del ?? 0) - (root?.end ?? 0)).toBe(2_592_120)
  })
})

describe('a ring that is rotated every day', () => {
  it.each([
    ['its usual lives', {}],
    ['short lives', { rootLife: 200_000, longestLife: 86_400 }],
    ['the longest lives', { rootLife: 31_536_000 }],
  ])('fits into a secret and reads at all times, for a year, with %s', (_, options) => {
    let ring = createRing({ now: NOW, key: testKey(), ...options })
    const life = 'longestLife' in options ? { longestLife: options.longestLife } : {}
    for (let day = 1; day <= 365; day++) {
      const now = NOW + day * 86_400
      const key = Uint8Array.from(
        { length: 32 },
        (_, index) => (index * 7 + day * (index % 2 === 0 ? 1 : day >> 8)) % 256,
      )
      const rotation = rotateRing(ring, { now, key, ...options })
      if (!rotation.ok) throw new Error(rotation.detail)
      ring = rotation.ring
      const loaded = loadRing({ ring: writeRing(ring) }, { now, ...life, horizon: 86_400 })
      expect(loaded).toMatchObject({ ok: true, bad: [], findings: [] })
    }
  })

  // promise: P19
  it('keeps what it sealed for as long as it was told to, though later roots are told less', () => {
    const ring = createRing({ now: NOW, key: testKey(), longestLife: 5_000_000 })
    const [root] = rotated(ring, NOW + 86_400, 1).roots
    expect((root?.del ?? 0) - (root?.end ?? 0)).toBe(5_000_120)
  })

  it('gives a root that lived for less the time that it is told now', () => {
    const rotation = rotateRing(createRing({ now: NOW, key: testKey(), longestLife: 600 }), {
      now: NOW + 86_400,
      key: testKey(1),
      longestLife: 86_400,
    })
    const [root] = rotation.ok ? rotation.ring.roots : []
    expect((root?.del ?? 0) - (root?.end ?? 0)).toBe(86_520)
  })
})

describe('the kid of a new key', () => {
  it('is its own: no other key of any ring has it, and the same key has no other', () => {
    const kids = Array.from({ length: 64 }, (_, turn) => createRing({ now: NOW, key: testKey(turn) }).roots[0]?.kid)
    expect(new Set(kids).size).toBe(64)
    expect(createRing({ now: NOW + 5, key: testKey(3) }).roots[0]?.kid).toBe(kids[3])
    for (const kid of kids) expect(kid).toMatch(/^r[A-Za-z0-9_-]{4}$/)
  })
})

describe('a revocation', () => {
  it('names the kid, once', () => {
    const ring = revokeRoot(testRing(NOW), 'r1')
    expect(ring.revoked).toEqual(['r1'])
    expect(revokeRoot(ring, 'r1')).toBe(ring)
  })

  it('is refused for a root that is not there', () => {
    expect(() => revokeRoot(testRing(NOW), 'r9')).toThrow(/^the ring has no such root; it has: r1$/)
    expect(() => revokeRoot(signingRing(), 'r9')).toThrow('the ring has no such root; it has: r1, s1')
    expect(() => revokeRoot({ ...testRing(NOW), roots: [] }, 'r1')).toThrow('it has: none')
  })
})

describe('a ring that must have an RSA key', () => {
  it('gets one that signs at once, beside roots that stay as they are', () => {
    const ring = ensureRsaKey(testRing(NOW), () => RING_RSA, NOW + 5)
    expect(ring).toMatchObject({ roots: testRing(NOW).roots, rsa: [{ jwk: RING_RSA, pub: NOW + 5, use: NOW + 5 }] })
  })

  it('gets none where one signs, or will sign', () => {
    const ring = signingRing()
    const [key] = ring.rsa ?? []
    const staged = { ...ring, rsa: key === undefined ? [] : [{ ...key, use: NOW + 1 }] }
    const never = (): never => {
      throw new Error('asked')
    }
    for (const one of [ring, staged]) expect(ensureRsaKey(one, never, NOW)).toBe(one)
  })

  it('gets one where the only one is revoked, or has ended', () => {
    const ring = signingRing()
    const [key] = ring.rsa ?? []
    const ended = key?.end ?? 0
    for (const [one, now] of [[revokeRoot(ring, 's1'), NOW] as const, [ring, ended] as const])
      expect(ensureRsaKey(one, () => RING_RSA_2, now).rsa?.at(-1)).toMatchObject({ jwk: RING_RSA_2, use: now })
  })
})

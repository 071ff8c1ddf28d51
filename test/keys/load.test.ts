import { describe, expect, it } from 'vitest'
import {
  createKeyring,
  createRing,
  loadRing,
  mergeRings,
  type Ring,
  type RingReason,
  refusalAt,
  revokeRoot,
  rotateRing,
  writeRing,
} from '../../keys/index.ts'
import { API, ISSUER, NOW, named, testKey, testRing } from '../fixtures.ts'
import { RING_RSA } from '../parties/partner.ts'

const ring = testRing(NOW)
const next = ((): Ring => {
  const rotation = rotateRing(ring, { now: NOW, key: testKey(1) })
  if (!rotation.ok) throw new Error(rotation.detail)
  return named(rotation.ring)
})()
const [first, second] = next.roots as readonly [Ring['roots'][0], Ring['roots'][0]]
const load = (a: Ring | string | undefined, b?: Ring | string) => {
  const text = (part: Ring | string | undefined): string | undefined =>
    typeof part === 'object' ? writeRing(part) : part
  return loadRing({ ring: text(a), next: text(b) }, { now: NOW })
}
/** Returns the text of the ring with another kid for its root. */
const withKid = (kid: string): string => writeRing({ ...ring, roots: [{ ...first, kid }] })
/** Returns why nothing may be sealed at `now`, if so. */
const reason = (a: Ring | string | undefined, b?: Ring | string, now = NOW): RingReason | undefined => {
  const loaded = load(a, b)
  return loaded.ok ? refusalAt(loaded, now)?.reason : loaded.reason
}

describe('loading the ring', () => {
  it('takes a sound one', () => {
    expect(load(ring)).toEqual({ ok: true, ring, bad: [], findings: [] })
    expect(reason(ring)).toBeUndefined()
  })

  it('merges KEY_RING and KEY_RING_NEXT by kid, in either order: the earlier end and every revocation count (design §3)', () => {
    const merged = load(ring, next)
    expect(merged).toMatchObject({ ok: true, ring: next })
    const swapped = load(next, ring)
    expect(swapped.ok && merged.ok && swapped.ring).toEqual(merged.ok && merged.ring)
    expect(load(revokeRoot(next, 'r2'), ring)).toMatchObject({ ring: { revoked: ['r2'] } })
  })

  it.each<[string, Ring | string | undefined, Ring | string | undefined, RingReason | undefined]>([
    ['no ring', undefined, undefined, 'ring_missing'],
    ['no ring, but a next one', undefined, next, 'ring_missing'],
    ['an empty next ring: it counts as none', ring, '', undefined],
    ['a next ring cut off', ring, writeRing(next).slice(0, -1), 'ring_malformed'],
    ['the same kid with other bytes', ring, { ...ring, roots: [{ ...first, k: testKey(9) }] }, 'ring_conflict'],
    ['the same kid with other dates', ring, { ...ring, roots: [{ ...first, use: first.use + 1 }] }, 'ring_conflict'],
    ['the same kid, known at another time', ring, { ...ring, roots: [{ ...first, pub: NOW - 1 }] }, 'ring_conflict'],
    ['the same bytes under another kid', ring, { ...ring, roots: [{ ...first, kid: 'r9' }] }, 'ring_conflict'],
    ['another period', ring, { ...next, period: 3600 }, 'ring_conflict'],
    ['another propagation', ring, { ...next, propagation: 3601 }, 'ring_conflict'],
    ['another skew', ring, { ...next, skew: 61 }, 'ring_conflict'],
    ['a next ring of white space', ring, ' \n', undefined],
    ['a root that seals now and whose kid cannot be read', withKid('r.1'), undefined, 'ring_bad_primary'],
    ['no roots', { ...ring, roots: [] }, undefined, 'ring_no_primary'],
    ['a revoked primary', revokeRoot(ring, 'r1'), undefined, 'ring_no_primary'],
  ])('refuses to seal, or not, with %s', (_, a, b, expected) => {
    expect(reason(a, b)).toBe(expected)
  })

  it('follows the clock: a sound ring seals until its last root ends', () => {
    expect(reason(next, undefined, NOW - 1)).toBe('ring_no_primary')
    expect(reason(next, undefined, second.end - 1)).toBeUndefined()
    expect(reason(next, undefined, second.end)).toBe('ring_no_primary')
  })

  it('refuses to seal while two roots are primary', () => {
    const overlapping = { ...next, roots: [{ ...first, end: second.use + 10, del: first.del + 10 }, second] }
    expect(reason(overlapping, undefined, second.use - 1)).toBeUndefined()
    expect(reason(overlapping, undefined, second.use)).toBe('ring_two_primaries')
    expect(reason(overlapping, undefined, second.use + 10)).toBeUndefined()
  })

  it('keeps what is revoked, though its successor begins in the same second: servers that open by it still are told by its names', () => {
    let turned = ring
    for (const turn of [1, 2]) {
      const kid = `r${turn}`
      const rotation = rotateRing(revokeRoot(turned, kid), { now: NOW, key: testKey(turn) })
      if (!rotation.ok) throw new Error(rotation.detail)
      turned = named(rotation.ring)
    }
    const loaded = load(turned)
    expect(loaded).toMatchObject({ ok: true, ring: turned, bad: [], findings: [] })
    expect(reason(turned)).toBeUndefined()
    if (!loaded.ok) throw new Error(loaded.detail)
    const keyring = createKeyring(loaded.ring, ISSUER)
    expect(keyring.namesKeys(API).map(({ kid, isRevoked }) => [kid, isRevoked])).toEqual([
      ['r1', true],
      ['r2', true],
      ['r3', false],
    ])
    // It neither seals nor opens.
    const leaves = keyring.leavesFor('access', API, 'A256GCM', 600)
    const period = Math.floor(NOW / 86_400)
    expect(leaves.sealing(NOW)?.kid).toBe(`r3.${period}`)
    expect([1, 2, 3].map((turn) => leaves.opening(`r${turn}.${period}`, NOW)?.kid)).toEqual([
      undefined,
      undefined,
      `r3.${period}`,
    ])
  })

  it('skips and reports a bad root that is not primary (design §3)', () => {
    const shortened = { ...next, roots: [first, { ...second, del: second.end + 1 }] }
    const loaded = load(shortened)
    expect(loaded).toMatchObject({ ok: true, ring: { roots: [{ kid: 'r1' }] }, bad: [{ kid: 'r2' }] })
    expect(reason(shortened)).toBeUndefined()
    const at = [second.use - 1, second.use, second.end - 1, second.end].map((now) => reason(shortened, undefined, now))
    expect(at).toEqual([undefined, 'ring_bad_primary', 'ring_bad_primary', 'ring_no_primary'])
  })

  it('does not stop at a root that cannot be read where it is revoked', () => {
    const json = JSON.parse(writeRing(next))
    const roots = [{ ...json.roots[0], k: 'short' }, json.roots[1]]
    expect(reason(JSON.stringify({ ...json, roots }), undefined, NOW)).toBe('ring_bad_primary')
    expect(reason(JSON.stringify({ ...json, roots, revoked: ['r1'] }), undefined, NOW)).toBe('ring_no_primary')
    expect(reason(JSON.stringify({ ...json, roots, revoked: ['r1'] }), undefined, second.use)).toBeUndefined()
  })

  it('says why it refuses, as what is no ring', () => {
    const overlapping = { ...next, roots: [{ ...first, end: second.use + 10, del: first.del + 10 }, second] }
    const bad = { ...next, roots: [{ ...first, del: first.end }, second] }
    for (const [one, now, reason, detail] of [
      [bad, NOW, 'ring_bad_primary', /^root r1: del is /],
      [next, second.end, 'ring_no_primary', /^no root is primary/],
      [overlapping, second.use, 'ring_two_primaries', /^r1 and r2 are both primary$/],
    ] as const) {
      const loaded = load(one)
      const detailed = { ok: false, reason, detail: expect.stringMatching(detail) }
      expect(loaded.ok && refusalAt(loaded, now)).toEqual(detailed)
    }
  })

  // promise: K02
  it('refuses to start on a bad root that is primary, though a good one is too (design §3)', () => {
    const bad = { ...first, kid: 'bad', k: testKey(3), del: first.end }
    expect(reason({ ...next, roots: [bad, first, second] })).toBe('ring_bad_primary')
    expect(reason({ ...next, roots: [{ ...bad, kid: 'r1' }] })).toBe('ring_bad_primary')
  })

  it('goes on without a staged root that KEY_RING_NEXT has with other bytes, and stops when either begins to seal', () => {
    const other = { ...next, roots: [first, { ...second, k: testKey(9) }] }
    const loaded = load(next, other)
    expect(loaded).toMatchObject({
      ok: true,
      ring: { roots: next.roots },
      bad: [{ kid: 'r2', reason: 'ring_conflict' }],
    })
    expect(loaded.ok && loaded.bad[0]?.message).toContain(new Date(second.use * 1000).toISOString().slice(0, 19))
    expect(reason(next, other, second.use - 1)).toBeUndefined()
    expect(reason(next, other, second.use)).toBe('ring_conflict')
    expect(reason(next, other, second.end - 1)).toBe('ring_conflict')
    expect(reason(next, { ...other, revoked: ['r2'] }, second.use - 1)).toBeUndefined()
  })

  it('seals without a gap with two rotations of one ring, made on two machines, in either order', () => {
    const rotate = (now: number, turn: number): Ring => {
      const rotation = rotateRing(ring, { now, key: testKey(turn) })
      if (!rotation.ok) throw new Error(rotation.detail)
      return rotation.ring
    }
    for (const later of [NOW, NOW + 1, NOW + 3000]) {
      const [one, two] = [rotate(NOW, 1), rotate(later, 2)]
      const kids = [one, two].map(({ roots }) => roots[1]?.kid)
      expect(new Set(kids).size).toBe(2)
      for (const [a, b] of [
        [one, two],
        [two, one],
      ] as const) {
        const loaded = load(a, b)
        if (!loaded.ok) throw new Error(loaded.detail)
        expect(loaded.bad).toEqual([])
        for (const now of [NOW, NOW + 3659, NOW + 3660, later + 3659, later + 3660, later + 7_000_000])
          expect(refusalAt(loaded, now)).toBeUndefined()
      }
    }
  })

  it('does not seal with two rings that have nothing to do with one another', () => {
    const stranger = createRing({ now: NOW + 10, key: testKey(5) })
    expect(reason(ring, stranger, NOW + 20)).toBe('ring_bad_primary')
  })

  it('says what is in conflict, and repeats no key', () => {
    const detail = (a: Ring, b: Ring): string => {
      const loaded = load(a, b)
      const refusal = loaded.ok ? refusalAt(loaded, NOW) : loaded
      expect(JSON.stringify(refusal)).not.toContain(writeRing(b).split('"k":"')[1]?.slice(0, 43))
      return refusal?.detail ?? 'none'
    }
    expect(detail(ring, { ...ring, period: 3600 })).toMatch(/\bperiod$/)
    expect(detail(ring, { ...ring, skew: 61 })).toMatch(/\bskew$/)
    expect(detail(ring, { ...ring, roots: [{ ...first, k: testKey(9) }] })).toMatch(
      /^key r1 .*\bbytes\b.*KEY_RING_NEXT/,
    )
    expect(detail(ring, { ...ring, roots: [{ ...first, use: NOW + 1 }] })).toMatch(/^key r1 .*\bdates\b.*KEY_RING_NEXT/)
    expect(detail(ring, { ...ring, roots: [{ ...first, kid: 'r9' }] })).toMatch(/KEY_RING and KEY_RING_NEXT.* bytes/)
    const cutOff = loadRing({ ring: writeRing(ring), next: '{' }, { now: NOW })
    expect(cutOff).toMatchObject({ detail: expect.stringMatching(/^KEY_RING_NEXT: ./) })
  })
})

describe('two rings as one', () => {
  const merge = (a: Ring, b: Ring) => mergeRings({ ok: true, ring: a, bad: [] }, { ok: true, ring: b, bad: [] })
  const root = (kid: string, turn: number, use: number, pub = NOW): Ring['roots'][0] => ({
    ...{ kid, k: testKey(turn), pub, use, end: use + 1000, del: use + 9000 },
  })
  const withRoots = (...roots: Ring['roots']): Ring => ({ ...ring, roots })
  const ends = (a: Ring, b: Ring): unknown => {
    const merged = merge(a, b)
    return merged.ok && Object.fromEntries(merged.ring.roots.map(({ kid, end }) => [kid, end]))
  }

  it('have no RSA keys where neither has any', () => {
    expect(merge(ring, next)).toEqual({ ok: true, ring: next, bad: [] })
    expect(merge(next, ring)).toEqual({ ok: true, ring: next, bad: [] })
  })

  it('report what was bad in either', () => {
    const bad = (kid: string) => [{ kid, use: undefined, end: undefined, message: kid }]
    const [a, b] = [bad('r8'), bad('r9')]
    expect(mergeRings({ ok: true, ring, bad: a }, { ok: true, ring, bad: b })).toMatchObject({ bad: [...a, ...b] })
  })

  it('end a root where one begins that the other ring alone has, if that was known long enough before', () => {
    const before = root('r5', 5, NOW)
    for (const [use, end] of [
      [NOW + 10 + 3660, NOW + 1000],
      [NOW + 660, NOW + 1000],
    ] as const)
      expect(ends(withRoots(before), withRoots(root('r6', 6, use, NOW + 10)))).toMatchObject({ r5: end })
    for (const [late, end] of [
      [3660, 600],
      [3659, 1000],
    ] as const) {
      const after = root('r6', 6, NOW + 600, NOW + 600 - late)
      const expected = { r5: NOW + end, r6: NOW + 1600 }
      expect(ends(withRoots(before), withRoots(after))).toEqual(expected)
      expect(ends(withRoots(after), withRoots(before))).toEqual(expected)
      // Not where it is revoked, and not where both are of one ring.
      expect(ends(withRoots(before), { ...withRoots(after), revoked: ['r6'] })).toMatchObject({ r5: NOW + 1000 })
      expect(ends(withRoots(before, after), withRoots())).toMatchObject({ r5: NOW + 1000 })
      expect(ends(withRoots(before, after), withRoots(before))).toMatchObject({ r5: NOW + 1000 })
    }
  })

  it('have of two roots that begin together the one whose kid is the later', () => {
    const [one, other] = [root('r5', 5, NOW, NOW - 3660), root('r6', 6, NOW, NOW - 3660)]
    for (const [a, b] of [
      [one, other],
      [other, one],
    ] as const)
      expect(ends(withRoots(a), withRoots(b))).toEqual({ r5: NOW, r6: NOW + 1000 })
    const later = root('r5', 5, NOW + 600, NOW - 3660)
    expect(ends(withRoots(later), withRoots(other))).toEqual({ r5: NOW + 1600, r6: NOW + 600 })
  })

  it('take of a root that both have the earlier end and deletion', () => {
    const [one, other] = [root('r5', 5, NOW), { ...root('r5', 5, NOW), end: NOW + 500, del: NOW + 700 }]
    for (const [a, b] of [
      [one, other],
      [other, one],
    ] as const)
      expect(merge(withRoots(a), withRoots(b))).toMatchObject({ ring: { roots: [other] }, bad: [] })
  })

  it('stop until both have gone whose bytes differ', () => {
    const [one, other] = [root('r5', 5, NOW + 20), { ...root('r5', 6, NOW + 10), del: NOW + 99_999 }]
    for (const [a, b] of [
      [one, other],
      [other, one],
    ] as const)
      expect(merge(withRoots(a), withRoots(b))).toMatchObject({
        ring: { roots: [a] },
        bad: [{ kid: 'r5', use: NOW + 10, end: NOW + 99_999, reason: 'ring_conflict' }],
      })
  })

  it('are refused where an RSA key has two kids', () => {
    const rsa = (kid: string): Ring => ({ ...ring, rsa: [{ ...root(kid, 0, NOW), jwk: RING_RSA }] })
    expect(merge(rsa('s1'), rsa('s2'))).toMatchObject({ ok: false, reason: 'ring_conflict' })
  })
})

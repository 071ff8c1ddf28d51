import { describe, expect, it } from 'vitest'
import { loadRing, type Ring, type RingReason, refusalAt, revokeRoot, rotateRing, writeRing } from '../../keys/index.ts'
import { NOW, testKey, testRing } from '../fixtures.ts'

const ring = testRing(NOW)
const next = ((): Ring => {
  const rotation = rotateRing(ring, { now: NOW, key: testKey(1) })
  if (!rotation.ok) throw new Error(rotation.detail)
  return rotation.ring
})()
const [first, second] = next.roots as readonly [Ring['roots'][0], Ring['roots'][0]]
const load = (a: Ring | string | undefined, b?: Ring | string) => {
  const text = (part: Ring | string | undefined): string | undefined =>
    typeof part === 'object' ? writeRing(part) : part
  return loadRing({ ring: text(a), next: text(b) }, { now: NOW })
}
/** Returns why nothing may be sealed at `now`, if so. */
const reason = (a: Ring | string | undefined, b?: Ring | string, now = NOW): RingReason | undefined => {
  const loaded = load(a, b)
  return loaded.ok ? refusalAt(loaded, now)?.reason : loaded.reason
}

describe('loading the ring', () => {
  it('takes a sound one', () => {
    expect(load(ring)).toMatchObject({ ok: true, bad: [], findings: [] })
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
    ['the same kid with other dates', ring, { ...ring, roots: [{ ...first, del: first.del + 1 }] }, 'ring_conflict'],
    ['the same bytes under another kid', ring, { ...ring, roots: [{ ...first, kid: 'r9' }] }, 'ring_conflict'],
    ['another period', ring, { ...next, period: 3600 }, 'ring_conflict'],
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
    const overlapping = { ...next, roots: [{ ...first, end: second.use + 10 }, second] }
    expect(reason(overlapping, undefined, second.use - 1)).toBeUndefined()
    expect(reason(overlapping, undefined, second.use)).toBe('ring_two_primaries')
    expect(reason(overlapping, undefined, second.use + 10)).toBeUndefined()
  })

  it('skips and reports a bad root that is not primary (design §3)', () => {
    const shortened = { ...next, roots: [first, { ...second, del: second.end + 1 }] }
    const loaded = load(shortened)
    expect(loaded).toMatchObject({ ok: true, ring: { roots: [{ kid: 'r1' }] }, bad: [{ kid: 'r2' }] })
    expect(reason(shortened)).toBeUndefined()
    expect(reason(shortened, undefined, second.use)).toBe('ring_bad_primary')
  })

  it('refuses to start on a bad root that is primary, though a good one is too (design §3)', () => {
    const bad = { ...first, kid: 'bad', k: testKey(3), del: first.end }
    expect(reason({ ...next, roots: [bad, first, second] })).toBe('ring_bad_primary')
    expect(reason({ ...next, roots: [{ ...bad, kid: 'r1' }] })).toBe('ring_bad_primary')
  })
})

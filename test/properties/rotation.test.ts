import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { examineRing, loadRing, primariesAt, refusalAt, writeRing } from '../../keys/index.ts'
import { NOW } from '../fixtures.ts'
import { delay, drift, heldAt, LONGEST_LIFE, leavesOf, publish, TIMINGS, waits } from './schedule.ts'

describe('for any schedule of rotations, and whoever has which ring within the propagation time', () => {
  // promise: K03
  it('every live token opens everywhere until it expires', () => {
    const part = fc.double({ min: 0, max: 1, noNaN: true })
    const life = fc.integer({ min: 1, max: LONGEST_LIFE })
    const holder = fc.record({ delay, drift })
    let sealed = 0
    fc.assert(
      fc.property(waits, part, life, part, holder, holder, (plan, when, lives, age, issuer, server) => {
        const published = publish(plan)
        const lastEnd = Math.max(...published.flatMap(({ ring }) => ring.roots.map(({ end }) => end)))
        const now = NOW + TIMINGS.skew + Math.floor(when * (lastEnd - NOW))
        const leaf = leavesOf(heldAt(published, now, issuer.delay)).sealing(now - issuer.drift)
        if (leaf === undefined) return
        sealed++
        const openingAt = now + Math.floor(age * (lives - 1))
        const opener = leavesOf(heldAt(published, openingAt, server.delay))
        const opened = opener.opening(leaf.kid, openingAt - server.drift)
        expect(opened?.key).toEqual(leaf.key)
      }),
      { numRuns: 2000 },
    )
    expect(sealed).toBeGreaterThan(1000)
  })

  it('there are never two primaries, and the doctor finds nothing but the end', () => {
    fc.assert(
      fc.property(waits, fc.integer({ min: 0, max: 60_000 }), delay, (plan, after, late) => {
        const published = publish(plan)
        const now = NOW + after
        expect(primariesAt(heldAt(published, now, late), now).length).toBeLessThanOrEqual(1)
        for (const { at, ring } of published) {
          const findings = examineRing(ring, { now: at, horizon: 300, longestLife: LONGEST_LIFE })
          expect(findings.filter(({ rule }) => rule !== 'primary')).toEqual([])
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('two rings that follow one another merge to what the later one says', () => {
    fc.assert(
      fc.property(waits, (plan) => {
        const published = publish(plan)
        for (const [index, { at, ring }] of published.entries()) {
          const before = published[index - 1]?.ring
          if (before === undefined) continue
          for (const [a, b] of [
            [before, ring],
            [ring, before],
          ] as const) {
            const loaded = loadRing({ ring: writeRing(a), next: writeRing(b) }, { now: at, longestLife: LONGEST_LIFE })
            if (!loaded.ok) throw new Error(loaded.detail)
            const [primary] = primariesAt(ring, at)
            expect(refusalAt(loaded, at)).toBe(primary === undefined ? expect.anything() : undefined)
            expect(primariesAt(loaded.ring, at).map(({ kid }) => kid)).toEqual(
              primariesAt(ring, at).map(({ kid }) => kid),
            )
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKept } from '../../src/kept.ts'

const HOLD = 10

it('for any clock that jumps, nothing serves for longer than it may after the clock was last set', async () => {
  const jump = fc.oneof(
    fc.constant(0),
    fc.integer({ min: -20, max: 20 }),
    fc.integer({ min: -700, max: 700 }),
    fc.integer({ min: -40_000_000, max: 40_000_000 }),
  )
  const step = fc.record({ passes: fc.integer({ min: 0, max: 15 }), jump, isLacking: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      let time = 1_000_000
      let error = 0
      let setAt = time
      const options = { fresh: () => HOLD / 2, hold: HOLD, cooldown: 30, retry: 5 }
      const kept = createKept(async () => ({ ok: true, time }), options)
      for (const { passes, jump, isLacking } of steps) {
        time += passes
        if (jump !== 0) setAt = time
        error += jump
        const known = await kept.get(time + error, isLacking)
        expect(time - Math.max(known.time, setAt)).toBeLessThan(HOLD)
      }
    }),
    { numRuns: 1000 },
  )
})

it('for any clock that jumps, what failed is tried again as soon as ever, and not by each who asks', async () => {
  const jump = fc.integer({ min: -40_000_000, max: 40_000_000 })
  await fc.assert(
    fc.asyncProperty(jump, fc.integer({ min: 2, max: 50 }), async (ahead, requests) => {
      let isUp = false
      let tries = 0
      const options = { fresh: () => 5, hold: HOLD, cooldown: 30, retry: 5 }
      const kept = createKept(async () => ({ ok: isUp, tries: ++tries }), options)
      await kept.get(1000 + ahead)
      for (let request = 0; request < requests; request++) await kept.get(1000)
      expect(tries).toBeLessThanOrEqual(2)
      isUp = true
      expect((await kept.get(1005)).ok).toBe(true)
    }),
  )
})

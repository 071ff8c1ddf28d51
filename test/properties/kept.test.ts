import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKept } from '../../src/remote/kept.ts'

const HOLD = 10
const COOLDOWN = 30
const OPTIONS = { fresh: () => HOLD / 2, hold: HOLD, cooldown: COOLDOWN, retry: 5, waitUntil: () => {} }

it('for any interleaving of requests and fetches, nobody is answered from what is older than it may be', async () => {
  const request = fc.record({ pause: fc.integer({ min: 0, max: 12 }), isLacking: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(request, { minLength: 2, maxLength: 12 }), async (s, requests) => {
      let now = 0
      // What a fetch brings is how things were when it began.
      const kept = createKept((at) => s.schedule(Promise.resolve({ ok: true, at })), OPTIONS)
      const ages: number[] = []
      const all: Promise<unknown>[] = []
      const steps = requests.map(({ pause, isLacking }) => async () => {
        now += pause
        const asked = now
        all.push(kept.get(asked, isLacking).then(({ at }) => ages.push(asked - at)))
      })
      s.scheduleSequence(steps)
      await s.waitIdle()
      await s.waitFor(Promise.all(all))
      expect(ages).toHaveLength(requests.length)
      expect(Math.max(...ages)).toBeLessThan(HOLD)
    }),
    { numRuns: 500 },
  )
})

it('for any interleaving, whoever asks for something new gets it, as one by one; and one fetch is enough for all', async () => {
  const pauses = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 2, maxLength: 12 })
  const quiet = fc.integer({ min: COOLDOWN, max: 300_000 })
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), quiet, pauses, async (s, silence, waits) => {
      let now = 0
      let isThere = false
      let fetches = 0
      const kept = createKept(
        async () => {
          fetches++
          return s.schedule(Promise.resolve({ ok: true, has: isThere }))
        },
        // What is known is never too old here: what is lacking alone makes requests wait.
        { ...OPTIONS, hold: Number.MAX_SAFE_INTEGER },
      )
      await s.waitFor(kept.get(now))
      now += silence
      isThere = true
      fetches = 0
      const found: boolean[] = []
      const all: Promise<unknown>[] = []
      const ask = async (at: number): Promise<void> => {
        const known = await kept.get(at)
        found.push(known.has || (await kept.get(at, true)).has)
      }
      s.scheduleSequence(
        waits.map((wait, index) => async () => {
          now += index < 4 ? wait : 0
          all.push(ask(now))
        }),
      )
      await s.waitIdle()
      await s.waitFor(Promise.all(all))
      expect(found).toEqual(waits.map(() => true))
      expect(fetches).toBe(1)
    }),
    { numRuns: 500 },
  )
})

// promise: P17
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

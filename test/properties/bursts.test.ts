import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKept } from '../../src/kept.ts'
import { createDistantIssuer } from '../distant_issuer.ts'

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

it('for any interleaving of a burst and the answers of the issuer, a verifier refuses what was revoked and lets in what was not', async () => {
  const burst = fc.array(fc.boolean(), { minLength: 2, maxLength: 8 })
  const quiet = fc.oneof(fc.integer({ min: 13, max: 120 }), fc.integer({ min: 86_400, max: 300_000 }))
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), quiet, burst, fc.boolean(), async (s, silence, requests, isKnown) => {
      const { verifier, mint, revoke, wait, setNetwork } = createDistantIssuer()
      const server = verifier('leaves', { waitUntil: () => {} })
      setNetwork((_, answer) => answer())
      if (isKnown) await server.verify(await mint())
      wait(silence)
      const [revoked, good] = [await mint(), await mint()]
      await revoke(revoked)
      wait(3)
      setNetwork(async (_, answer) => s.schedule(answer()))
      const answers = await s.waitFor(
        Promise.all(requests.map(async (isGood) => (await server.verify(isGood ? good : revoked)).ok)),
      )
      expect(answers).toEqual(requests)
    }),
    { numRuns: 60 },
  )
})

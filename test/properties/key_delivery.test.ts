import fc from 'fast-check'
import { expect, it } from 'vitest'
import { writeJwk } from '../../keys/index.ts'
import { remoteKeys } from '../../src/verifier/index.ts'
import { ISSUER, NOW } from '../fixtures.ts'
import { drift, heldAt, LONGEST_LIFE, leavesOf, publish, TIMINGS, waits } from './schedule.ts'

/** Seconds between two fetches of a resource server: what is left of the propagation is for the issuer's own machines. */
const EVERY = 100

it('for any schedule of rotations, whoever fetched its keys within the last interval opens every live token, with the issuer down since', async () => {
  const part = fc.double({ min: 0, max: 1, noNaN: true })
  const life = fc.integer({ min: 1, max: LONGEST_LIFE })
  const age = fc.integer({ min: 0, max: EVERY })
  const holder = fc.record({ delay: fc.integer({ min: 0, max: TIMINGS.propagation - EVERY }), drift })
  let sealed = 0
  await fc.assert(
    fc.asyncProperty(
      waits,
      part,
      life,
      part,
      age,
      holder,
      holder,
      drift,
      async (plan, when, lives, rest, since, sealer, teller, late) => {
        const published = publish(plan)
        const lastEnd = Math.max(...published.flatMap(({ ring }) => ring.roots.map(({ end }) => end)))
        const now = NOW + TIMINGS.propagation + TIMINGS.skew + EVERY + Math.floor(when * (lastEnd - NOW))
        const leaf = leavesOf(heldAt(published, now, sealer.delay)).sealing(now - sealer.drift)
        if (leaf === undefined) return
        sealed++
        let isDown = false
        const keys = remoteKeys({
          url: `${ISSUER}/keys`,
          clientId: 'a',
          clientSecret: 'b',
          fetch: async () => {
            if (isDown) throw new TypeError('Network connection lost')
            const told = leavesOf(heldAt(published, now - since, teller.delay)).told(now - since - teller.drift)
            const headers = { 'content-type': 'application/jwk-set+json' }
            return Response.json({ keys: told.map(writeJwk) }, { headers })
          },
        })
        await keys.leaves(now - since - late)
        isDown = true
        const openingAt = now + Math.floor(rest * (lives - 1)) - late
        expect((await keys.leaves(openingAt))?.opening(leaf.kid, openingAt)?.key).toEqual(leaf.key)
      },
    ),
    { numRuns: 1000 },
  )
  expect(sealed).toBeGreaterThan(500)
})

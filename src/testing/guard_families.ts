/**
 * What a guard promises of refresh families, and of what has ended: a part of the contract (RFC 9700 §4.14.2).
 *
 * @module
 */

import type { Advance, Guard, Step } from '../stores/guard.ts'
import { type Bench, type ContractCase, fresh, patiently, race } from './contract.ts'

/** Returns what a family's next generation is told by. */
export const advanced = (generation: number): Advance => ({ outcome: 'advanced', generation })

/** What comes with a key, or without, and ends the family. */
const OTHER_KEYS: readonly (readonly [
  what: string,
  before: string | undefined,
  bound: string | undefined,
  generation: number,
])[] = [
  ['the generation before with a key, when it had none', undefined, 'k', 0],
  ['the generation before with another key', 'k', 'other', 0],
  ['the generation before without a key, when it had one', 'k', undefined, 0],
  ['the current generation with another key', 'k', 'other', 1],
  ['the current generation without a key, when it has one', 'k', '', 1],
]

/** Returns the cases of `advance`. */
export function familyCases(bench: Bench<Guard>): readonly ContractCase[] {
  const { disturb, promise, callers } = bench
  const stepsOf = (guard: Guard) => {
    const now = bench.now()
    return (gid: string, generation: number, changes: Partial<Step> = {}): Promise<Advance> =>
      guard.advance({ gid, generation, now, grace: 30, expiresAt: now + 3600, ...changes })
  }
  return [
    promise('advance moves on by one generation', async (guard, same) => {
      const [step, gid] = [stepsOf(guard), fresh()]
      same([await step(gid, 0), await step(gid, 1)], [advanced(1), advanced(2)])
    }),

    promise(
      'advance gives the same successor again inside the grace, and ends the family after it',
      async (guard, same) => {
        const [step, gid, now] = [stepsOf(guard), fresh(), bench.now()]
        await step(gid, 0, { now })
        same(await step(gid, 0, { now: now + 30 }), advanced(1))
        same(await step(gid, 0, { now: now + 31 }), { outcome: 'reused' })
        same(await step(gid, 1, { now }), { outcome: 'ended' })
      },
    ),

    promise('advance gives nothing again without a grace, not even in the same second', async (guard, same) => {
      const [step, gid] = [stepsOf(guard), fresh()]
      await step(gid, 0, { grace: 0 })
      same(await step(gid, 0, { grace: 0 }), { outcome: 'reused' })
      same(await step(gid, 1, { grace: 0 }), { outcome: 'ended' })
    }),

    promise('advance ends the family for anything older, even inside the grace', async (guard, same) => {
      const [step, gid] = [stepsOf(guard), fresh()]
      await step(gid, 0)
      await step(gid, 1)
      same([await step(gid, 0), await step(gid, 2)], [{ outcome: 'reused' }, { outcome: 'ended' }])
    }),

    promise('advance moves into the first key, and gives the same successor to that key alone', async (guard, same) => {
      const [step, gid] = [stepsOf(guard), fresh()]
      await step(gid, 0)
      same(await step(gid, 1, { bound: 'k' }), advanced(2))
      await disturb()
      for (const generation of [1, 2, 3]) same(await step(gid, generation, { bound: 'k' }), advanced(generation + 1))
    }),

    ...OTHER_KEYS.map(([what, before, bound, generation]) =>
      promise(`advance ends the family for ${what}`, async (guard, same) => {
        const [step, gid] = [stepsOf(guard), fresh()]
        await step(gid, 0, before === undefined ? {} : { bound: before })
        await disturb()
        same(await step(gid, generation, bound === undefined ? {} : { bound }), { outcome: 'reused' })
        same(await guard.hasEnded([gid]), true)
        same(await step(gid, 1, { bound: 'k' }), { outcome: 'ended' })
      }),
    ),

    promise(
      'advance counts how often the generation before comes again, ends nothing, and begins anew with each',
      async (guard, same) => {
        const [step, gid] = [stepsOf(guard), fresh()]
        for (const generation of [0, 1]) {
          await step(gid, generation, { graceUses: 2 })
          for (let times = 0; times < 2; times++) {
            same(await step(gid, generation, { graceUses: 2 }), advanced(generation + 1))
            await disturb()
          }
          same(await step(gid, generation, { graceUses: 2 }), { outcome: 'exhausted' })
        }
        same(await guard.hasEnded([gid]), false)
        same(await step(gid, 2), advanced(3))
      },
    ),

    promise('advance lets exactly as many at once come again as may, and ends nothing', async (guard, same) => {
      const [step, gid] = [stepsOf(guard), fresh()]
      const uses = Math.ceil(callers / 2)
      const ask = () => patiently(() => step(gid, 0, { graceUses: uses }))
      const said = await Promise.all(Array.from({ length: callers }, ask))
      same(said.filter(({ outcome }) => outcome === 'advanced').length, Math.min(uses + 1, callers))
      same(await step(gid, 1), advanced(2))
    }),

    promise(
      'advance ends the family for a generation that was never given: something was forgotten',
      async (guard, same) => {
        const [step, gid] = [stepsOf(guard), fresh()]
        same([await step(gid, 3), await step(gid, 0)], [{ outcome: 'reused' }, { outcome: 'ended' }])
      },
    ),

    promise('advance gives all at once the same successor, whatever is restarted meanwhile', async (guard, same) => {
      const [step, gid] = [stepsOf(guard), fresh()]
      same(
        await race(bench, () => step(gid, 0)),
        Array.from({ length: callers }, () => advanced(1)),
      )
      await disturb()
      same(await step(gid, 1), advanced(2))
    }),

    promise('end ends a family at once and for good, and no other', async (guard, same) => {
      const [step, gid, other] = [stepsOf(guard), fresh(), fresh()]
      await step(gid, 0)
      same(await guard.hasEnded([gid, other]), false)
      await guard.end(gid, bench.now() + 3600)
      await disturb()
      const asked = [[gid], [other, gid], [other]]
      same(await Promise.all(asked.map((ids) => guard.hasEnded(ids))), [true, true, false])
      same(await step(gid, 1), { outcome: 'ended' })
    }),

    promise('end ends what it has never heard of, too', async (guard, same) => {
      const [step, gid] = [stepsOf(guard), fresh()]
      await guard.end(gid, bench.now() + 3600)
      same(await step(gid, 0), { outcome: 'ended' })
    }),

    promise('hasEnded knows of nothing that ended when it is asked for nothing', async (guard, same) => {
      same(await guard.hasEnded([]), false)
    }),
  ]
}

/**
 * What a guard promises that asks and changes at once: a part of the contract.
 *
 * @module
 */

import type { Advance, Guard, Sparing, Step } from '../stores/guard.ts'
import { type Bench, type ContractCase, countOf, fresh, patiently, race } from './contract.ts'
import { advanced } from './guard_families.ts'

/** A guard that asks and changes at once. */
type SparingGuard = Guard & Sparing

/** Names that end otherwise than the plain one; no store may mix them up. */
const ENDS = ['', '\0', ' ', "'", '%', '\ud800', 'é', 'x'.repeat(10_240)]

/** Returns the cases of `spendUnlessEnded`. */
function spendCases(bench: Bench<SparingGuard>): readonly ContractCase[] {
  const { disturb, promise } = bench
  const later = (): number => bench.now() + 3600
  return [
    promise('spendUnlessEnded says first once, and spent ever after, while nothing has ended', async (guard, same) => {
      const [id, gid, sid] = [fresh(), fresh(), fresh()]
      same(await guard.spendUnlessEnded(id, later(), [gid, sid]), 'first')
      await disturb()
      same(await guard.spendUnlessEnded(id, later(), [gid, sid]), 'spent')
      same([await guard.spendUnlessEnded(id, later(), []), await guard.spend(id, later())], ['spent', 'spent'])
    }),

    promise(
      'spendUnlessEnded spends nothing once one of them has ended, and says so whether it was spent or not',
      async (guard, same) => {
        const [used, unused, gid, sid] = [fresh(), fresh(), fresh(), fresh()]
        await guard.spend(used, later())
        await guard.end(sid, later())
        await disturb()
        for (const id of [used, unused]) {
          same(await guard.spendUnlessEnded(id, later(), [gid, sid]), 'ended')
          same(await guard.spendUnlessEnded(id, later(), [sid, gid]), 'ended')
        }
        same([await guard.spend(unused, later()), await guard.spend(used, later())], ['first', 'spent'])
      },
    ),

    promise(
      'spendUnlessEnded takes a family that moves on for none that has ended, and one that ended itself for one that has',
      async (guard, same) => {
        const gid = fresh()
        const step = { gid, now: bench.now(), grace: 30, expiresAt: later() }
        await guard.advance({ ...step, generation: 0 })
        same(await guard.spendUnlessEnded(fresh(), later(), [gid]), 'first')
        await guard.advance({ ...step, generation: 7 })
        same(await guard.spendUnlessEnded(fresh(), later(), [gid]), 'ended')
      },
    ),

    promise('spendUnlessEnded keeps names apart that may have ended, however odd', async (guard, same) => {
      const plain = fresh()
      for (const [at, end] of ENDS.entries()) {
        await guard.end(plain + end, later())
        const told = await Promise.all(ENDS.map((one) => guard.spendUnlessEnded(fresh(), later(), [plain + one])))
        same(
          told,
          ENDS.map((_, one) => (one <= at ? 'ended' : 'first')),
        )
      }
    }),

    promise(
      'spendUnlessEnded says first to exactly one of all at once, whatever is restarted meanwhile',
      async (guard, same) => {
        const [id, gid, sid] = [fresh(), fresh(), fresh()]
        const said = await race(bench, () => guard.spendUnlessEnded(id, later(), [gid, sid]))
        same([countOf(said, 'first'), countOf(said, 'spent')], [1, bench.callers - 1])
      },
    ),
  ]
}

/** Returns the cases of `advanceUnlessEnded`, and of both beside what ends. */
function advanceCases(bench: Bench<SparingGuard>): readonly ContractCase[] {
  const { disturb, promise } = bench
  const later = (): number => bench.now() + 3600
  const step = (gid: string, generation: number, changes: Partial<Step> = {}): Step => {
    const now = bench.now()
    return { gid, generation, now, grace: 30, expiresAt: now + 3600, ...changes }
  }
  return [
    promise('advanceUnlessEnded moves on as advance does, while none of the others has ended', async (guard, same) => {
      const [gid, sid] = [fresh(), fresh()]
      same(await guard.advanceUnlessEnded(step(gid, 0), [sid]), advanced(1))
      await disturb()
      same(await guard.advanceUnlessEnded(step(gid, 0), [sid]), advanced(1))
      same(await guard.advanceUnlessEnded(step(gid, 1, { bound: 'k' }), []), advanced(2))
      same(await guard.advanceUnlessEnded(step(gid, 0), [sid]), { outcome: 'reused' })
      same(await guard.advanceUnlessEnded(step(gid, 2), [sid]), { outcome: 'ended' })
    }),

    promise(
      'advanceUnlessEnded leaves the family as it is once one of the others has ended, whatever comes',
      async (guard, same) => {
        const [gid, untouched, sid] = [fresh(), fresh(), fresh()]
        for (const generation of [0, 1]) await guard.advance(step(gid, generation))
        await guard.end(sid, later())
        await disturb()
        for (const generation of [0, 1, 2, 7])
          same(await guard.advanceUnlessEnded(step(gid, generation), [fresh(), sid]), { outcome: 'ended' })
        same(await guard.advanceUnlessEnded(step(untouched, 0), [sid]), { outcome: 'ended' })
        same(await guard.hasEnded([gid, untouched]), false)
        same([await guard.advance(step(gid, 2)), await guard.advance(step(untouched, 0))], [advanced(3), advanced(1)])
      },
    ),

    promise(
      'advanceUnlessEnded gives all at once the same successor, be it asked for others or not',
      async (guard, same) => {
        const [gid, sid] = [fresh(), fresh()]
        const ask = (caller: number): Promise<Advance> =>
          guard.advanceUnlessEnded(step(gid, 0), caller % 2 ? [sid] : [])
        same(
          await race(bench, ask),
          Array.from({ length: bench.callers }, () => advanced(1)),
        )
      },
    ),

    promise(
      'whoever ends comes before or after each that spends and moves on, and nothing is had once it has answered',
      async (guard, same) => {
        for (let round = 0; round < 5; round++) {
          const sid = fresh()
          const [ids, gids] = [Array.from({ length: 10 }, fresh), Array.from({ length: 10 }, fresh)]
          const spend = (id: string): Promise<string> =>
            patiently(() => guard.spendUnlessEnded(id, later(), [fresh(), sid]))
          const move = async (gid: string): Promise<string> =>
            (await patiently(() => guard.advanceUnlessEnded(step(gid, 0), [sid]))).outcome
          const before = [...ids.slice(0, 5).map(spend), ...gids.slice(0, 5).map(move)]
          const ending = patiently(() => guard.end(sid, later()))
          const beside = [...ids.slice(5).map(spend), ...gids.slice(5).map(move)]
          await ending
          same([await spend(fresh()), await move(fresh())], ['ended', 'ended'])
          const told = await Promise.all([...before, ...beside])
          const spentOf = [told.slice(0, 5), told.slice(10, 15)].flat()
          const movedOf = [told.slice(5, 10), told.slice(15)].flat()
          // What was told was done, and what was not was not.
          same(
            await Promise.all(ids.map((id) => patiently(() => guard.spend(id, later())))),
            spentOf.map((one) => (one === 'first' ? 'spent' : 'first')),
          )
          same(
            await Promise.all(gids.map((gid) => patiently(() => guard.advance(step(gid, 1))))),
            movedOf.map((one) => (one === 'advanced' ? advanced(2) : { outcome: 'reused' })),
          )
        }
      },
    ),
  ]
}

/** Returns the cases of a guard that asks and changes at once. */
export function sparingCases(bench: Bench<SparingGuard>): readonly ContractCase[] {
  return [...spendCases(bench), ...advanceCases(bench)]
}

/**
 * What every guard must do that asks and changes at once; a part of the contract.
 *
 * @module
 */

import { beforeEach, describe, expect, it } from 'vitest'
import type { Guard, Step } from '../../src/index.ts'
import type { Sparing } from '../../src/stores/guard.ts'
import { patiently } from './patience.ts'

/** A guard that asks and changes at once. */
type SparingGuard = Guard & Sparing

let names = 0
/** Returns a name that no test used before. */
const fresh = (): string => `sparing ${Date.now()}-${++names}`
const now = Math.floor(Date.now() / 1000)
const later = now + 3600
const step = (gid: string, generation: number, changes: Partial<Step> = {}): Step => ({
  gid,
  generation,
  now,
  grace: 30,
  expiresAt: later,
  ...changes,
})
const advanced = (generation: number): object => ({ outcome: 'advanced', generation })

/** Names that end otherwise than the plain one; no store may mix them up. */
const ENDS = ['', '\0', ' ', "'", '%', '\ud800', 'é', 'x'.repeat(10_240)]

/** Runs the contract. `disturb` is as in `guardContract`. */
export function sparingContract(create: () => SparingGuard, disturb: () => Promise<void>): void {
  let guard: SparingGuard
  beforeEach(() => {
    guard = create()
  })

  describe('spendUnlessEnded', () => {
    it('says first once, and spent ever after, as spend does, while nothing has ended', async () => {
      const [id, gid, sid] = [fresh(), fresh(), fresh()]
      expect(await guard.spendUnlessEnded(id, later, [gid, sid])).toBe('first')
      await disturb()
      expect(await guard.spendUnlessEnded(id, later, [gid, sid])).toBe('spent')
      expect(await guard.spendUnlessEnded(id, later, [])).toBe('spent')
      expect(await guard.spend(id, later)).toBe('spent')
    })

    it('spends nothing once one of them has ended, and says so whether it was spent or not', async () => {
      const [used, unused, gid, sid] = [fresh(), fresh(), fresh(), fresh()]
      await guard.spend(used, later)
      await guard.end(sid, later)
      await disturb()
      for (const id of [used, unused]) {
        expect(await guard.spendUnlessEnded(id, later, [gid, sid])).toBe('ended')
        expect(await guard.spendUnlessEnded(id, later, [sid, gid])).toBe('ended')
      }
      expect([await guard.spend(unused, later), await guard.spend(used, later)]).toEqual(['first', 'spent'])
    })

    it('takes a family that moves on for none that has ended, and one that ended itself for one that has', async () => {
      const gid = fresh()
      await guard.advance(step(gid, 0))
      expect(await guard.spendUnlessEnded(fresh(), later, [gid])).toBe('first')
      await guard.advance(step(gid, 7))
      expect(await guard.spendUnlessEnded(fresh(), later, [gid])).toBe('ended')
    })

    it('keeps names apart that may have ended, however odd', async () => {
      const plain = fresh()
      for (const [at, end] of ENDS.entries()) {
        await guard.end(plain + end, later)
        const told = await Promise.all(ENDS.map((one) => guard.spendUnlessEnded(fresh(), later, [plain + one])))
        expect(told).toEqual(ENDS.map((_, one) => (one <= at ? 'ended' : 'first')))
      }
    })

    it('says first to exactly one of a hundred at once, whatever is restarted meanwhile (C11, F03)', async () => {
      const [id, gid, sid] = [fresh(), fresh(), fresh()]
      const answers: Promise<string>[] = []
      for (let caller = 0; caller < 100; caller++) {
        answers.push(patiently(() => guard.spendUnlessEnded(id, later, [gid, sid])))
        if (caller % 25 === 24) await disturb()
      }
      const said = await Promise.all(answers)
      expect([said.filter((one) => one === 'first').length, said.filter((one) => one === 'spent').length]).toEqual([
        1, 99,
      ])
    })
  })

  describe('advanceUnlessEnded', () => {
    it('moves on as advance does, while none of the others has ended', async () => {
      const [gid, sid] = [fresh(), fresh()]
      expect(await guard.advanceUnlessEnded(step(gid, 0), [sid])).toEqual(advanced(1))
      await disturb()
      expect(await guard.advanceUnlessEnded(step(gid, 0), [sid])).toEqual(advanced(1))
      expect(await guard.advanceUnlessEnded(step(gid, 1, { bound: 'k' }), [])).toEqual(advanced(2))
      expect(await guard.advanceUnlessEnded(step(gid, 0), [sid])).toEqual({ outcome: 'reused' })
      expect(await guard.advanceUnlessEnded(step(gid, 2), [sid])).toEqual({ outcome: 'ended' })
    })

    it('leaves the family as it is once one of the others has ended, whatever comes', async () => {
      const [gid, untouched, sid] = [fresh(), fresh(), fresh()]
      for (const generation of [0, 1]) await guard.advance(step(gid, generation))
      await guard.end(sid, later)
      await disturb()
      for (const generation of [0, 1, 2, 7])
        expect(await guard.advanceUnlessEnded(step(gid, generation), [fresh(), sid])).toEqual({ outcome: 'ended' })
      expect(await guard.advanceUnlessEnded(step(untouched, 0), [sid])).toEqual({ outcome: 'ended' })
      expect(await guard.hasEnded([gid, untouched])).toBe(false)
      expect([await guard.advance(step(gid, 2)), await guard.advance(step(untouched, 0))]).toEqual([
        advanced(3),
        advanced(1),
      ])
    })

    it('gives all of a hundred at once the same successor, be it asked for others or not', async () => {
      const [gid, sid] = [fresh(), fresh()]
      const answers: Promise<unknown>[] = []
      for (let caller = 0; caller < 100; caller++) {
        answers.push(patiently(() => guard.advanceUnlessEnded(step(gid, 0), caller % 2 ? [sid] : [])))
        if (caller % 25 === 24) await disturb()
      }
      expect(new Set((await Promise.all(answers)).map((one) => JSON.stringify(one)))).toEqual(
        new Set([JSON.stringify(advanced(1))]),
      )
    })
  })

  it('whoever ends comes before or after each that spends and moves on, and nothing is had once it has answered', async () => {
    for (let round = 0; round < 5; round++) {
      const sid = fresh()
      const [ids, gids] = [Array.from({ length: 10 }, fresh), Array.from({ length: 10 }, fresh)]
      const spend = (id: string): Promise<string> => patiently(() => guard.spendUnlessEnded(id, later, [fresh(), sid]))
      const move = async (gid: string): Promise<string> =>
        (await patiently(() => guard.advanceUnlessEnded(step(gid, 0), [sid]))).outcome
      const before = [...ids.slice(0, 5).map(spend), ...gids.slice(0, 5).map(move)]
      const ending = patiently(() => guard.end(sid, later))
      const beside = [...ids.slice(5).map(spend), ...gids.slice(5).map(move)]
      await ending
      expect([await spend(fresh()), await move(fresh())]).toEqual(['ended', 'ended'])
      const told = await Promise.all([...before, ...beside])
      const spentOf = [told.slice(0, 5), told.slice(10, 15)].flat()
      const movedOf = [told.slice(5, 10), told.slice(15)].flat()
      // What was told was done, and what was not was not.
      expect(await Promise.all(ids.map((id) => patiently(() => guard.spend(id, later))))).toEqual(
        spentOf.map((one) => (one === 'first' ? 'spent' : 'first')),
      )
      expect(await Promise.all(gids.map((gid) => patiently(() => guard.advance(step(gid, 1)))))).toEqual(
        movedOf.map((one) => (one === 'advanced' ? advanced(2) : { outcome: 'reused' })),
      )
    }
  })
}

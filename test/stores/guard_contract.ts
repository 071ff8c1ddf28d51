/**
 * What every guard must do. One suite, run against each of them; it races them.
 *
 * @module
 */

import { beforeEach, describe, expect, it } from 'vitest'
import type { Guard, Step } from '../../src/index.ts'
import type { Keeping } from '../../src/stores/guard.ts'

let names = 0
/** Returns a name that no test used before. */
const fresh = (): string => `${Date.now()}-${++names}`
const now = Math.floor(Date.now() / 1000)
const later = now + 3600

/** Runs the contract. `disturb` is called in the middle of races: whatever may be restarted is. */
export function guardContract(create: () => Guard & Keeping, disturb: () => Promise<void>): void {
  let guard: Guard & Keeping
  beforeEach(() => {
    guard = create()
  })
  const step = (gid: string, generation: number, changes: Partial<Step> = {}): Promise<unknown> =>
    guard.advance({ gid, generation, now, grace: 30, expiresAt: later, ...changes })

  describe('spend', () => {
    it('says first once, and spent ever after', async () => {
      const id = fresh()
      expect([await guard.spend(id, later), await guard.spend(id, later), await guard.spend(id, later)]).toEqual([
        'first',
        'spent',
        'spent',
      ])
    })

    it('keeps names apart, however alike', async () => {
      const id = fresh()
      const others = [id, `${id} `, `${id}\0`, `${id.toUpperCase()}X`, `${id}'`, `${id}%`]
      expect(await Promise.all(others.map((other) => guard.spend(other, later)))).toEqual(others.map(() => 'first'))
    })

    it('says first to exactly one of a hundred at once, whatever is restarted meanwhile (C11, F03)', async () => {
      for (let round = 0; round < 5; round++) {
        const id = fresh()
        const answers: Promise<string>[] = []
        for (let caller = 0; caller < 100; caller++) {
          answers.push(guard.spend(id, later))
          if (caller % 25 === 24) await disturb()
        }
        const said = await Promise.all(answers)
        expect([said.filter((one) => one === 'first').length, said.length]).toEqual([1, 100])
        await disturb()
        expect(await guard.spend(id, later)).toBe('spent')
      }
    })
  })

  describe('advance', () => {
    it('moves on by one generation', async () => {
      const gid = fresh()
      expect(await step(gid, 0)).toEqual({ outcome: 'advanced', generation: 1 })
      expect(await step(gid, 1)).toEqual({ outcome: 'advanced', generation: 2 })
    })

    it('gives the same successor again inside the grace, and ends the family after it', async () => {
      const gid = fresh()
      await step(gid, 0)
      expect(await step(gid, 0, { now: now + 30 })).toEqual({ outcome: 'advanced', generation: 1 })
      expect(await step(gid, 0, { now: now + 31 })).toEqual({ outcome: 'reused' })
      expect(await step(gid, 1)).toEqual({ outcome: 'ended' })
    })

    it('gives nothing again without a grace, not even in the same second', async () => {
      const gid = fresh()
      await step(gid, 0, { grace: 0 })
      expect(await step(gid, 0, { grace: 0 })).toEqual({ outcome: 'reused' })
      expect(await step(gid, 1, { grace: 0 })).toEqual({ outcome: 'ended' })
    })

    it('ends the family for anything older, even inside the grace', async () => {
      const gid = fresh()
      await step(gid, 0)
      await step(gid, 1)
      expect(await step(gid, 0)).toEqual({ outcome: 'reused' })
      expect(await step(gid, 2)).toEqual({ outcome: 'ended' })
    })

    it('moves into the first key, and gives the same successor to that key alone inside the grace', async () => {
      const gid = fresh()
      await step(gid, 0)
      expect(await step(gid, 1, { bound: 'k' })).toEqual({ outcome: 'advanced', generation: 2 })
      await disturb()
      expect(await step(gid, 1, { bound: 'k' })).toEqual({ outcome: 'advanced', generation: 2 })
      expect(await step(gid, 2, { bound: 'k' })).toEqual({ outcome: 'advanced', generation: 3 })
      expect(await step(gid, 3, { bound: 'k' })).toEqual({ outcome: 'advanced', generation: 4 })
    })

    it.each([
      ['the generation before with a key, when it had none', undefined, 'k', 0],
      ['the generation before with another key', 'k', 'other', 0],
      ['the generation before without a key, when it had one', 'k', undefined, 0],
      ['the current generation with another key', 'k', 'other', 1],
      ['the current generation without a key, when it has one', 'k', '', 1],
    ])('ends the family for %s', async (_, before, bound, generation) => {
      const gid = fresh()
      await step(gid, 0, before === undefined ? {} : { bound: before })
      await disturb()
      expect(await step(gid, generation, bound === undefined ? {} : { bound })).toEqual({ outcome: 'reused' })
      expect(await guard.hasEnded([gid])).toBe(true)
      expect(await step(gid, 1, { bound: 'k' })).toEqual({ outcome: 'ended' })
    })

    it('counts how often the generation before comes again, ends nothing, and begins anew with each', async () => {
      const gid = fresh()
      for (const generation of [0, 1]) {
        await step(gid, generation, { graceUses: 2 })
        for (let times = 0; times < 2; times++) {
          expect(await step(gid, generation, { graceUses: 2 })).toEqual({
            outcome: 'advanced',
            generation: generation + 1,
          })
          await disturb()
        }
        expect(await step(gid, generation, { graceUses: 2 })).toEqual({ outcome: 'exhausted' })
      }
      expect(await guard.hasEnded([gid])).toBe(false)
      expect(await step(gid, 2)).toEqual({ outcome: 'advanced', generation: 3 })
    })

    it('lets exactly as many of a hundred at once come again, and ends nothing', async () => {
      const gid = fresh()
      const answers = await Promise.all(Array.from({ length: 100 }, () => step(gid, 0, { graceUses: 7 })))
      const advanced = answers.filter((answer) => JSON.stringify(answer).includes('"advanced"'))
      expect([advanced.length, answers.length]).toEqual([8, 100])
      expect(await step(gid, 1)).toEqual({ outcome: 'advanced', generation: 2 })
    })

    it('ends the family for a generation that was never given: something was forgotten', async () => {
      const gid = fresh()
      expect(await step(gid, 3)).toEqual({ outcome: 'reused' })
      expect(await step(gid, 0)).toEqual({ outcome: 'ended' })
    })

    it('gives all of a hundred at once the same successor, whatever is restarted meanwhile (H50)', async () => {
      const gid = fresh()
      const answers: Promise<unknown>[] = []
      for (let caller = 0; caller < 100; caller++) {
        answers.push(step(gid, 0))
        if (caller % 25 === 24) await disturb()
      }
      expect(new Set((await Promise.all(answers)).map((answer) => JSON.stringify(answer)))).toEqual(
        new Set(['{"outcome":"advanced","generation":1}']),
      )
      await disturb()
      expect(await step(gid, 1)).toEqual({ outcome: 'advanced', generation: 2 })
    })
  })

  describe('end', () => {
    it('ends a family, at once and for good', async () => {
      const [gid, other] = [fresh(), fresh()]
      await step(gid, 0)
      expect(await guard.hasEnded([gid, other])).toBe(false)
      await guard.end(gid, later)
      await disturb()
      expect(await guard.hasEnded([gid])).toBe(true)
      expect(await guard.hasEnded([other, gid])).toBe(true)
      expect(await guard.hasEnded([other])).toBe(false)
      expect(await step(gid, 1)).toEqual({ outcome: 'ended' })
    })

    it('ends what it has never heard of, too', async () => {
      const gid = fresh()
      await guard.end(gid, later)
      expect(await step(gid, 0)).toEqual({ outcome: 'ended' })
    })

    it('knows of nothing that ended when it is asked for nothing', async () => {
      expect(await guard.hasEnded([])).toBe(false)
    })
  })

  describe('leave, look and swap', () => {
    it('keep what is left, for the first alone, and hand it back as it is', async () => {
      const [name, other] = [fresh(), fresh()]
      expect(await guard.look(name)).toBeUndefined()
      expect([await guard.leave(name, 'a', later), await guard.leave(name, 'b', later)]).toEqual(['first', 'taken'])
      await disturb()
      expect([await guard.look(name), await guard.look(other)]).toEqual(['a', undefined])
      expect(await guard.leave(other, 'b', later)).toBe('first')
    })

    it('know the same envelope again: whoever asks once more gets the same answer', async () => {
      const name = fresh()
      expect([await guard.leave(name, 'a', later), await guard.leave(name, 'a', later)]).toEqual(['first', 'first'])
      expect([await guard.swap(name, 'a', 'b', later), await guard.swap(name, 'a', 'b', later)]).toEqual([
        'swapped',
        'swapped',
      ])
      expect(await guard.look(name)).toBe('b')
    })

    it('put nothing in the place of what is not there', async () => {
      const name = fresh()
      expect(await guard.swap(name, 'a', 'b', later)).toBe('other')
      expect(await guard.look(name)).toBeUndefined()
      await guard.leave(name, 'c', later)
      expect(await guard.swap(name, 'a', 'b', later)).toBe('other')
      expect(await guard.look(name)).toBe('c')
    })

    it('let exactly one of a hundred at once leave, and one of a hundred at once replace it', async () => {
      const name = fresh()
      const left = await Promise.all(Array.from({ length: 100 }, (_, one) => guard.leave(name, `l${one}`, later)))
      const first = left.indexOf('first')
      expect([left.filter((one) => one === 'first').length, await guard.look(name)]).toEqual([1, `l${first}`])
      const answers: Promise<string>[] = []
      for (let caller = 0; caller < 100; caller++) {
        answers.push(guard.swap(name, `l${first}`, `s${caller}`, later))
        if (caller % 25 === 24) await disturb()
      }
      const swapped = await Promise.all(answers)
      expect(swapped.filter((one) => one === 'swapped')).toHaveLength(1)
      expect(await guard.look(name)).toBe(`s${swapped.indexOf('swapped')}`)
    })

    it('have nothing to do with what is spent or ended under the same name', async () => {
      const name = fresh()
      await guard.leave(name, 'a', later)
      expect([await guard.spend(name, later), await guard.hasEnded([name])]).toEqual(['first', false])
      await guard.end(name, later)
      expect(await guard.look(name)).toBe('a')
    })
  })
}

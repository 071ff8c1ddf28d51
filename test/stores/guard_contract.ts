/**
 * What every guard must do. One suite, run against each of them; it races them.
 *
 * @module
 */

import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Guard, Step } from '../../src/index.ts'
import type { Keeping, Raising, Sparing } from '../../src/stores/guard.ts'
import { patiently } from './patience.ts'
import { sparingContract } from './sparing_contract.ts'

/** A guard that does all that a guard can. */
export type WholeGuard = Guard & Keeping & Raising & Sparing

let names = 0
/** Returns a name that no test used before. */
const fresh = (): string => `${Date.now()}-${++names}`
const now = Math.floor(Date.now() / 1000)
const later = now + 3600

/** Carries a command to a store, and its answer back. */
export type Carry = <Answer>(command: () => Promise<Answer> | Answer) => Promise<Answer>

/** A guard whose memory is elsewhere, so that what lies between can fail. */
export interface Apart {
  /** Makes a guard on the same memory as `create` whose commands, each for itself, go by `carry`. */
  create(carry: Carry): WholeGuard
  /** Does what the store does to drop what is over, where it does not by itself. Default: nothing is needed. */
  tidy?(): Promise<unknown>
}

/** Names that no store may mix up, cut off or choke on: no two are the same, in no encoding. */
const ODD_NAMES: readonly (readonly [what: string, ...ends: readonly string[]])[] = [
  ['NUL', '\0', '\0\0', '\0x'],
  ['10 KB', 'x'.repeat(10_240), `${'x'.repeat(10_239)}y`],
  ['surrogates without another half', '\ud800', '\udfff', '\ufffd'],
  ['what is the same letter to people', 'é', 'e\u0301', 'É'],
]

/**
 * Runs the contract. `disturb` is called in the middle of races: whatever may be restarted is. `apart` is left out where the memory
 * is the guard's own process.
 */
export function guardContract(create: () => WholeGuard, disturb: () => Promise<void>, apart?: Apart): void {
  let guard: WholeGuard
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

    it.each(ODD_NAMES)('keeps names apart that have %s', async (_, ...ends) => {
      const plain = fresh()
      const names = ['', ...ends].map((end) => plain + end)
      expect(await Promise.all(names.map((name) => guard.spend(name, later)))).toEqual(names.map(() => 'first'))
      expect(await Promise.all(names.map((name) => guard.spend(name, later)))).toEqual(names.map(() => 'spent'))
      for (const name of names) expect(await step(name, 0)).toEqual({ outcome: 'advanced', generation: 1 })
      await guard.end(names[1] ?? '', later)
      expect(await Promise.all(names.map((name) => guard.hasEnded([name])))).toEqual(names.map((_, at) => at === 1))
      for (const [at, name] of names.entries()) expect(await guard.leave(name, `${at}`, later)).toBe('first')
      for (const [at, name] of names.entries()) expect(await guard.look(name)).toBe(`${at}`)
      for (const [at, name] of names.entries()) expect(await guard.raise(name, at + 1)).toBe(at + 1)
    })

    it('remembers until the end and two minutes more: no clock differs by more', async () => {
      const [id, gid, name] = [fresh(), fresh(), fresh()]
      const over = Math.floor(Date.now() / 1000) - 60
      await guard.spend(id, over)
      await guard.end(gid, over)
      await guard.leave(name, 'a', over)
      await apart?.tidy?.()
      await disturb()
      expect([await guard.spend(id, later), await guard.hasEnded([gid]), await guard.look(name)]).toEqual([
        'spent',
        true,
        'a',
      ])
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
      const ask = () => patiently(() => step(gid, 0, { graceUses: 7 }))
      const answers = await Promise.all(Array.from({ length: 100 }, ask))
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

  describe('raise', () => {
    it('only ever grows, tells the highest, and is never forgotten', async () => {
      const [name, other] = [fresh(), fresh()]
      expect([await guard.raise(name, 7), await guard.raise(name, 7), await guard.raise(name, 3)]).toEqual([7, 7, 7])
      await disturb()
      await apart?.tidy?.()
      expect([await guard.raise(name, 1), await guard.raise(other, 1)]).toEqual([7, 1])
      // As numbers, and not as words.
      expect([await guard.raise(name, 10), await guard.raise(name, 9)]).toEqual([10, 10])
    })

    it('is exact up to 2^53 - 1, and takes nothing else', async () => {
      const name = fresh()
      const most = Number.MAX_SAFE_INTEGER
      for (const number of [most - 2, most - 1, most]) expect(await guard.raise(name, number)).toBe(number)
      expect(await guard.raise(name, most - 1)).toBe(most)
      for (const wrong of [0, -1, 1.5, most + 1, Number.NaN, Number.POSITIVE_INFINITY, '8' as never]) {
        await expect(guard.raise(name, wrong)).rejects.toThrow('an integer ≥ 1')
        await expect(guard.raise(`${name} wrong`, wrong)).rejects.toThrow('an integer ≥ 1')
      }
      expect([await guard.raise(name, 1), await guard.raise(`${name} wrong`, 1)]).toEqual([most, 1])
    })

    it('tells each of a hundred at once no less than its own, and at last the highest, whatever is restarted meanwhile', async () => {
      const name = fresh()
      const numbers = Array.from({ length: 100 }, (_, one) => ((one * 37) % 100) + 1)
      const answers: Promise<number>[] = []
      for (const [at, number] of numbers.entries()) {
        answers.push(guard.raise(name, number))
        if (at % 25 === 24) await disturb()
      }
      const told = await Promise.all(answers)
      expect(told.filter((highest, at) => highest < (numbers[at] ?? 0) || highest > 100)).toEqual([])
      await disturb()
      expect([told.includes(100), await guard.raise(name, 1)]).toEqual([true, 100])
    })

    it('has nothing to do with what is spent, left or ended under the same name', async () => {
      const name = fresh()
      await guard.raise(name, 5)
      expect([await guard.spend(name, later), await guard.hasEnded([name]), await guard.look(name)]).toEqual([
        'first',
        false,
        undefined,
      ])
      expect(await guard.leave(name, '9', later)).toBe('first')
      await guard.end(name, later)
      expect([await guard.raise(name, 4), await guard.look(name)]).toEqual([5, '9'])
    })
  })

  sparingContract(create, disturb)

  if (apart !== undefined) describe('with its memory elsewhere', () => apartContract(create, apart))
}

const pass = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** By how many milliseconds a machine's clock is ahead. */
let ahead = 0

/** Asks with a clock that is ahead by so many milliseconds, or behind. */
async function withClock<Answer>(milliseconds: number, ask: () => Promise<Answer>): Promise<Answer> {
  const real = Date.now
  const spy = vi.spyOn(Date, 'now').mockImplementation(() => real() + ahead)
  ahead = milliseconds
  try {
    return await ask()
  } finally {
    ahead = 0
    spy.mockRestore()
  }
}

/** Carries a command to a memory whose clock is right, be it in this very process. */
const carryHome: Carry = async (command) => {
  const before = ahead
  ahead = 0
  try {
    return await command()
  } finally {
    ahead = before
  }
}

/** What is thrown where nobody knows whether a store has heard. */
const lost = (): Error => Object.assign(new Error('the connection was lost'), { retryable: true })

/** Carries all, but loses one answer: what was asked is done by then. */
function losing(nth: number): Carry {
  let count = 0
  return async (command) => {
    const answer = await command()
    if (++count === nth) throw lost()
    return answer
  }
}

/** Carries all, but loses one command on its way there. */
function missing(nth: number): Carry {
  let count = 0
  return async (command) => {
    if (++count === nth) throw lost()
    return command()
  }
}

/** Runs what is asked of a guard whose memory is elsewhere; `guardContract` does, where it is given `apart`. */
export function apartContract(create: () => WholeGuard, apart: Apart): void {
  const step = (gid: string, generation: number, changes: Partial<Step> = {}): Step => ({
    gid,
    generation,
    now,
    grace: 0,
    expiresAt: later,
    ...changes,
  })

  /** What callers are told, one after the other, whose guards each lose something; `create` makes another one each time. */
  const courses: readonly ((unsure: () => WholeGuard, sure: WholeGuard) => Promise<readonly unknown[]>)[] = [
    async (unsure, sure) => {
      const id = fresh()
      return [await unsure().spend(id, later), await sure.spend(id, later)]
    },
    async (unsure, sure) => {
      const gid = fresh()
      const told = [await unsure().advance(step(gid, 0)), await unsure().advance(step(gid, 1, { bound: 'k' }))]
      const before = await sure.hasEnded([gid])
      for (const generation of [1, 2]) told.push(await unsure().advance(step(gid, generation, { bound: 'k' })))
      return [...told, before]
    },
    async (unsure, sure) => {
      const again = step(fresh(), 0, { grace: 30, graceUses: 2 })
      const told = [await sure.advance(again)]
      for (let times = 0; times < 3; times++) told.push(await unsure().advance(again))
      return told
    },
    async (unsure) => {
      const gid = fresh()
      return [await unsure().end(gid, later), await unsure().hasEnded([fresh(), gid])]
    },
    async (unsure) => {
      const name = fresh()
      const told = [await unsure().leave(name, 'a', later), await unsure().swap(name, 'a', 'b', later)]
      return [...told, await unsure().swap(name, 'a', 'c', later), await unsure().look(name)]
    },
    async (unsure, sure) => {
      const name = fresh()
      return [await unsure().raise(name, 7), await unsure().raise(name, 3), await sure.raise(name, 1)]
    },
    async (unsure, sure) => {
      const [id, another, sid] = [fresh(), fresh(), fresh()]
      const told = [await unsure().spendUnlessEnded(id, later, [sid]), await sure.spendUnlessEnded(id, later, [sid])]
      await sure.end(sid, later)
      return [...told, await unsure().spendUnlessEnded(another, later, [sid]), await sure.spend(another, later)]
    },
    async (unsure, sure) => {
      const [gid, sid] = [fresh(), fresh()]
      const told = [await unsure().advanceUnlessEnded(step(gid, 0), [sid])]
      await sure.end(sid, later)
      return [...told, await unsure().advanceUnlessEnded(step(gid, 0), [sid]), await sure.advance(step(gid, 1))]
    },
  ]
  const advanced = (generation: number): object => ({ outcome: 'advanced', generation })

  it('answers as if nothing had been lost, whichever command is, or its answer (F03, F06)', async () => {
    const run = (how: (nth: number) => Carry, nth: number) =>
      Promise.all(courses.map((course) => course(() => apart.create(how(nth)), create())))
    const told: unknown[] = []
    // More at once would ask a slow machine too late.
    for (const nth of [1, 2, 3, 4]) told.push(...(await Promise.all([run(losing, nth), run(missing, nth)])))
    for (const one of told)
      expect(one).toEqual([
        ['first', 'spent'],
        [advanced(1), advanced(2), { outcome: 'reused' }, { outcome: 'ended' }, false],
        [advanced(1), advanced(1), advanced(1), { outcome: 'exhausted' }],
        [undefined, true],
        ['first', 'swapped', 'other', 'b'],
        [7, 7, 7],
        ['first', 'spent', 'ended', 'first'],
        [advanced(1), { outcome: 'ended' }, advanced(2)],
      ])
  })

  it('does nothing that arrives when whoever asked has given up, be its clock a second ahead: a store stood still (F02)', async () => {
    const standing = Promise.withResolvers<void>()
    const machines = [0, 1000].map((milliseconds) => {
      let isStill = false
      const guard = apart.create(async (command) => {
        if (isStill) await standing.promise
        return carryHome(command)
      })
      const [id, gid, name, place, raised] = [fresh(), fresh(), fresh(), fresh(), fresh()]
      const [spared, moved, others] = [fresh(), fresh(), [fresh(), fresh()]]
      const ask = (envelope: string, number: number): readonly Promise<unknown>[] => [
        guard.spend(id, later),
        guard.advance(step(gid, 0)),
        guard.leave(name, envelope, later),
        guard.swap(place, 'a', envelope, later),
        guard.raise(raised, number),
        guard.spendUnlessEnded(spared, later, others),
        guard.advanceUnlessEnded(step(moved, 0), others),
      ]
      const begin = () => withClock(milliseconds, () => guard.leave(place, 'a', later))
      return { begin, ask, stand: (still: boolean) => (isStill = still) }
    })
    for (const { begin, stand } of machines) {
      await begin()
      stand(true)
    }
    const asked = Promise.all(machines.map(({ ask }) => Promise.allSettled(ask('late', 9))))
    await pass(1500)
    standing.resolve()
    expect((await asked).flat().map(({ status }) => status)).toEqual(Array(14).fill('rejected'))
    for (const { ask, stand } of machines) {
      stand(false)
      const advance = { outcome: 'advanced', generation: 1 }
      expect(await Promise.all(ask('b', 2))).toEqual(['first', advance, 'first', 'swapped', 2, 'first', advance])
    }
  })

  it('does in time what a slow store is asked by a machine whose clock is a second behind', async () => {
    let slow = 0
    const guard = apart.create(async (command) => {
      await pass(slow)
      return carryHome(command)
    })
    await withClock(-1000, () => guard.look(fresh()))
    slow = 500
    expect(await guard.spend(fresh(), later)).toBe('first')
  })

  it('drops what is over, two minutes after its end', async () => {
    const guard = create()
    const [id, gid, name, kept] = [fresh(), fresh(), fresh(), fresh()]
    // Of this moment: others may have taken their time.
    const soon = Math.floor(Date.now() / 1000) - 60
    const over = soon - 65
    await guard.spend(kept, soon)
    await guard.spend(id, over)
    await guard.end(gid, over)
    await guard.leave(name, 'a', over)
    await apart.tidy?.()
    expect([await guard.hasEnded([gid]), await guard.look(name)]).toEqual([false, undefined])
    expect([await guard.spend(id, later), await guard.spend(kept, later)]).toEqual(['first', 'spent'])
  })

  it('gives machines whose clocks are two seconds apart the same answers', async () => {
    const [gid, id] = [fresh(), fresh()]
    const [ahead, behind] = [create(), create()]
    const answers = [
      await ahead.advance(step(gid, 0, { now: now + 2, grace: 30 })),
      await behind.advance(step(gid, 0, { grace: 30 })),
      await behind.advance(step(gid, 1, { grace: 30 })),
      await ahead.advance(step(gid, 1, { now: now + 2, grace: 30 })),
      await ahead.spend(id, later + 2),
      await behind.spend(id, later),
      await ahead.raise(id, 2),
      await behind.raise(id, 1),
    ]
    const [first, second] = [1, 2].map((generation) => ({ outcome: 'advanced', generation }))
    expect(answers).toEqual([first, first, second, second, 'first', 'spent', 2, 2])
  })
}

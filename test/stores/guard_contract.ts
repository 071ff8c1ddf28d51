/**
 * What every guard must do, and beside it what ours must whose memory is elsewhere, so that what lies between can fail.
 *
 * @module
 */

import { describe, expect, it, vi } from 'vitest'
import type { Step } from '../../src/index.ts'
import { guardContract as everyGuard, type WholeGuard } from '../../src/testing/index.ts'

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

/**
 * Runs the contract that everybody's guard is asked, a hundred at once. `disturb` is called in the middle of races: whatever may be
 * restarted is. `apart` is left out where the memory is the guard's own process.
 */
export function guardContract(create: () => WholeGuard, disturb: () => Promise<void>, apart?: Apart): void {
  const outOfReach: Carry = () => Promise.reject(new Error('nobody answers'))
  const cases = everyGuard(create, {
    disturb,
    callers: 100,
    ...(apart && { tidy: async () => apart.tidy?.(), down: () => apart.create(outOfReach) }),
  })
  for (const { name, run } of cases) it(name, run)

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

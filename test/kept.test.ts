import { describe, expect, it } from 'vitest'
import { hasElapsed } from '../src/elapsed.ts'
import { createKept, type KeptOptions } from '../src/kept.ts'

type Result = { readonly ok: boolean; readonly turn: number }

/** A thing that is kept, with fetches that the test lets land. */
function setUp(changes: Partial<KeptOptions> = {}) {
  const landings: ((ok: boolean) => void)[] = []
  const kept = createKept(
    () =>
      new Promise<Result>((resolve) => {
        const turn = landings.length + 1
        landings.push((ok) => resolve({ ok, turn }))
      }),
    { fresh: () => 10, hold: 20, most: 100, cooldown: 30, retry: 5, waitUntil: () => {}, ...changes },
  )
  return {
    kept,
    begun: () => landings.length,
    land: (ok = true) => landings.at(-1)?.(ok),
    /** Asks, and lets what that begins land at once. */
    async ask(now: number, isLacking = false, ok = true): Promise<Result> {
      const before = landings.length
      const answer = kept.get(now, isLacking)
      if (landings.length > before) landings.at(-1)?.(ok)
      const given = await answer
      await Promise.resolve()
      return given
    },
  }
}

describe('what is kept', () => {
  it('is fetched once for all who come before it is there, and nobody is answered without it', async () => {
    const { kept, begun, land } = setUp()
    const answers = [kept.get(0), kept.get(1), kept.get(2, true)]
    expect(begun()).toBe(1)
    land()
    expect(await Promise.all(answers)).toEqual(Array(3).fill({ ok: true, turn: 1 }))
  })

  it('is fetched anew beside a request while it is young enough, and before it when it is not', async () => {
    const { ask, kept, begun, land } = setUp()
    await ask(0)
    expect([await ask(9), begun()]).toEqual([{ ok: true, turn: 1 }, 1])
    expect(await kept.get(10)).toEqual({ ok: true, turn: 1 })
    expect(begun()).toBe(2)
    land()
    await Promise.resolve()
    // Too old to answer with: all who come wait for the one fetch that is under way.
    const late = [kept.get(30), kept.get(30), kept.get(31)]
    expect(begun()).toBe(3)
    land()
    expect(await Promise.all(late)).toEqual(Array(3).fill({ ok: true, turn: 3 }))
  })

  it('is waited for by whoever needs it when another began to fetch it beside his request', async () => {
    const { ask, kept, begun, land } = setUp()
    await ask(0)
    await kept.get(18)
    const needing = [kept.get(20), kept.get(19, true)]
    expect(begun()).toBe(2)
    land()
    expect(await Promise.all(needing)).toEqual(Array(2).fill({ ok: true, turn: 2 }))
  })

  it('serves on while no newer can be had, is asked for once in a while, and is gone in the end', async () => {
    const { ask, begun } = setUp()
    await ask(0)
    expect(await ask(40, false, false)).toEqual({ ok: true, turn: 1 })
    for (const now of [40, 50, 69]) expect([await ask(now), begun()]).toEqual([{ ok: true, turn: 1 }, 2])
    expect([await ask(70, false, false), begun()]).toEqual([{ ok: true, turn: 1 }, 3])
    expect([await ask(100, false, false), begun()]).toEqual([{ ok: false, turn: 4 }, 4])
    expect([await ask(104), begun()]).toEqual([{ ok: false, turn: 4 }, 4])
    expect([await ask(105), begun()]).toEqual([{ ok: true, turn: 5 }, 5])
  })

  it('that never came is not asked for at every request, and each is told that it failed', async () => {
    const { ask, begun } = setUp()
    for (const now of [0, 1, 4]) expect([await ask(now, false, false), begun()]).toEqual([{ ok: false, turn: 1 }, 1])
    expect([await ask(5), begun()]).toEqual([{ ok: true, turn: 2 }, 2])
  })

  it('is fetched at once for what is lacking, but not again before the cool-down', async () => {
    const { ask, begun } = setUp({ fresh: () => 1000, hold: 1000, most: 10_000 })
    await ask(0)
    for (const now of [1, 29]) expect([await ask(now, true), begun()]).toEqual([{ ok: true, turn: 1 }, 1])
    expect([await ask(30, true), begun()]).toEqual([{ ok: true, turn: 2 }, 2])
  })

  it('is asked anew when the clock was set back: what passed nobody knows', async () => {
    const { ask, begun } = setUp()
    await ask(31_536_000)
    expect([await ask(0), begun()]).toEqual([{ ok: true, turn: 2 }, 2])
    await ask(600, false, false)
    // A failure of ten minutes ahead holds nobody off.
    expect([await ask(50), begun()]).toEqual([{ ok: true, turn: 4 }, 4])
  })
})

describe('time that has passed', () => {
  it.each([
    [0, 10, 9, false],
    [0, 10, 10, true],
    [10, 10, 9, true],
    [0, 0, 0, true],
    [31_536_000, 10, 0, true],
  ])('since %i of %i seconds at %i: %s', (since, seconds, now, elapsed) => {
    expect(hasElapsed(since, seconds, now)).toBe(elapsed)
  })
})

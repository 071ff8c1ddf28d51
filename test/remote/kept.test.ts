import { describe, expect, it } from 'vitest'
import { hasElapsed } from '../../src/elapsed.ts'
import { createKept, type KeptOptions } from '../../src/remote/kept.ts'

type Result = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly value: number }

const OPTIONS: KeptOptions = { fresh: () => 10, hold: 20, most: 100, cooldown: 30, retry: 5, waitUntil: () => {} }

/** A thing that counts how often it was fetched, and is `ok` unless the test says otherwise; each fetch ends on its own. */
function setUp(changes: Partial<KeptOptions> = {}) {
  const landings: (() => void)[] = []
  let isOk = true
  const kept = createKept(
    () => {
      const result: Result = { ok: isOk, value: landings.length + 1 }
      return new Promise<Result>((resolve) => landings.push(() => resolve(result)))
    },
    { ...OPTIONS, ...changes },
  )
  return {
    fetches: () => landings.length,
    land: (which = landings.length - 1) => landings[which]?.(),
    fail: (fails = true) => {
      isOk = !fails
    },
    get: async (now: number, isLacking?: boolean) => (await kept.get(now, isLacking)).value,
    /** Asks, and lets what is asked for come. */
    async see(now: number, isLacking?: boolean) {
      const before = landings.length
      const got = kept.get(now, isLacking)
      await Promise.resolve()
      if (landings.length > before) landings.at(-1)?.()
      return (await got).value
    },
  }
}
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

describe('what is kept', () => {
  it('is fetched once for all who need it first, and serves while it is fresh', async () => {
    const { get, land, fetches } = setUp()
    const all = Promise.all([get(0), get(0), get(1)])
    land()
    expect([await all, await get(9), fetches()]).toEqual([[1, 1, 1], 1, 1])
  })

  it('is fetched beside a request when it is older, and serves meanwhile, until it must not any more', async () => {
    const { see, get, land, fetches } = setUp()
    await see(0)
    expect([await get(16), await get(19), fetches()]).toEqual([1, 1, 2])
    const late = Promise.all([get(20), get(20)])
    await turn()
    land()
    expect([await late, fetches()]).toEqual([[2, 2], 2])
  })

  it('is waited for by all whom what is known is too old for, whoever began the fetch', async () => {
    const { see, get, land, fetches } = setUp()
    await see(0)
    expect(await get(18)).toBe(1)
    const all = Promise.all([get(20), get(21), get(20, true)])
    land()
    expect([await all, fetches()]).toEqual([[2, 2, 2], 2])
  })

  it('that lacks something is fetched for it at once, and not twice while it cools down; a fetch under way is joined', async () => {
    const { see, get, land, fetches } = setUp({ fresh: () => 50, hold: 60 })
    await see(0)
    expect([await get(5, true), await get(29, true), fetches()]).toEqual([1, 1, 1])
    expect([await see(30, true), await get(59, true), await see(60, true), fetches()]).toEqual([2, 2, 3, 3])
    expect(await get(110)).toBe(3)
    const lacking = Promise.all([get(110, true), get(111, true)])
    land()
    expect([await lacking, fetches()]).toEqual([[4, 4], 4])
  })

  it('that is under way is joined by a request that is a second behind', async () => {
    const { see, get, land, fail, fetches } = setUp({ hold: 60 })
    fail()
    await see(0)
    fail(false)
    const first = Promise.all([get(5), get(4)])
    land()
    expect([await first, fetches()]).toEqual([[2, 2], 2])
    expect(await get(15)).toBe(2)
    const lacking = get(14, true)
    land()
    expect([await lacking, fetches()]).toEqual([3, 3])
  })

  it('that is due comes at once for what is lacking, however short a while ago that was asked for', async () => {
    const { see } = setUp()
    await see(0)
    expect([await see(9, true), await see(10, true), await see(20)]).toEqual([1, 2, 2])
  })

  it('that fails is not tried again at once, and whoever comes while it is tried hears of it', async () => {
    const { see, get, land, fail, fetches } = setUp()
    fail()
    const all = Promise.all([get(0), get(0), get(0, true)])
    land()
    expect(await all).toEqual([1, 1, 1])
    for (let request = 0; request < 300; request++) expect(await get(4, request % 2 === 0)).toBe(1)
    expect(fetches()).toBe(1)
    fail(false)
    expect([await see(5), fetches()]).toEqual([2, 2])
  })

  it('serves on when no newer can be had, but no longer than it may', async () => {
    const { see, get, fail, fetches } = setUp()
    await see(0)
    fail()
    expect([await see(20), await get(49), fetches()]).toEqual([1, 1, 2])
    expect([await see(50), await see(99), fetches()]).toEqual([1, 1, 4])
    expect([await see(103), await see(104), await get(108), fetches()]).toEqual([4, 5, 5, 5])
  })

  it('serves for ever where nothing bounds it', async () => {
    const { most: _, ...unbounded } = OPTIONS
    const kept = createKept(async (now) => ({ ok: now === 0, now }), unbounded)
    await kept.get(0)
    expect((await kept.get(1_000_000)).now).toBe(0)
  })

  it('is not replaced by what was given up for dead and comes in late', async () => {
    const { get, land } = setUp()
    const first = get(0)
    const second = get(6)
    land(1)
    expect(await second).toBe(2)
    land(0)
    await first
    expect(await get(7)).toBe(2)
  })
})

describe.each([1, 50, 600, 31_536_000])('a clock that was %i seconds ahead and is corrected', (ahead) => {
  it('has what was kept fetched anew before it is used', async () => {
    const { see, fetches } = setUp()
    expect([await see(ahead), await see(0), await see(5), fetches()]).toEqual([1, 2, 2, 2])
  })

  it('lets what is lacking be asked for at once', async () => {
    const { see } = setUp({ hold: Number.MAX_SAFE_INTEGER, fresh: () => Number.MAX_SAFE_INTEGER })
    expect([await see(ahead), await see(0, true)]).toEqual([1, 2])
  })

  it('lets what failed be tried again at once', async () => {
    const { see, fail } = setUp()
    fail()
    await see(ahead)
    fail(false)
    expect(await see(0)).toBe(2)
  })
})

describe('elapsed time', () => {
  it.each([
    [0, 10, 9, false],
    [0, 10, 10, true],
    [0, 10, -1, true],
    [100, 10, -1_000_000, true],
    [0, 10, 1_000_000, true],
    [5, 0, 5, true],
    [Number.NEGATIVE_INFINITY, 10, 0, true],
  ])('since %i, of %i seconds, at %i: %s', (since, seconds, now, expected) => {
    expect(hasElapsed(since, seconds, now)).toBe(expected)
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LogEntry } from '../../src/log.ts'
import { type Attempt, createStoreCalls } from '../../src/stores/store_calls.ts'
import { StoreError, type StoreReason } from '../../src/stores/store_error.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

/** A store with a clock of its own, `ahead` of ours; an answer takes `trip` milliseconds each way. */
function setUp(changes: { ahead?: number; trip?: number; prepare?: () => Promise<number> } = {}) {
  const lines: LogEntry[] = []
  const state = { ahead: 0, trip: 0, prepared: 0, elapsed: 5000, now: 1_700_000_000_000, ...changes }
  let ids = 0
  const pass = (milliseconds: number): void => {
    state.elapsed += milliseconds
    state.now += milliseconds
  }
  const calls = createStoreCalls({
    store: 'Store',
    prepare:
      changes.prepare ??
      (async () => {
        state.prepared++
        pass(state.trip)
        const there = state.now + state.ahead
        pass(state.trip)
        return there
      }),
    refusalOf: (error) => (error as { readonly reason?: StoreReason }).reason,
    log: (entry) => lines.push(entry),
    newId: () => `attempt ${++ids}`,
    clock: () => state.now,
    elapsed: () => state.elapsed,
  })
  /** Returns by how many milliseconds of the store's clock a call may still be done. */
  const patienceOf = (): Promise<number> => calls.call(async ({ deadline }) => deadline - (state.now + state.ahead))
  return { ...calls, state, pass, lines, patienceOf }
}

/** Lets timers run until it is settled. */
async function settle<Answer>(asked: Promise<Answer>): Promise<Answer> {
  asked.catch(() => {})
  await vi.runAllTimersAsync()
  return asked
}

describe('the deadline of a call', () => {
  it.each([0, -400, 400, 1300, -1300])("is 1.4 s by the store's own clock, which is %i ms from ours", async (ahead) => {
    const { patienceOf, state } = setUp({ ahead })
    expect([await patienceOf(), await patienceOf()]).toEqual([1400, 1400])
    expect(state.prepared).toBe(1)
  })

  it('is never later than that, however slow the clock was told', async () => {
    const { ready, patienceOf, state } = setUp({ trip: 600 })
    await ready()
    state.trip = 0
    expect(await patienceOf()).toBe(800)
  })

  it('stays where it is when our clock is set', async () => {
    const { ready, state, call } = setUp()
    await ready()
    const before = await call(async ({ deadline }) => deadline)
    state.now += 3_600_000
    expect(await call(async ({ deadline }) => deadline)).toBe(before)
  })

  it("follows the store's clock, which is looked at again after a minute", async () => {
    const { ready, patienceOf, pass, state } = setUp()
    await ready()
    pass(30_000)
    state.ahead = -300
    expect([await patienceOf(), state.prepared]).toEqual([1700, 1])
    pass(31_000)
    expect([await patienceOf(), state.prepared]).toEqual([1400, 2])
  })

  it('is measured again when the store calls something late that is not', async () => {
    const { call, state } = setUp()
    const asked: Attempt[] = []
    const answer = await call(async (attempt) => {
      asked.push(attempt)
      if (asked.length > 1) return 'done'
      state.ahead = 1200
      return 'late'
    })
    const [first, second] = asked
    expect([answer, state.prepared, first?.id === second?.id]).toEqual(['done', 2, true])
    expect((second?.deadline ?? 0) - (first?.deadline ?? 0)).toBe(1200)
  })
})

describe('clocks that are apart', () => {
  it.each([
    [499, []],
    [-499, []],
    [501, ['the clock of Store is 501 ms from ours']],
    [-1399, ['the clock of Store is -1399 ms from ours']],
  ])('by %i ms: the operator hears of it once, from 500 ms on', async (ahead, details) => {
    const { ready, lines, pass } = setUp({ ahead })
    await ready()
    pass(61_000)
    await ready()
    expect(lines).toEqual(details.map((detail) => ({ level: 'warn', event: 'guard', detail })))
  })

  it.each([1401, -1401, 2000])('by %i ms: nothing starts, and nothing is asked', async (ahead) => {
    const { ready, call } = setUp({ ahead })
    const run = vi.fn(async () => 'done')
    await expect(ready()).rejects.toMatchObject({ reason: 'clock' })
    await expect(call(run)).rejects.toMatchObject({ reason: 'clock' })
    expect(run).not.toHaveBeenCalled()
  })

  it('only as the answer was slow: nobody is accused', async () => {
    const { ready, lines } = setUp({ ahead: 550, trip: 200 })
    await ready()
    expect(lines).toEqual([])
  })
})

describe('what fails', () => {
  it.each(['connection', 'readonly_replica'] as const)(
    'by %s is tried once more, as the same attempt, after the store was looked at again',
    async (reason) => {
      const { call, state } = setUp()
      const ids: string[] = []
      const asked = call(async ({ id }) => {
        ids.push(id)
        if (ids.length === 1) throw Object.assign(new Error('secret'), reason === 'connection' ? {} : { reason })
        return 'done'
      })
      expect(await settle(asked)).toBe('done')
      expect([ids, state.prepared]).toEqual([['attempt 1', 'attempt 1'], 2])
    },
  )

  it('twice has failed, in words of ours', async () => {
    const { call } = setUp()
    const run = vi.fn(async () => Promise.reject(new Error('secret')))
    const error = await settle(call(run)).catch((caught) => caught)
    expect([error, error.reason, error.message]).toEqual([
      expect.any(StoreError),
      'connection',
      'Store did not do it: connection',
    ])
    expect(run).toHaveBeenCalledTimes(2)
  })

  it.each(['refused_by_server', 'memory_full', 'schema', 'contention', 'settings'] as const)(
    'by %s is not tried again',
    async (reason) => {
      const { call, state } = setUp()
      const run = vi.fn(async () => Promise.reject(Object.assign(new Error('secret'), { reason })))
      await expect(settle(call(run))).rejects.toMatchObject({ name: 'StoreError', reason })
      expect([run.mock.calls.length, state.prepared]).toEqual([1, 1])
    },
  )

  it('when whoever asked has given up is not tried again', async () => {
    const { call, pass } = setUp()
    const run = vi.fn(async () => {
      pass(1401)
      throw new Error('secret')
    })
    await expect(settle(call(run))).rejects.toMatchObject({ reason: 'connection' })
    expect(run).toHaveBeenCalledTimes(1)
  })
})

describe('what hangs', () => {
  // promise: F02
  it('is given up after 1.5 s', async () => {
    const { call } = setUp()
    await expect(settle(call(() => new Promise(() => {})))).rejects.toMatchObject({ reason: 'late' })
  })

  it('at the start holds up nobody who comes after', async () => {
    let hangs = true
    const { call, ready, state } = setUp({
      prepare: () => (hangs ? new Promise<number>(() => {}) : Promise.resolve(state.now)),
    })
    await expect(settle(ready())).rejects.toMatchObject({ reason: 'late' })
    hangs = false
    expect(await call(async () => 'done')).toBe('done')
  })
})

it('says at the start by a RangeError that a store is set up wrongly, and later by a reason', async () => {
  const { ready, call } = setUp({ prepare: () => Promise.reject(new StoreError('settings', 'it forgets')) })
  await expect(ready()).rejects.toThrow(new RangeError('it forgets'))
  await expect(call(async () => 'done')).rejects.toMatchObject({ name: 'StoreError', reason: 'settings' })
})

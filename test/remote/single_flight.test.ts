import { describe, expect, it, vi } from 'vitest'
import { createSingleFlight } from '../../src/remote/single_flight.ts'

describe('a single flight', () => {
  it('begins once for all who wait, and again when it has come to its end', async () => {
    let begun = 0
    const flight = createSingleFlight(async () => ++begun)
    expect(await Promise.all([flight.wait(0), flight.wait(0), flight.wait(0)])).toEqual([1, 1, 1])
    expect(await flight.wait(0)).toBe(2)
  })

  it('that fails fails for all who wait, and for nobody after them', async () => {
    let begun = 0
    const flight = createSingleFlight(async () => {
      if (++begun === 1) throw new TypeError('lost')
      return begun
    })
    expect(await Promise.allSettled([flight.wait(0), flight.wait(0)])).toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ])
    expect(await flight.wait(0)).toBe(2)
  })

  it('is begun anew when what another began does not end: it died with its request', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      let begun = 0
      const flight = createSingleFlight(
        () => new Promise<number>((resolve) => (++begun === 1 ? undefined : setTimeout(() => resolve(begun), 100))),
      )
      const both = Promise.all([flight.wait(0), flight.wait(0)])
      await vi.advanceTimersByTimeAsync(3100)
      expect(await both).toEqual([2, 2])
      expect(begun).toBe(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it('is taken for dead after five seconds without anybody waiting', async () => {
    let begun = 0
    const flight = createSingleFlight(
      () => (++begun === 1 ? new Promise<number>(() => {}) : Promise.resolve(begun)),
      () => {},
    )
    await flight.beside(0)
    await flight.beside(4)
    expect(begun).toBe(1)
    expect(await flight.wait(5)).toBe(2)
  })

  it('beside a request is handed to waitUntil, and its failure is nobody’s', async () => {
    const kept: Promise<unknown>[] = []
    const flight = createSingleFlight(
      () => Promise.reject(new TypeError('lost')),
      (promise) => kept.push(promise),
    )
    await flight.beside(0)
    expect(kept).toHaveLength(1)
    expect(await kept[0]).toBeUndefined()
  })
})

import { describe, expect, it } from 'vitest'
import { type Addition, createMemoryRevocations } from '../../src/index.ts'
import { HALF } from '../../src/stores/revocation_list.ts'
import { MOST_EVENTS } from '../../src/token/revocations.ts'
import { revocationsContract } from './revocations_contract.ts'

describe('revocations in memory', () => {
  const one = createMemoryRevocations('salt')
  revocationsContract(
    () => one,
    async () => {},
  )

  it('refuse before the list is too long: a client first, then people, the operator last, each with an answer', async () => {
    const now = 1_800_000_000
    const list = createMemoryRevocations('salt')
    let names = 0
    const add = (by: Addition['by']) => {
      const one = { kind: 'jti' as const, value: `${++names}`, at: now, until: now + 600, keep: now + 600 }
      return list.add(by === undefined ? one : { ...one, by }, now)
    }
    const fill = async (by: Addition['by'], to: number): Promise<number> => {
      let halves = 0
      while (names < to) {
        const outcome = await add(by)
        if (!outcome.added) throw new Error(`refused at ${names}`)
        if (outcome.isHalf) halves++
      }
      return halves
    }
    const refused = { added: false, why: 'the list is full' }
    expect(await fill(undefined, HALF)).toBe(1)
    expect([await add(undefined), await add({ client: 'x' })]).toEqual([refused, refused])
    names -= 2
    expect(await fill('approval', MOST_EVENTS * 0.9)).toBe(0)
    expect(await add('approval')).toEqual(refused)
    names -= 1
    await fill('operator', MOST_EVENTS)
    expect(await add('operator')).toEqual(refused)
    const { events } = await list.read(now, 'access tokens')
    expect(Object.keys(events.jti ?? {})).toHaveLength(MOST_EVENTS)
    // What is there already is no more.
    names = 0
    expect(await add({ client: 'x' })).toMatchObject({ added: true })
  })

  it('keep no event whose time is long over', async () => {
    const list = createMemoryRevocations('salt')
    const at = 1_800_000_000
    const one = { kind: 'sub' as const, at, until: at + 1, keep: at + 1 }
    await list.add({ ...one, value: 'a' }, at)
    const add = (value: string, now: number) => list.add({ ...one, value, until: at + 900, keep: at + 900 }, now)
    await add('b', at + 300)
    await add('c', at + 360)
    expect(Object.keys((await list.read(0, 'access tokens')).events.sub ?? {})).toHaveLength(2)
  })

  it('lose nothing that lives by a clock that was ahead for a moment', async () => {
    const list = createMemoryRevocations('salt')
    const at = 1_800_000_000
    const add = (value: string, now: number) =>
      list.add({ kind: 'sub', value, at, until: at + 900, keep: at + 900 }, now)
    for (const [value, now] of Object.entries({ a: at, b: at + 100_000, c: at + 1, d: at + 120 })) await add(value, now)
    expect(Object.keys((await list.read(at + 120, 'access tokens')).events.sub ?? {})).toHaveLength(4)
  })
})

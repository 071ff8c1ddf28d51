import { describe, expect, it } from 'vitest'
import { createDeviceCounts, INTERVAL } from '../../src/grants/device_counts.ts'
import { createKept, type KeptContext, MOST_AT_ONCE } from '../../src/grants/kept_at_guard.ts'
import { DEVICE_LIFE } from '../../src/protocol/user_code.ts'
import { NOW } from '../house.ts'
import { createGranting, refusalOf } from '../parties/granting.ts'

/** What counts, by a clock that the test turns; nothing is ever swapped or left where the guard is `busy`. */
function counting() {
  const { context, guard, envelopesAt } = createGranting()
  const state = { busy: false }
  const names: [string, number][] = []
  const note = (name: string, until: number): void => void names.push([name, until])
  const busy: KeptContext['guard'] = {
    ...guard,
    async leave(name, envelope, until) {
      note(name, until)
      return state.busy ? 'taken' : guard.leave(name, envelope, until)
    },
    async swap(name, before, after, until) {
      note(name, until)
      return state.busy ? 'other' : guard.swap(name, before, after, until)
    },
  }
  const at = (seconds: number) => {
    const now = NOW + seconds
    const kept = createKept({ guard: busy, envelopes: envelopesAt(now), now, newId: context.newId })
    return createDeviceCounts(kept, now)
  }
  const kindOf = async (name: string, kind: string): Promise<boolean> => {
    const kept = createKept({ guard, envelopes: envelopesAt(NOW), now: NOW, newId: context.newId })
    return (await kept.openKept(kind, (await guard.look(name)) ?? '')) !== undefined
  }
  return { at, names, state, kindOf }
}

describe('a device that asks (RFC 8628 §3.5)', () => {
  const code = { jti: 'code', exp: NOW + DEVICE_LIFE }

  it('may ask every five seconds', async () => {
    const { at, names } = counting()
    for (const seconds of [0, 5, 10, 20])
      expect(await at(seconds).notePoll(code)).toEqual({ isTooEarly: false, interval: INTERVAL })
    expect(INTERVAL).toBe(5)
    expect(new Set(names.map(String))).toEqual(new Set([`device poll code,${code.exp}`]))
  })

  it('that asks too early must wait for five seconds more, each time', async () => {
    const { at } = counting()
    await at(0).notePoll(code)
    expect(await at(4).notePoll(code)).toEqual({ isTooEarly: true, interval: 10 })
    expect(await at(13).notePoll(code)).toEqual({ isTooEarly: true, interval: 15 })
    expect(await at(28).notePoll(code)).toEqual({ isTooEarly: false, interval: 15 })
  })

  it('counts by itself', async () => {
    const { at } = counting()
    await at(0).notePoll(code)
    expect((await at(1).notePoll({ ...code, jti: 'other' })).isTooEarly).toBe(false)
  })

  it('asks too early where too many do so with its code at once', async () => {
    const { at, state, names } = counting()
    state.busy = true
    expect(await at(0).notePoll(code)).toEqual({ isTooEarly: true, interval: INTERVAL * MOST_AT_ONCE })
    expect(names).toHaveLength(MOST_AT_ONCE)
  })
})

describe('a person who tries codes (RFC 8628 §5.1)', () => {
  it('has ten tries in ten minutes, and is told when the next one is possible', async () => {
    const { at, names } = counting()
    for (let tried = 0; tried < 10; tried++) expect(await at(tried).countTry('alice')).toBe(0)
    expect(await at(10).countTry('alice')).toBe(DEVICE_LIFE - 10)
    expect(await at(DEVICE_LIFE - 1).countTry('alice')).toBe(1)
    expect(await at(10).countTry('bob')).toBe(0)
    // The first try is over, and one is possible; the second is over a second later.
    expect(await at(DEVICE_LIFE).countTry('alice')).toBe(0)
    expect(await at(DEVICE_LIFE).countTry('alice')).toBe(1)
    expect(names[0]).toEqual(['device tries alice', NOW + DEVICE_LIFE])
  })

  it('has tries again that were right', async () => {
    const { at } = counting()
    for (let tried = 0; tried < 9; tried++) await at(tried).countTry('alice')
    for (let more = 0; more < 3; more++) {
      expect(await at(20).countTry('alice')).toBe(0)
      await at(20).forgetTry('alice')
    }
    expect(await at(21).countTry('alice')).toBe(0)
    expect(await at(21).countTry('alice')).toBe(DEVICE_LIFE - 21)
  })

  it('gets back no try of another instant, and only one of several', async () => {
    const { at } = counting()
    for (let tried = 0; tried < 10; tried++) await at(7).countTry('alice')
    await at(8).forgetTry('alice')
    expect(await at(8).countTry('alice')).toBe(DEVICE_LIFE - 1)
    await at(7).forgetTry('alice')
    expect(await at(8).countTry('alice')).toBe(0)
    expect(await at(8).countTry('alice')).toBe(DEVICE_LIFE - 1)
  })

  it('waits for all of the time, be another clock ahead', async () => {
    const { at } = counting()
    for (let tried = 0; tried < 10; tried++) await at(30).countTry('alice')
    expect(await at(1).countTry('alice')).toBe(DEVICE_LIFE + 29)
    expect(await at(DEVICE_LIFE + 29).countTry('alice')).toBe(1)
    expect(await at(DEVICE_LIFE + 30).countTry('alice')).toBe(0)
  })

  it('is told to come again where too many try at once', async () => {
    const { at, state } = counting()
    state.busy = true
    const { code, reason, retryAfter, message } = await refusalOf(() => at(0).countTry('alice'))
    expect([code, reason, retryAfter]).toEqual(['temporarily_unavailable', 'contention', 2])
    expect(message).toContain('tries')
  })
})

it('each count is of a kind of its own, and none stands for another', async () => {
  const { at, kindOf } = counting()
  await at(0).notePoll({ jti: 'code', exp: NOW + 60 })
  await at(0).countTry('alice')
  await at(0).countOpen('here')
  const kinds = ['polls', 'tries', 'open codes']
  const of = (name: string) => Promise.all(kinds.map((kind) => kindOf(name, kind)))
  expect(await of('device poll code')).toEqual([true, false, false])
  expect(await of('device tries alice')).toEqual([false, true, false])
  expect(await of('device open here')).toEqual([false, false, true])
})

describe('codes that are open at a place', () => {
  it('are counted with the one that is about to be given, by place, and never beyond a hundred', async () => {
    const { at, names } = counting()
    for (let open = 1; open <= 102; open++) expect(await at(0).countOpen('here')).toBe(Math.min(open, 100))
    expect(await at(0).countOpen('there')).toBe(1)
    expect(names[0]).toEqual(['device open here', NOW + DEVICE_LIFE])
    expect(await at(DEVICE_LIFE).countOpen('here')).toBe(1)
  })

  it('do not count where they were not given', async () => {
    const { at, names } = counting()
    await at(0).countOpen('here')
    await at(1).countOpen('here')
    await at(1).forgetOpen('here')
    expect(names.at(-1)).toEqual(['device open here', NOW + 1 + DEVICE_LIFE])
    expect(await at(2).countOpen('here')).toBe(2)
    await at(9).forgetOpen('nowhere')
    expect(await at(9).countOpen('nowhere')).toBe(1)
  })

  it('are not told where too many are given at once', async () => {
    const { at, state } = counting()
    state.busy = true
    const { message } = await refusalOf(() => at(0).countOpen('here'))
    expect(message).toContain('open codes')
  })
})

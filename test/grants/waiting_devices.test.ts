import { describe, expect, it } from 'vitest'
import type { KeptContext } from '../../src/grants/kept_at_guard.ts'
import { createWaitingDevices, GRACE } from '../../src/grants/waiting_devices.ts'
import { TokenError } from '../../src/jose/error.ts'
import { DEVICE_LIFE } from '../../src/protocol/user_code.ts'
import { NOW } from '../house.ts'
import { APPROVAL, createGranting, refusalOf, whyRefused } from '../parties/granting.ts'

const REQUEST = { client_id: 'pub', parameters: 'scope=read' }

/** Requests that wait at a guard, whose calls are noted. */
function waitingAt(changes: Partial<KeptContext> = {}) {
  const { context, guard, envelopesAt } = createGranting()
  const seen: [string, number][] = []
  const noting: KeptContext['guard'] = {
    ...guard,
    leave: async (name, envelope, until) => {
      seen.push([name, until])
      return guard.leave(name, envelope, until)
    },
    swap: async (name, before, after, until) => {
      seen.push([name, until])
      return guard.swap(name, before, after, until)
    },
  }
  const at = (now: number) =>
    createWaitingDevices({ guard: noting, envelopes: envelopesAt(now), now, newId: context.newId, ...changes })
  return { ...at(NOW), at, guard, seen }
}

describe('a request of a device waits', () => {
  it('under a user code of its own, until the last answer can have been lost', async () => {
    const { leave, find, openCode, seen } = waitingAt()
    const { userCode, deviceCode } = await leave(REQUEST, undefined)
    expect(userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
    expect([DEVICE_LIFE, GRACE]).toEqual([600, 30])
    expect(seen).toEqual([[`device ${userCode}`, NOW + DEVICE_LIFE + GRACE]])
    const waiting = await find(userCode)
    const { jti } = waiting?.facts ?? {}
    const times = { jti, iat: NOW, exp: NOW + DEVICE_LIFE }
    expect(waiting).toEqual({
      userCode,
      envelope: expect.any(String),
      facts: { ...REQUEST, ...times, state: 'asked', kind: 'request' },
    })
    expect(jti).toMatch(/^[\w-]{22}$/)
    expect(await openCode(deviceCode)).toEqual({ ...times, client_id: 'pub', user_code: userCode, kind: 'code' })
  })

  it('for the key that was proved with it', async () => {
    const { leave, openCode } = waitingAt()
    expect((await openCode((await leave(REQUEST, { jkt: 'a' })).deviceCode)).cnf).toEqual({ jkt: 'a' })
  })

  it('under another code where one is taken, and not at all where eight are', async () => {
    for (const taken of [7, 8]) {
      let times = 0
      const { guard } = createGranting()
      const busy: KeptContext['guard'] = {
        ...guard,
        leave: async (name, envelope, until) => (++times > taken ? guard.leave(name, envelope, until) : 'taken'),
      }
      const { leave, find } = waitingAt({ guard: busy })
      if (taken < 8) {
        const { userCode } = await leave(REQUEST, undefined)
        expect((await find(userCode))?.facts).toMatchObject(REQUEST)
        continue
      }
      const { code, reason, retryAfter } = await refusalOf(() => leave(REQUEST, undefined))
      expect([code, reason, retryAfter]).toEqual(['temporarily_unavailable', 'contention', 2])
    }
  })

  it('where there is none, nothing does; nor where none of ours lies there', async () => {
    const { find, guard } = waitingAt()
    expect(await find('BCDFGHJK')).toBeUndefined()
    await guard.leave('device BCDFGHJK', 'x', NOW + 60)
    expect(await find('BCDFGHJK')).toBeUndefined()
  })

  it('and is found when it is over, as its device code opens', async () => {
    const { leave, at } = waitingAt()
    const { userCode, deviceCode } = await leave(REQUEST, undefined)
    const later = at(NOW + DEVICE_LIFE)
    expect((await later.find(userCode))?.facts.state).toBe('asked')
    expect((await later.openCode(deviceCode)).user_code).toBe(userCode)
  })

  it('a device code is none of the requests, and the other way round', async () => {
    const { leave, find, openCode } = waitingAt()
    const { userCode } = await leave(REQUEST, undefined)
    await expect(openCode((await find(userCode))?.envelope ?? '')).rejects.toBeInstanceOf(TokenError)
    await expect(openCode('x')).rejects.toBeInstanceOf(TokenError)
  })
})

describe('what became of a request', () => {
  it('stands in its place, unless something else does', async () => {
    const { leave, find, replace, seen } = waitingAt()
    const { userCode } = await leave(REQUEST, undefined)
    const waiting = (await find(userCode)) as NonNullable<Awaited<ReturnType<typeof find>>>
    expect(await replace(waiting, { state: 'denied' })).toBe(true)
    expect(seen.at(-1)).toEqual([`device ${userCode}`, NOW + DEVICE_LIFE + GRACE])
    expect((await find(userCode))?.facts).toEqual({ ...waiting.facts, state: 'denied' })
    expect(await replace(waiting, { state: 'approved', approval: APPROVAL })).toBe(false)
    expect((await find(userCode))?.facts.state).toBe('denied')
  })

  it('fits, or is refused before a person is asked: longer where the person said yes', async () => {
    const { leave, find, replace, checkFits } = waitingAt()
    expect(await whyRefused(() => leave({ ...REQUEST, parameters: 'x'.repeat(2048) }, undefined))).toBe(
      'invalid_request too_long',
    )
    const { userCode } = await leave(REQUEST, undefined)
    const waiting = (await find(userCode)) as NonNullable<Awaited<ReturnType<typeof find>>>
    const long = { ...APPROVAL, claims: { note: 'x'.repeat(4000) } }
    await expect(checkFits(waiting, { approval: long })).resolves.toBeUndefined()
    expect((await find(userCode))?.envelope).toBe(waiting.envelope)
    const longer = { ...APPROVAL, claims: { note: 'x'.repeat(6000) } }
    for (const too of [{ approval: longer }, { parameters: 'x'.repeat(2048) }]) {
      expect(await whyRefused(() => checkFits(waiting, too))).toBe('invalid_request too_long')
      expect(await whyRefused(() => replace(waiting, too))).toBe('invalid_request too_long')
    }
    expect(await replace(waiting, { approval: long })).toBe(true)
  })
})

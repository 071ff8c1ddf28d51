import { describe, expect, it } from 'vitest'
import { createMemoryGuard } from '../../src/index.ts'
import { NOW, testIssuer } from '../fixtures.ts'
import { createApp, createPerson, readAnswer } from '../parties/person.ts'
import { guardContract } from './guard_contract.ts'

describe('the guard in memory', () => {
  guardContract(
    () => createMemoryGuard(),
    async () => {},
  )

  it('forgets what is over, and not before its time and a margin (H52, M37)', async () => {
    let now = 1000
    const guard = createMemoryGuard(() => now)
    const busy = async (): Promise<void> => {
      for (let call = 0; call < 1000; call++) await guard.spend(`other ${now} ${call}`, now + 1)
    }
    await guard.spend('a', 2000)
    now = 2120
    await busy()
    expect(await guard.spend('a', 2000)).toBe('spent')
    now = 2121
    await busy()
    expect(await guard.spend('a', 2000)).toBe('first')
  })

  it('remembers a family until the later end of all that it was told', async () => {
    let now = 1000
    const guard = createMemoryGuard(() => now)
    const step = { gid: 'g', generation: 0, now, grace: 0, expiresAt: 2000 }
    await guard.advance(step)
    await guard.advance({ ...step, generation: 1, expiresAt: 1500 })
    now = 1700
    for (let call = 0; call < 1000; call++) await guard.spend(`${call}`, now)
    expect(await guard.advance(step)).toEqual({ outcome: 'reused' })
  })

  // promise: G05
  it('is empty after a start: public clients keep the refresh tokens that were not used, and no others', async () => {
    let issuer = testIssuer({ guard: createMemoryGuard(() => NOW) })
    const ask = (request: Request) => issuer.fetch(request)
    const alice = createPerson(ask, { now: () => NOW })
    const app = createApp(ask)
    const approve = async (): Promise<string> => {
      const code = (await alice.answer('allow', { scope: 'read' })).searchParams.get('code') ?? ''
      return (await readAnswer(await app.redeem(code))).refresh_token ?? ''
    }
    const [used, unused] = [await approve(), await approve()]
    const rotated = (await readAnswer(await app.refresh(used))).refresh_token ?? ''
    issuer = testIssuer({ guard: createMemoryGuard(() => NOW) })
    expect([(await app.refresh(rotated)).status, (await app.refresh(unused)).status]).toEqual([400, 200])
  })
})

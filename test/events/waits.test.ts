import { describe, expect, it } from 'vitest'
import { createWaits } from '../../src/events/waits.ts'
import { createMemoryGuard, type IssuerEvent } from '../../src/index.ts'
import { NOW, testIssuer } from '../fixtures.ts'
import { createApp, createPerson } from '../parties/person.ts'

describe('waits of a request', () => {
  it('count what is waited for at once, once', async () => {
    let now = 0
    const waits = createWaits(() => now)
    const ends: (() => void)[] = []
    const begin = () => waits.for('guard', () => new Promise<void>((resolve) => ends.push(resolve)))
    const first = begin()
    now = 10
    const second = begin()
    now = 15
    expect(waits.took()).toEqual({ guardMs: 15 })
    ends[0]?.()
    await first
    now = 40
    ends[1]?.()
    await second
    now = 90
    expect(waits.took()).toEqual({ guardMs: 40 })
    const third = begin()
    now = 95
    ends[2]?.()
    await third
    expect(waits.took()).toEqual({ guardMs: 45 })
  })

  it('end with what failed, and are never less than nothing', async () => {
    let now = 100
    const waits = createWaits(() => now)
    await expect(
      waits.for('remote', async () => {
        now = 50
        throw new Error('gone')
      }),
    ).rejects.toThrow('gone')
    now = 500
    expect(waits.took()).toEqual({ remoteMs: 0 })
  })

  it('are told by the events of the request that waited, and by no other', async () => {
    const told: IssuerEvent[] = []
    let seconds = NOW
    const memory = createMemoryGuard(() => seconds, { single: true })
    const guard: typeof memory = {
      ...memory,
      spendUnlessEnded(...call) {
        // It took two seconds, by the clock of the issuer.
        seconds += 2
        return memory.spendUnlessEnded(...call)
      },
    }
    const issuer = testIssuer({ guard, now: () => seconds, onEvent: (event) => void told.push(event) })
    const ask = (request: Request) => issuer.fetch(request)
    const back = await createPerson(ask, { now: () => seconds }).answer('allow')
    const code = back.searchParams.get('code') ?? ''
    const redeemed = await createApp(ask).redeem(code, { redirect_uri: 'https://app.example/cb' })
    expect(redeemed.status).toBe(200)
    const unproved = await createApp(ask, { client: 'nobody' }).ask({ grant_type: 'client_credentials' })
    expect(unproved.status).toBe(401)
    const of = (type: string) => told.find((event) => event.type === type)
    await expect.poll(() => of('token.issued')?.guardMs).toBe(2000)
    await expect.poll(() => of('token.refused')).toBeDefined()
    expect(of('token.refused')).not.toHaveProperty('guardMs')
  })
})

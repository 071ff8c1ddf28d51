import { describe, expect, it } from 'vitest'
import { exportKeys, writeKeys } from '../../keys/index.ts'
import type { Person, Transaction } from '../../src/login/authenticate.ts'
import { createVerifier, type Demand } from '../../src/verifier/index.ts'
import { API, ISSUER, NOW } from '../fixtures.ts'
import { createProvider, PROVIDER_RING, type Provider, type ProviderChanges } from '../parties/openid_provider.ts'
import type { Changes } from '../parties/person.ts'

const RP = { resources: [API], scopes: ['openid', 'profile', 'read'] }
const ASKED = { scope: 'read', resource: API }

/** An issuer whose login gives what it is asked for, as far as it can; a clock that goes on; and an API that may ask for more. */
function setUp({ able = ['high'], ...changes }: ProviderChanges & { able?: readonly string[] } = {}) {
  const clock = { now: NOW }
  const logins: Transaction[] = []
  const authenticate = async (_: Request, transaction: Transaction): Promise<Person> => {
    logins.push(transaction)
    const acr = transaction.acrValues?.split(' ').find((one) => able.includes(one)) ?? 'low'
    return { sub: 'alice', auth_time: clock.now, acr }
  }
  const provider = createProvider({ rp: RP, authenticate, now: () => clock.now, ...changes })
  const keys = writeKeys(exportKeys(PROVIDER_RING, { issuer: ISSUER, resource: API, now: NOW }))
  const verifier = createVerifier({ issuer: ISSUER, resource: API, keys, now: () => clock.now, onProblem: () => {} })
  return { clock, logins, provider, verifier }
}

/** The members of a challenge, as a client reads them. */
function readChallenge(challenge: string): Readonly<Record<string, string>> {
  return Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))
}

/** What becomes of a request: the code, or the error. */
async function outcome(provider: Provider, asked: Changes): Promise<string | null> {
  const { searchParams } = await provider.authorize({ ...ASKED, ...asked })
  return searchParams.has('code') ? 'code' : searchParams.get('error')
}

describe('an API that needs another login (RFC 9470)', () => {
  it.each<[string, Demand, number]>([
    ['of a context', { scope: 'read', acr: 'high' }, 0],
    ['of one of several contexts', { acr: 'highest high' }, 0],
    ['that is not long ago', { maxAge: 300 }, 400],
    ['of a context, not long ago', { scope: 'read', acr: 'high', maxAge: 300 }, 400],
  ])('says so, is given it by who asks for just what it said, and lets in: %s', async (_, demand, elapsed) => {
    const { clock, logins, provider, verifier } = setUp()
    const first = (await provider.login(ASKED)).access_token
    expect((await verifier.verify(first, { scope: 'read' })).ok).toBe(true)
    clock.now += elapsed
    const refused = await verifier.verify(first, demand)
    expect(refused).toMatchObject({ ok: false, code: 'insufficient_user_authentication', reason: 'login' })
    expect(refused.response?.status).toBe(401)
    const challenge = readChallenge(refused.response?.headers.get('www-authenticate') ?? '')
    expect(challenge).toMatchObject({ error: 'insufficient_user_authentication' })
    const { acr_values, max_age } = challenge
    expect([acr_values, max_age]).toEqual([demand.acr, demand.maxAge?.toString()])

    const second = (await provider.login({ ...ASKED, acr_values, max_age })).access_token
    const entitled = await verifier.verify(second, demand)
    expect([entitled.ok, logins.length, logins[1]?.acrValues]).toEqual([true, 2, demand.acr])
    // What it needed is there: nobody is asked again.
    expect(
      (await verifier.verify((await provider.login({ ...ASKED, acr_values, max_age })).access_token, demand)).ok,
    ).toBe(true)
    expect(logins).toHaveLength(2)
  })

  // promise: W17
  it('is never asked again and again: a login that cannot meet it is told to the client (RFC 9470 §5)', async () => {
    const { logins, provider } = setUp({ able: ['low'] })
    expect(await outcome(provider, {})).toBe('code')
    expect(await outcome(provider, { acr_values: 'high' })).toBe('unmet_authentication_requirements')
    expect(await outcome(provider, { acr_values: 'high', prompt: 'none' })).toBe('login_required')
    expect(logins).toHaveLength(2)
    expect(await outcome(provider, { acr_values: 'high low' })).toBe('code')
    expect(await outcome(provider, { scope: 'openid read', acr_values: 'high' })).toBe(
      'unmet_authentication_requirements',
    )
  })

  it('is met where nobody is told of persons, too', async () => {
    const { logins, provider } = setUp({ openid: undefined as never, rp: { resources: [API], scopes: ['read'] } })
    expect(await outcome(provider, { nonce: undefined })).toBe('code')
    expect(await outcome(provider, { acr_values: 'high' })).toBe('code')
    expect(logins.map(({ acrValues }) => acrValues)).toEqual([undefined, 'high'])
  })

  it('leaves acr_values a wish to who asks for nothing but the person (OpenID Connect Core §5.5.1.1)', async () => {
    const { logins, provider } = setUp({ able: [] })
    for (const scope of ['openid', 'openid profile'])
      expect(await outcome(provider, { scope, resource: undefined, acr_values: 'high' })).toBe('code')
    expect(logins).toHaveLength(1)
  })
})

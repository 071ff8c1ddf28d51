import { describe, expect, it } from 'vitest'
import { createMemoryGuard, type IssuerSettings } from '../../src/index.ts'
import { API, NOW } from '../fixtures.ts'
import { ALICE, createProvider, type Provider, type ProviderChanges } from '../parties/openid_provider.ts'
import { VERIFIER } from '../parties/person.ts'
import { openSealed } from '../parties/sealed.ts'

const ALL = { scope: 'openid profile email' }

/** No OpenID provider yet: its sessions are as those of 0.1.0, without a word of claims. */
const PLAIN = { openid: undefined, rp: { resources: [API], scopes: ['read'] } } as unknown as ProviderChanges

/** Issuers of one ring and guard, as settings change from one to the next; a browser goes from each to the other. */
function setUp(...all: readonly ProviderChanges[]) {
  const clock = { now: NOW, logins: 0 }
  const now = () => clock.now
  const guard = createMemoryGuard(now)
  const authenticate: IssuerSettings['authenticate'] = async () => {
    clock.logins++
    return { sub: 'alice', auth_time: clock.now, claims: ALICE }
  }
  const providers = all.map((changes) => createProvider({ guard, authenticate, now, ...changes }))
  const [one, other] = providers as [Provider, Provider]
  return {
    one,
    other,
    clock,
    /** Some seconds pass, and the browser goes from the first to the second. */
    goOn(seconds: number) {
      clock.now += seconds
      for (const [name, value] of one.browser.cookies) other.browser.cookies.set(name, value)
    },
    async told(asked: Readonly<Record<string, string>> = ALL): Promise<readonly string[]> {
      const { access_token } = await other.login(asked)
      return Object.keys((await (await other.userinfo(access_token)).json()) as object)
    },
  }
}

describe('a login from before', () => {
  it('this was an OpenID provider is made anew where claims are asked for, or the client would be told of nobody', async () => {
    const { one, clock, goOn, told } = setUp(PLAIN, {})
    await one.login({ scope: 'read' })
    const session = await openSealed('session', one.browser.cookies.get('__Host-bulla-session') ?? '')
    expect([session['claims'], session['kept']]).toEqual([undefined, undefined])
    goOn(60)
    expect(await told({ scope: 'openid' })).toEqual(['sub'])
    expect(clock.logins).toBe(1)
    expect(await told()).toContain('email')
    expect(clock.logins).toBe(2)
    expect(await told()).toContain('email')
    expect(clock.logins).toBe(2)
  })

  it('is told to a client that may ask nobody (OpenID Connect Core §3.1.2.6)', async () => {
    const { one, other, goOn } = setUp(PLAIN, {})
    await one.login({ scope: 'read' })
    goOn(60)
    const { searchParams } = await other.authorize({ ...ALL, prompt: 'none' })
    expect(searchParams.get('error')).toBe('login_required')
  })

  it('other claims were kept is made anew, and one name of them the less is another set', async () => {
    for (const claims of [['name', 'email', 'locale'], ['name']]) {
      const { one, clock, goOn, told } = setUp({ openid: { claims: ['name', 'email'] } }, { openid: { claims } })
      await one.login({ scope: 'openid profile' })
      goOn(60)
      expect(new Set(await told())).toEqual(new Set(['sub', ...claims]))
      expect(clock.logins).toBe(2)
    }
  })

  it('the same claims were kept goes on, in whatever order they stand in the settings', async () => {
    const { one, clock, goOn, told } = setUp(
      { openid: { claims: ['name', 'email'] } },
      { openid: { claims: ['email', 'name'] } },
    )
    await one.login({ scope: 'openid' })
    goOn(3600)
    expect(new Set(await told())).toEqual(new Set(['sub', 'name', 'email']))
    expect(clock.logins).toBe(1)
  })

  it('is taken as it is for a minute: two machines with settings of before and after send nobody to and fro', async () => {
    const { one, clock, goOn, told } = setUp({ openid: { claims: ['name'] } }, {})
    await one.login({ scope: 'openid' })
    goOn(59)
    expect(new Set(await told())).toEqual(new Set(['name', 'sub']))
    expect(clock.logins).toBe(1)
  })

  it('a program told of people now is made anew when that goes, and not before', async () => {
    const live = { openid: { profile: () => ({ email: 'a@b.example' }) } }
    const before = setUp({}, live)
    await before.one.login({ scope: 'openid' })
    before.goOn(60)
    expect(await before.told()).toContain('email')
    expect(before.clock.logins).toBe(1)
    const after = setUp(live, {})
    await after.one.login({ scope: 'openid' })
    after.goOn(60)
    expect(await after.told()).toContain('picture')
    expect(after.clock.logins).toBe(2)
  })
})

describe('an issuer that tells nobody of persons any more', () => {
  it('goes on with what was approved at an API beside it: code and refresh token, without an ID token', async () => {
    const told = { rp: { resources: [API], scopes: ['openid', 'email', 'read'] } }
    const { one, other } = setUp(told, PLAIN)
    const { refresh_token } = await one.login({ scope: 'openid email read' })
    const again = await other.token({ grant_type: 'refresh_token', refresh_token })
    expect([again.scope, again.id_token, again.error]).toEqual(['read', undefined, undefined])
    const code = (await one.authorize({ scope: 'openid email read' })).searchParams.get('code') ?? ''
    const first = await other.token({ grant_type: 'authorization_code', code, code_verifier: VERIFIER })
    expect([first.scope, first.id_token, first.error]).toEqual(['read', undefined, undefined])
    // Of who the person is alone nothing is left.
    const alone = await one.login({ scope: 'openid email' })
    expect((await other.token({ grant_type: 'refresh_token', refresh_token: alone.refresh_token })).error).toBe(
      'invalid_target',
    )
  })
})

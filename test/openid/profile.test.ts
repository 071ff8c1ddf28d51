import { describe, expect, it } from 'vitest'
import { createIssuer, type IssuerSettings, type LogEntry } from '../../src/index.ts'
import { testSettings } from '../fixtures.ts'
import { ALICE, claimsOf, createProvider } from '../parties/openid_provider.ts'
import { VERIFIER } from '../parties/person.ts'
import { openSealed as open } from '../parties/sealed.ts'

const LIVE = { name: 'Alice Pleasance', email: 'alice@hargreaves.example', email_verified: true }
const ALL = { scope: 'openid profile email' }

/** A provider whose program tells of people as they are now; and what it was asked. */
function setUp(profile: NonNullable<IssuerSettings['openid']>['profile'] = () => LIVE, changes = {}) {
  const asked: (readonly [string, readonly string[]])[] = []
  const lines: LogEntry[] = []
  const provider = createProvider({
    openid: {
      profile(sub, names) {
        asked.push([sub, names])
        return profile?.(sub, names)
      },
    },
    log: (line) => lines.push(line),
    ...changes,
  })
  return { provider, asked, lines }
}

describe('a program that tells of people now', () => {
  it('is asked with the names that the scope allows, by userinfo and for the ID token; what it tells counts', async () => {
    const { provider, asked } = setUp()
    const answer = await provider.login({ scope: 'openid email' })
    expect(claimsOf(answer.id_token)).toMatchObject({ email: LIVE.email, email_verified: true })
    expect(await (await provider.userinfo(answer.access_token)).json()).toEqual({
      sub: 'alice',
      email: LIVE.email,
      email_verified: true,
    })
    expect(asked).toEqual([
      ['alice', ['email', 'email_verified']],
      ['alice', ['email', 'email_verified']],
    ])
  })

  it('is told the names that were asked for one by one, and can tell no others', async () => {
    const { provider, asked } = setUp(() => ({ ...ALICE, sub: 'mallory', iss: 'x', password: 'x' }))
    const claims = JSON.stringify({ userinfo: { locale: null, password: null } })
    const answer = await provider.login({ scope: 'openid', claims })
    expect(claimsOf(answer.id_token)).not.toHaveProperty('locale')
    expect(await (await provider.userinfo(answer.access_token)).json()).toEqual({ sub: 'alice', locale: 'en-GB' })
    expect(asked).toEqual([['alice', ['locale']]])
  })

  it('is asked anew with each refresh, and each time that a client asks', async () => {
    let name = 'Alice'
    const { provider } = setUp(async () => ({ name }))
    const first = await provider.login(ALL)
    name = 'Alice Hargreaves'
    expect(claimsOf(first.id_token)['name']).toBe('Alice')
    expect(await (await provider.userinfo(first.access_token)).json()).toMatchObject({ name })
    const again = await provider.token({ grant_type: 'refresh_token', refresh_token: first.refresh_token })
    expect(claimsOf(again.id_token)['name']).toBe(name)
  })

  it('is not asked where nothing of the person is told', async () => {
    const { provider, asked } = setUp()
    const answer = await provider.login({ scope: 'openid' })
    expect((await provider.userinfo(answer.access_token)).status).toBe(200)
    expect(asked).toEqual([])
  })

  it('leaves nothing of the person sealed but the subject: not in the session, the code, or any token', async () => {
    const { provider } = setUp()
    const code = (await provider.authorize(ALL)).searchParams.get('code') ?? ''
    const sealed = [
      await open('session', provider.browser.cookies.get('__Host-bulla-session') ?? ''),
      await open('code', code),
    ]
    const { access_token, refresh_token = '' } = await provider.login(ALL)
    sealed.push(await open('refresh', refresh_token), await open('userinfo', access_token))
    for (const facts of sealed) {
      expect(facts['sub']).toBe('alice')
      for (const value of [...Object.values(ALICE), ...Object.values(LIVE)])
        if (typeof value === 'string' && value !== 'alice') expect(JSON.stringify(facts)).not.toContain(value)
    }
  })

  it.each<readonly [string, () => unknown]>([
    [
      'it throws',
      () => {
        throw new Error('alice@hargreaves.example')
      },
    ],
    ['it fails later', () => Promise.reject(new Error('alice@hargreaves.example'))],
    ['it never answers', () => new Promise(() => {})],
    ['it tells a text', () => 'alice@hargreaves.example'],
    ['it tells too much', () => ({ name: 'alice@hargreaves.example'.repeat(100) })],
    ['it tells of another type', () => ({ email_verified: 'alice@hargreaves.example' })],
  ])('is 503 where %s, at userinfo and for an ID token, and burns no code', async (_, fails) => {
    let isBroken = false
    const { provider, lines } = setUp(() => (isBroken ? (fails() as never) : LIVE))
    const { access_token } = await provider.login(ALL)
    isBroken = true
    const response = await provider.userinfo(access_token)
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([
      503,
      'temporarily_unavailable',
    ])
    const code = (await provider.authorize(ALL)).searchParams.get('code') ?? ''
    const redeem = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
    expect((await provider.token(redeem)).error).toBe('temporarily_unavailable')
    isBroken = false
    expect((await provider.token(redeem)).id_token).toBeDefined()
    expect(lines.filter(({ event, level }) => event === 'profile.failed' && level === 'error')).toHaveLength(2)
    expect(JSON.stringify(lines)).not.toContain('hargreaves')
  })

  it('that knows nobody of this name leaves the subject', async () => {
    const { provider } = setUp(() => null)
    const { access_token } = await provider.login(ALL)
    expect(await (await provider.userinfo(access_token)).json()).toEqual({ sub: 'alice' })
  })

  it('goes, and what was sealed while it was there tells nothing but the subject', async () => {
    const { provider } = setUp()
    const { access_token } = await provider.login(ALL)
    const without = createProvider()
    expect(await (await without.userinfo(access_token)).json()).toEqual({ sub: 'alice' })
  })

  it('is a function, or the settings are refused', () => {
    expect(() => createIssuer(testSettings({ openid: { profile: 'x' as never } }))).toThrow(
      '"profile" expected a function',
    )
  })
})

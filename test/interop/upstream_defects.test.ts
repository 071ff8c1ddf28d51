import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type LogEntry, upstreamLogin } from '../../src/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { upstreamSubject } from '../../src/protocol/subject.ts'
import { ISSUER, NOW, testIssuer } from '../fixtures.ts'
import { type Misconduct, type Provider, startProvider } from '../parties/bad_provider.ts'
import { authorizeUrl, type Browser, type Changes, createBrowser } from '../parties/person.ts'

let now = NOW
let provider: Provider
beforeAll(async () => {
  provider = await startProvider(() => now)
})
afterAll(() => provider.stop())
beforeEach(() => {
  now = NOW
  provider.misbehave({})
})

/** An issuer that has never seen the provider, and a browser. */
function setUp(options: { clientSecret?: string } = { clientSecret: 'bulla-secret' }) {
  const lines: LogEntry[] = []
  const authenticate = upstreamLogin({
    issuer: provider.issuer,
    clientId: 'bulla',
    isLoopbackAllowed: true,
    ...options,
  })
  const issuer = testIssuer({ authenticate, now: () => now, log: (entry) => lines.push(entry) })
  return { issuer, lines, browser: createBrowser((request) => issuer.fetch(request)) }
}

/** Begins a login; the provider's code is the nonce, so that it can put it into the ID token. */
async function begin(
  browser: Browser,
  changes: Changes = {},
): Promise<{ readonly location: URL; readonly callback: string }> {
  const response = await browser.get(authorizeUrl(changes))
  const location = new URL(response.headers.get('location') ?? 'none:')
  const { searchParams } = location
  return {
    location,
    callback: `${ISSUER}/login/callback?state=${searchParams.get('state')}&code=${searchParams.get('nonce')}`,
  }
}

describe('a login upstream', () => {
  it('asks for a code with PKCE, nonce and a sealed state, and for a new login in a way that must be proved (OpenID Connect Core §3.1.2.1)', async () => {
    const { location } = await begin(setUp().browser, { prompt: 'login', max_age: '60', login_hint: 'alice' })
    expect(location.href.startsWith(`${provider.issuer}/authorize?`)).toBe(true)
    expect(Object.fromEntries(location.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'bulla',
      redirect_uri: `${ISSUER}/login/callback`,
      scope: 'openid',
      state: expect.stringMatching(/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      prompt: 'login',
      max_age: '0',
      login_hint: 'alice',
    })
  })

  it('redeems the code with its verifier, and proves the client by Basic, form-encoded', async () => {
    const { browser } = setUp({ clientSecret: 'a b:c' })
    const { location, callback } = await begin(browser)
    expect((await browser.get(callback)).status).toBe(303)
    const { form, authorization } = provider.last
    expect(challengeOf(form.get('code_verifier') ?? '')).toBe(location.searchParams.get('code_challenge'))
    expect([form.get('grant_type'), form.get('redirect_uri')]).toEqual([
      'authorization_code',
      `${ISSUER}/login/callback`,
    ])
    expect([authorization, form.has('client_secret')]).toEqual([`Basic ${btoa('bulla:a+b%3Ac')}`, false])
  })

  it('proves the client in the body where the provider takes nothing else', async () => {
    provider.misbehave({ metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] } })
    const { browser } = setUp()
    await browser.get((await begin(browser)).callback)
    expect([provider.last.authorization, provider.last.form.get('client_secret')]).toEqual([undefined, 'bulla-secret'])
  })

  it('happens once, even where the provider takes its code again', async () => {
    const { browser } = setUp()
    const { callback } = await begin(browser)
    expect((await browser.get(callback)).status).toBe(303)
    browser.cookies.delete('__Host-bulla-session')
    expect([(await browser.get(callback)).status, browser.cookies.has('__Host-bulla-session')]).toEqual([400, false])
  })

  it('names the person by issuer and subject together, never by e-mail or name (C29)', async () => {
    const { browser } = setUp()
    provider.misbehave({
      claims: { email: 'victim@example.com', email_verified: false, preferred_username: 'client:service' },
    })
    await browser.get((await begin(browser)).callback)
    const page = await (await browser.get(authorizeUrl())).text()
    expect(page).toContain('client:service')
    expect(upstreamSubject('https://a.example', 'x')).not.toBe(upstreamSubject('https://b.example', 'x'))
    expect(upstreamSubject('https://a.example', 'x')).toMatch(/^[\w-]{43}$/)
  })
})

const ATTACKS: readonly (readonly [string, Misconduct])[] = [
  ['ID token of another issuer', { claims: { iss: 'https://other.example' } }],
  ['ID token for another party', { claims: { aud: 'other' } }],
  ['ID token for two parties, without azp', { claims: { aud: ['bulla', 'other'] } }],
  ['ID token with another azp', { claims: { aud: ['bulla', 'other'], azp: 'other' } }],
  ['ID token without nonce', { claims: { nonce: undefined } }],
  ['ID token with another nonce', { claims: { nonce: 'x' } }],
  ['ID token without subject', { claims: { sub: undefined } }],
  ['ID token with an empty subject', { claims: { sub: '' } }],
  ['ID token with a list as subject', { claims: { sub: ['alice'] } }],
  ['ID token with a subject of 256 characters', { claims: { sub: 'a'.repeat(256) } }],
  ['ID token without exp', { claims: { exp: undefined } }],
  ['ID token without iat', { claims: { iat: undefined } }],
  ['ID token that has expired', { claims: { iat: NOW - 400, exp: NOW - 100 } }],
  ['ID token from the future', { claims: { iat: NOW + 3600, exp: NOW + 7200 } }],
  ['ID token of an hour ago', { claims: { iat: NOW - 3600 } }],
  ['ID token without signature', { signed: 'none' }],
  ['ID token signed with the client secret', { signed: 'hs256' }],
  ['ID token signed by an unknown key', { signed: 'unknown key' }],
  ['ID token signed by another key', { signed: 'wrong key' }],
  ['ID token that brings its key', { signed: 'with its key inside' }],
  ['answer without ID token', { answer: { id_token: undefined } }],
  ['answer with a list as ID token', { answer: { id_token: [] } }],
]

describe('a bad ID token', () => {
  it.each(ATTACKS)('%s: a page, no session, and the right one works afterwards (C29)', async (_, misconduct) => {
    const { browser, lines } = setUp()
    const { callback } = await begin(browser)
    provider.misbehave(misconduct)
    const response = await browser.get(callback)
    expect([response.status, browser.cookies.has('__Host-bulla-session')]).toEqual([400, false])
    expect(await response.text()).toContain('The login did not work')
    expect(lines.at(-1)).toMatchObject({ level: 'warn', event: 'login', code: 'login_failed' })
    provider.misbehave({})
    now += 31
    expect((await browser.get(callback)).status).toBe(303)
  })

  /** Returns what a login ends in, the status of a page or the error that the app is told, and whether there is a session. */
  async function endOf(browser: Browser, callback: string): Promise<readonly [number | string, boolean]> {
    const { status, headers } = await browser.get(callback)
    const error = new URL(headers.get('location') ?? ISSUER, ISSUER).searchParams.get('error')
    return [error ?? status, browser.cookies.has('__Host-bulla-session')]
  }

  it.each<[string, NonNullable<Misconduct['claims']>, number | string]>([
    ['none', { auth_time: undefined }, 'login_required'],
    ['an old one', { auth_time: NOW - 3600 }, 400],
    ['one in milliseconds as', { auth_time: NOW * 1000 }, 'login_required'],
  ])('with max_age and %s auth_time is refused (OpenID Connect Core §3.1.2.1)', async (_, claims, end) => {
    const { browser } = setUp()
    const { callback } = await begin(browser, { max_age: '60' })
    provider.misbehave({ claims })
    expect(await endOf(browser, callback)).toEqual([end, false])
  })

  it.each<[string, NonNullable<Misconduct['claims']>, number | string]>([
    ['that tells no auth_time', { auth_time: undefined }, 'login_required'],
    ['that only had a session', { auth_time: NOW - 60 }, 400],
    ['whose clock is 20 seconds behind', { auth_time: NOW - 20, iat: NOW - 20 }, 303],
    ['whose clock is 20 seconds ahead', { auth_time: NOW + 20, iat: NOW + 20 }, 303],
    ['whose clock is right', {}, 303],
  ])('with prompt=login, of a provider %s, is no new login unless it says so', async (_, claims, end) => {
    const { browser } = setUp()
    const { callback } = await begin(browser, { prompt: 'login' })
    provider.misbehave({ claims })
    expect(await endOf(browser, callback)).toEqual([end, end === 303])
  })
})

describe('a bad answer', () => {
  it.each<[string, Misconduct, (callback: string) => string]>([
    ['of another issuer (RFC 9207, H64)', {}, (callback) => `${callback}&iss=https%3A%2F%2Fother.example`],
    [
      'without its issuer, where it was promised (RFC 9207)',
      { metadata: { authorization_response_iss_parameter_supported: true } },
      (callback) => callback,
    ],
    ['without a code', {}, (callback) => callback.replace(/&code=.*/, '')],
    ['with two codes', {}, (callback) => `${callback}&code=x`],
    ['with another code', {}, (callback) => callback.replace(/code=.*/, 'code=x')],
  ])('%s is a page, and no session', async (_, misconduct, change) => {
    provider.misbehave(misconduct)
    const { browser } = setUp()
    const { callback } = await begin(browser)
    const response = await browser.get(change(callback))
    expect([response.status, browser.cookies.has('__Host-bulla-session')]).toEqual([400, false])
  })

  it('with its issuer is taken', async () => {
    provider.misbehave({ metadata: { authorization_response_iss_parameter_supported: true } })
    const { browser } = setUp()
    const { callback } = await begin(browser)
    expect((await browser.get(`${callback}&iss=${encodeURIComponent(provider.issuer)}`)).status).toBe(303)
  })
})

const FAULTS = (['discovery', 'jwks', 'token'] as const).flatMap((at) =>
  (['down', 'error', 'drip', 'redirect', 'huge', 'html', 'garbage', 'list'] as const).map((how) => ({ at, how })),
)

describe('a provider that fails', () => {
  it.each(FAULTS)(
    // promise: U01
    '$how at $at: a page with a way to try again in time, no session, and recovery without restart (U01, H12, J01–J04)',
    async ({ at, how }) => {
      const { browser } = setUp()
      const begun = at === 'discovery' ? undefined : await begin(browser)
      provider.misbehave({ at, how })
      const before = performance.now()
      const response = begun === undefined ? await browser.get(authorizeUrl()) : await browser.get(begun.callback)
      expect(performance.now() - before).toBeLessThan(10_000)
      expect([response.status, browser.cookies.has('__Host-bulla-session')]).toEqual([503, false])
      expect(await response.text()).toContain(`href="${authorizeUrl().replaceAll('&', '&amp;')}"`)
      expect(provider.trapped).toEqual([])
      provider.misbehave({})
      now += 5
      const again = begun ?? (await begin(browser))
      expect((await browser.get(again.callback)).status).toBe(303)
    },
  )

  it.each<[string, Record<string, unknown>]>([
    ['another issuer', { issuer: 'https://other.example' }],
    ['a token endpoint by http', { token_endpoint: 'http://idp.example/token' }],
    ['a token endpoint in a private network (H11)', { token_endpoint: 'https://10.0.0.1/token' }],
    ['a token endpoint at the metadata service (H11)', { token_endpoint: 'https://169.254.169.254/' }],
    ['keys on an internal host (H11)', { jwks_uri: 'https://keys.internal/jwks' }],
    ['keys at an address in another spelling (H11)', { jwks_uri: 'https://0x0a000001/jwks' }],
    ['keys at an address as a number (J05)', { jwks_uri: 'https://167772161/jwks' }],
    ['keys at an IPv6 address (J05)', { jwks_uri: 'https://[::ffff:10.0.0.1]/jwks' }],
    ['keys with a user', { jwks_uri: 'https://a:b@idp.example/jwks' }],
    ['no keys', { jwks_uri: undefined }],
    ['an authorization endpoint that is a script', { authorization_endpoint: 'javascript:alert(1)' }],
  ])('whose metadata name %s is asked nothing more', async (_, metadata) => {
    provider.misbehave({ metadata })
    const { browser } = setUp()
    const before = provider.asked.get('/token')
    const response = await browser.get(authorizeUrl())
    expect([response.status, response.headers.get('location')]).toEqual([500, null])
    expect(provider.asked.get('/token')).toBe(before)
  })
})

describe('the keys of a provider', () => {
  it('are fetched once, and once more when one is missing, but not twice in 30 seconds (H10)', async () => {
    const { browser } = setUp()
    const count = (): number => provider.asked.get('/jwks') ?? 0
    const login = async (): Promise<number> =>
      (await browser.get((await begin(browser, { prompt: 'login' })).callback)).status
    const start = count()
    expect([await login(), await login(), count() - start]).toEqual([303, 303, 1])
    await provider.rotate()
    now += 30
    expect([await login(), count() - start]).toEqual([303, 2])
    provider.misbehave({ signed: 'unknown key' })
    for (let times = 0; times < 20; times++) expect(await login()).toBe(400)
    expect(count() - start).toBe(2)
  })

  it('serve for a day while the provider cannot be reached', async () => {
    const { browser } = setUp()
    expect((await browser.get((await begin(browser)).callback)).status).toBe(303)
    provider.misbehave({ at: 'jwks', how: 'error' })
    now += 3600
    expect((await browser.get((await begin(browser, { prompt: 'login' })).callback)).status).toBe(303)
    now += 86_400
    expect((await browser.get((await begin(browser, { prompt: 'login' })).callback)).status).toBe(503)
  })

  it('and its metadata are fetched once for a thousand who wait (J08)', async () => {
    const { issuer } = setUp()
    const before = provider.asked.get('/.well-known/openid-configuration') ?? 0
    const statuses = await Promise.all(
      Array.from({ length: 1000 }, async () => (await issuer.fetch(new Request(authorizeUrl()))).status),
    )
    expect(new Set(statuses)).toEqual(new Set([303]))
    expect((provider.asked.get('/.well-known/openid-configuration') ?? 0) - before).toBe(1)
  })
})

it.each([
  [{ issuer: 'http://idp.example' }, '"LOGIN.issuer" expected an https URL of a public host'],
  [{ issuer: 'http://127.0.0.1:1', isLoopbackAllowed: false }, '"LOGIN.issuer" expected an https URL of a public host'],
  [{ issuer: 'https://192.168.0.1' }, '"LOGIN.issuer" expected an https URL of a public host'],
  [{ clientId: '' }, '"LOGIN.client_id" expected a text'],
  [{ scope: 'email' }, '"LOGIN.scope" expected a scope with openid'],
])('is not made with %o', (changes, message) => {
  expect(() =>
    upstreamLogin({ issuer: 'https://idp.example', clientId: 'bulla', isLoopbackAllowed: true, ...changes }),
  ).toThrow(message)
})

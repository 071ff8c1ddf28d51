import { exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { ownLoginPage } from '../../src/index.ts'
import { LOGIN_KEY, LOGIN_PAGE, NOW, testIssuer, VARS } from '../fixtures.ts'
import { authorizeUrl, type Changes, createBrowser, type LoginChanges, signLogin } from '../parties/person.ts'

function setUp() {
  const issuer = testIssuer()
  const browser = createBrowser((request) => issuer.fetch(request))
  const begin = async (changes: Changes = {}): Promise<string> =>
    (await browser.get(authorizeUrl(changes))).headers.get('location') ?? ''
  return { browser, begin }
}

it('the state that a page, or a provider, is sent has 600 to 7,000 characters', async () => {
  const issuer = testIssuer()
  const lengthOf = async (changes: Record<string, string | undefined>): Promise<number> => {
    const { headers } = await issuer.request(authorizeUrl(changes))
    return new URL(headers.get('location') ?? '').searchParams.get('state')?.length ?? 0
  }
  expect(await lengthOf({ scope: undefined, state: undefined })).toBeGreaterThan(600)
  expect(await lengthOf({ state: 'x'.repeat(4096), nonce: 'y'.repeat(120) })).toBeGreaterThan(6000)
  expect(await lengthOf({ state: 'x'.repeat(4096), nonce: 'y'.repeat(120) })).toBeLessThan(7000)
})

describe('a login at an own page', () => {
  it('sends the browser there with all that the page needs', async () => {
    const asked = new URL(await setUp().begin({ prompt: 'login', max_age: '60', login_hint: 'alice' }))
    expect(asked.origin + asked.pathname).toBe(VARS.LOGIN.url)
    expect(Object.fromEntries(asked.searchParams)).toEqual({
      state: expect.any(String),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      client_name: 'Browser app',
      prompt: 'login',
      max_age: '0',
      login_hint: 'alice',
    })
  })

  it('is never told where to send the person back: that is for the page to know, and no link can say it', async () => {
    const asked = new URL(await setUp().begin({ login_hint: 'alice' }))
    expect([...asked.searchParams.values()].filter((value) => value.includes('://'))).toEqual([])
  })

  it('takes the person that the page signs, by the name that it gives', async () => {
    const { browser, begin } = setUp()
    const back = await browser.get(
      await signLogin(await begin(), 'user-7', { now: NOW, claims: { name: 'Zoë', acr: 'loa2', amr: ['pwd', 1] } }),
    )
    expect(back.headers.get('location')).toBe(authorizeUrl())
    expect(await (await browser.get(authorizeUrl())).text()).toContain('<bdi>Zoë</bdi>')
  })

  it.each<[string, LoginChanges]>([
    ['of another application', { claims: { iss: 'https://other.example' } }],
    ['for another issuer', { claims: { aud: 'https://other.example' } }],
    ['without a subject', { claims: { sub: undefined } }],
    ['with an empty subject', { claims: { sub: '' } }],
    ['with the subject of a client (H42)', { claims: { sub: 'client:service' } }],
    ['with the subject of nobody', { claims: { sub: 'anonymous:x' } }],
    ['with a number as subject', { claims: { sub: 7 } }],
    ['without a nonce', { claims: { nonce: undefined } }],
    ['with another nonce: it was signed for another login', { claims: { nonce: 'x' } }],
    ['without an end', { claims: { exp: undefined } }],
    ['that has ended', { claims: { exp: NOW - 60 } }],
    ['that is older than five minutes', { claims: { iat: NOW - 400 } }],
    ['from the future', { claims: { iat: NOW + 600 } }],
    ['of another type', { typ: 'JWT' }],
    ['of the type of an access token', { typ: 'at+jwt' }],
  ])('refuses one %s', async (_, changes) => {
    const { browser, begin } = setUp()
    const response = await browser.get(await signLogin(await begin(), 'alice', { now: NOW, ...changes }))
    expect([response.status, browser.cookies.has('__Host-bulla-session')]).toEqual([400, false])
  })

  it.each(['none', 'another key', 'its key inside', 'the public key as a secret'])(
    'refuses a login signed with %s',
    async (how) => {
      const { browser, begin } = setUp()
      const location = await begin()
      const good = new URL(await signLogin(location, 'alice', { now: NOW }))
      const payload = JSON.parse(
        atob((good.searchParams.get('login') ?? '').split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''),
      )
      const pair = await generateKeyPair('ES256')
      const header = { alg: 'ES256', kid: LOGIN_KEY.kid, typ: 'login+jwt' }
      const { d: _, ...publicKey } = LOGIN_KEY
      const forged = {
        none: () => new UnsecuredJWT(payload).encode(),
        'another key': () => new SignJWT(payload).setProtectedHeader(header).sign(pair.privateKey),
        'its key inside': async () =>
          new SignJWT(payload)
            .setProtectedHeader({ ...header, jwk: await exportJWK(pair.publicKey) })
            .sign(pair.privateKey),
        'the public key as a secret': () =>
          new SignJWT(payload)
            .setProtectedHeader({ ...header, alg: 'HS256' })
            .sign(new TextEncoder().encode(JSON.stringify(publicKey))),
      }[how]
      good.searchParams.set('login', (await forged?.()) ?? '')
      expect((await browser.get(good.href)).status).toBe(400)
      good.searchParams.set(
        'login',
        await new SignJWT(payload).setProtectedHeader(header).sign(await importJWK(LOGIN_KEY, 'ES256')),
      )
      expect((await browser.get(good.href)).status).toBe(303)
    },
  )

  it('refuses a login that was signed for another transaction', async () => {
    const [one, other] = [setUp(), setUp()]
    const theirs = new URL(await signLogin(await other.begin(), 'mallory', { now: NOW }))
    const mine = new URL(await one.begin())
    theirs.searchParams.set('state', mine.searchParams.get('state') ?? '')
    expect((await one.browser.get(theirs.href)).status).toBe(400)
  })

  it('holds the page to max_age (M28)', async () => {
    const { browser, begin } = setUp()
    for (const [auth_time, status, error] of [
      [undefined, 303, 'login_required'],
      [NOW - 91, 400, null],
    ] as const) {
      const back = await browser.get(
        await signLogin(await begin({ max_age: '60' }), 'alice', { now: NOW, claims: { auth_time } }),
      )
      const told = new URL(back.headers.get('location') ?? 'none:').searchParams.get('error')
      expect([back.status, told]).toEqual([status, error])
    }
    const back = await browser.get(
      await signLogin(await begin({ max_age: '60' }), 'alice', { now: NOW, claims: { auth_time: NOW - 50 } }),
    )
    expect(back.status).toBe(303)
  })

  it.each([
    [{ url: 'http://login.example/login' }, '"LOGIN.url" expected an https URL'],
    [{ issuer: '' }, '"LOGIN.issuer" expected a text'],
    [{ jwks: { keys: [] } }, '"LOGIN.jwks" expected a JWK Set'],
    [{ jwks: { keys: [LOGIN_KEY] } }, '"LOGIN.jwks" expected public keys'],
    [{ jwks: { keys: [{ kty: 'oct', k: 'x', alg: 'HS256' }] } }, '"LOGIN.jwks" expected public keys'],
    [{ jwks: { keys: [{ ...VARS.LOGIN.jwks.keys[0], alg: undefined }] } }, 'each with "alg"'],
  ])('is not made with %o', (changes, message) => {
    expect(() => ownLoginPage({ ...LOGIN_PAGE, ...changes })).toThrow(message)
  })
})

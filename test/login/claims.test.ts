import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { createIssuer, type LogEntry, upstreamLogin } from '../../src/index.ts'
import type { Person, Transaction } from '../../src/login/authenticate.ts'
import { developmentLogin } from '../../src/login/development.ts'
import { ownLoginPage } from '../../src/login/own_page.ts'
import { CLAIMS_OF_SCOPES } from '../../src/openid/openid.ts'
import { keepClaims } from '../../src/openid/person_claims.ts'
import { ISSUER, LOGIN_PAGE, NOW, testSettings } from '../fixtures.ts'
import { ALICE, createProvider, type Provider } from '../parties/openid_provider.ts'
import { authorizeUrl, createBrowser, signLogin } from '../parties/person.ts'

const PROVIDER = 'https://idp.example'
const SUB = 'f81d4fae-7dec-11d0'
type Claims = Readonly<Record<string, unknown>>

let key: Awaited<ReturnType<typeof generateKeyPair>>
beforeAll(async () => {
  key = await generateKeyPair('ES256')
})

/** Where a request of the relying party begins. */
const BEGIN = `${ISSUER}/authorize?${new URLSearchParams({
  response_type: 'code',
  client_id: 'rp',
  redirect_uri: 'https://rp.example/cb',
  scope: 'openid profile email address phone',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
})}`
const ALL = { scope: 'openid profile email address phone' }

/** A provider that logs people in by another one, which tells these claims in its ID token, and answers so at userinfo. */
function behind(claims: Claims, userinfo?: () => Response, options: { userinfo?: boolean; openid?: undefined } = {}) {
  const lines: LogEntry[] = []
  let [nonce, asked] = ['', 0]
  const idToken = (): Promise<string> =>
    new SignJWT({ iss: PROVIDER, aud: 'bulla', sub: SUB, nonce, iat: NOW, exp: NOW + 60, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: '1' })
      .sign(key.privateKey)
  const fetch = async (url: string): Promise<Response> => {
    if (url.endsWith('/openid-configuration'))
      return Response.json({
        issuer: PROVIDER,
        authorization_endpoint: `${PROVIDER}/authorize`,
        token_endpoint: `${PROVIDER}/token`,
        jwks_uri: `${PROVIDER}/jwks`,
        ...(userinfo === undefined ? {} : { userinfo_endpoint: `${PROVIDER}/userinfo` }),
      })
    if (url.endsWith('/jwks'))
      return Response.json({ keys: [{ ...(await exportJWK(key.publicKey)), kid: '1', alg: 'ES256' }] })
    if (url.endsWith('/token'))
      return Response.json({ access_token: 'at', token_type: 'Bearer', id_token: await idToken() })
    asked++
    return userinfo?.() ?? new Response(null, { status: 404 })
  }
  const { userinfo: isTold = false } = options
  const authenticate = upstreamLogin({ issuer: PROVIDER, clientId: 'bulla', userinfo: isTold, fetch })
  const provider = createProvider({ authenticate, log: (line) => lines.push(line) })
  return {
    provider,
    lines,
    asked: () => asked,
    async logIn(): Promise<Response> {
      const location = new URL((await provider.browser.get(BEGIN)).headers.get('location') ?? 'none:')
      nonce = location.searchParams.get('nonce') ?? ''
      const back = new URLSearchParams({ state: location.searchParams.get('state') ?? '', code: 'x' })
      return provider.browser.get(`${ISSUER}/login/callback?${back}`)
    },
  }
}

/** What a relying party is told of the person by userinfo, without the subject. */
async function toldTo(provider: Provider): Promise<Claims> {
  const { access_token } = await provider.login(ALL)
  const { sub: _, ...told } = (await (await provider.userinfo(access_token)).json()) as Claims
  return told
}

const telling = (claims: Claims) => () => Response.json({ sub: SUB, ...claims })
const { email, email_verified, ...OTHERS } = ALICE

describe('what is told of a person comes', () => {
  it('from the JWT of an own page', async () => {
    const provider = createProvider({ authenticate: ownLoginPage(LOGIN_PAGE) })
    const location = (await provider.browser.get(BEGIN)).headers.get('location') ?? ''
    const claims = { ...ALICE, shoe_size: 43, email_verified: true }
    await provider.browser.get(await signLogin(location, 'alice', { now: NOW, claims }))
    expect(await toldTo(provider)).toEqual(ALICE)
  })

  it('from the ID token of a provider, and not from its userinfo, which is asked for nothing then', async () => {
    const { provider, logIn, asked } = behind(OTHERS, telling({ email: 'other@people.example' }))
    expect((await logIn()).status).toBe(303)
    expect(await toldTo(provider)).toEqual(OTHERS)
    expect(asked()).toBe(0)
  })

  it('from the userinfo of a provider too, where the settings say so: once, and the ID token, which is signed, comes first', async () => {
    const told = telling({ email, email_verified, name: 'Somebody Else' })
    const { provider, logIn, asked } = behind(OTHERS, told, { userinfo: true })
    expect((await logIn()).status).toBe(303)
    expect(await toldTo(provider)).toEqual(ALICE)
    await toldTo(provider)
    expect(asked()).toBe(1)
  })

  it('in the form of OpenID Connect, where a provider writes truths and instants as texts', async () => {
    const claims = { email_verified: 'true', phone_number_verified: 'false', updated_at: '2026-09-21T13:46:40.000Z' }
    const { provider, logIn } = behind({ ...ALICE, ...claims })
    expect((await logIn()).status).toBe(303)
    expect(await toldTo(provider)).toEqual({ ...ALICE, updated_at: Date.UTC(2026, 8, 21, 13, 46, 40) / 1000 })
  })
})

describe('nobody is logged in where', () => {
  it.each<readonly [string, (() => Response) | undefined, number, RegExp]>([
    [
      'its userinfo is of somebody else (OpenID Connect Core §5.3.2)',
      telling({ sub: 'mallory' }),
      400,
      /another subject/,
    ],
    ['its userinfo says of nobody whose it is', telling({ sub: undefined }), 400, /another subject/],
    ['its userinfo refuses', () => new Response(null, { status: 401 }), 500, /userinfo: status 401/],
    ['its userinfo is down', () => new Response(null, { status: 502 }), 503, /userinfo: status 502/],
    ['its userinfo is a page', () => new Response('<p>'), 503, /userinfo: /],
    ['it has no userinfo', undefined, 500, /no userinfo_endpoint/],
  ])('the claims of userinfo are wanted, and %s', async (_, userinfo, status, detail) => {
    const { provider, lines, logIn } = behind(ALICE, userinfo, { userinfo: true })
    expect([(await logIn()).status, provider.browser.cookies.has('__Host-bulla-session')]).toEqual([status, false])
    expect(lines.at(-1)).toMatchObject({ event: 'login', detail: expect.stringMatching(detail) })
  })

  it.each<readonly [string, Claims, string]>([
    ['there is too much', { name: 'n'.repeat(1600) }, 'bytes, and may have 1536: name 1602'],
    ['one is too deep', { address: { country: { code: 'GB' } } }, 'the claim address'],
    ['a truth is none', { email_verified: 'perhaps' }, 'the claim email_verified is no boolean'],
    ['an instant is none', { updated_at: 'yesterday' }, 'the claim updated_at is no number'],
  ])('%s, whoever says it; the log says which claim, and not what it is', async (_, claims, detail) => {
    const upstream = behind({ preferred_username: 'alice', ...claims })
    expect((await upstream.logIn()).status).toBe(400)
    const lines = [...upstream.lines]
    const log = (line: LogEntry): unknown => lines.push(line)
    const own = createProvider({ authenticate: ownLoginPage(LOGIN_PAGE), log })
    const location = (await own.browser.get(BEGIN)).headers.get('location') ?? ''
    expect((await own.browser.get(await signLogin(location, 'alice', { now: NOW, claims }))).status).toBe(400)
    const inCode = createProvider({ person: { claims }, log })
    expect((await inCode.browser.get(BEGIN)).status).toBe(400)
    for (const { browser } of [upstream.provider, own, inCode])
      expect(browser.cookies.has('__Host-bulla-session')).toBe(false)
    const said = lines.filter(({ event }) => event === 'login')
    expect(said.map(({ code, detail: words }) => [code, words?.includes(detail)])).toEqual(
      Array(3).fill(['login_failed', true]),
    )
    expect(JSON.stringify(said)).not.toMatch(/nnnn|GB|perhaps|yesterday/)
  })
})

it('an issuer that is no OpenID provider keeps no claim, and refuses none', async () => {
  const claims = { name: 'n'.repeat(5000), email_verified: 'perhaps' }
  const { openid: _, ...plain } = testSettings()
  const issuer = createIssuer({ ...plain, authenticate: async () => ({ sub: 'alice', claims }) })
  const browser = createBrowser((request) => issuer.fetch(request))
  expect((await browser.get(authorizeUrl())).headers.get('location')).toContain('logged_in=yes')
  expect(browser.cookies.get('__Host-bulla-session')?.length).toBeLessThan(400)
})

it('the development login tells twenty claims of anybody, be it the longest name', async () => {
  for (const username of ['alice', 'Zoë@example.com', '𠮷'.repeat(64), 'a'.repeat(64)]) {
    const state = 'x'
    const form = new Request('http://localhost/login', {
      method: 'POST',
      body: new URLSearchParams({ state, username }),
    })
    const transaction = { issuer: 'http://localhost:8787', step: 'continue', now: NOW } as Transaction
    const person = (await developmentLogin(form, transaction)) as Person
    const names = Object.keys(person.claims ?? {})
    expect([names.length, Object.keys(keepClaims(person.claims, names)).length]).toEqual([20, 20])
    expect(names).toEqual(expect.arrayContaining(Object.values(CLAIMS_OF_SCOPES).flat()))
  }
})

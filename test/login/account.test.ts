import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Authenticate, createIssuer, createMemoryGuard, upstreamLogin } from '../../src/index.ts'
import { upstreamSubject } from '../../src/protocol/subject.ts'
import { ISSUER, NOW, testSettings } from '../fixtures.ts'
import { authorizeUrl, type Browser, createBrowser, signLogin } from '../parties/person.ts'

const PROVIDER = 'https://idp.example'
const SUB = 'f81d4fae-7dec-11d0'
type Claims = Readonly<Record<string, unknown>>
type Key = Awaited<ReturnType<typeof generateKeyPair>>

let key: Key
beforeAll(async () => {
  key = await generateKeyPair('ES256')
})

/** What a provider answers at its UserInfo endpoint. */
type Userinfo = (request: Request) => Response

/** Returns an answer of JSON about the person. */
const telling =
  (claims: Claims): Userinfo =>
  () =>
    Response.json({ sub: SUB, ...claims })

/** Logs a browser in at a provider that tells these claims in its ID token, and those at its UserInfo endpoint. */
async function logIn(claims: Claims, userinfo?: Userinfo, changes: { metadata?: Claims; answer?: Claims } = {}) {
  const asked: Request[] = []
  let nonce = ''
  const endpoints = {
    issuer: PROVIDER,
    authorization_endpoint: `${PROVIDER}/authorize`,
    token_endpoint: `${PROVIDER}/token`,
    jwks_uri: `${PROVIDER}/jwks`,
    ...(userinfo === undefined ? {} : { userinfo_endpoint: `${PROVIDER}/userinfo` }),
    ...changes.metadata,
  }
  const idToken = (): Promise<string> =>
    new SignJWT({ iss: PROVIDER, aud: 'bulla', sub: SUB, nonce, iat: NOW, exp: NOW + 60, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: '1' })
      .sign(key.privateKey)
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    const request = new Request(url, init)
    if (url.endsWith('/openid-configuration')) return Response.json(endpoints)
    if (url.endsWith('/jwks'))
      return Response.json({ keys: [{ ...(await exportJWK(key.publicKey)), kid: '1', alg: 'ES256' }] })
    if (url.endsWith('/token'))
      return Response.json({ access_token: 'at', token_type: 'Bearer', id_token: await idToken(), ...changes.answer })
    asked.push(request)
    return userinfo?.(request) ?? new Response(null, { status: 404 })
  }
  const authenticate = upstreamLogin({ issuer: PROVIDER, clientId: 'bulla', fetch })
  const issuer = createIssuer(testSettings({ authenticate, guard: createMemoryGuard(() => NOW) }))
  const browser = createBrowser((request) => issuer.fetch(request))
  const location = new URL((await browser.get(authorizeUrl())).headers.get('location') ?? 'none:')
  nonce = location.searchParams.get('nonce') ?? ''
  const { status } = await browser.get(
    `${ISSUER}/login/callback?${new URLSearchParams({ state: location.searchParams.get('state') ?? '', code: 'x' })}`,
  )
  expect(status).toBe(303)
  return { asked, browser, ...(await look(browser)) }
}

/** Returns which account each page names: the one that asks, the one to log out, and the one of what was allowed. */
async function look(browser: Browser) {
  const [consent, logout, apps] = await Promise.all(
    [authorizeUrl(), `${ISSUER}/logout`, `${ISSUER}/apps`].map(async (url) => (await browser.get(url)).text()),
  )
  const named = [
    /<p class="account"><bdi>(.*?)<\/bdi>/.exec(consent ?? '')?.[1],
    /logged in as <strong><bdi>(.*?)<\/bdi>/.exec(logout ?? '')?.[1],
    /logged in as <strong><bdi>(.*?)<\/bdi>/.exec(apps ?? '')?.[1],
  ]
  return { named, pages: [consent, logout, apps].join('\n') }
}

/** All three places name it. */
const everywhere = (name: string | undefined) => [name, name, name]

describe('the account that a person is shown', () => {
  it.each<readonly [string, Claims, Userinfo | undefined, string]>([
    ['the name in the ID token', { preferred_username: 'alice' }, undefined, 'alice'],
    ['the full name, where that is all', { name: 'Alice A.' }, undefined, 'Alice A.'],
    ['the e-mail address, where there is no name', { email: 'alice@example.com' }, undefined, 'alice@example.com'],
    ['a name before an e-mail address', { name: 'Alice', email: 'alice@example.com' }, undefined, 'Alice'],
    ['what is not blank', { preferred_username: ' ', name: '', email: 'a@example.com' }, undefined, 'a@example.com'],
    ['what can be read', { preferred_username: 'a\u202Eb', name: 'Alice' }, undefined, 'Alice'],
    ['the name of userinfo, where the ID token has none', {}, telling({ preferred_username: 'alice' }), 'alice'],
    ['the e-mail address of userinfo', { name: '\u00A0' }, telling({ name: ' ', email: 'a@b.example' }), 'a@b.example'],
  ])('is %s', async (_, claims, userinfo, name) => {
    expect((await logIn(claims, userinfo)).named).toEqual(everywhere(name))
  })

  it.each<readonly [string, Claims, Userinfo | undefined]>([
    ['the provider tells nothing', {}, undefined],
    ['all that it tells is blank', { preferred_username: '', name: '  ', email: '' }, telling({ name: '\t' })],
    ['the e-mail address is said to be unproved', { email: 'a@b.example', email_verified: false }, undefined],
    ['it is said so in a text', { email: 'a@b.example', email_verified: 'false' }, undefined],
    ['what is said of it cannot be read', { email: 'a@b.example', email_verified: { toString: 1 } }, undefined],
    ['userinfo is of somebody else (OpenID Connect Core §5.3.2)', {}, telling({ sub: 'mallory', name: 'Mallory' })],
    ['userinfo says of nobody whose it is', {}, telling({ sub: undefined, name: 'Mallory' })],
    ['userinfo tells a list', {}, () => Response.json([{ sub: SUB, name: 'Alice' }])],
    ['userinfo tells other things than texts', {}, telling({ name: ['Alice'], email: 7, preferred_username: {} })],
    ['userinfo refuses', {}, () => Response.json({ sub: SUB, name: 'Alice' }, { status: 401 })],
    ['userinfo is elsewhere', {}, () => Response.redirect('https://other.example/', 302)],
    ['userinfo is a page', {}, () => new Response('<p>Alice', { headers: { 'content-type': 'text/html' } })],
    ['userinfo is huge', {}, telling({ name: 'Alice', more: 'a'.repeat(100_000) })],
    [
      'userinfo breaks off',
      {},
      () => {
        throw new TypeError('broken')
      },
    ],
  ])('is none where %s: the person is logged in, and reads no digest', async (_, claims, userinfo) => {
    const { named, pages } = await logIn(claims, userinfo)
    expect(named).toEqual(everywhere(undefined))
    expect(pages).toContain('Use another account')
    expect(pages).toContain('You are logged in.')
    expect(pages).not.toContain(upstreamSubject(PROVIDER, SUB))
    expect(pages).not.toContain('<bdi></bdi>')
    // As words: what is sealed in a page may have these letters in a row.
    expect(pages).not.toMatch(/\b(?:null|undefined)\b/)
  })

  it('stays what it is while the session goes on', async () => {
    const { browser } = await logIn({})
    expect((await look(browser)).named).toEqual(everywhere(undefined))
  })
})

describe('userinfo', () => {
  it('is asked for by the access token, once, where the ID token names nobody', async () => {
    const { asked } = await logIn({}, telling({ name: 'Alice' }))
    expect(asked.map(({ method, url, headers }) => [method, url, headers.get('authorization')])).toEqual([
      ['GET', `${PROVIDER}/userinfo`, 'Bearer at'],
    ])
  })

  it.each<readonly [string, Claims, { metadata?: Claims; answer?: Claims }]>([
    ['the ID token names somebody', { name: 'Alice' }, {}],
    ['there is no access token', {}, { answer: { access_token: undefined } }],
    ['the access token is a list', {}, { answer: { access_token: ['at'] } }],
    ['the access token is bound to a key', {}, { answer: { token_type: 'DPoP' } }],
    ['it is inside', {}, { metadata: { userinfo_endpoint: 'https://169.254.169.254/' } }],
    ['it is by http', {}, { metadata: { userinfo_endpoint: 'http://idp.example/userinfo' } }],
    ['it is no URL', {}, { metadata: { userinfo_endpoint: 7 } }],
  ])('is not asked for where %s', async (_, claims, changes) => {
    expect((await logIn(claims, telling({ name: 'Alice' }), changes)).asked).toEqual([])
  })
})

describe('the account of a login of your own', () => {
  const loggedIn = async (person: unknown) => {
    const authenticate = (async () => person) as unknown as Authenticate
    const issuer = createIssuer(testSettings({ authenticate, guard: createMemoryGuard(() => NOW) }))
    const browser = createBrowser((request) => issuer.fetch(request))
    await browser.get(authorizeUrl())
    return look(browser)
  }

  it.each<readonly [string, unknown, string | undefined]>([
    ['its name', { sub: 'u-1', name: 'Alice' }, 'Alice'],
    ['its subject without a name', { sub: 'u-1' }, 'u-1'],
    ['its subject with a blank one', { sub: 'u-1', name: '  ' }, 'u-1'],
    ['none when the name is null', { sub: 'u-1', name: null }, undefined],
    ['none when the subject is blank', { sub: '  ' }, undefined],
  ])('is %s', async (_, person, name) => {
    expect((await loggedIn(person)).named).toEqual(everywhere(name))
  })

  it('is the subject at an own page that signs no name', async () => {
    const issuer = createIssuer(testSettings())
    const browser = createBrowser((request) => issuer.fetch(request))
    const location = (await browser.get(authorizeUrl())).headers.get('location') ?? ''
    await browser.get(await signLogin(location, 'user-7', { now: NOW, claims: { name: '' } }))
    expect((await look(browser)).named).toEqual(everywhere('user-7'))
  })
})

import { base64url, exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { createMemoryGuard, type Guard, type IssuerSettings } from '../../src/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { API, basic, ISSUER, NOW, secretHash, testIssuer, VARS } from '../fixtures.ts'
import { takeLink } from '../parties/answers.ts'
import {
  type Browser,
  type Changes,
  createPerson,
  formOf,
  goesTo,
  hiddenField,
  signLogin,
  VERIFIER,
} from '../parties/person.ts'
import { CLIENT_KEY } from '../parties/trusted.ts'

type Keys = Awaited<ReturnType<typeof generateKeyPair>>
let [keys, others, rsa]: readonly (Keys | undefined)[] = []
let client: object = {}
let other: object = {}

beforeAll(async () => {
  const made = (alg: string) => generateKeyPair(alg, { extractable: true })
  ;[keys, others, rsa] = [await made('ES256'), await made('ES256'), await made('RS256')]
  const jwk = async (pair: Keys | undefined, kid: string) => ({ ...(await exportJWK((pair as Keys).publicKey)), kid })
  const rest = { grant_types: ['authorization_code'], resources: [API], scopes: ['read', 'write'] }
  client = {
    ...rest,
    secret_hash: secretHash('web-secret'),
    redirect_uris: ['https://web.example/cb'],
    request_object_signing_alg: 'ES256',
    jwks: { keys: [await jwk(keys, 'w1'), await jwk(rsa, 'w2')] },
  }
  other = { ...client, redirect_uris: ['https://other.example/cb'], jwks: { keys: [await jwk(others, 'o1')] } }
})

const INSIDE = {
  iss: 'web',
  aud: ISSUER,
  exp: NOW + 60,
  iat: NOW,
  client_id: 'web',
  response_type: 'code',
  redirect_uri: 'https://web.example/cb',
  scope: 'read',
  state: 'inside',
  code_challenge: challengeOf(VERIFIER),
  code_challenge_method: 'S256',
}
type Claims = Readonly<Record<string, unknown>>

/** Signs a request, right unless it is changed. */
async function sign(changes: Claims = {}, header: Partial<JWTHeaderParameters> = {}, key = keys?.privateKey) {
  const claims = Object.entries({ ...INSIDE, ...changes }).filter(([, value]) => value !== undefined)
  return new SignJWT(Object.fromEntries(claims))
    .setProtectedHeader({ alg: 'ES256', kid: 'w1', typ: 'oauth-authz-req+jwt', ...header } as JWTHeaderParameters)
    .sign(key as Keys['privateKey'])
}

/** An issuer with a clock that the test turns, alice, and the app's server. */
function setUp(changes: Partial<IssuerSettings> = {}, web: object = {}) {
  let now = NOW
  const issuer = testIssuer({
    now: () => now,
    guard: createMemoryGuard(() => now),
    clients: {
      web: { ...client, ...web },
      other,
      plain: { ...client, request_object_signing_alg: undefined },
    } as never,
    ...changes,
  })
  const ask = async (request: Request): Promise<Response> => issuer.fetch(request)
  const alice = createPerson(ask, { now: () => now })
  const urlOf = (request: string, beside: Changes = {}) =>
    `${ISSUER}/authorize?${formOf({ client_id: 'web', request, ...beside })}`

  /** Goes to the authorization endpoint, and logs in where that is asked; returns what comes at last, and where it was. */
  async function visit(url: string, by: Browser = alice.browser): Promise<{ page: Response; at: string }> {
    let [page, at] = [await by.get(url), url]
    while (page.status === 303) {
      const location = page.headers.get('location') ?? ''
      const isLogin = location.startsWith(VARS.LOGIN.url)
      if (!isLogin && !location.startsWith(ISSUER)) return { page, at }
      at = isLogin ? await signLogin(location, 'alice', { now }) : location
      page = await by.get(at)
    }
    return { page, at }
  }
  const answer = async (page: Response, decision = 'allow'): Promise<Response> => {
    const consent = hiddenField(await page.text(), 'consent')
    return alice.browser.post(`${ISSUER}/consent`, { consent, decision })
  }
  const par = (form: Changes, id = 'web') =>
    ask(
      new Request(`${ISSUER}/par`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: basic(id, 'web-secret') },
        body: formOf(form).toString(),
      }),
    )
  return { ask, issuer, alice, urlOf, visit, answer, par, wait: (seconds: number) => (now += seconds) }
}
const told = async (page: Response): Promise<Readonly<Record<string, string>>> =>
  takeLink(page.headers.get('location') ?? goesTo(await page.text())).told

describe('a signed request (RFC 9101)', () => {
  it('leads to a code, for what is in it alone: nothing beside it counts (RFC 9101 §6.3)', async () => {
    const { urlOf, visit, answer } = setUp()
    const beside = {
      redirect_uri: 'https://evil.example/cb',
      scope: 'read write',
      state: 'outside',
      response_mode: 'form_post',
      nonce: 'x'.repeat(600),
    }
    const { page } = await visit(urlOf(await sign(), beside))
    const answered = await answer(page)
    const text = await answered.text()
    expect(takeLink(goesTo(text))).toMatchObject({
      where: 'https://web.example/cb',
      told: { code: expect.stringMatching(/^ey/), state: 'inside', iss: ISSUER },
    })
    expect(text).not.toContain('evil')
  })

  it('gives the scope that is in it, and no more', async () => {
    const { ask, urlOf, visit, answer } = setUp()
    const { page } = await visit(urlOf(await sign(), { scope: 'read write' }))
    const { code = '' } = await told(await answer(page))
    const redeemed = await ask(
      new Request(`${ISSUER}/token`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: basic('web', 'web-secret'),
        },
        body: formOf({ grant_type: 'authorization_code', code, code_verifier: VERIFIER }).toString(),
      }),
    )
    expect(await redeemed.json()).toMatchObject({ scope: 'read' })
  })

  it.each<[string, Claims, Partial<JWTHeaderParameters>]>([
    ['of its own type', {}, { typ: 'oauth-authz-req+jwt' }],
    ['of its own type, written out', {}, { typ: 'application/oauth-authz-req+jwt' }],
    ['of no type', {}, { typ: undefined as never }],
    ['of the type that libraries write on all', {}, { typ: 'JWT' }],
    ['without iss and iat', { iss: undefined, iat: undefined }, {}],
    ['for us among others', { aud: ['https://x.example', ISSUER] }, {}],
    ['that lives for five minutes', { exp: NOW + 300 }, {}],
    ['by a clock that is a little ahead', { iat: NOW + 20, nbf: NOW + 20 }, {}],
    ['with numbers, and resources in a list', { max_age: 3600, resource: [API] }, {}],
    ['with a truth that nobody asks for', { unknown: true, nothing: null }, {}],
  ])('is taken: %s', async (_, claims, header) => {
    const { urlOf, visit, answer } = setUp()
    const { page } = await visit(urlOf(await sign(claims, header)))
    expect(await told(await answer(page))).toMatchObject({ state: 'inside', code: expect.any(String) })
  })

  it('can be posted, like any request', async () => {
    const { alice, visit, answer } = setUp()
    const posted = await alice.browser.post(`${ISSUER}/authorize`, { client_id: 'web', request: await sign() })
    const location = posted.headers.get('location') ?? ''
    expect([posted.status, location.startsWith(`${ISSUER}/authorize?client_id=web&request_uri=urn`)]).toEqual([
      303,
      true,
    ])
    expect(await told(await answer((await visit(location)).page))).toHaveProperty('code')
  })

  it('holds the login to what is in it: max_age as a number, and details as JSON', async () => {
    const { urlOf, alice } = setUp({}, { authorization_details_types: ['account'] })
    const details = [{ type: 'account', actions: ['balance'] }]
    const first = await alice.browser.get(urlOf(await sign({ max_age: 0, authorization_details: details })))
    const begun = await alice.browser.get(first.headers.get('location') ?? '')
    expect(new URL(begun.headers.get('location') ?? '').searchParams.get('max_age')).toBe('0')
    const wrong = await alice.browser.get(urlOf(await sign({ authorization_details: [{ type: 'nothing' }] })))
    expect(await told(wrong)).toMatchObject({ error: 'invalid_authorization_details', state: 'inside' })
  })

  it.each<[string, Claims, string]>([
    ['an unknown scope', { scope: 'bogus' }, 'invalid_scope'],
    ['no response type', { response_type: undefined }, 'invalid_request'],
    ['no challenge', { code_challenge: undefined }, 'invalid_request'],
    ['a max_age that is no whole number', { max_age: 1.5 }, 'invalid_request'],
    ['a response mode that there is not', { response_mode: 'fragment' }, 'invalid_request'],
    ['what is too long', { login_hint: 'x'.repeat(4600) }, 'invalid_request'],
  ])('tells its client, where it says, that there is in it %s', async (_, claims, error) => {
    const { urlOf, alice } = setUp()
    const refused = await alice.browser.get(urlOf(await sign(claims)))
    expect([refused.status, takeLink(refused.headers.get('location') ?? '').where]).toEqual([
      303,
      'https://web.example/cb',
    ])
    expect(await told(refused)).toMatchObject({ error, state: 'inside', iss: ISSUER })
  })

  it('answers in the mode that is in it', async () => {
    const { urlOf, visit, answer } = setUp()
    const { page } = await visit(urlOf(await sign({ response_mode: 'form_post' })))
    const text = await (await answer(page)).text()
    expect([
      text.includes('<form class="single" method="post" action="https://web.example/cb">'),
      goesTo(text),
    ]).toEqual([true, ''])
  })
})

/** Requests that are not signed as they must be. */
const DEFECTS: readonly (readonly [string, () => Promise<string>])[] = [
  ['by nobody', async () => new UnsecuredJWT(INSIDE).encode()],
  [
    'by the secret of the client',
    () => sign({}, { alg: 'HS256' }, new TextEncoder().encode('web-secret'.repeat(4)) as never),
  ],
  [
    'by another algorithm, though with a key of the client',
    () => sign({}, { alg: 'RS256', kid: 'w2' }, rsa?.privateKey),
  ],
  ['by the key of another client', () => sign({}, { kid: 'o1' }, others?.privateKey)],
  ['by the key of another client under the name of ours', () => sign({}, {}, others?.privateKey)],
  [
    'by the key that it brings',
    async () =>
      sign({}, { jwk: await exportJWK((others as Keys).publicKey), kid: undefined as never }, others?.privateKey),
  ],
  ['by a key of elsewhere', () => sign({}, { jku: 'https://web.example/jwks' })],
  ['as a client assertion', () => sign({ sub: 'web', jti: 'x' }, { typ: 'JWT' })],
  ['as a client assertion by its type', () => sign({}, { typ: 'client-authentication+jwt' })],
  ['as a login', () => sign({}, { typ: 'login+jwt' })],
  ['as an access token', () => sign({}, { typ: 'at+jwt' })],
  ['with a header that changes what it means', () => sign({}, { crit: ['b64'], b64: true } as never)],
  ['and has ended', () => sign({ exp: NOW - 31 })],
  ['and never ends', () => sign({ exp: undefined })],
  ['and ends too late', () => sign({ exp: NOW + 331 })],
  ['and is not yet', () => sign({ nbf: NOW + 60 })],
  ['and was made later', () => sign({ iat: NOW + 60 })],
  ['and was made long ago', () => sign({ iat: NOW - 3600 })],
  ['for somebody else', () => sign({ aud: 'https://other.example' })],
  ['for our token endpoint', () => sign({ aud: `${ISSUER}/token` })],
  ['for nobody', () => sign({ aud: undefined })],
  ['by another, as it says', () => sign({ iss: 'other' })],
  ['for another client', () => sign({ client_id: 'other' })],
  ['for no client', () => sign({ client_id: undefined })],
  ['and has another inside', async () => sign({ request: await sign() })],
  ['and names another', () => sign({ request_uri: 'https://web.example/request' })],
  ['and has a name that is none', () => sign({ jti: 7 })],
  [
    'and was changed',
    async () =>
      (await sign()).replace(
        /\.([^.]*)\./,
        (_, part) => `.${base64url.encode(base64url.decode(part).map((byte, at) => (at === 8 ? byte ^ 1 : byte)))}.`,
      ),
  ],
  ['as no JWT', async () => 'x'],
  ['in JSON', async () => JSON.stringify({ payload: '', signatures: [] })],
]

describe('a request that is not signed as it must be', () => {
  it.each(DEFECTS)('is a page, and goes nowhere: signed %s', async (_, make) => {
    const { urlOf, alice } = setUp()
    const refused = await alice.browser.get(urlOf(await make(), { redirect_uri: 'https://web.example/cb', state: 'x' }))
    const page = await refused.text()
    expect([refused.status, refused.headers.get('location'), goesTo(page)]).toEqual([400, null, ''])
    expect(page).toContain('<code>invalid_request_object</code>')
    expect(page).not.toContain('web.example/cb')
  })

  it('is one and the same for all who bring it', async () => {
    const { urlOf, alice } = setUp()
    const pages = new Set<string>()
    for (const [, make] of DEFECTS)
      pages.add(
        (await (await alice.browser.get(urlOf(await make()))).text()).replace(
          /nonce="[^"]*"|Request: <code>[^<]*/g,
          '',
        ),
      )
    expect(pages.size).toBe(1)
  })

  it.each(DEFECTS)('is not pushed either: signed %s', async (_, make) => {
    const { par } = setUp()
    const refused = await par({ request: await make() })
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: 'invalid_request_object', error_description: expect.any(String) },
    ])
  })

  it('leads to no address that is not its client’s, though it is signed', async () => {
    const { urlOf, alice, par } = setUp()
    const request = await sign({ redirect_uri: 'https://evil.example/cb' })
    const refused = await alice.browser.get(urlOf(request, { redirect_uri: 'https://web.example/cb' }))
    expect([refused.status, refused.headers.get('location'), (await refused.text()).includes('evil')]).toEqual([
      400,
      null,
      false,
    ])
    expect((await par({ request })).status).toBe(400)
  })

  it('is request_not_supported for a client that has not said how it signs, where the rest of its request says', async () => {
    const { alice, par } = setUp()
    const outside = {
      ...INSIDE,
      client_id: 'plain',
      state: 'outside',
      request: await sign({ client_id: 'plain', iss: 'plain' }),
    }
    const asked = Object.fromEntries(Object.entries(outside).map(([name, value]) => [name, String(value)]))
    const refused = await alice.browser.get(`${ISSUER}/authorize?${formOf(asked)}`)
    expect(await told(refused)).toMatchObject({ error: 'request_not_supported', state: 'outside' })
    expect(await (await par(asked, 'plain')).json()).toMatchObject({ error: 'request_not_supported' })
  })

  it('comes by value, or by /par: an address of the client’s own is never fetched (RFC 9101 §10.4)', async () => {
    const asked: string[] = []
    const { alice } = setUp({
      fetch: async (url) => {
        asked.push(String(url))
        return new Response('', { status: 404 })
      },
    })
    const refused = await alice.browser.get(
      `${ISSUER}/authorize?${formOf({ client_id: 'web', request_uri: 'https://web.example/request' })}`,
    )
    expect([refused.status, asked]).toEqual([400, []])
  })
})

describe('a signed request on its way', () => {
  it('leads to one code: its name is spent when the code is given, whoever brings it, as often as they like', async () => {
    const { urlOf, visit, answer, wait } = setUp()
    const url = urlOf(await sign({ jti: 'one', exp: NOW + 300 }))
    const [first, second] = [await visit(url), await visit(url)]
    // Looked at, it is not spent.
    wait(30)
    expect(await told(await answer(first.page))).toHaveProperty('code')
    const late = await answer(second.page)
    expect([late.status, (await late.text()).includes('code=ey')]).toEqual([400, false])
    const again = await visit(url)
    expect([again.page.status, again.page.headers.get('location')]).toEqual([400, null])
    expect(await again.page.text()).toContain('Back to')
  })

  it('leads to no second code later than the guard remembers the first', async () => {
    let at = NOW
    // A guard that forgets the request as soon as it may.
    let memory = createMemoryGuard(() => at)
    let until = 0
    const guard: Guard = {
      spend: (id, expiresAt) => memory.spend(id, expiresAt),
      advance: (step) => memory.advance(step),
      hasEnded: (ids) => memory.hasEnded(ids),
      end(id, expiresAt) {
        until = expiresAt
        return memory.end(id, expiresAt)
      },
    }
    const { urlOf, visit, answer, wait } = setUp({ guard })
    const url = urlOf(await sign({ jti: 'one', exp: NOW + 300 }))
    const first = await visit(url)
    at = wait(290)
    const second = await visit(url)
    expect(await told(await answer(first.page))).toHaveProperty('code')
    // A login and an answer may each take an hour.
    wait(2 * 3600 - 290)
    for (let waited = 0; waited < 900; waited += 30) {
      at = wait(30)
      if (at >= until) memory = createMemoryGuard(() => at)
      const { page } = await visit(second.at)
      expect(page.status).toBe(400)
    }
  })

  it('is another of another client, though it has the same name', async () => {
    const { urlOf, visit, answer, alice } = setUp()
    expect(await told(await answer((await visit(urlOf(await sign({ jti: 'one' })))).page))).toHaveProperty('code')
    const inside = { iss: 'other', client_id: 'other', redirect_uri: 'https://other.example/cb', jti: 'one' }
    const request = await sign(inside, { kid: 'o1' }, others?.privateKey)
    const { page } = await visit(`${ISSUER}/authorize?${formOf({ client_id: 'other', request })}`, alice.browser)
    expect(await told(await answer(page))).toHaveProperty('code')
  })

  it('may end while a person logs in, and its page can be reloaded: it is proved once', async () => {
    const { urlOf, alice, wait, visit, answer } = setUp()
    const first = await alice.browser.get(urlOf(await sign()))
    const begun = await alice.browser.get(first.headers.get('location') ?? '')
    wait(600)
    const back = await signLogin(begun.headers.get('location') ?? '', 'alice', { now: NOW + 600 })
    const { page, at } = await visit(back)
    expect(page.status).toBe(200)
    wait(600)
    const reloaded = await visit(at)
    expect(await told(await answer(reloaded.page))).toMatchObject({ code: expect.any(String), state: 'inside' })
  })

  it('cannot be changed by the browser that brings it on: what goes on is sealed', async () => {
    const { urlOf, alice } = setUp()
    const first = await alice.browser.get(urlOf(await sign()))
    const onward = new URL(first.headers.get('location') ?? '')
    expect([first.status, [...onward.searchParams.keys()]]).toEqual([303, ['client_id', 'request_uri']])
    onward.searchParams.set('scope', 'read write')
    onward.searchParams.set('prompt', 'none')
    const begun = await alice.browser.get(onward.href)
    expect(begun.headers.get('location')).toContain('https://login.example/login?')
  })

  it('is not pushed because a browser brings it: who must push is told so', async () => {
    const { urlOf, alice } = setUp({}, { require_pushed_authorization_requests: true })
    const refused = await alice.browser.get(urlOf(await sign()))
    expect(await told(refused)).toMatchObject({ error: 'invalid_request', state: 'inside' })
  })
})

describe('a signed request that is pushed (RFC 9126 §3)', () => {
  it('leads to one code, however often it is pushed', async () => {
    const { par, visit, answer } = setUp({}, { require_pushed_authorization_requests: true })
    const request = await sign({ jti: 'one' })
    const uris = [await par({ request }), await par({ request, client_id: 'web' })].map((pushed) => pushed.json())
    const [first, second] = (await Promise.all(uris)) as readonly { readonly request_uri: string }[]
    const urlOf = (request_uri = '') => `${ISSUER}/authorize?${formOf({ client_id: 'web', request_uri })}`
    expect(await told(await answer((await visit(urlOf(first?.request_uri))).page))).toMatchObject({ state: 'inside' })
    expect((await visit(urlOf(second?.request_uri))).page.status).toBe(400)
  })

  it.each<[string, Changes]>([
    ['a parameter of the request', { scope: 'read' }],
    ['another parameter, whatever it means', { foo: 'bar' }],
    ['a key to bind the code to', { dpop_jkt: 'x'.repeat(43) }],
    ['a request URI', { request_uri: 'urn:x' }],
  ])('stands alone: %s beside it is refused', async (_, beside) => {
    const refused = await setUp().par({ request: await sign(), ...beside })
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'invalid_request' }])
  })

  it('is of the client that pushes it, and of nobody else', async () => {
    const { par } = setUp()
    const request = await sign()
    expect((await par({ request }, 'other')).status).toBe(400)
    expect((await par({ request, client_id: 'other' })).status).not.toBe(201)
  })
})

describe('what is said of signed requests', () => {
  const metadata = async (changes: Partial<IssuerSettings> = {}, web: object = {}) =>
    (await setUp(changes, web).issuer.request(`${ISSUER}/.well-known/oauth-authorization-server`)).json()

  it('stands in the metadata, where a client signs (RFC 9101 §10.5)', async () => {
    expect(await metadata()).toMatchObject({
      request_parameter_supported: true,
      request_uri_parameter_supported: false,
      request_object_signing_alg_values_supported: ['ES256', 'Ed25519', 'PS256', 'RS256'],
    })
    const none = await (await testIssuer().request(`${ISSUER}/.well-known/oauth-authorization-server`)).json()
    expect(none).toMatchObject({ request_parameter_supported: false, request_uri_parameter_supported: false })
    expect(none).not.toHaveProperty('request_object_signing_alg_values_supported')
  })

  it.each<[string, object, RegExp]>([
    ['an algorithm without keys', { jwks: undefined }, /expected either "jwks" or "jwks_uri"/],
    ['an algorithm that no key has', { request_object_signing_alg: 'Ed25519' }, /expected a key for Ed25519/],
    ['none', { request_object_signing_alg: 'none' }, /request_object_signing_alg" expected/],
    ['HS256', { request_object_signing_alg: 'HS256' }, /request_object_signing_alg" expected/],
    [
      'RS256 in the profile fapi2',
      { profile: 'fapi2', request_object_signing_alg: 'RS256' },
      /request_object_signing_alg" expected another than RS256 in the profile fapi2/,
    ],
    [
      'answers by RS256 in the profile fapi2',
      { profile: 'fapi2', authorization_signed_response_alg: 'RS256' },
      /authorization_signed_response_alg" expected another than RS256 in the profile fapi2/,
    ],
  ])('is refused in the settings where it cannot be: %s', (_, web, message) => {
    const settings = { ...client, ...web } as Readonly<Record<string, unknown>>
    const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
    expect(() => testIssuer({ clients: { web: given } as never })).toThrow(message)
  })

  it('may be by keys that the client tells at an address, though it proves itself by a secret', async () => {
    const jwks = (client as { jwks: object }).jwks
    const fetch = async (): Promise<Response> => Response.json(jwks)
    const web = { jwks: undefined, jwks_uri: 'https://web.example/jwks' }
    const given = Object.fromEntries(Object.entries({ ...client, ...web }).filter(([, value]) => value !== undefined))
    const { urlOf, visit, answer, alice } = setUp({ clients: { web: given } as never, fetch })
    expect(await told(await answer((await visit(urlOf(await sign()))).page))).toHaveProperty('code')
    // A key of another algorithm stands there, too.
    const refused = await alice.browser.get(urlOf(await sign({}, { alg: 'RS256', kid: 'w2' }, rsa?.privateKey)))
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('invalid_request_object')])
  })

  it('may be of a client that proves itself by the same key', async () => {
    const { d: _, ...publicKey } = CLIENT_KEY
    const jwks = { keys: [publicKey] }
    const keyed = { ...client, secret_hash: undefined, token_endpoint_auth_method: 'private_key_jwt', jwks }
    const given = Object.fromEntries(Object.entries(keyed).filter(([, value]) => value !== undefined))
    expect(() => testIssuer({ clients: { web: given } as never })).not.toThrow()
  })
})

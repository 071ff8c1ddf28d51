import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard, type IssuerSettings } from '../../src/index.ts'
import { API, basic, ISSUER, NOW, secretHash, testKey, VARS } from '../fixtures.ts'
import { takeForms, takeLink } from '../parties/answers.ts'
import { RING_RSA } from '../parties/partner.ts'
import { authorizeUrl, type Changes, createBrowser, goesTo, hiddenField } from '../parties/person.ts'

const CLIENT = {
  secret_hash: secretHash('web-secret'),
  grant_types: ['authorization_code'],
  redirect_uris: ['https://web.example/cb?a=1'],
  resources: [API],
  scopes: ['read'],
}
const ASKED = { client_id: 'web', redirect_uri: 'https://web.example/cb?a=1', state: 'xyz', response_mode: 'jwt' }

/** A ring whose RSA key begins an hour from now: the settings are right, and nothing can be signed by RS256 yet. */
function laterRing(): string {
  const { rsa = [], ...ring } = createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA })
  return writeRing({ ...ring, rsa: rsa.map((key) => ({ ...key, use: NOW + 3600 })) })
}

/** An issuer with alice logged in, and what an app would do with what it is told. */
function setUp(client: object = {}, changes: Partial<IssuerSettings> = {}) {
  const issuer = createIssuer({
    issuer: ISSUER,
    keyRing: writeRing(createRing({ now: NOW, key: testKey() })),
    resources: { [API]: VARS.RESOURCES[API] },
    clients: { web: { ...CLIENT, ...client } },
    guard: createMemoryGuard(() => NOW),
    authenticate: async () => ({ sub: 'alice', auth_time: NOW }),
    log: () => {},
    now: () => NOW,
    ...changes,
  })
  const browser = createBrowser(async (request) => issuer.fetch(request))

  /** Goes to the question. */
  async function ask(changes: Changes = {}): Promise<Response> {
    let response = await browser.get(authorizeUrl({ ...ASKED, ...changes }))
    while (response.status === 303 && (response.headers.get('location') ?? '').startsWith(ISSUER))
      response = await browser.get(response.headers.get('location') ?? '')
    return response
  }
  /** Answers it, and returns what goes back. */
  async function answer(changes: Changes = {}, decision = 'allow'): Promise<string> {
    const asked = await ask(changes)
    if (asked.status === 303) return asked.headers.get('location') ?? ''
    const consent = hiddenField(await asked.text(), 'consent')
    return (await browser.post(`${ISSUER}/consent`, { consent, decision })).text()
  }
  /** Verifies a signed answer by the keys of the issuer, as a foreign library does. */
  async function verify(jwt = '') {
    const jwks = (await (await issuer.request(`${ISSUER}/jwks`)).json()) as JSONWebKeySet
    const currentDate = new Date(NOW * 1000)
    return jwtVerify(jwt, createLocalJWKSet(jwks), { issuer: ISSUER, audience: 'web', currentDate })
  }
  const par = (form: Changes) =>
    issuer.request(`${ISSUER}/par`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: basic('web', 'web-secret') },
      body: new URL(authorizeUrl({ ...ASKED, ...form })).searchParams.toString(),
    })
  return { issuer, browser, ask, answer, verify, par }
}

describe('a signed answer (JARM)', () => {
  it.each(['jwt', 'query.jwt'])(
    'is the one parameter "response" of a query: %s (JARM §2.3.1, §2.3.4)',
    async (mode) => {
      const { answer, verify } = setUp()
      const location = new URL(goesTo(await answer({ response_mode: mode })))
      expect([...location.searchParams.keys()]).toEqual(['a', 'response'])
      const { payload } = await verify(location.searchParams.get('response') ?? '')
      expect(payload).toEqual({
        iss: ISSUER,
        aud: 'web',
        exp: NOW + 120,
        code: expect.stringMatching(/^ey/),
        state: 'xyz',
      })
    },
  )

  it('is the one field of a form: form_post.jwt (JARM §2.3.3)', async () => {
    const { answer, verify } = setUp()
    const page = await answer({ response_mode: 'form_post.jwt' })
    const [taken] = takeForms(page, ISSUER)
    expect([
      takeForms(page, ISSUER).length,
      [...page.matchAll(/type="hidden" name="([^"]*)"/g)].map(([, n]) => n),
    ]).toEqual([1, ['response']])
    expect([taken?.where, (await verify(taken?.jwt)).payload]).toEqual([
      'https://web.example/cb?a=1',
      expect.objectContaining({ code: expect.stringMatching(/^ey/), state: 'xyz', aud: 'web' }),
    ])
  })

  it.each<[string, Changes, string, string]>([
    ['before anybody is asked', { prompt: 'none' }, 'allow', 'login_required'],
    ['of a request that is wrong', { scope: 'bogus' }, 'allow', 'invalid_scope'],
    ['when the person says no', {}, 'deny', 'access_denied'],
  ])('can be an error %s (JARM §2.1.2)', async (_, changes, decision, error) => {
    const { answer, verify } = setUp()
    const left = await answer(changes, decision)
    const { jwt } = takeLink(goesTo(left) || left)
    expect((await verify(jwt)).payload).toEqual({
      iss: ISSUER,
      aud: 'web',
      exp: NOW + 120,
      error,
      error_description: expect.any(String),
      state: 'xyz',
    })
  })

  it('has no typ, so that it is none of the others that are signed here', async () => {
    const { answer } = setUp()
    const { jwt = '' } = takeLink(goesTo(await answer()))
    expect(decodeProtectedHeader(jwt)).toEqual({ alg: 'ES256', kid: expect.any(String) })
  })

  const openid = { ...CLIENT, scopes: ['openid'], resources: [] }
  const rsa = { keyRing: writeRing(createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA })), openid: {} }
  it.each<[string, object, Partial<IssuerSettings>, string]>([
    ['ES256 for who gets no ID tokens, whatever the ring', {}, {}, 'ES256'],
    ['that of its ID tokens for who gets some', openid, rsa, 'RS256'],
    ['that of its ID tokens, be it another', { ...openid, id_token_signed_response_alg: 'Ed25519' }, rsa, 'Ed25519'],
    ['its own', { authorization_signed_response_alg: 'Ed25519' }, {}, 'Ed25519'],
    ['its own beside its ID tokens', { ...openid, authorization_signed_response_alg: 'ES256' }, rsa, 'ES256'],
    ['RS256', { authorization_signed_response_alg: 'RS256' }, { keyRing: rsa.keyRing }, 'RS256'],
  ])('is signed by %s (JARM §3)', async (_, client, changes, alg) => {
    const { answer, verify } = setUp(client, changes)
    const scope = 'scopes' in client ? 'openid' : 'read'
    const { jwt } = takeLink(goesTo(await answer({ scope })))
    expect((await verify(jwt)).protectedHeader.alg).toBe(alg)
  })

  it('is not told unsigned while no key signs yet: a page says so, and what was pushed is not spent', async () => {
    let isBroken = true
    const good = setUp()
    const { ask, browser, par } = good
    const { request_uri = '' } = (await (await par({})).json()) as { request_uri?: string }
    const consent = hiddenField(await (await ask({ client_id: 'web', request_uri })).text(), 'consent')
    const signless = setUp({ authorization_signed_response_alg: 'RS256' }, { keyRing: laterRing() })
    const there = createBrowser(async (request) => (isBroken ? signless : good).issuer.fetch(request), browser.cookies)
    const refused = await there.get(authorizeUrl({ ...ASKED, scope: 'bogus' }))
    const page = await refused.text()
    expect([refused.status, refused.headers.get('location'), /(?:href|url)="?https:..web/.test(page)]).toEqual([
      400,
      null,
      false,
    ])
    const failed = await there.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    expect([failed.status, /code=|response=/.test(await failed.text())]).toEqual([503, false])
    isBroken = false
    const answered = await there.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    expect(goesTo(await answered.text())).toContain('response=ey')
  })

  it('spends no request that was pushed for an answer that cannot be signed', async () => {
    const guard = createMemoryGuard(() => NOW)
    const good = setUp({ consent: 'skip' }, { guard })
    const later = { guard, keyRing: laterRing() }
    const signless = setUp({ consent: 'skip', authorization_signed_response_alg: 'RS256' }, later)
    const { request_uri = '' } = (await (await good.par({})).json()) as { request_uri?: string }
    const asked = authorizeUrl({ client_id: 'web', request_uri })
    const refused = await signless.ask({ client_id: 'web', request_uri })
    const there = createBrowser(async (request) => good.issuer.fetch(request), signless.browser.cookies)
    const told = await there.get(asked)
    expect([refused.status, told.status]).toEqual([503, 303])
    expect(told.headers.get('location')).toContain('https://web.example/cb?a=1&response=ey')
  })

  it('is told of in the metadata (JARM §4)', async () => {
    const metadata = await setUp().issuer.request(`${ISSUER}/.well-known/oauth-authorization-server`)
    expect(await metadata.json()).toMatchObject({
      authorization_signing_alg_values_supported: ['ES256', 'Ed25519', 'RS256'],
    })
  })
})

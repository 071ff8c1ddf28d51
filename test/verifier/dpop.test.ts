import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { createMemoryGuard } from '../../src/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Confirmation, Entitlement } from '../../src/token/entitlement.ts'
import { createDirectVerifier } from '../../src/verifier/direct.ts'
import {
  type FastifyReplyLike,
  type FastifyRequestLike,
  resourceServer as fastify,
} from '../../src/verifier/fastify.ts'
import { resourceServer } from '../../src/verifier/hono.ts'
import {
  createVerifier,
  type DpopOptions,
  describeResource,
  remoteKeys,
  type Verifier,
  type VerifierOptions,
} from '../../src/verifier/index.ts'
import { createProver, type ProofChanges } from '../parties/dpop.ts'
import { API, ENTITLEMENT, ISSUER, NOW, testRing } from '../ring.ts'

const keys = writeKeys(exportKeys(testRing(NOW), { issuer: ISSUER, resource: API, now: NOW }))
const URL_ = `${API}/orders/7`
const prover = await createProver()
const THUMBPRINT = 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg0'

const seal = (cnf: Confirmation | undefined, scope = ['read']): Promise<string> => {
  const entitlement: Entitlement = { ...ENTITLEMENT, scope, ...(cnf === undefined ? {} : { cnf }) }
  const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', API, 'A256GCM', 86_400)
  return sealDirect(entitlement, ISSUER, leaves, NOW)
}
const token = await seal({ jkt: prover.jkt })
const bearer = await seal(undefined)

const verifierWith = (dpop: DpopOptions = {}, changes: Partial<VerifierOptions> = {}): Verifier =>
  createVerifier({ issuer: ISSUER, resource: API, keys, now: () => NOW, dpop, ...changes })

/** A request for the resource, with a proof for it unless it is changed. */
const request = async (changes: ProofChanges = {}, shown = token, scheme = 'DPoP', url = URL_): Promise<Request> => {
  const dpop = await prover.prove({ method: 'GET', url: URL_, token: shown, ...changes })
  return new Request(url, { headers: { authorization: `${scheme} ${shown}`, dpop } })
}
const outcome = async (verifier: Verifier, input: Parameters<Verifier['verify']>[0], scope?: string) => {
  const result = await verifier.verify(input, scope === undefined ? {} : { scope })
  if (result.ok) return { ok: true, nonce: result.nonce, response: undefined }
  const { code, reason, response } = result
  return { ok: false, code, reason, response, challenge: response.headers.get('www-authenticate') }
}
const CHALLENGE = `DPoP realm="${API}"`
const ALGS = 'algs="ES256 Ed25519 EdDSA PS256"'

describe('a DPoP-bound token', () => {
  it.each(['DPoP', 'dpop', 'DPOP'])('is taken with a proof of its key, scheme %s (RFC 9449 §7.1)', async (scheme) => {
    const result = await verifierWith().verify(await request({}, token, scheme))
    expect(result).toMatchObject({ ok: true, entitlement: { sub: 'alice', cnf: { jkt: prover.jkt } } })
  })

  it('is refused as a bearer token, with the answer of any bad token (RFC 9449 §7.2)', async () => {
    const refused = await outcome(verifierWith(), await request({}, token, 'Bearer'))
    expect(refused).toMatchObject({ ok: false, code: 'invalid_token', reason: 'confirmation' })
    const bad = await outcome(verifierWith(), await request({}, 'x', 'Bearer'))
    expect([refused.response?.status, refused.challenge]).toEqual([401, bad.challenge])
  })

  it('is refused when it comes alone: nothing proves its key', async () => {
    expect(await outcome(verifierWith(), token)).toMatchObject({ code: 'invalid_token', reason: 'confirmation' })
  })

  it('is refused with a proof of another key, with the answer of any bad token (RFC 9449 §7.1)', async () => {
    const thief = await createProver()
    const dpop = await thief.prove({ method: 'GET', url: URL_, token })
    const stolen = new Request(URL_, { headers: { authorization: `DPoP ${token}`, dpop } })
    const refused = await outcome(verifierWith(), stolen)
    expect(refused).toMatchObject({ code: 'invalid_token', reason: 'confirmation' })
    expect(refused.challenge).toContain(`${CHALLENGE}, error="invalid_token"`)
    expect((await outcome(verifierWith(), await request({}, 'x'))).challenge).toBe(refused.challenge)
  })

  it.each<[string, ProofChanges, string]>([
    ['for another method', { method: 'POST' }, 'proof_request'],
    ['for another path', { url: `${API}/orders/8` }, 'proof_request'],
    ['for another host', { url: 'https://api2.example/orders/7' }, 'proof_request'],
    ['for another token', { token: bearer }, 'proof_request'],
    ['for no token', { claims: { ath: undefined } }, 'proof_request'],
    ['of over a minute ago', { now: NOW - 61 }, 'proof_time'],
    ['of another type', { header: { typ: 'JWT' } }, 'proof'],
    ['with a private key inside', { header: { jwk: { ...prover.jwk, d: 'AAAA' } } }, 'proof_key'],
  ])('is refused with a proof %s (RFC 9449 §4.3)', async (_, changes, reason) => {
    const refused = await outcome(verifierWith(), await request(changes))
    expect(refused).toMatchObject({ ok: false, code: 'invalid_dpop_proof', reason })
    expect(refused.response?.status).toBe(401)
    expect(refused.challenge).toBe(
      `${CHALLENGE}, error="invalid_dpop_proof", error_description="The DPoP proof is missing, invalid, used, or for another request.", ${ALGS}`,
    )
  })

  it('is refused without a proof, and with two', async () => {
    const verifier = verifierWith()
    const { headers } = await request()
    const proof = headers.get('dpop') ?? ''
    const one = { authorization: `DPoP ${token}` }
    for (const sent of [one, { ...one, dpop: `${proof}, ${proof}` }, { ...one, dpop: [proof, proof] }])
      expect(await outcome(verifier, { method: 'GET', url: URL_, headers: sent })).toMatchObject({
        code: 'invalid_dpop_proof',
        reason: 'proof',
      })
    expect(await outcome(verifier, { url: URL_, headers })).toMatchObject({ reason: 'proof_request' })
    expect(await outcome(verifier, { method: 'GET', headers })).toMatchObject({ reason: 'proof_request' })
  })

  it('is taken whatever the query, and however the URL is spelled (RFC 9449 §4.3)', async () => {
    const spelled = await request({ url: 'HTTPS://API1.example:443/orders/./%37' }, token, 'DPoP', `${URL_}?page=2`)
    expect(await outcome(verifierWith(), spelled)).toMatchObject({ ok: true })
  })

  it('is refused at the verifier of direct tokens, which knows no proofs', async () => {
    const direct = createDirectVerifier({ issuer: ISSUER, resource: API, keys, now: () => NOW })
    expect(await outcome(direct, await request())).toMatchObject({ code: 'no_credentials' })
    expect(await outcome(direct, await request({}, token, 'Bearer'))).toMatchObject({ reason: 'confirmation' })
  })
})

describe('a bearer token', () => {
  it('is taken as one, whatever proof lies beside it', async () => {
    expect(await outcome(verifierWith(), await request({}, bearer, 'Bearer'))).toMatchObject({ ok: true })
  })

  it('is refused in the scheme of DPoP, also with a good proof (RFC 9449 §7.1)', async () => {
    const refused = await outcome(verifierWith(), await request({}, bearer))
    expect(refused).toMatchObject({ code: 'invalid_token', reason: 'confirmation' })
  })

  it('is refused everywhere where DPoP is required', async () => {
    const verifier = verifierWith({ required: true })
    const shown = await outcome(verifier, await request({}, bearer, 'Bearer'))
    expect(shown).toMatchObject({ code: 'no_credentials', challenge: `${CHALLENGE}, ${ALGS}` })
    expect(await outcome(verifier, bearer)).toMatchObject({ code: 'invalid_token', reason: 'confirmation' })
    expect(await outcome(verifier, await request())).toMatchObject({ ok: true })
  })
})

describe('the challenge (RFC 9449 §7.1, RFC 9110 §11.6.1)', () => {
  it('names both schemes where no token was shown', async () => {
    const { challenge } = await outcome(verifierWith(), new Request(URL_))
    expect(challenge).toBe(`Bearer realm="${API}", ${CHALLENGE}, ${ALGS}`)
  })

  it('tells where the metadata are, and which scope is lacking, in the scheme of the request', async () => {
    const { url, metadata } = describeResource({ resource: API, issuer: ISSUER, dpop: 'required' })
    const refused = await outcome(verifierWith({}, { resourceMetadata: url }), await request(), 'write')
    expect(refused.challenge).toMatch(
      /^DPoP [^,]+, error="insufficient_scope".*scope="write", resource_metadata="https/,
    )
    expect(metadata).toMatchObject({
      dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA', 'PS256'],
      dpop_bound_access_tokens_required: true,
    })
    expect(describeResource({ resource: API, issuer: ISSUER }).metadata).not.toHaveProperty(
      'dpop_signing_alg_values_supported',
    )
  })

  it('answers a malformed header with 400', async () => {
    const malformed = new Request(URL_, { headers: { authorization: 'DPoP a b' } })
    expect(await outcome(verifierWith(), malformed)).toMatchObject({ code: 'invalid_request' })
  })
})

describe('a proof that was used', () => {
  it('is refused when it comes again, from whomever (RFC 9449 §11.1)', async () => {
    const verifier = verifierWith()
    const captured = await request()
    expect(await outcome(verifier, captured)).toMatchObject({ ok: true })
    expect(await outcome(verifier, captured)).toMatchObject({ code: 'invalid_dpop_proof', reason: 'proof_replayed' })
    expect(await outcome(verifier, await request())).toMatchObject({ ok: true })
  })

  it('is not spent by a request that is refused', async () => {
    const verifier = verifierWith()
    const asked = await request()
    expect(await outcome(verifier, asked, 'write')).toMatchObject({ code: 'insufficient_scope' })
    expect(await outcome(verifier, asked, 'read')).toMatchObject({ ok: true })
  })

  it('is let in once by two verifiers that share a store, which may be a guard', async () => {
    const replay = createMemoryGuard(() => NOW)
    const captured = await request()
    const results = await Promise.all([0, 1].map(() => outcome(verifierWith({ replay }), captured)))
    expect(results.map(({ ok }) => ok).sort()).toEqual([false, true])
  })

  it('is let in again by two that do not, and by one that keeps nothing', async () => {
    const captured = await request()
    for (const verifier of [verifierWith(), verifierWith(), verifierWith({ replay: 'none' })])
      expect(await outcome(verifier, captured)).toMatchObject({ ok: true })
  })

  // promise: F07
  it('cannot be told when the store fails: 503, unless the operator lets it in (F07)', async () => {
    const replay = { spend: () => Promise.reject(new Error('down')) }
    const refused = await outcome(verifierWith({ replay }), await request())
    expect(refused).toMatchObject({ code: 'temporarily_unavailable', reason: 'unavailable' })
    expect([refused.response?.status, refused.response?.headers.get('retry-after')]).toEqual([503, '5'])
    const open = verifierWith({ replay, onReplayFailure: 'accept' })
    expect(await outcome(open, await request())).toMatchObject({ ok: true })
    const wrong = { spend: async () => undefined as never }
    expect(await outcome(verifierWith({ replay: wrong }), await request())).toMatchObject({ reason: 'proof_replayed' })
  })

  it('is remembered for as long as it would be taken (H52)', async () => {
    let now = NOW
    const verifier = verifierWith({}, { now: () => now })
    const captured = await request({ now: NOW + 60 })
    expect(await outcome(verifier, captured)).toMatchObject({ ok: true })
    for (now of [NOW + 60, NOW + 120]) {
      await outcome(verifier, await request({ now }))
      expect(await outcome(verifier, captured)).toMatchObject({ reason: 'proof_replayed' })
    }
    now = NOW + 121
    expect(await outcome(verifier, captured)).toMatchObject({ reason: 'proof_time' })
  })
})

describe('a nonce of the resource server (RFC 9449 §9)', () => {
  const asked = async (verifier: Verifier): Promise<string> => {
    const refused = await outcome(verifier, await request())
    expect(refused).toMatchObject({ ok: false, code: 'use_dpop_nonce', reason: 'proof_nonce' })
    expect(refused.response?.status).toBe(401)
    expect(refused.challenge).toBe(
      `${CHALLENGE}, error="use_dpop_nonce", error_description="The DPoP proof needs the nonce that comes with this answer.", ${ALGS}`,
    )
    return refused.response?.headers.get('dpop-nonce') ?? ''
  }

  it('is told in a header, and taken for five minutes; from the half on, a new one is told', async () => {
    let now = NOW
    const verifier = verifierWith({ nonce: true }, { now: () => now })
    const nonce = await asked(verifier)
    expect(nonce).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
    expect(await outcome(verifier, await request({ nonce }))).toEqual({
      ok: true,
      nonce: undefined,
      response: undefined,
    })
    now = NOW + 151
    const later = await outcome(verifier, await request({ nonce, now }))
    expect(later.nonce).toMatch(/^ey/)
    expect(await outcome(verifier, await request({ nonce: String(later.nonce), now }))).toMatchObject({ ok: true })
    now = NOW + 300
    expect(await outcome(verifier, await request({ nonce, now }))).toMatchObject({ code: 'use_dpop_nonce' })
  })

  it('is the same for all servers with the same keys, and no others: nothing is kept', async () => {
    const nonce = await asked(verifierWith({ nonce: true }))
    expect(await outcome(verifierWith({ nonce: true }), await request({ nonce }))).toMatchObject({ ok: true })
    const other = verifierWith({ nonce: 'a secret of another server, long enough' })
    expect(await outcome(other, await request({ nonce }))).toMatchObject({ code: 'use_dpop_nonce' })
    const own = await asked(other)
    expect(await outcome(other, await request({ nonce: own }))).toMatchObject({ ok: true })
  })

  it('is nothing that anybody else can make', async () => {
    const verifier = verifierWith({ nonce: true })
    for (const nonce of ['', 'x', String(NOW), token, bearer])
      expect(await outcome(verifier, await request({ nonce }))).toMatchObject({ code: 'use_dpop_nonce' })
  })

  it('is not looked at where none is asked for', async () => {
    expect(await outcome(verifierWith(), await request({ nonce: 'x' }))).toMatchObject({ ok: true, nonce: undefined })
  })
})

describe('a token bound to a certificate (RFC 8705 §3)', () => {
  const headers = async (cnf: Confirmation, scheme = 'Bearer') => ({ authorization: `${scheme} ${await seal(cnf)}` })
  const own = { 'x5t#S256': THUMBPRINT }

  it('is taken with that certificate, and refused with another or none', async () => {
    const shown = { method: 'GET', url: URL_, headers: await headers(own) }
    expect(await outcome(verifierWith(), { ...shown, certificate: THUMBPRINT })).toMatchObject({ ok: true })
    for (const certificate of [undefined, '', `${THUMBPRINT.slice(0, -1)}A`])
      expect(await outcome(verifierWith(), { ...shown, certificate })).toMatchObject({
        code: 'invalid_token',
        reason: 'confirmation',
      })
  })

  it('is refused in the scheme of DPoP', async () => {
    const shown = await seal(own)
    const dpop = await prover.prove({ method: 'GET', url: URL_, token: shown })
    const asked = {
      method: 'GET',
      url: URL_,
      headers: { authorization: `DPoP ${shown}`, dpop },
      certificate: THUMBPRINT,
    }
    expect(await outcome(verifierWith(), asked)).toMatchObject({ reason: 'confirmation' })
  })

  it('and to a DPoP key needs both', async () => {
    const shown = await seal({ jkt: prover.jkt, ...own })
    const asked = async (certificate?: string) => ({
      method: 'GET',
      url: URL_,
      headers: { authorization: `DPoP ${shown}`, dpop: await prover.prove({ method: 'GET', url: URL_, token: shown }) },
      certificate,
    })
    expect(await outcome(verifierWith(), await asked(THUMBPRINT))).toMatchObject({ ok: true })
    expect(await outcome(verifierWith(), await asked())).toMatchObject({ reason: 'confirmation' })
    const alone = { method: 'GET', url: URL_, headers: { authorization: `Bearer ${shown}` }, certificate: THUMBPRINT }
    expect(await outcome(verifierWith(), alone)).toMatchObject({ reason: 'confirmation' })
  })

  it.each([
    'cf-client-cert-sha256',
    'cf-tls-client-auth-cert-fingerprint',
    'client-cert',
    'x-client-cert',
    'x-ssl-cert',
    'x-forwarded-client-cert',
    'x-forwarded-tls-client-cert',
    'ssl-client-cert',
  ])('is refused when a header alone claims the certificate: %s (H65)', async (header) => {
    const app = new Hono().use(resourceServer({ verifier: verifierWith() })).get('/orders/7', (c) => c.text('in'))
    for (const value of [THUMBPRINT, `Hash=${THUMBPRINT};Subject="CN=app"`, '-----BEGIN%20CERTIFICATE-----'])
      expect((await app.request(URL_, { headers: { ...(await headers(own)), [header]: value } })).status).toBe(401)
  })
})

describe('the options for bound tokens', () => {
  const remote = remoteKeys({ url: 'https://as.example/keys', clientId: 'a', clientSecret: 'b' })
  it.each<[string, Partial<VerifierOptions>, string]>([
    ['an unknown member', { dpop: { replays: 1 } as DpopOptions }, '"dpop" has no setting "replays"'],
    ['a secret that is too short', { dpop: { nonce: 'short' } }, '"dpop.nonce" expected a secret of at least 32'],
    ['a nonce that is a number', { dpop: { nonce: 1 as never } }, '"dpop.nonce" expected true or false, got 1'],
    ['nonces without a secret', { keys: remote, dpop: { nonce: true } }, '"dpop.nonce" expected a secret text where'],
    ['a store that is none', { dpop: { replay: {} as never } }, '"dpop.replay" expected an object with spend'],
    ['an unknown answer', { dpop: { onReplayFailure: 'x' as never } }, '"dpop.onReplayFailure" expected "refuse"'],
    ['required in words', { dpop: { required: 'yes' as never } }, '"dpop.required" expected true or false'],
    ['a base with a query', { baseUrl: 'https://a.example/?x' }, '"baseUrl" expected a URL without query'],
    ['a base with a user', { baseUrl: 'https://alice@a.example' }, '"baseUrl" expected a URL without query'],
    [
      'a base that leads elsewhere',
      { baseUrl: 'https://a.example/x/%2e%2e' },
      '"baseUrl" expected a URL without query',
    ],
    ['a base without a scheme', { baseUrl: 'a.example' }, '"baseUrl" expected a URL without query'],
  ])('are refused with %s', (_, changes, message) => {
    const options = { issuer: ISSUER, resource: API, keys, ...changes }
    expect(() => createVerifier(options)).toThrow(message)
  })
})

describe('the URL that clients see', () => {
  const at = async (url: string, changes: Partial<VerifierOptions>, proofUrl = 'https://public.example/api/orders/7') =>
    outcome(verifierWith({}, changes), {
      method: 'GET',
      url,
      headers: { authorization: `DPoP ${token}`, dpop: await prover.prove({ method: 'GET', url: proofUrl, token }) },
    })

  it.each([
    ['https://public.example/api', '/orders/7'],
    ['https://public.example/api/', '/orders/7?x=y'],
    ['https://public.example/api', 'http://10.0.0.1:8080/orders/7?x=y'],
    ['https://public.example', '/api/orders/7'],
  ])('is %s with the path of %s behind it', async (baseUrl, url) => {
    expect(await at(url, { baseUrl })).toMatchObject({ ok: true })
  })

  it.each([
    ['https://public.example', '/orders/7'],
    ['https://public.example/api', '/orders/8'],
    ['https://public.example/api', '//public.example/orders/7'],
    ['https://public.example/api', '/../api/../orders/7'],
    ['https://public.example', 'api/orders/7'],
    ['https://other.example/api', 'https://public.example/api/orders/7'],
  ])('is not what the client signed at %s with %s', async (baseUrl, url) => {
    expect(await at(url, { baseUrl })).toMatchObject({ code: 'invalid_dpop_proof', reason: 'proof_request' })
  })

  it.each<[string, string, string]>([
    ['a path alone', '/orders/7', `${API}/orders/7`],
    ['another host', 'https://public.example/orders/7', 'https://public.example/orders/7'],
    ['another host, with a proof for its own', 'https://public.example/orders/7', `${API}/orders/7`],
    ['another scheme', 'http://api1.example/orders/7', 'http://api1.example/orders/7'],
    ['another port', `${API}:8443/orders/7`, `${API}:8443/orders/7`],
    ['a user before the host', 'https://api1.example@public.example/orders/7', `${API}/orders/7`],
  ])('is that of the resource where nothing else is said: a request for %s is refused', async (_, url, proofUrl) => {
    expect(await at(url, {}, proofUrl)).toMatchObject({ code: 'invalid_dpop_proof', reason: 'proof_origin' })
  })

  it('cannot be told where the resource is no http(s) URL: then every proof is refused until "baseUrl" is set', async () => {
    const resource = 'urn:example:orders'
    const options = { resource, keys: writeKeys(exportKeys(testRing(NOW), { issuer: ISSUER, resource, now: NOW })) }
    const refused = await at('https://public.example/api/orders/7', options)
    expect(refused).toMatchObject({ code: 'invalid_dpop_proof', reason: 'proof_origin' })
    expect(await at('/orders/7', { ...options, baseUrl: 'https://public.example/api' })).toMatchObject({
      code: 'invalid_token',
    })
  })
})

describe('the middleware of the frameworks', () => {
  it('of Hono takes bound tokens, and tells the next nonce beside the answer', async () => {
    let now = NOW
    const options = { verifier: verifierWith({ nonce: true }, { now: () => now }), scope: 'read' }
    const app = new Hono().use(resourceServer(options)).get('/orders/7', () => new Response('in'))
    const first = await app.request(await request())
    const nonce = first.headers.get('dpop-nonce') ?? ''
    expect([first.status, nonce.length > 0]).toEqual([401, true])
    expect((await app.request(await request({ nonce }))).status).toBe(200)
    now = NOW + 200
    const later = await app.request(await request({ nonce, now }))
    expect([later.status, later.headers.get('dpop-nonce')]).toEqual([200, expect.stringMatching(/^ey/)])
  })

  it('of Hono knows the certificate of Workers, and of @hono/node-server', async () => {
    const bound = await seal({ 'x5t#S256': THUMBPRINT })
    const hex = [...atob(THUMBPRINT.replaceAll('-', '+').replaceAll('_', '/'))]
      .map((character) => character.charCodeAt(0).toString(16).padStart(2, '0'))
      .join('')
    const app = new Hono().use(resourceServer({ verifier: verifierWith() })).get('/orders/7', (c) => c.text('in'))
    const ask = async (cf: unknown, env: object = {}): Promise<number> => {
      const sent = new Request(URL_, { headers: { authorization: `Bearer ${bound}` } })
      return (await app.fetch(Object.defineProperty(sent, 'cf', { value: cf }), env)).status
    }
    expect(await ask({ tlsClientAuth: { certPresented: '1', certFingerprintSHA256: hex } })).toBe(200)
    expect(await ask({ tlsClientAuth: { certPresented: '0', certFingerprintSHA256: hex } })).toBe(401)
    expect(await ask({ tlsClientAuth: { certPresented: '1', certFingerprintSHA256: '' } })).toBe(401)
    expect(await ask(undefined)).toBe(401)
    const colons = hex.toUpperCase().replace(/..(?!$)/g, '$&:')
    const socket = { getPeerCertificate: () => ({ fingerprint256: colons }) }
    expect(await ask(undefined, { incoming: { socket } })).toBe(200)
    expect(await ask(undefined, { incoming: { socket: { getPeerCertificate: () => ({}) } } })).toBe(401)
    expect(await ask(undefined, { incoming: { socket: {} } })).toBe(401)
  })

  it('takes the certificate from where the operator says', async () => {
    const authorization = `Bearer ${await seal({ 'x5t#S256': THUMBPRINT })}`
    const app = new Hono()
      .use(resourceServer({ verifier: verifierWith(), certificate: (c) => c.req.header('x-from-our-proxy') }))
      .get('/orders/7', (c) => c.text('in'))
    const ask = async (value: string) =>
      (await app.request(URL_, { headers: { authorization, 'x-from-our-proxy': value } })).status
    expect([await ask(THUMBPRINT), await ask('x')]).toEqual([200, 401])
  })

  it('of Fastify takes bound tokens', async () => {
    const sent: unknown[] = []
    const reply: FastifyReplyLike = {
      code: (status) => [sent.push(status), reply][1] as FastifyReplyLike,
      headers: (headers) => [sent.push(headers), reply][1] as FastifyReplyLike,
      getHeader: () => undefined,
      send: () => reply,
    }
    const { headers } = await request()
    const asked: FastifyRequestLike = {
      method: 'GET',
      originalUrl: '/orders/7?x=y',
      protocol: 'https',
      raw: { headers: { ...Object.fromEntries(headers), host: 'api1.example' } },
    }
    const hook = fastify({ verifier: verifierWith() })
    await hook(asked, reply)
    expect([sent, asked.entitlement?.sub]).toEqual([[{}], 'alice'])
    await hook({ ...asked, protocol: 'http' }, reply)
    expect(sent.slice(1)).toEqual([
      401,
      expect.objectContaining({ 'www-authenticate': expect.stringContaining('DPoP ') }),
    ])
  })
})

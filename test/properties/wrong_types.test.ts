import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { exportKeys, writeKeys } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type LogEntry } from '../../src/index.ts'
import { TokenError } from '../../src/jose/error.ts'
import { readVerificationKeys } from '../../src/jose/jwks.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import {
  API,
  basic,
  ISSUER,
  LOGIN_KEY,
  NOW,
  PARTNER,
  PARTNER_KEY,
  SECRETS,
  testIssuer,
  testRing,
  VARS,
} from '../fixtures.ts'
import { createProver } from '../parties/dpop.ts'
import { authorizeUrl, createBrowser, REQUESTS } from '../parties/person.ts'
import { ASSERTION_TYPE, CI, CI_KEY, CLIENT_KEY, INNER, JWT_BEARER, TOKEN_EXCHANGE } from '../parties/trusted.ts'

/** JSON that is hardly ever of the type that it should be, as text: some of it is more than a value can be. */
const WRONG = [
  '{"toString":1,"valueOf":1}',
  '{"toString":null,"valueOf":[],"length":1}',
  '[{"toString":1,"valueOf":1}]',
  '{"toJSON":1,"then":1,"constructor":1,"hasOwnProperty":1}',
  '{"__proto__":{"toString":1,"valueOf":1}}',
  '[]',
  '[[]]',
  '{}',
  'null',
  'true',
  '""',
  '"__proto__"',
  '"constructor"',
  '"\\ud800"',
  '0',
  '-1',
  '1.5',
  '1e400',
  '-1e400',
  `${'['.repeat(200)}${']'.repeat(200)}`,
]

type Members = Readonly<Record<string, unknown>>

/** Writes members as JSON, one of them as the text that is given. */
function write(members: Members, name: string, text: string): string {
  const others = Object.entries(members).filter(([one, value]) => one !== name && value !== undefined)
  return `{${[...others.map(([one, value]) => `${JSON.stringify(one)}:${JSON.stringify(value)}`), `${JSON.stringify(name)}:${text}`].join(',')}}`
}

/** Signs whatever texts as header and payload by ES256: no library would. */
async function sign(
  header: string,
  payload: string,
  { kty, crv, x, y, d }: typeof CLIENT_KEY | typeof CI_KEY | typeof LOGIN_KEY,
) {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x, y, d }, algorithm, false, ['sign'])
  const segments = [header, payload].map((text) => encodeBase64url(new TextEncoder().encode(text))).join('.')
  const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(segments))
  return `${segments}.${encodeBase64url(new Uint8Array(signature))}`
}

let count = 0
const jti = (): string => `wrong-${++count}`

/** A kind of JWT that strangers send: what is right of it, and whose key signs it. */
interface Kind {
  readonly header: Members
  readonly claims: () => Members
  readonly key: Parameters<typeof sign>[2]
}
const { d: _, ...PROOF_JWK } = CLIENT_KEY
const KINDS = {
  clientAssertion: {
    header: { alg: 'ES256', kid: CLIENT_KEY.kid, typ: 'JWT' },
    claims: () => ({ iss: 'keyed', sub: 'keyed', aud: ISSUER, iat: NOW, nbf: NOW, exp: NOW + 60, jti: jti() }),
    key: CLIENT_KEY,
  },
  grantAssertion: {
    header: { alg: 'ES256', kid: CI_KEY.kid, typ: 'JWT' },
    claims: () => ({
      iss: CI,
      sub: 'repo:acme/app:ref:refs/heads/main',
      aud: ISSUER,
      iat: NOW,
      nbf: NOW,
      exp: NOW + 60,
      jti: jti(),
      repository_owner: 'acme',
      cnf: undefined,
      act: undefined,
      may_act: undefined,
      authorization_details: undefined,
    }),
    key: CI_KEY,
  },
  login: {
    header: { alg: 'ES256', kid: LOGIN_KEY.kid, typ: 'login+jwt' },
    claims: () => ({
      iss: VARS.LOGIN.issuer,
      sub: 'alice',
      aud: ISSUER,
      iat: NOW,
      nbf: NOW,
      exp: NOW + 60,
      auth_time: NOW,
      acr: '1',
      amr: ['pwd'],
      name: 'Alice',
      preferred_username: 'alice',
    }),
    key: LOGIN_KEY,
  },
  proof: {
    header: { alg: 'ES256', typ: 'dpop+jwt', jwk: { kty: 'EC', crv: 'P-256', x: PROOF_JWK.x, y: PROOF_JWK.y } },
    claims: () => ({ jti: jti(), htm: 'POST', htu: `${ISSUER}/token`, iat: NOW, nbf: NOW, exp: NOW + 60, nonce: 'x' }),
    key: CLIENT_KEY,
  },
} as const satisfies Readonly<Record<string, Kind>>

/** Every member of a kind of JWT: of the header, of a key in the header, and of the claims. */
function placesOf({ header, claims }: Kind): readonly (readonly ['header' | 'jwk' | 'claims', string])[] {
  const jwk = Object.keys((header['jwk'] as object | undefined) ?? {})
  return [
    ...[...Object.keys(header), 'crit', 'b64'].map((name) => ['header', name] as const),
    ...jwk.map((name) => ['jwk', name] as const),
    ...Object.keys(claims()).map((name) => ['claims', name] as const),
  ]
}

/** Returns a JWT of a kind with this text at one place; signed as it should be. */
function jwtWith({ header, claims, key }: Kind, place: string, name: string, text: string, more: Members = {}) {
  const said = { ...claims(), ...more }
  const jwk = place === 'jwk' ? write(header['jwk'] as Members, name, text) : undefined
  const head =
    place === 'header'
      ? write(header, name, text)
      : jwk === undefined
        ? JSON.stringify(header)
        : write(header, 'jwk', jwk)
  return sign(head, place === 'claims' ? write(said, name, text) : JSON.stringify(said), key)
}

const lines: LogEntry[] = []
const guard = createMemoryGuard(() => NOW)
const revocations = createMemoryRevocations('salt of the tests')
const issuer = testIssuer({ guard, revocations, dpopNonce: false, log: (entry) => lines.push(entry) })
const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)

async function post(path: string, form: Readonly<Record<string, string>>, headers = {}): Promise<Response> {
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams(form).toString()
  return ask(new Request(ISSUER + path, { method: 'POST', headers: { ...type, ...headers }, body }))
}

/** Checks that an answer blames who asked: nothing failed here. */
async function checkBlame(response: Response): Promise<void> {
  const errors = lines.filter(({ level }) => level === 'error')
  lines.length = 0
  expect([response.status < 500, errors]).toEqual([true, []])
  expect(response.headers.get('location') ?? '').not.toContain('server_error')
  await response.body?.cancel()
}

const ENDPOINTS = ['/token', '/par', '/introspect', '/revoke', '/keys', '/revocations']
const clientForm = (client_assertion: string) => ({
  client_assertion,
  client_assertion_type: ASSERTION_TYPE,
  grant_type: 'client_credentials',
  token: 'x',
})
const gateway = { authorization: basic('gateway', SECRETS.gateway) }
const exchangeForm = (token: string, role: 'subject' | 'actor', type: string) => ({
  grant_type: TOKEN_EXCHANGE,
  resource: INNER,
  subject_token: token,
  subject_token_type: `urn:ietf:params:oauth:token-type:${type}`,
  ...(role === 'actor' ? { actor_token: token, actor_token_type: `urn:ietf:params:oauth:token-type:${type}` } : {}),
})

/** Sends a JWT to every door that takes its kind. */
const SENDERS: Readonly<Record<keyof typeof KINDS, (jwt: () => Promise<string>) => Promise<void>>> = {
  async clientAssertion(jwt) {
    for (const path of ENDPOINTS) await checkBlame(await post(path, clientForm(await jwt())))
  },
  async grantAssertion(jwt) {
    await checkBlame(await post('/token', { grant_type: JWT_BEARER, client_id: 'runner', assertion: await jwt() }))
    for (const role of ['subject', 'actor'] as const)
      for (const type of ['jwt', 'id_token'])
        await checkBlame(await post('/token', exchangeForm(await jwt(), role, type), gateway))
  },
  async login(jwt) {
    const browser = createBrowser(ask)
    const location = new URL((await browser.get(authorizeUrl())).headers.get('location') ?? '')
    const asked = { state: location.searchParams.get('state') ?? '', login: await jwt() }
    await checkBlame(await browser.get(`${ISSUER}/login/callback?${new URLSearchParams(asked)}`))
  },
  async proof(jwt) {
    const form = { grant_type: 'client_credentials', resource: API }
    const headers = { authorization: basic('service', SECRETS.service), dpop: await jwt() }
    for (const path of ['/token', '/par']) await checkBlame(await post(path, form, headers))
  },
}

describe('a JWT whose members are of wrong types', () => {
  it.each(Object.keys(KINDS) as (keyof typeof KINDS)[])(
    // promise: P10
    'is the fault of who sent it, at every endpoint: %s',
    async (name) => {
      const kind: Kind = KINDS[name]
      for (const [place, member] of placesOf(kind))
        for (const text of WRONG) await SENDERS[name](() => jwtWith(kind, place, member, text))
    },
    60_000,
  )

  it('is the fault of who sent it, whatever JSON stands in it', async () => {
    const names = Object.keys(KINDS) as (keyof typeof KINDS)[]
    const anything = fc.tuple(
      fc.constantFrom(...names),
      fc.nat(),
      fc.oneof(fc.constantFrom(...WRONG), fc.json({ maxDepth: 4 })),
    )
    await fc.assert(
      fc.asyncProperty(anything, async ([name, index, text]) => {
        const places = placesOf(KINDS[name])
        const [place, member] = places[index % places.length] ?? ['claims', 'sub']
        await SENDERS[name](() => jwtWith(KINDS[name], place, member, text))
      }),
      { numRuns: 300 },
    )
  }, 60_000)

  it('is taken when it is right, so that the others got as far as they could', async () => {
    const right = (name: keyof typeof KINDS) => jwtWith(KINDS[name], 'claims', 'more', '1')
    expect((await post('/token', clientForm(await right('clientAssertion')))).status).toBe(200)
    const form = {
      grant_type: JWT_BEARER,
      client_id: 'runner',
      resource: INNER,
      assertion: await right('grantAssertion'),
    }
    expect((await post('/token', form)).status).toBe(200)
    const service = { authorization: basic('service', SECRETS.service), dpop: await right('proof') }
    expect((await post('/token', { grant_type: 'client_credentials', resource: API }, service)).status).toBe(200)
  })

  it('is one bad proof among others at a resource server', async () => {
    const keys = writeKeys(exportKeys(testRing(NOW), { issuer: ISSUER, resource: API, now: NOW }))
    const verifier = createVerifier({ issuer: ISSUER, resource: API, keys, now: () => NOW })
    const prover = await createProver()
    const headers = { authorization: basic('service', SECRETS.service), dpop: await prover.prove() }
    const answer = await post('/token', { grant_type: 'client_credentials', resource: API }, headers)
    const { access_token } = (await answer.json()) as { access_token: string }
    for (const [place, member] of placesOf(KINDS.proof))
      for (const text of WRONG) {
        const more = { htm: 'GET', htu: `${API}/x` }
        const dpop = await jwtWith(KINDS.proof, place, member, text, more)
        const shown = { method: 'GET', url: `${API}/x`, headers: { authorization: `DPoP ${access_token}`, dpop } }
        const result = await verifier.verify(shown)
        expect([result.ok, result.ok ? 0 : result.response.status]).toEqual([false, expect.toSatisfy((n) => n < 500)])
      }
  })
})

describe('authorization details of wrong types', () => {
  const detail = { type: 'account', locations: [API], actions: ['balance'], days: 3, owners: ['alice'] }
  const texts = WRONG.flatMap((text) => [
    text,
    `[${text}]`,
    ...Object.keys(detail).map((name) => `[${write(detail, name, text)}]`),
    `[${write(detail, 'locations', `[${text}]`)}]`,
    `[${write(detail, 'other', text)}]`,
  ])

  it('are the fault of who sent them, at every endpoint', async () => {
    const browser = createBrowser(ask)
    for (const authorization_details of texts) {
      const service = { authorization: basic('service', SECRETS.service) }
      const form = { grant_type: 'client_credentials', resource: API, authorization_details }
      await checkBlame(await post('/token', form, service))
      const asked = Object.fromEntries(
        new URL(authorizeUrl({ ...REQUESTS['web'], authorization_details })).searchParams,
      )
      await checkBlame(await post('/par', asked, { authorization: basic('web', SECRETS.web) }))
      await checkBlame(await browser.get(authorizeUrl({ ...REQUESTS['web'], authorization_details })))
    }
  }, 60_000)
})

describe('keys of others whose members are of wrong types', () => {
  const { d: _client, ...clientKey } = { ...CLIENT_KEY, alg: 'ES256', use: 'sig', key_ops: ['verify'] }
  const { d: _partner, ...partnerKey } = { ...PARTNER_KEY, alg: 'ECDH-ES', key_ops: [] }
  const sets = (key: Members): readonly string[] =>
    WRONG.flatMap((text) => [
      text,
      `{"keys":${text}}`,
      `{"keys":[${text}]}`,
      ...Object.keys(key).map((name) => `{"keys":[${write(key, name, text)}]}`),
    ])
  const answer = (body: string) => new Response(body, { headers: { 'content-type': 'application/json' } })

  it('are no keys, wherever a client or a resource server tells them: nothing fails', async () => {
    const jwks_uri = 'https://keys.example/jwks'
    const { jwks: _, ...keyed } = VARS.CLIENTS.keyed
    const { jwks: __, ...partner } = VARS.RESOURCES[PARTNER]
    const changes = {
      clients: { ...VARS.CLIENTS, keyed: { ...keyed, jwks_uri } },
      resources: { ...VARS.RESOURCES, [PARTNER]: { ...partner, jwks_uri } },
    }
    const codes = new Set<string | undefined>()
    const told = async (text: string, path: string, form: Readonly<Record<string, string>>, headers = {}) => {
      const fetch = async (): Promise<Response> => answer(text)
      const one = testIssuer({ ...changes, fetch, log: ({ code }) => codes.add(code) })
      const sent = { 'content-type': 'application/x-www-form-urlencoded', ...headers }
      const body = new URLSearchParams(form).toString()
      return (await one.fetch(new Request(ISSUER + path, { method: 'POST', headers: sent, body }))).status
    }
    for (const text of sets(clientKey)) {
      const jwt = await jwtWith(KINDS.clientAssertion, 'claims', 'more', '1')
      await told(text, '/token', { ...clientForm(jwt), resource: INNER })
    }
    const machine = { authorization: basic('machine', SECRETS.machine) }
    for (const text of sets(partnerKey))
      await told(text, '/token', { grant_type: 'client_credentials', resource: PARTNER }, machine)
    expect(codes.has('server_error')).toBe(false)
    const good = JSON.stringify({ keys: [partnerKey] })
    expect(await told(good, '/token', { grant_type: 'client_credentials', resource: PARTNER }, machine)).toBe(200)
  })

  it('are no keys of an issuer either', async () => {
    for (const text of sets(clientKey)) {
      let found: unknown
      try {
        found = await readVerificationKeys(JSON.parse(text)).find(CLIENT_KEY.kid)
      } catch (error) {
        found = error
      }
      expect(found === undefined || found instanceof TokenError || typeof found === 'object').toBe(true)
      expect(found).not.toBeInstanceOf(TypeError)
    }
  })
})

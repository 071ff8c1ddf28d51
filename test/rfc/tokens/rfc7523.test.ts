import { exports } from 'cloudflare:workers'
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type Guard, type IssuerSettings } from '../../../src/index.ts'
import { OAUTH_ERRORS, type OAuthErrorCode } from '../../../src/protocol/error.ts'
import {
  API,
  basic,
  ISSUER,
  LOGIN_KEY,
  NOW,
  openEntitlement,
  SECRETS,
  type TokenAnswer,
  testIssuer,
  testRing,
  VARS,
} from '../../fixtures.ts'
import { type Changes, createPerson, formOf } from '../../parties/person.ts'
import {
  ASSERTION_TYPE,
  type ClaimChanges,
  clientAssertion,
  FRONT,
  INNER,
  JWT_BEARER,
  jobToken,
  type Signing,
} from '../../parties/trusted.ts'

type Ask = (request: Request) => Response | Promise<Response>

/** The real Worker, at the time that it is. */
const worker: Ask = (request) => exports.default.fetch(request)
const now = (): number => Math.floor(Date.now() / 1000)

function post(ask: Ask, form: Changes, headers: Readonly<Record<string, string>> = {}, path = '/token') {
  const sent = { 'content-type': 'application/x-www-form-urlencoded', ...headers }
  return ask(new Request(`${ISSUER}${path}`, { method: 'POST', headers: sent, body: formOf(form).toString() }))
}

/** Returns a guard that forgets to the second when it may. */
function forgetfulGuard(clock: () => number): Guard {
  const spent = new Map<string, number>()
  const spend: Guard['spend'] = async (id, expiresAt) => {
    if ((spent.get(id) ?? 0) > clock()) return 'spent'
    spent.set(id, expiresAt)
    return 'first'
  }
  return { ...createMemoryGuard(clock), spend }
}

async function outcome(response: Response | Promise<Response>): Promise<string> {
  const answered = await response
  const text = await answered.text()
  return answered.status === 200 ? '200' : `${answered.status} ${(JSON.parse(text) as { error: string }).error}`
}

/** Expects exactly the error answer: its siblings of the same code are the same to the byte. */
async function expectError(response: Response | Promise<Response>, code: OAuthErrorCode): Promise<void> {
  const answered = await response
  const { status, description } = OAUTH_ERRORS[code]
  expect(await answered.text()).toBe(JSON.stringify({ error: code, error_description: description }))
  expect([answered.status, answered.headers.get('cache-control')]).toEqual([status, 'no-store'])
}

/** Returns the form of a token request of the client `keyed`. */
const keyed = (client_assertion: string | undefined, changes: Changes = {}): Changes => ({
  grant_type: 'client_credentials',
  client_assertion_type: ASSERTION_TYPE,
  client_assertion,
  ...changes,
})

describe('client authentication by key (RFC 7523 §2.2)', () => {
  it('takes an assertion that the client signed, with or without client_id beside it', async () => {
    expect(await outcome(post(worker, keyed(await clientAssertion(ISSUER, now()))))).toBe('200')
    const form = keyed(await clientAssertion(ISSUER, now()), { client_id: 'keyed' })
    expect(await outcome(post(worker, form))).toBe('200')
  })

  it.each<[string, ClaimChanges, Signing]>([
    ['without iat, which is optional', { iat: undefined }, {}],
    ['with iat and nbf 8 seconds ahead (FAPI 2.0 §5.3.2.1)', { iat: now() + 8, nbf: now() + 8 }, {}],
    ['with typ JWT', {}, { header: { typ: 'JWT' } }],
    ['with typ client-authentication+jwt', {}, { header: { typ: 'application/client-authentication+jwt' } }],
    ['without a kid, where one key fits', {}, { header: { kid: undefined } as never }],
    ['with claims that have no meaning here', { scope: 'admin', admin: true }, {}],
  ])('takes one %s', async (_, changes, signing) => {
    expect(await outcome(post(worker, keyed(await clientAssertion(ISSUER, now(), changes, signing))))).toBe('200')
  })

  const strangers = generateKeyPair('ES256')
  const refused: [string, ClaimChanges, Signing?][] = [
    ['of another issuer: iss MUST be the client_id (§3 1)', { iss: 'other' }],
    ['without iss (§3 1)', { iss: undefined }],
    ['about another client: sub MUST be the client_id (§3 2B)', { sub: 'service' }],
    ['without sub (§3 2B)', { sub: undefined }],
    ['without aud (§3 3)', { aud: undefined }],
    ['for the token endpoint, which is not the issuer (H35, G8)', { aud: `${ISSUER}/token` }],
    ['for the issuer with a slash behind (H35)', { aud: `${ISSUER}/` }],
    ['for the issuer in a list (H35, G8)', { aud: [ISSUER] }],
    ['for the issuer and another (H35, G8)', { aud: [ISSUER, 'https://other.example'] }],
    ['without exp (§3 4)', { exp: undefined }],
    ['that has expired (§3 4)', { iat: now() - 400, exp: now() - 300 }],
    ['that expired a minute ago', { exp: now() - 60 }],
    ['that lives for an hour', { exp: now() + 3600 }],
    ['that was made an hour ago', { iat: now() - 3600 }],
    ['from a minute and more ahead (FAPI 2.0 §5.3.2.1)', { iat: now() + 70 }],
    ['not good before a minute from now (§3 5)', { nbf: now() + 70 }],
    ['with times that are texts', { exp: String(now() + 60) }],
    ['without jti (H34)', { jti: undefined }],
    ['with an empty jti', { jti: '' }],
    ['with a number as jti', { jti: 7 }],
    ['of another typ', {}, { header: { typ: 'dpop+jwt' } }],
    ['that is an access token by its typ', {}, { header: { typ: 'at+jwt' } }],
    ['with a kid that is not known', {}, { header: { kid: 'unknown' } }],
    ['that brings its key (C16)', {}, { header: { jwk: { kty: 'EC' } } }],
    ['that says where its key is (C16)', {}, { header: { jku: 'https://evil.example/jwks' } }],
    ['that says what must be understood', {}, { header: { crit: ['b64'], b64: true } }],
  ]
  it.each(refused)('refuses one %s', async (_, changes, signing = {}) => {
    await expectError(post(worker, keyed(await clientAssertion(ISSUER, now(), changes, signing))), 'invalid_client')
    const form = keyed(await clientAssertion(ISSUER, now(), changes, signing), { client_id: 'keyed' })
    await expectError(post(worker, form), 'invalid_client')
  })

  describe('of a client whose library knows no other', () => {
    const askOf = (changes: object): Ask => {
      const clients = { ...VARS.CLIENTS, keyed: { ...VARS.CLIENTS.keyed, ...changes } }
      const issuer = testIssuer({ clients })
      return (request) => issuer.fetch(request)
    }
    const outcomeOf = async (ask: Ask, changes: ClaimChanges, path?: string): Promise<string> =>
      outcome(post(ask, keyed(await clientAssertion(ISSUER, NOW, changes)), {}, path))

    it('takes those for the token endpoint, at every endpoint, and then no others (§3 3)', async () => {
      const ask = askOf({ assertion_audience: 'token_endpoint' })
      expect(await outcomeOf(ask, { aud: `${ISSUER}/token` })).toBe('200')
      // At /revoke the client is known, and it is only the token that is missing.
      expect(await outcomeOf(ask, { aud: `${ISSUER}/token` }, '/revoke')).toBe('400 invalid_request')
      for (const aud of [ISSUER, `${ISSUER}/revoke`, [`${ISSUER}/token`], `${ISSUER}/token/`])
        expect(await outcomeOf(ask, { aud })).toBe('401 invalid_client')
    })

    it('takes those that live as long as it may, once, and none that live longer', async () => {
      const ask = askOf({ assertion_lifetime: 3600 })
      const long = await clientAssertion(ISSUER, NOW, { exp: NOW + 3600 })
      expect(await outcome(post(ask, keyed(long)))).toBe('200')
      expect(await outcome(post(ask, keyed(long)))).toBe('401 invalid_client')
      expect(await outcomeOf(ask, { exp: NOW + 3700 })).toBe('401 invalid_client')
      expect(await outcomeOf(askOf({ assertion_lifetime: 60 }), { exp: NOW + 120 })).toBe('401 invalid_client')
    })

    it.each([
      [{ assertion_audience: 'anybody' }, 'assertion_audience'],
      [{ assertion_lifetime: 59 }, 'assertion_lifetime'],
      [{ assertion_lifetime: 3601 }, 'assertion_lifetime'],
      [{ token_endpoint_auth_method: undefined, jwks: undefined, assertion_lifetime: 300 }, 'private_key_jwt'],
    ])('refuses the settings %j', (changes, named) => {
      expect(() => askOf(changes)).toThrow(named)
    })
  })

  it('refuses one that another key signed (§3 9)', async () => {
    const { privateKey } = await strangers
    const jwt = await clientAssertion(ISSUER, now(), {}, { key: privateKey as CryptoKey })
    await expectError(post(worker, keyed(jwt)), 'invalid_client')
  })

  it('refuses one without signature, by a secret, or by the public key as a secret (H36)', async () => {
    const none = (await clientAssertion(ISSUER, now())).split('.')
    const header = btoa('{"alg":"none"}').replaceAll('=', '')
    const secret = new TextEncoder().encode(JSON.stringify(VARS.CLIENTS.keyed.jwks.keys[0]))
    const hmac = await clientAssertion(ISSUER, now(), {}, { header: { alg: 'HS256' }, key: secret })
    for (const jwt of [`${header}.${none[1]}.`, `${header}.${none[1]}.${none[2]}`, hmac])
      await expectError(post(worker, keyed(jwt)), 'invalid_client')
  })

  it('refuses another spelling of a good one, and the good one works afterwards (C12)', async () => {
    const jwt = await clientAssertion(ISSUER, now())
    const [header, payload, signature = ''] = jwt.split('.')
    const last = signature.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const slack = signature.slice(0, -1) + alphabet[alphabet.indexOf(last) ^ 1]
    for (const spelled of [`${jwt}=`, `${header}.${payload}=.${signature}`, `${header}.${payload}.${slack}`, `${jwt} `])
      await expectError(post(worker, keyed(spelled)), 'invalid_client')
    expect(await outcome(post(worker, keyed(jwt)))).toBe('200')
  })

  it.each<[string, string]>([
    ['a JWE (C05)', 'eyJhbGciOiJkaXIifQ..a.a.a'],
    ['no JWT', 'x'],
    ['a JWT of nothing', 'e30.bnVsbA.x'],
    ['a JWT of no JSON', 'e30.eA.x'],
    ['9,000 characters', `e30.${'a'.repeat(9000)}.a`],
  ])('refuses %s in its place', async (_, jwt) => {
    await expectError(post(worker, keyed(jwt)), 'invalid_client')
    await expectError(post(worker, keyed(jwt, { client_id: 'keyed' })), 'invalid_client')
  })

  it.each<[string, Changes, OAuthErrorCode]>([
    ['of another type', { client_assertion_type: `${ASSERTION_TYPE}2` }, 'invalid_client'],
    [
      'of the SAML type',
      { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
      'invalid_client',
    ],
    ['of no type (RFC 7521 §4.2)', { client_assertion_type: undefined }, 'invalid_request'],
    ['of an empty type', { client_assertion_type: '' }, 'invalid_request'],
    ['of another client by its client_id (RFC 7521 §4.2)', { client_id: 'service' }, 'invalid_client'],
    ['of a public client by its client_id', { client_id: 'runner' }, 'invalid_client'],
    ['beside an unknown client_id', { client_id: 'nobody' }, 'invalid_client'],
    ['beside a secret in the body (H37)', { client_secret: 'x' }, 'invalid_request'],
  ])('refuses one %s', async (_, changes, code) => {
    await expectError(post(worker, keyed(await clientAssertion(ISSUER, now()), changes)), code)
  })

  it('refuses a type without an assertion (RFC 7521 §4.2)', async () => {
    await expectError(post(worker, keyed(undefined, { client_id: 'keyed' })), 'invalid_request')
  })

  it('refuses one beside Basic, be it of the same client or another (RFC 6749 §2.3, H37)', async () => {
    for (const id of ['keyed', 'service']) {
      const headers = { authorization: basic(id, SECRETS.service) }
      await expectError(post(worker, keyed(await clientAssertion(ISSUER, now())), headers), 'invalid_request')
    }
  })

  it('refuses the client without an assertion, and with a secret (C19)', async () => {
    const form = { grant_type: 'client_credentials', client_id: 'keyed' }
    await expectError(post(worker, form), 'invalid_client')
    await expectError(post(worker, { ...form, client_secret: '' }), 'invalid_client')
    await expectError(post(worker, { ...form, client_secret: 'x' }), 'invalid_client')
    await expectError(
      post(worker, { grant_type: 'client_credentials' }, { authorization: basic('keyed', 'x') }),
      'invalid_client',
    )
  })

  it('refuses one of a client that is registered for a secret', async () => {
    const jwt = await clientAssertion(ISSUER, now(), { iss: 'service', sub: 'service' })
    await expectError(post(worker, keyed(jwt)), 'invalid_client')
  })
})

describe('a client assertion is used once (RFC 7523 §3 7, H34)', () => {
  it('at the real guard: the second time it is invalid_client', async () => {
    const form = keyed(await clientAssertion(ISSUER, now()))
    expect(await outcome(post(worker, form))).toBe('200')
    await expectError(post(worker, form), 'invalid_client')
  })

  it('also when it is signed anew: its jti was spent', async () => {
    const jti = `twice ${now()}`
    expect(await outcome(post(worker, keyed(await clientAssertion(ISSUER, now(), { jti }))))).toBe('200')
    await expectError(post(worker, keyed(await clientAssertion(ISSUER, now(), { jti, extra: 1 }))), 'invalid_client')
  })

  it('also at the same moment: one of twenty wins', async () => {
    const form = keyed(await clientAssertion(ISSUER, now()))
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcome(post(worker, form))))
    expect(outcomes.toSorted()).toEqual(['200', ...Array.from({ length: 19 }, () => '401 invalid_client')])
  })

  it('until the clocks of nobody take it any more (H52)', async () => {
    let at = NOW
    const issuer = testIssuer({ now: () => at, guard: forgetfulGuard(() => at) })
    const ask: Ask = (request) => issuer.fetch(request)
    const form = keyed(await clientAssertion(ISSUER, NOW, { exp: NOW + 60, iat: undefined }))
    expect(await outcome(post(ask, form))).toBe('200')
    for (at of [NOW + 59, NOW + 60, NOW + 89, NOW + 90, NOW + 150, NOW + 151])
      expect(await outcome(post(ask, form))).toBe('401 invalid_client')
  })

  it.each<[string, Changes]>([
    ['of an unknown grant type', { grant_type: 'password' }],
    ['of a grant type that it may not use', { grant_type: 'refresh_token' }],
    ['for another resource', { resource: API }],
    ['for more scope', { scope: 'admin' }],
  ])('and a wrong request %s does not spend it (OAuth 2.1 §7.5.2)', async (_, changes) => {
    const client_assertion = await clientAssertion(ISSUER, now())
    expect(await outcome(post(worker, keyed(client_assertion, changes)))).toMatch(/^400 /)
    expect(await outcome(post(worker, keyed(client_assertion)))).toBe('200')
  })

  it('and a guard that fails spends and mints nothing (F01)', async () => {
    const good = createMemoryGuard(() => NOW)
    let isDown = true
    const guard = {
      ...good,
      spend: (...args: Parameters<typeof good.spend>) =>
        isDown ? Promise.reject(new Error('x')) : good.spend(...args),
    }
    const issuer = testIssuer({ guard })
    const form = keyed(await clientAssertion(ISSUER, NOW))
    expect(await outcome(post((request) => issuer.fetch(request), form))).toBe('503 temporarily_unavailable')
    isDown = false
    expect(await outcome(post((request) => issuer.fetch(request), form))).toBe('200')
  })
})

describe('client authentication by key at every endpoint (C19)', () => {
  const resource_server = { ...VARS.CLIENTS.keyed, kind: 'resource_server', grant_types: [] }
  const [key] = VARS.CLIENTS.keyed.jwks.keys
  const clients = (kind: 'resource_server' | 'operator'): IssuerSettings['clients'] => ({
    ...VARS.CLIENTS,
    keyed: { ...resource_server, kind, jwks: { keys: [{ ...key, use: 'sig' }] } },
  })
  const revocations = createMemoryRevocations('s')

  it.each<['resource_server' | 'operator', string, Changes]>([
    ['resource_server', '/introspect', { token: 'x' }],
    ['resource_server', '/revoke', { token: 'x' }],
    ['resource_server', '/keys', {}],
    ['operator', '/revocations', { kind: 'sub', value: 'alice' }],
  ])('as %s at %s: taken once', async (kind, path, form) => {
    const issuer = testIssuer({ clients: clients(kind), revocations })
    const ask: Ask = (request) => issuer.fetch(request)
    const proof = { client_assertion_type: ASSERTION_TYPE, client_assertion: await clientAssertion(ISSUER, NOW) }
    await expectError(post(ask, { ...form, client_id: 'keyed' }, {}, path), 'invalid_client')
    expect(await outcome(post(ask, { ...form, ...proof }, {}, path))).toBe('200')
    await expectError(post(ask, { ...form, ...proof }, {}, path), 'invalid_client')
  })

  it('never in a URL, which ends in logs (OAuth 2.1 §2.4)', async () => {
    const issuer = testIssuer({ clients: clients('resource_server') })
    const proof = { client_assertion_type: ASSERTION_TYPE, client_assertion: await clientAssertion(ISSUER, NOW) }
    const get = issuer.fetch(new Request(`${ISSUER}/keys?${formOf(proof)}`))
    await expectError(get, 'invalid_request')
    await expectError(
      post((request) => issuer.fetch(request), {}, {}, `/keys?${formOf(proof)}`),
      'invalid_request',
    )
    expect(await outcome(post((request) => issuer.fetch(request), proof, {}, '/keys'))).toBe('200')
  })
})

describe('the algorithm is pinned for each client (RFC 8725 §3.1, H36)', () => {
  const ALGORITHMS = ['ES256', 'Ed25519', 'PS256', 'RS256'] as const
  it.each(ALGORITHMS)('%s is taken from who registered it, and no other', async (registered) => {
    const keys = await Promise.all(
      ALGORITHMS.map(async (alg) => {
        const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
        return { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid: alg } }
      }),
    )
    const clients = {
      keyed: {
        ...VARS.CLIENTS.keyed,
        token_endpoint_auth_signing_alg: registered,
        jwks: { keys: keys.map(({ jwk }) => jwk) },
      },
    }
    const issuer = testIssuer({ clients, trustedIssuers: {} })
    for (const { alg, privateKey } of keys) {
      const jwt = await clientAssertion(ISSUER, NOW, {}, { header: { alg, kid: alg }, key: privateKey as CryptoKey })
      const expected = alg === registered ? '200' : '401 invalid_client'
      expect(await outcome(post((request) => issuer.fetch(request), keyed(jwt)))).toBe(expected)
    }
  })

  it('RS256 by a key that is registered for PS256 is refused', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), kid: 'rsa' }
    const clients = {
      keyed: { ...VARS.CLIENTS.keyed, token_endpoint_auth_signing_alg: 'PS256' as const, jwks: { keys: [jwk] } },
    }
    const issuer = testIssuer({ clients, trustedIssuers: {} })
    const header = { alg: 'RS256', kid: 'rsa' }
    const jwt = await clientAssertion(ISSUER, NOW, {}, { header, key: privateKey as CryptoKey })
    await expectError(
      post((request) => issuer.fetch(request), keyed(jwt)),
      'invalid_client',
    )
  })
})

/** Returns the form of a token request with an assertion of the CI system. */
const job = (assertion: string | undefined, changes: Changes = {}): Changes => ({
  grant_type: JWT_BEARER,
  client_id: 'runner',
  assertion,
  resource: INNER,
  ...changes,
})

describe('the JWT bearer grant (RFC 7523 §2.1)', () => {
  it('gives a token for whom a trusted issuer vouches for, and no refresh token (RFC 7521 §4.1)', async () => {
    const response = await post(worker, job(await jobToken(ISSUER, now())))
    expect(await response.json()).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: expect.toSatisfy((seconds: number) => seconds > 290 && seconds <= 300),
      scope: 'read deploy',
    })
  })

  /** Asks an issuer at `NOW`, and opens what it gives. */
  async function entitlementOf(form: Changes, changes: Partial<IssuerSettings> = {}) {
    const response = await post((request) => testIssuer(changes).fetch(request), form)
    const { access_token } = (await response.json()) as TokenAnswer
    const resource = form['resource'] ?? INNER
    const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', resource, 'A256GCM', 600)
    const limits = { now: NOW, clockTolerance: 0, longestLife: 600, anonymous: false }
    return openEntitlement(access_token, leaves, { issuer: ISSUER, resource, ...limits })
  }

  it('names a subject that is neither a person nor a client, whatever the issuer says (H42, RFC 9700 §4.15)', async () => {
    const { sub, client_id, aud, scope } = await entitlementOf(job(await jobToken(ISSUER, NOW)))
    expect([sub, client_id, aud, scope]).toEqual([
      'external:ci:repo:acme/app:ref:refs/heads/main',
      'runner',
      INNER,
      ['read', 'deploy'],
    ])
    const [rule] = VARS.TRUSTED_ISSUERS.ci.allow
    const trustedIssuers = { ci: { ...VARS.TRUSTED_ISSUERS.ci, allow: [{ ...rule, subjects: ['client:service'] }] } }
    const form = job(await jobToken(ISSUER, NOW, { sub: 'client:service' }))
    expect((await entitlementOf(form, { trustedIssuers })).sub).toBe('external:ci:client:service')
  })

  it('gives a token that ends with the assertion, if not before', async () => {
    expect((await entitlementOf(job(await jobToken(ISSUER, NOW, { exp: NOW + 100 })))).exp).toBe(NOW + 100)
    expect((await entitlementOf(job(await jobToken(ISSUER, NOW, { exp: NOW + 3000 })))).exp).toBe(NOW + 600)
  })

  it.each<[string, ClaimChanges, Signing, Changes, string]>([
    ['a subject by the beginning of its name', { sub: 'repo:acme/tools:pull_request' }, {}, {}, 'read deploy'],
    ['what another rule gives at another resource', { preview: true }, {}, { resource: FRONT }, 'read'],
    ['less scope', {}, {}, { scope: 'deploy' }, 'deploy'],
    ['a list of one audience', { aud: [ISSUER] }, {}, {}, 'read deploy'],
    ['no jti and no iat, which are optional', { jti: undefined, iat: undefined }, {}, {}, 'read deploy'],
    ['typ JWT', {}, { header: { typ: 'JWT' } }, {}, 'read deploy'],
    ['the resource that alone knows the scope', {}, {}, { resource: undefined, scope: 'deploy' }, 'deploy'],
  ])('takes %s', async (_, claims, signing, form, scope) => {
    // Without jti the claims name an assertion: they must be new.
    const jwt = await jobToken(ISSUER, now(), { nonce: crypto.randomUUID(), ...claims }, signing)
    const response = await post(worker, job(jwt, form))
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ scope })])
  })

  const refused: [string, ClaimChanges, Signing?][] = [
    ['without iss (§3 1)', { iss: undefined }],
    ['of an issuer that is not trusted (§3 1)', { iss: 'https://evil.example' }],
    ['of an issuer by another spelling', { iss: 'https://ci.example/' }],
    ['of a list of issuers', { iss: ['https://ci.example'] }],
    ['of a prototype', { iss: '__proto__' }],
    ['without sub (§3 2)', { sub: undefined }],
    ['with an empty sub', { sub: '' }],
    ['with a list as sub', { sub: ['repo:acme/app:ref:refs/heads/main'] }],
    ['with a line break in sub', { sub: 'repo:acme/tools:a\nb' }],
    ['about a subject of 600 characters', { sub: `repo:acme/tools:${'a'.repeat(600)}` }],
    ['about somebody whom no rule knows', { sub: 'repo:evil/app:ref:refs/heads/main' }],
    ['about whom no rule knows without another claim', { sub: 'repo:acme/app:pull_request' }],
    ['with a text where true is demanded', { sub: 'repo:acme/app:pull_request', preview: 'true' }],
    ['about a name that begins like one that is known', { sub: 'repo:acme/app:ref:refs/heads/main2' }],
    ['about a longer name', { sub: 'repo:acme/tools-evil:x' }],
    ['about the beginning of names itself', { sub: 'repo:acme/tools:' }],
    ['without a claim that is demanded', { repository_owner: undefined }],
    ['with another value of it', { repository_owner: 'evil' }],
    ['with a list as its value', { repository_owner: ['acme'] }],
    ['without aud (§3 3)', { aud: undefined }],
    ['for another audience (§3 3)', { aud: 'https://other.example' }],
    ['for us and another (H35)', { aud: [ISSUER, 'https://other.example'] }],
    ['without exp (§3 4)', { exp: undefined }],
    ['that has expired (§3 4)', { iat: now() - 400, exp: now() - 100 }],
    ['that has just expired: its token would live no second', { exp: now() - 5 }],
    ['not good yet (§3 5)', { nbf: now() + 100 }],
    ['from the future (§3 6)', { iat: now() + 100 }],
    ['that lives for a day', { exp: now() + 86_400 }],
    ['that was made a day ago', { iat: now() - 86_400 }],
    ['that is bound to a key that nobody proves (H68)', { cnf: { jkt: 'x' } }],
    ['in which others act', { act: { sub: 'x' } }],
    ['that allows something in detail', { authorization_details: [{ type: 'x' }] }],
    ['of another typ', {}, { header: { typ: 'at+jwt' } }],
    ['with a kid that is not known', {}, { header: { kid: 'unknown' } }],
    ['that brings its key (C16)', {}, { header: { jwk: { kty: 'EC' } } }],
  ]
  it.each(refused)('refuses an assertion %s with invalid_grant (§3.1)', async (_, claims, signing = {}) => {
    await expectError(
      post(worker, job(await jobToken(ISSUER, now(), claims, signing), { scope: 'deploy' })),
      'invalid_grant',
    )
  })

  it('refuses an assertion that another key signed (§3 9)', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const jwt = await jobToken(ISSUER, now(), {}, { key: privateKey as CryptoKey })
    await expectError(post(worker, job(jwt)), 'invalid_grant')
  })

  it('refuses what is no assertion at all', async () => {
    for (const jwt of ['x', 'a.b.c', 'e30.bnVsbA.x', 'e30.W10.x', 'eyJhbGciOiJkaXIifQ..a.a.a'])
      await expectError(post(worker, job(jwt)), 'invalid_grant')
    await expectError(post(worker, job(undefined)), 'invalid_request')
  })

  it.each<[string, Changes, OAuthErrorCode]>([
    ["for a resource that is not the client's", { resource: API }, 'invalid_target'],
    ["for a resource of the client's that no rule gives", { resource: FRONT }, 'invalid_target'],
    ['for scope that the resource does not know', { scope: 'write' }, 'invalid_scope'],
    ['for more scope than the rule gives', { scope: 'stock' }, 'invalid_scope'],
    ['by a client that no rule names', { client_id: 'app' }, 'invalid_grant'],
    ['by a client that may not use this grant type', { client_id: 'pub' }, 'unauthorized_client'],
    ['by nobody', { client_id: undefined }, 'invalid_client'],
  ])('refuses a request %s, and the assertion works afterwards', async (_, form, code) => {
    const jwt = await jobToken(ISSUER, now())
    await expectError(post(worker, job(jwt, form)), code)
    expect(await outcome(post(worker, job(jwt)))).toBe('200')
  })

  it('refuses at one resource the scope that a rule gives at another', async () => {
    const jwt = await jobToken(ISSUER, now(), { preview: true })
    await expectError(post(worker, job(jwt, { resource: FRONT, scope: 'deploy' })), 'invalid_scope')
    await expectError(post(worker, job(jwt, { resource: FRONT, scope: 'read write' })), 'invalid_scope')
    await expectError(post(worker, job(jwt, { resource: undefined, scope: 'read' })), 'invalid_target')
    expect(await outcome(post(worker, job(jwt, { resource: FRONT })))).toBe('200')
  })

  it('refuses a client that may use the grant type, but that no rule names', async () => {
    const clients = { ...VARS.CLIENTS, other: VARS.CLIENTS.runner }
    const issuer = testIssuer({ clients })
    const form = job(await jobToken(ISSUER, NOW), { client_id: 'other' })
    await expectError(
      post((request) => issuer.fetch(request), form),
      'invalid_grant',
    )
  })

  it('refuses a client that must ask people, and takes one that must not (C18)', async () => {
    const person = { grant_types: ['authorization_code', JWT_BEARER], redirect_uris: ['https://a.example/cb'] }
    const asking = { ...VARS.CLIENTS, runner: { ...VARS.CLIENTS.runner, ...person } }
    const form = job(await jobToken(ISSUER, NOW))
    const refusing = testIssuer({ clients: asking })
    await expectError(
      post((request) => refusing.fetch(request), form),
      'unauthorized_client',
    )
    const skipping = testIssuer({ clients: { ...asking, runner: { ...asking.runner, consent: 'skip' } } })
    expect(await outcome(post((request) => skipping.fetch(request), form))).toBe('200')
  })

  it('asks a confidential client for its proof too', async () => {
    const clients = {
      ...VARS.CLIENTS,
      runner: { ...VARS.CLIENTS.runner, secret_hash: VARS.CLIENTS.service.secret_hash },
    }
    const ask: Ask = (request) => testIssuer({ clients }).fetch(request)
    await expectError(post(ask, job(await jobToken(ISSUER, NOW))), 'invalid_client')
    const headers = { authorization: basic('runner', SECRETS.service) }
    expect(await outcome(post(ask, job(await jobToken(ISSUER, NOW)), headers))).toBe('200')
  })

  it('refuses a subject or a client that was revoked since (H41)', async () => {
    for (const [kind, value] of [
      ['sub', 'external:ci:repo:acme/app:ref:refs/heads/main'],
      ['client', 'runner'],
    ] as const) {
      const revocations = createMemoryRevocations('salt')
      await revocations.add({ kind, value, at: NOW, until: NOW + 600, keep: NOW + 601 }, NOW)
      const ask: Ask = (request) => testIssuer({ revocations }).fetch(request)
      await expectError(post(ask, job(await jobToken(ISSUER, NOW))), 'invalid_grant')
    }
  })
})

describe('an assertion of a trusted issuer is used once (RFC 7523 §3 7)', () => {
  it('at the real guard', async () => {
    const form = job(await jobToken(ISSUER, now()))
    expect(await outcome(post(worker, form))).toBe('200')
    await expectError(post(worker, form), 'invalid_grant')
  })

  it('also without jti, and signed anew: it is its claims that were spent, not its text', async () => {
    const claims = { jti: undefined, nonce: crypto.randomUUID(), iat: now(), nbf: now(), exp: now() + 300 }
    // ECDSA gives another signature each time.
    const [first, second] = [await jobToken(ISSUER, 0, claims), await jobToken(ISSUER, 0, claims)]
    expect(first).not.toBe(second)
    expect(await outcome(post(worker, job(first)))).toBe('200')
    await expectError(post(worker, job(second)), 'invalid_grant')
  })

  it('by whichever client', async () => {
    const jwt = await jobToken(ISSUER, NOW)
    const allow = VARS.TRUSTED_ISSUERS.ci.allow.map((rule) => ({ ...rule, clients: ['runner', 'other'] }))
    const issuer = testIssuer({
      clients: { ...VARS.CLIENTS, other: VARS.CLIENTS.runner },
      trustedIssuers: { ci: { ...VARS.TRUSTED_ISSUERS.ci, allow } },
    })
    const ask: Ask = (request) => issuer.fetch(request)
    expect(await outcome(post(ask, job(jwt)))).toBe('200')
    await expectError(post(ask, job(jwt, { client_id: 'other' })), 'invalid_grant')
  })

  it('and twice the same jti of two issuers is no replay', async () => {
    const { ci } = VARS.TRUSTED_ISSUERS
    const issuer = testIssuer({ trustedIssuers: { ci, second: { ...ci, issuer: 'https://second.example' } } })
    const ask: Ask = (request) => issuer.fetch(request)
    expect(await outcome(post(ask, job(await jobToken(ISSUER, NOW, { jti: 'same' }))))).toBe('200')
    const other = await jobToken(ISSUER, NOW, { jti: 'same', iss: 'https://second.example' })
    expect(await outcome(post(ask, job(other)))).toBe('200')
  })

  it('until the clocks of nobody take it any more (H52)', async () => {
    let at = NOW
    const issuer = testIssuer({ now: () => at, guard: forgetfulGuard(() => at) })
    const form = job(await jobToken(ISSUER, NOW, { exp: NOW + 60 }))
    expect(await outcome(post((request) => issuer.fetch(request), form))).toBe('200')
    for (at of [NOW + 59, NOW + 60, NOW + 89, NOW + 149])
      expect(await outcome(post((request) => issuer.fetch(request), form))).toBe('400 invalid_grant')
  })
})

it('a login of a person cannot bear the subject of somebody whom an issuer vouches for (H42)', async () => {
  const name = 'external:ci:repo:acme/app:ref:refs/heads/main'
  const response = await createPerson(worker, { name }).visit()
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('The login did not work')])
})

it('a login JWT is no assertion, and no assertion is a login (C04)', async () => {
  const login = await new SignJWT({
    iss: 'https://login.example',
    aud: ISSUER,
    sub: 'alice',
    iat: now(),
    exp: now() + 60,
  })
    .setProtectedHeader({ alg: 'ES256', kid: LOGIN_KEY.kid, typ: 'login+jwt' })
    .sign(await importJWK(LOGIN_KEY, 'ES256'))
  await expectError(post(worker, job(login)), 'invalid_grant')
  await expectError(post(worker, keyed(login)), 'invalid_client')
})

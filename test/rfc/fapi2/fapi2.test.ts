import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../../keys/base64url.ts'
import { createKeyring } from '../../../keys/index.ts'
import { type ClientCertificate, createIssuer, createMemoryGuard, createMemoryRevocations } from '../../../src/index.ts'
import { challengeOf } from '../../../src/protocol/pkce.ts'
import { checkSettings } from '../../../src/settings/settings.ts'
import { API, API2, ISSUER, NOW, openEntitlement, SECRETS, secretHash, testRing, testSettings } from '../../fixtures.ts'
import { createProver, withProofs } from '../../parties/dpop.ts'
import { type Ask, type Changes, createPerson, formOf, VERIFIER } from '../../parties/person.ts'
import { ASSERTION_TYPE, TRUSTED } from '../../parties/trusted.ts'

/** The FAPI 2.0 Security Profile: an issuer that is in it as a whole, and what its settings must be. */

const REDIRECT = 'https://app.example/cb'
const ALGORITHMS = ['ES256', 'Ed25519', 'PS256', 'RS256'] as const
const pairs = new Map(
  await Promise.all(ALGORITHMS.map(async (alg) => [alg, await generateKeyPair(alg, { extractable: true })] as const)),
)
const jwkOf = async (alg: string) => ({
  ...(await exportJWK(pairs.get(alg as 'ES256')?.publicKey as CryptoKey)),
  kid: alg,
})
const jwks = { keys: await Promise.all(ALGORITHMS.map(jwkOf)) }
const KEYED = {
  token_endpoint_auth_method: 'private_key_jwt',
  jwks,
  grant_types: ['client_credentials'],
  resources: [API],
  scopes: ['read', 'write'],
}
const APP = {
  ...KEYED,
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  redirect_uris: [REDIRECT],
}
const CERTIFIED = {
  token_endpoint_auth_method: 'tls_client_auth',
  tls_client_auth_subject_dn: 'CN=machine',
  grant_types: ['client_credentials'],
  resources: [API],
  scopes: ['read'],
}
const CERTIFICATE: ClientCertificate = {
  thumbprint: 'q'.repeat(43),
  isTrusted: true,
  names: { subject_dn: ['CN=machine'] },
}

/** Keys of RSA by their bits: jose makes none of 1024, and does not sign with it. */
const rsa = new Map(
  await Promise.all(
    [1024, 2048].map(async (modulusLength) => {
      const algorithm = { name: 'RSA-PSS', hash: 'SHA-256', modulusLength, publicExponent: new Uint8Array([1, 0, 1]) }
      const made = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
      const { publicKey, privateKey } = made as { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey }
      const { kty, n, e } = (await crypto.subtle.exportKey('jwk', publicKey)) as Readonly<Record<string, unknown>>
      return [`rsa-${modulusLength}` as string, { privateKey, jwk: { kty, n, e, kid: 'rsa' } }] as const
    }),
  ),
)
/** Signs by PS256 with a key of any length. */
const signAnyhow = async (id: string): Promise<string> => {
  const claims = { iss: id, sub: id, aud: ISSUER, iat: now, exp: now + 60, jti: id }
  const [header, payload] = [{ alg: 'PS256', kid: 'rsa' }, claims].map((part) =>
    encodeBase64url(new TextEncoder().encode(JSON.stringify(part))),
  )
  const signed = new TextEncoder().encode(`${header}.${payload}`)
  const algorithm = { name: 'RSA-PSS', saltLength: 32 }
  const signature = await crypto.subtle.sign(algorithm, rsa.get(id)?.privateKey as CryptoKey, signed)
  return `${header}.${payload}.${encodeBase64url(new Uint8Array(signature))}`
}

let now = NOW
const settingsOf = (changes: object) =>
  testSettings({
    resources: { [API]: { scopes: ['read', 'write', 'admin'] } },
    trustedIssuers: {},
    authorizationDetailsTypes: {},
    revocations: createMemoryRevocations('a salt for tests of the profile'),
    certificate: (_, env) => (env as { certificate?: ClientCertificate } | undefined)?.certificate,
    guard: createMemoryGuard(() => now),
    fetch: async () => Response.json({ keys: jwks.keys.map((key) => ({ ...key, kid: 'same', use: 'sig' })) }),
    now: () => now,
    ...changes,
  })
const issuer = createIssuer(
  settingsOf({
    profile: 'fapi2',
    clients: {
      app: APP,
      other: APP,
      machine: CERTIFIED,
      told: { ...KEYED, jwks: undefined, jwks_uri: 'https://app.example/jwks' },
      ...Object.fromEntries(
        [...rsa].map(([id, { jwk }]) => [
          id,
          { ...KEYED, token_endpoint_auth_signing_alg: 'PS256', jwks: { keys: [jwk] } },
        ]),
      ),
      ...Object.fromEntries(
        ['Ed25519', 'PS256'].map((alg) => [alg, { ...KEYED, token_endpoint_auth_signing_alg: alg }]),
      ),
    },
  }),
)
const ask: Ask = (request) => issuer.fetch(request)
const prover = await createProver()
const stranger = await createProver()
let proving: Ask
beforeEach(() => {
  now = NOW
  proving = withProofs(ask, prover, () => now)
})

let count = 0
interface Sent {
  readonly as?: string
  readonly send?: Ask
  readonly alg?: string
  readonly kid?: string
  readonly claims?: Readonly<Record<string, unknown>>
  /** Parameters that take the place of the assertion. */
  readonly instead?: Changes
}

/** Asks an endpoint as a client of the profile does: with an assertion, and a proof. */
async function post(
  endpoint: string,
  form: Changes,
  { as = 'app', send = proving, alg, kid, claims, instead }: Sent = {},
) {
  const signing = alg ?? (as === 'Ed25519' || as === 'PS256' ? as : 'ES256')
  const written = { iss: as, sub: as, aud: ISSUER, iat: now, exp: now + 60, jti: `a${++count}`, ...claims }
  const present = Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined))
  const client_assertion = await new SignJWT(present)
    .setProtectedHeader({ alg: signing, kid: kid ?? signing })
    .sign(pairs.get(signing as 'ES256')?.privateKey as CryptoKey)
  const proof = instead ?? { client_assertion, client_assertion_type: ASSERTION_TYPE }
  const body = formOf({ client_id: as, ...form, ...proof }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return send(new Request(`${ISSUER}/${endpoint}`, { method: 'POST', headers, body }))
}
type Answer = Readonly<Record<string, unknown>>
const read = async (response: Response | Promise<Response>): Promise<Answer> =>
  (await (await response).json()) as Answer
const errorOf = async (response: Response | Promise<Response>): Promise<unknown> =>
  (await read(response))['error'] ?? 'none'
const statusOf = async (response: Response | Promise<Response>): Promise<number> => (await response).status

const token = (sent: Sent = {}, form: Changes = {}) =>
  post('token', { grant_type: 'client_credentials', ...form }, sent)
const REQUEST = {
  response_type: 'code',
  redirect_uri: REDIRECT,
  scope: 'read',
  state: 'xyz',
  code_challenge: challengeOf(VERIFIER),
  code_challenge_method: 'S256',
}
const push = (changes: Changes = {}, sent: Sent = {}) => post('par', { ...REQUEST, ...changes }, sent)
/** The parameters that name a request which was pushed. */
const named = async (changes: Changes = {}, sent: Sent = {}): Promise<Changes> => {
  const { request_uri } = await read(push(changes, sent))
  return { client_id: sent.as ?? 'app', request_uri: String(request_uri) }
}
const person = () => createPerson(ask, { now: () => now })
const answered = async (changes: Changes = {}, sent: Sent = {}) =>
  (await person().answer('allow', await named(changes, sent))).searchParams
const codeOf = async (changes: Changes = {}, sent: Sent = {}) => (await answered(changes, sent)).get('code') ?? ''
const redeem = (code: string, sent: Sent = {}, changes: Changes = {}) =>
  post('token', { grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...changes }, sent)
const refresh = (refresh_token: unknown, sent: Sent = {}) =>
  post('token', { grant_type: 'refresh_token', refresh_token: String(refresh_token) }, sent)
const metadata = async () => read(ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`)))
/** Asks as the client with a certificate, over a connection that shows this one. */
const overTls = (certificate?: ClientCertificate): Response | Promise<Response> => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = 'grant_type=client_credentials&client_id=machine'
  return issuer.fetch(new Request(`${ISSUER}/token`, { method: 'POST', headers, body }), { certificate })
}
/** Opens the token of an answer as its resource server does, and returns what it is bound to. */
const boundTo = async ({ access_token }: Answer): Promise<unknown> => {
  const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', API, 'A256GCM', 600)
  const limits = { now, clockTolerance: 10, longestLife: 600, anonymous: false }
  return (await openEntitlement(String(access_token), leaves, { issuer: ISSUER, resource: API, ...limits })).cnf
}
/** Where a request that a browser brings ends: the error in the redirect, or the status of a page. */
const brought = async (changes: Changes): Promise<unknown> => {
  const query = formOf({ client_id: 'app', ...changes })
  const response = await ask(new Request(`${ISSUER}/authorize?${query}`, { redirect: 'manual' }))
  const location = response.headers.get('location')
  return location === null ? response.status : new URL(location).searchParams.get('error')
}

/** Each row: the number in the profile's list, what it asks, what is done, what must come of it. */
const rows: readonly (readonly [string, string, () => Promise<unknown>, unknown])[] = [
  [
    'G1',
    'the metadata tells what the profile leaves, and that requests are pushed',
    metadata,
    expect.objectContaining({
      issuer: ISSUER,
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      require_pushed_authorization_requests: true,
      pushed_authorization_request_endpoint: `${ISSUER}/par`,
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'],
      token_endpoint_auth_signing_alg_values_supported: ['ES256', 'Ed25519', 'PS256'],
      introspection_endpoint_auth_methods_supported: [
        'private_key_jwt',
        'tls_client_auth',
        'self_signed_tls_client_auth',
      ],
      revocation_endpoint_auth_signing_alg_values_supported: ['ES256', 'Ed25519', 'PS256'],
      dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA', 'PS256'],
      tls_client_certificate_bound_access_tokens: true,
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    }),
  ],
  [
    'G2',
    'there is no password grant',
    async () => errorOf(token({}, { grant_type: 'password', username: 'alice', password: 'x' })),
    'unsupported_grant_type',
  ],
  [
    'G3',
    'a client that does not prove itself is refused everywhere',
    async () =>
      Promise.all(
        ['token', 'par', 'revoke', 'introspect'].map((one) =>
          errorOf(post(one, { grant_type: 'client_credentials', token: 'x', ...REQUEST }, { instead: {} })),
        ),
      ),
    Array(4).fill('invalid_client'),
  ],
  [
    'G4',
    'no grant gives a bearer token: each without a proof is refused',
    async () => {
      const { refresh_token } = await read(redeem(await codeOf()))
      const without: Sent = { send: ask }
      return Promise.all(
        [token(without), redeem(await codeOf(), without), refresh(refresh_token, without)].map(errorOf),
      )
    },
    Array(3).fill('invalid_dpop_proof'),
  ],
  [
    'G5',
    'a client with a key gets tokens bound by DPoP, without a setting',
    async () => {
      const answer = await read(token())
      return [answer['token_type'], await boundTo(answer)]
    },
    ['DPoP', { jkt: prover.jkt }],
  ],
  [
    'G5',
    'a client with a certificate gets tokens bound to it, without a setting; and none without one',
    async () => {
      const answer = await read(overTls(CERTIFICATE))
      return [answer['token_type'], await boundTo(answer), await statusOf(overTls())]
    },
    ['Bearer', { 'x5t#S256': CERTIFICATE.thumbprint }, 401],
  ],
  [
    'G6',
    'an assertion by ES256, Ed25519 or PS256 proves a client',
    async () => Promise.all(['app', 'Ed25519', 'PS256'].map((as) => statusOf(token({ as })))),
    [200, 200, 200],
  ],
  [
    'G6',
    'a secret, an assertion by RS256, without sub, or over for 5 minutes does not',
    async () =>
      Promise.all(
        [
          token({ instead: { client_secret: 'x' } }),
          token({ alg: 'RS256' }),
          token({ claims: { sub: undefined } }),
          token({ claims: { iat: now - 360, exp: now - 300 } }),
        ].map(errorOf),
      ),
    Array(4).fill('invalid_client'),
  ],
  [
    'G8',
    'an assertion for an endpoint, a list, or another issuer is refused at both endpoints',
    async () => {
      const audiences = [
        `${ISSUER}/token`,
        `${ISSUER}/par`,
        [ISSUER],
        [ISSUER, 'https://x.example'],
        'https://x.example',
        undefined,
      ]
      const sent = audiences.map((aud) => ({ claims: { aud } }))
      return Promise.all(sent.flatMap((one) => [errorOf(token(one)), errorOf(push({}, one))]))
    },
    Array(12).fill('invalid_client'),
  ],
  [
    'G9',
    'a refresh token stays as it is, and can be used again',
    async () => {
      const { refresh_token } = await read(redeem(await codeOf()))
      const answers = [await read(refresh(refresh_token)), await read(refresh(refresh_token))]
      return [
        typeof refresh_token,
        ...answers.map((answer) => [answer['token_type'], answer['refresh_token'] === refresh_token]),
      ]
    },
    ['string', ['DPoP', true], ['DPoP', true]],
  ],
  [
    'G10',
    'a proof without a nonce is told one',
    async () => {
      const proof = await prover.prove({ now })
      const send: Ask = (request) => {
        request.headers.set('dpop', proof)
        return ask(request)
      }
      const response = await token({ send })
      return [response.headers.has('dpop-nonce'), await errorOf(response)]
    },
    [true, 'use_dpop_nonce'],
  ],
  [
    'G11',
    'a code is good for 60 seconds, and no longer',
    async () => {
      const codes = [await codeOf(), await codeOf()]
      now = NOW + 59
      const first = await errorOf(redeem(codes[0] ?? ''))
      now = NOW + 60
      return [first, await errorOf(redeem(codes[1] ?? ''))]
    },
    ['none', 'invalid_grant'],
  ],
  [
    'G12',
    'a code is for the key of dpop_jkt, or of the proof that its request was pushed with',
    async () => {
      const send = withProofs(ask, stranger, () => now)
      const codes = [await codeOf({ dpop_jkt: prover.jkt }, { send: ask }), await codeOf()]
      return Promise.all(
        codes.flatMap(async (code) => [await errorOf(redeem(code, { send })), await errorOf(redeem(code))]),
      )
    },
    [
      ['invalid_grant', 'none'],
      ['invalid_grant', 'none'],
    ],
  ],
  [
    'G12',
    'a request whose dpop_jkt is of another key than its proof is refused',
    async () => errorOf(push({ dpop_jkt: stranger.jkt })),
    'invalid_dpop_proof',
  ],
  [
    'G13',
    'an assertion from 8 seconds ahead is taken, one from over 60 is not',
    async () =>
      Promise.all(
        [8, 65].flatMap((ahead) => [
          errorOf(push({}, { claims: { iat: now + ahead, nbf: now + ahead, exp: now + ahead + 60 } })),
          errorOf(push({}, { claims: { iat: undefined, nbf: now + ahead } })),
        ]),
      ),
    ['none', 'none', 'invalid_client', 'invalid_client'],
  ],
  [
    'G14',
    'a token has no more scope than the client may have',
    async () => errorOf(token({}, { scope: 'admin' })),
    'invalid_scope',
  ],
  [
    'A1',
    'no response type but code is taken',
    async () =>
      Promise.all(
        ['token', 'id_token', 'code id_token', 'code token'].map((response_type) => errorOf(push({ response_type }))),
      ),
    Array(4).fill('unsupported_response_type'),
  ],
  ['A2', 'a client that proves itself can push a request', async () => statusOf(push()), 201],
  ['A3', 'a request that a browser brings is refused', async () => brought(REQUEST), 'invalid_request'],
  [
    'A4',
    'a request is not taken from who does not prove to be the client',
    async () =>
      Promise.all([
        errorOf(push({}, { instead: {} })),
        errorOf(push({}, { as: 'unknown' })),
        errorOf(push({ client_id: 'other' })),
      ]),
    ['invalid_client', 'invalid_client', 'invalid_client'],
  ],
  [
    'A5',
    'PKCE is required, by S256, to the end',
    async () => [
      await errorOf(push({ code_challenge: undefined, code_challenge_method: undefined })),
      await errorOf(push({ code_challenge: VERIFIER, code_challenge_method: 'plain' })),
      await errorOf(redeem(await codeOf(), {}, { code_verifier: undefined })),
      await errorOf(redeem(await codeOf(), {}, { code_verifier: 'x'.repeat(43) })),
    ],
    ['invalid_request', 'invalid_request', 'invalid_request', 'invalid_grant'],
  ],
  [
    'A6',
    'a pushed request names its redirect URI, one that is registered',
    async () => [
      await errorOf(push({ redirect_uri: undefined })),
      await errorOf(push({ redirect_uri: 'https://evil.example/cb' })),
    ],
    ['invalid_request', 'invalid_request'],
  ],
  ['A7', 'the answer names the issuer', async () => (await answered()).get('iss'), ISSUER],
  [
    'A7',
    'so does an error',
    async () => (await person().answer('deny', await named())).searchParams.toString(),
    expect.stringMatching(/error=access_denied.*iss=https%3A%2F%2Fas\.example/),
  ],
  [
    'A9',
    'a code is taken once, from its own client alone',
    async () => {
      const code = await codeOf()
      const foreign = await errorOf(redeem(code, { as: 'other' }))
      const anonymous = await errorOf(redeem(code, { instead: {} }))
      const first = await read(redeem(code))
      now = NOW + 1
      const again = await errorOf(redeem(code))
      return [foreign, anonymous, first['token_type'], again, await errorOf(refresh(first['refresh_token']))]
    },
    ['invalid_grant', 'invalid_client', 'DPoP', 'invalid_grant', 'invalid_grant'],
  ],
  [
    'A10',
    'a browser is sent on by 303, never by 307 (A11)',
    async () => {
      const one = person()
      await one.answer('allow', await named())
      const answers = [
        await ask(new Request(`${ISSUER}/authorize?${formOf(await named())}`, { redirect: 'manual' })),
        await one.visit(await named({ prompt: 'none' })),
      ]
      return answers.map(({ status }) => status)
    },
    [303, 303],
  ],
  ['A12', 'a request URI lives less than 600 seconds', async () => (await read(push()))['expires_in'], 90],
  [
    'A12',
    'a request URI is of its client, opens again before a code, and never after its time or a code',
    async () => {
      const request = await named()
      const foreign = await brought({ ...request, client_id: 'other' })
      const visits = [await statusOf(person().visit(request)), await statusOf(person().visit(request))]
      await person().answer('allow', request)
      const used = await brought(request)
      const late = await named()
      now = NOW + 90
      return [foreign, ...visits, used, await brought(late)]
    },
    [400, 200, 200, 400, 400],
  ],
  [
    'A13',
    'a person is asked, and can say no',
    async () => [
      await (await person().visit(await named())).text(),
      (await person().answer('deny', await named())).searchParams.get('error'),
    ],
    [expect.stringContaining('read'), 'access_denied'],
  ],
  [
    'A14',
    'nonce and state may be long, or missing',
    async () =>
      Promise.all(
        [{ nonce: 'n'.repeat(64) }, { nonce: 'n'.repeat(384) }, { state: 's'.repeat(384) }, { state: undefined }].map(
          async (changes) => (await answered(changes)).get('state')?.length,
        ),
      ),
    [3, 3, 384, undefined],
  ],
  [
    'A15',
    'a pushed request is sent once by POST, each parameter once, and refers to no other',
    async () => {
      const body = `${formOf({ ...REQUEST, client_id: 'app' })}`
      const get = await ask(new Request(`${ISSUER}/par?${body}`))
      const twice = { send: (request: Request) => twiceState(request) }
      return [get.status, await errorOf(push({}, twice)), await errorOf(push({ request_uri: 'urn:x' }))]
    },
    [405, 'invalid_request', 'invalid_request'],
  ],
  [
    'A15',
    'what stands beside a pushed request does not count, and scope comes in any order',
    async () => {
      const outside = await person().answer('allow', {
        ...(await named({ state: undefined, scope: 'write read' })),
        state: 'outside',
      })
      return [
        outside.searchParams.has('code'),
        outside.searchParams.get('state'),
        (await read(redeem(outside.searchParams.get('code') ?? '')))['scope'],
      ]
    },
    [true, null, 'write read'],
  ],
  [
    'K2',
    'an RSA key of 1024 bits proves nobody, one of 2048 does',
    async () =>
      Promise.all(
        [...rsa.keys()].map(async (id) => {
          const instead = { client_assertion: await signAnyhow(id), client_assertion_type: ASSERTION_TYPE }
          return errorOf(token({ as: id, instead }))
        }),
      ),
    ['invalid_client', 'none'],
  ],
  [
    'K4',
    'of the keys that a client tells at its URL, those of one kid are told apart by their kind',
    async () => [
      await errorOf(token({ as: 'told', kid: 'same' })),
      await errorOf(token({ as: 'told', kid: 'same', alg: 'PS256' })),
    ],
    ['none', 'invalid_client'],
  ],
]

async function twiceState(request: Request): Promise<Response> {
  const body = `${await request.text()}&state=again`
  return proving(new Request(request.url, { method: 'POST', headers: request.headers, body }))
}

describe('an issuer in the profile (FAPI 2.0 Security Profile §5.3)', () => {
  it.each(rows)('%s: %s', async (_, __, act, expected) => {
    expect(await act()).toEqual(expected)
  })
})

/** A trusted issuer that signs in these ways, and is believed when these clients bring its assertions. */
function trusted(algorithms: readonly string[], clients: readonly string[]) {
  const allow = [{ subjects: ['job'], clients, resources: [API], scopes: ['read'] }]
  const { issuer } = TRUSTED.TRUSTED_ISSUERS.ci
  return { issuer, jwks_uri: 'https://ci.example/jwks', algorithms, allow }
}

/** What is wrong in a client's settings, and how the operator is told. */
const refused: readonly (readonly [string, string, object, string])[] = [
  [
    'G3',
    'a public client',
    { token_endpoint_auth_method: undefined, jwks: undefined },
    'token_endpoint_auth_method" expected private_key_jwt or tls_client_auth or self_signed_tls_client_auth',
  ],
  [
    'G3',
    'a client that is none',
    { token_endpoint_auth_method: 'none', jwks: undefined },
    'token_endpoint_auth_method"',
  ],
  [
    'G6',
    'a secret',
    { token_endpoint_auth_method: undefined, jwks: undefined, secret_hash: secretHash(SECRETS.web) },
    'token_endpoint_auth_method"',
  ],
  [
    'G6',
    'a secret in the body',
    { token_endpoint_auth_method: 'client_secret_post', jwks: undefined, secret_hash: secretHash(SECRETS.web) },
    'token_endpoint_auth_method"',
  ],
  ['G6', 'a secret beside a key', { secret_hash: secretHash(SECRETS.web) }, 'expected no secret'],
  [
    'K1',
    'assertions by RS256',
    { token_endpoint_auth_signing_alg: 'RS256' },
    'token_endpoint_auth_signing_alg" expected ES256 or Ed25519 or PS256',
  ],
  [
    'G8',
    'assertions for the token endpoint',
    { assertion_audience: 'token_endpoint' },
    'assertion_audience" expected to be absent',
  ],
  ['G8', 'assertions that live long', { assertion_lifetime: 300 }, 'assertion_lifetime" expected to be absent'],
  ['G4', 'no bound tokens', { dpop_bound_access_tokens: false }, 'dpop_bound_access_tokens" expected true'],
  [
    'G4',
    'no tokens bound to its certificate',
    { ...CERTIFIED, jwks: undefined, tls_client_certificate_bound_access_tokens: false },
    'tls_client_certificate_bound_access_tokens" expected true',
  ],
  [
    'A3',
    'requests that need not be pushed',
    { require_pushed_authorization_requests: false },
    'require_pushed_authorization_requests" expected true',
  ],
  [
    'A3',
    'requests of which nobody knows whether they must be pushed',
    { require_pushed_authorization_requests: 'yes' },
    'require_pushed_authorization_requests" expected true',
  ],
  [
    'A8',
    'a redirect URI over http',
    { redirect_uris: [REDIRECT, 'http://app.example/cb'] },
    'redirect_uris[1]" expected https',
  ],
  [
    'A8',
    'a redirect URI on a loopback host',
    { redirect_uris: ['http://127.0.0.1/cb'] },
    'redirect_uris[0]" expected https',
  ],
  [
    'A8',
    'a redirect URI with a private-use scheme',
    { redirect_uris: ['com.example.app:/cb'] },
    'redirect_uris[0]" expected https',
  ],
]

/** What is wrong around a client in the profile. */
const lacking: readonly (readonly [string, string, object, string])[] = [
  ['A9', 'nothing that spends codes', { guard: 'none' }, '"guard" expected a guard'],
  ['R3', 'nothing that knows of revoked tokens', { revocations: undefined }, '"revocations" expected'],
  [
    'K1',
    'a resource whose tokens are signed by RS256',
    {
      resources: {
        [API]: { scopes: ['read', 'write'], envelope: 'nested', encryption_alg: 'dir', signing_alg: 'RS256' },
      },
    },
    `"resources["${API}"].signing_alg" expected another`,
  ],
  [
    'K1',
    'a trusted issuer that signs by RS256',
    { trustedIssuers: { ci: trusted(['ES256', 'RS256'], ['app']) } },
    '"trustedIssuers["ci"].algorithms" expected no RS256',
  ],
]

describe.each([
  ['a client', { profile: 'fapi2' }, {}],
  ['an issuer', {}, { profile: 'fapi2' }],
])('the settings of %s in the profile', (_, ofClient, ofIssuer) => {
  const check = (client: object, changes: object = {}) =>
    checkSettings(settingsOf({ ...ofIssuer, clients: { app: { ...APP, ...ofClient, ...client } }, ...changes }))

  it('turn on what the profile asks', () => {
    const { clients, isPushing } = check({})
    const { isPushing: isClientPushing, dpopBound, certificateBound, profile } = clients.get('app') ?? {}
    expect([isClientPushing, dpopBound, certificateBound, profile]).toEqual([true, true, false, 'fapi2'])
    expect(isPushing).toBe('profile' in ofIssuer)
  })

  it('leave the choice of what tokens are bound to', () => {
    const choices = [
      [{}, true, false],
      [{ tls_client_certificate_bound_access_tokens: true }, false, true],
      [{ ...CERTIFIED, jwks: undefined }, false, true],
      [{ ...CERTIFIED, jwks: undefined, dpop_bound_access_tokens: true }, true, false],
    ] as const
    const found = choices.map(([changes]) => check(changes).clients.get('app'))
    expect(found.map((client) => [client?.dpopBound, client?.certificateBound])).toEqual(
      choices.map(([, ...bound]) => bound),
    )
  })

  it.each(refused)('%s: refuse %s', (__, ___, changes, message) => {
    expect(() => check(changes)).toThrow(message)
  })

  it.each(lacking)('%s: refuse %s', (__, ___, changes, message) => {
    expect(() => check({}, changes)).toThrow(message)
  })

  it.each(['none', undefined])('A9: refuse %j for a guard where nothing but proofs would be spent', (guard) => {
    const clients = { machine: { ...CERTIFIED, dpop_bound_access_tokens: true, ...ofClient } }
    const message = '"guard" expected a guard: the client "machine" is in the profile fapi2'
    expect(() => check({}, { clients, guard })).toThrow(message)
  })

  it('refuse a scope that is left out, and not refused', () => {
    expect(() => check({ scopes_strict: false })).toThrow('scopes_strict" expected true in the profile fapi2')
  })

  it('ask of a resource server and an operator only how they prove themselves', () => {
    const keyed = {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: jwks.keys.map((key) => ({ ...key, use: 'sig' })) },
    }
    const others = (proof: object) => ({
      clients: {
        rs: { ...ofClient, kind: 'resource_server', resources: [API], ...proof },
        op: { ...ofClient, kind: 'operator', ...proof },
      },
    })
    expect(check({}, others(keyed)).clients.get('rs')).toMatchObject({
      isPushing: false,
      dpopBound: false,
      profile: 'fapi2',
    })
    expect(() => check({}, others({ secret_hash: secretHash(SECRETS.web) }))).toThrow('token_endpoint_auth_method"')
  })
})

describe('a client in the profile', () => {
  it('leaves other clients as they are, and what concerns them', () => {
    const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    const pub = { grant_types: ['client_credentials', jwtBearer], resources: [API2], scopes: ['read'] }
    const resources = {
      [API]: { scopes: ['read', 'write'] },
      [API2]: { scopes: ['read'], envelope: 'nested', encryption_alg: 'dir', signing_alg: 'RS256' },
    }
    const trustedIssuers = { ci: trusted(['RS256'], ['pub']) }
    const clients = { app: { ...APP, profile: 'fapi2' }, pub }
    const { isPushing, clients: read } = checkSettings(settingsOf({ clients, resources, trustedIssuers }))
    expect([isPushing, read.get('pub')?.profile, read.get('pub')?.dpopBound]).toEqual([false, undefined, false])
  })

  it.each(['fapi1', '', true])('cannot be in another one: %j', (profile) => {
    expect(() => checkSettings(settingsOf({ clients: { app: { ...APP, profile } } }))).toThrow(
      'profile" expected "fapi2"',
    )
    expect(() => checkSettings(settingsOf({ profile, clients: {} }))).toThrow('"profile" expected "fapi2"')
  })
})

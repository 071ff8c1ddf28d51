import { describe, expect, it } from 'vitest'
import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { createMemoryRevocations } from '../../src/index.ts'
import { readJws } from '../../src/jose/canonical.ts'
import { decryptWith } from '../../src/jose/encrypted.ts'
import { leafRecipient } from '../../src/jose/recipient.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { API, basic, ISSUER, NOW, SECRETS, SIGNED, VARS } from '../fixtures.ts'
import { createProvider, PROVIDER_RING, RP_CALLBACK, RP_SECRET } from '../parties/openid_provider.ts'
import { VERIFIER } from '../parties/person.ts'
import { ACCESS_TOKEN, JWT, JWT_BEARER, TOKEN_EXCHANGE } from '../parties/trusted.ts'

const RESOURCES = {
  [API]: { ...VARS.RESOURCES[API], exchange: true, signed_introspection: true },
  [SIGNED]: VARS.RESOURCES[SIGNED],
}

/** An OpenID provider that signs all that it ever signs, and who takes any of it. */
function setUp() {
  const told: string[] = []
  const provider: ReturnType<typeof createProvider> = createProvider({
    resources: RESOURCES,
    revocations: createMemoryRevocations('salt', () => NOW * 1000),
    async fetch(url, init) {
      if (url === `${ISSUER}/jwks`) return provider.ask(new Request(url))
      told.push(new URLSearchParams(String(init?.body)).get('logout_token') ?? '')
      return new Response()
    },
    rp: {
      scopes: ['openid', 'email', 'read', 'sign'],
      resources: [API, SIGNED],
      userinfo_signed_response_alg: 'RS256',
      authorization_signed_response_alg: 'RS256',
      request_object_signing_alg: 'RS256',
      // Whoever believes what the issuer signs could be shown anything of it: so this client does.
      jwks_uri: `${ISSUER}/jwks`,
      backchannel_logout_uri: 'https://rp.example/logout',
      post_logout_redirect_uris: ['https://rp.example/out'],
    },
    clients: {
      'api-server': { ...VARS.CLIENTS['api-server'], resources: [API, SIGNED] },
      gateway: {
        secret_hash: VARS.CLIENTS.gateway.secret_hash,
        grant_types: [JWT_BEARER, TOKEN_EXCHANGE],
        resources: [API],
        scopes: ['read'],
        exchange: [{ from: [API], to: [API], scopes: ['read'], impersonation: true }],
      },
    },
    trustedIssuers: {
      other: {
        issuer: 'https://other.example',
        jwks_uri: `${ISSUER}/jwks`,
        allow: [{ subjects: ['alice'], clients: ['gateway'], resources: [API], scopes: ['read'] }],
      },
    },
  })
  return { provider, told }
}

type SetUp = ReturnType<typeof setUp>

const post = (provider: SetUp['provider'], path: string, form: Record<string, string>, who: string, secret: string) =>
  provider.ask(
    new Request(ISSUER + path, {
      method: 'POST',
      headers: {
        authorization: basic(who, secret),
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/token-introspection+jwt',
      },
      body: new URLSearchParams(form).toString(),
    }),
  )

/** One of each text that the issuer signs, all good, and all about one person. */
async function collect({ provider, told }: SetUp) {
  const asked = { scope: 'openid email read sign', resource: `${API} ${SIGNED}` }
  const answer = await provider.authorize({ ...asked, response_mode: 'jwt' })
  const jarm = answer.searchParams.get('response') ?? ''
  const code = (await provider.authorize(asked)).searchParams.get('code') ?? ''
  const redeem = { grant_type: 'authorization_code', code, code_verifier: VERIFIER, resource: API }
  const { access_token: access, id_token = '', refresh_token = '' } = await provider.token(redeem)
  const refresh = (resource: string) => provider.token({ grant_type: 'refresh_token', refresh_token, resource })
  const nested = (await refresh(SIGNED)).access_token
  const leaves = createKeyring(PROVIDER_RING, ISSUER).leavesFor('access', SIGNED, 'A256GCM', 600)
  const find = async (kid: string) =>
    leafRecipient(leaves.opening(kid, NOW) as NonNullable<ReturnType<typeof leaves.opening>>)
  const inner = await decryptWith(find, 'JWT', nested)
  const userinfo = await (await provider.userinfo((await refresh(`${ISSUER}/userinfo`)).access_token)).text()
  const secret = SECRETS['api-server']
  const introspection = await (await post(provider, '/introspect', { token: access }, 'api-server', secret)).text()
  const revocations = await (await provider.ask(new Request(`${ISSUER}/revocations`))).text()
  await provider.browser.get(`${ISSUER}/logout?id_token_hint=${id_token}`)
  for (let turn = 0; turn < 50 && told.length === 0; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
  return { access, nested, id_token, jarm, inner, userinfo, introspection, revocations, logout: told[0] ?? '' }
}

type Kind = keyof Awaited<ReturnType<typeof collect>>

const keys = (resource: string): string => writeKeys(exportKeys(PROVIDER_RING, { issuer: ISSUER, resource, now: NOW }))
const OK = (response: Response): boolean => response.status === 200

/** Every door at which somebody could show one, and what it takes. Each tells whether it did. */
const DOORS: readonly (readonly [string, readonly Kind[], (text: string, parties: SetUp) => Promise<boolean>])[] = [
  [
    'id_token_hint at /authorize',
    ['id_token'],
    async (text, { provider }) =>
      (await provider.authorize({ scope: 'openid', prompt: 'none', id_token_hint: text })).searchParams.get('error') !==
      'invalid_request',
  ],
  [
    'id_token_hint at /logout',
    ['id_token'],
    async (text, { provider }) =>
      (await provider.browser.get(`${ISSUER}/logout?id_token_hint=${encodeURIComponent(text)}`)).status === 200,
  ],
  [
    'request at /authorize',
    [],
    async (text, { provider }) =>
      (await provider.authorize({ request: text, redirect_uri: RP_CALLBACK })).searchParams.has('code'),
  ],
  [
    'request at /par',
    [],
    async (text, { provider }) => (await post(provider, '/par', { request: text }, 'rp', RP_SECRET)).status === 201,
  ],
  [
    'assertion at /token',
    [],
    async (text, { provider }) =>
      OK(await post(provider, '/token', { grant_type: JWT_BEARER, assertion: text }, 'gateway', SECRETS.gateway)),
  ],
  ...[ACCESS_TOKEN, JWT, 'urn:ietf:params:oauth:token-type:id_token'].map((type): (typeof DOORS)[number] => [
    `subject_token of type ${type.split(':').at(-1)} at /token`,
    type === ACCESS_TOKEN ? ['access'] : [],
    async (text, { provider }) => {
      const form = { grant_type: TOKEN_EXCHANGE, subject_token: text, subject_token_type: type, resource: API }
      return OK(await post(provider, '/token', form, 'gateway', SECRETS.gateway))
    },
  ]),
  [
    'code at /token',
    [],
    async (text, { provider }) =>
      (await provider.token({ grant_type: 'authorization_code', code: text, code_verifier: VERIFIER })).error ===
      undefined,
  ],
  [
    'refresh_token at /token',
    [],
    async (text, { provider }) =>
      (await provider.token({ grant_type: 'refresh_token', refresh_token: text })).error === undefined,
  ],
  ['the token of /userinfo', [], async (text, { provider }) => OK(await provider.userinfo(text))],
  [
    'token at /introspect',
    ['access', 'nested'],
    async (text, { provider }) => {
      const response = await post(provider, '/introspect', { token: text }, 'api-server', SECRETS['api-server'])
      const body = await response.text()
      const payload = body.startsWith('{')
        ? body
        : atob(readJws(body).payload.replaceAll('-', '+').replaceAll('_', '/'))
      return payload.includes('"active":true')
    },
  ],
  [
    'the verifier of an API with direct tokens',
    ['access'],
    async (text) =>
      (await createVerifier({ issuer: ISSUER, resource: API, keys: keys(API), now: () => NOW }).verify(text)).ok,
  ],
  [
    'the verifier of an API with nested tokens',
    ['nested'],
    async (text, { provider }) => {
      const jwks = (await (await provider.ask(new Request(`${ISSUER}/jwks`))).json()) as { keys: [] }
      const own = { issuer: ISSUER, resource: SIGNED, keys: keys(SIGNED), jwks, now: () => NOW }
      return (await createVerifier(own).verify(text)).ok
    },
  ],
]

describe('what the issuer signs and seals counts at its own door alone', () => {
  // promise: P28
  it.each(DOORS)('%s takes %j, and nothing else of it', async (_, own, door) => {
    const parties = setUp()
    const collected = await collect(parties)
    const opened: string[] = []
    for (const [kind, text] of Object.entries(collected)) {
      expect([kind, text.length > 100]).toEqual([kind, true])
      if (await door(text, parties)) opened.push(kind)
    }
    expect(opened).toEqual(own)
  })
})

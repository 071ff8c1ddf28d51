import { describe, expect, it } from 'vitest'
import type { Grant } from '../../src/index.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import { API, ISSUER, secretHash, testSettings, VARS } from '../fixtures.ts'
import { CLIENT_KEY, FRONT, INNER, JWT_BEARER, NEST } from '../parties/trusted.ts'

const good = testSettings()
const check = (changes: object) => () => checkSettings({ ...good, ...changes })

const key = (changes: object = {}) => ({
  kty: 'EC',
  crv: 'P-256',
  x: CLIENT_KEY.x,
  y: CLIENT_KEY.y,
  kid: '1',
  ...changes,
})
const client = (changes: object) => ({
  clients: {
    ...VARS.CLIENTS,
    c: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key()] }, ...changes },
  },
})
const issuer = (changes: object) => ({ trustedIssuers: { ci: { ...VARS.TRUSTED_ISSUERS.ci, ...changes } } })
const [rule] = VARS.TRUSTED_ISSUERS.ci.allow
const allow = (changes: object) => issuer({ allow: [{ ...rule, ...changes }] })
const [exchange] = VARS.CLIENTS.gateway.exchange
const exchanging = (changes: object) => ({
  clients: { ...VARS.CLIENTS, gateway: { ...VARS.CLIENTS.gateway, exchange: [{ ...exchange, ...changes }] } },
})
const resource = (changes: object) => ({
  resources: { ...VARS.RESOURCES, [API]: { ...VARS.RESOURCES[API], ...changes } },
})
const grant = (type: unknown, decide: unknown = () => {}) => ({ grants: [{ type, decide } as Grant] })

/** URLs that must never be asked (security.md H11, J05). */
const INTERNAL = [
  'http://keys.example/jwks',
  'https://127.0.0.1/jwks',
  'https://127.1/jwks',
  'https://0x7f000001/jwks',
  'https://2130706433/jwks',
  'https://[::1]/jwks',
  'https://[::ffff:127.0.0.1]/jwks',
  'https://169.254.169.254/latest',
  'https://10.0.0.1/jwks',
  'https://0/jwks',
  'https://localhost/jwks',
  'https://keys.localhost/jwks',
  'https://keys.internal/jwks',
  'https://keys.local/jwks',
  'https://keys/jwks',
  'https://keys.example./jwks',
  'https://user@keys.example/jwks',
  'https://keys.example/jwks#f',
  'file:///etc/passwd',
  'data:application/json,{}',
  'keys.example',
  7,
] as const

describe('a client with a key', () => {
  it.each<[string, object]>([
    ['ES256 by default', {}],
    ['a key that says its algorithm and use', { jwks: { keys: [key({ alg: 'ES256', use: 'sig' })] } }],
    ['a key among others', { jwks: { keys: [key({ use: 'enc' }), key({ kid: '2' })] } }],
    ['keys that it tells itself', { jwks: undefined, jwks_uri: 'https://keys.example/jwks' }],
    ['a resource server with a key to sign', { kind: 'resource_server', jwks: { keys: [key({ use: 'sig' })] } }],
    ['an operator', { kind: 'operator' }],
  ])('is taken with %s', (_, changes) => expect(check(client(changes))).not.toThrow())

  it.each<[string, object, string]>([
    ['neither', { jwks: undefined }, '"clients["c"]" expected either "jwks" or "jwks_uri"'],
    ['both', { jwks_uri: 'https://keys.example/jwks' }, 'expected either "jwks" or "jwks_uri"'],
    ['no keys', { jwks: { keys: [] } }, 'jwks.keys" expected a list of keys'],
    ['a private key', { jwks: { keys: [CLIENT_KEY] } }, 'expected a public key'],
    ['a shared key', { jwks: { keys: [{ kty: 'oct', k: 'x', kid: '1' }] } }, 'expected a public key'],
    ['a key without kid', { jwks: { keys: [key({ kid: undefined })] } }, 'kid" expected'],
    ['a key to encrypt', { jwks: { keys: [key({ use: 'enc' })] } }, 'jwks" expected a key for ES256'],
    ['a key for another algorithm', { jwks: { keys: [key({ alg: 'ES384' })] } }, 'jwks" expected a key for ES256'],
    ['a key of another kind', { token_endpoint_auth_signing_alg: 'PS256' }, 'jwks" expected a key for PS256'],
    ['HS256', { token_endpoint_auth_signing_alg: 'HS256' }, 'token_endpoint_auth_signing_alg" expected "ES256"'],
    ['none', { token_endpoint_auth_signing_alg: 'none' }, 'token_endpoint_auth_signing_alg" expected "ES256"'],
    ['a secret too', { secret_hash: secretHash('x') }, 'expected no secret beside private_key_jwt'],
    [
      'a key to sign, but no method',
      { token_endpoint_auth_method: undefined, token_endpoint_auth_signing_alg: 'ES256' },
      'expected "token_endpoint_auth_method": "private_key_jwt"',
    ],
    [
      'jwks_uri, but no method',
      { token_endpoint_auth_method: undefined, jwks: undefined, jwks_uri: 'https://keys.example/jwks' },
      'expected "token_endpoint_auth_method": "private_key_jwt"',
    ],
    ['a resource server whose key has no use', { kind: 'resource_server' }, 'jwks" expected "use" in each key'],
  ])('is refused with %s', (_, changes, message) => expect(check(client(changes))).toThrow(message))

  it.each(INTERNAL)('is refused with its keys at %j (H11, J05)', (jwks_uri) =>
    expect(check(client({ jwks: undefined, jwks_uri }))).toThrow('jwks_uri" expected an https URL of a public host'),
  )

  it('needs a guard, as the JWT bearer grant does: without one, assertions could be used again (F05)', () => {
    const { service, keyed, runner } = VARS.CLIENTS
    for (const guard of [undefined, 'none']) {
      expect(check({ guard, clients: { service }, trustedIssuers: {} })).not.toThrow()
      const needing = '"guard" expected a guard: the client "c" uses assertions'
      expect(check({ guard, clients: { c: keyed }, trustedIssuers: {} })).toThrow(needing)
      expect(check({ guard, clients: { c: runner }, trustedIssuers: {} })).toThrow(needing)
    }
  })
})

describe('a trusted issuer', () => {
  it.each<[string, object]>([
    ['keys that it tells itself', issuer({ jwks: undefined, jwks_uri: 'https://keys.example/jwks' })],
    ['a beginning after a slash', allow({ subjects: ['spiffe://a.example/*'] })],
    ['a beginning after a bar', allow({ subjects: ['auth0|*'] })],
    ['a choice of claims', allow({ claims: { ref: ['refs/heads/main', 'refs/tags/*'], verified: true } })],
    ['a typ', issuer({ typ: 'oauth-id-jag+jwt' })],
  ])('is taken with %s', (_, changes) => expect(check(changes)).not.toThrow())

  it('signs by RS256 and means this issuer unless it is said otherwise', () => {
    const { algorithms: _, ...ci } = VARS.TRUSTED_ISSUERS.ci
    const trustedIssuers = { ci: { ...ci, jwks: undefined, jwks_uri: 'https://keys.example/jwks' } } as never
    const { trustedIssuers: read } = checkSettings({ ...good, trustedIssuers })
    expect(read.get('https://ci.example')).toMatchObject({ algorithms: ['RS256'], audience: ISSUER, longestLife: 3600 })
  })

  it.each<[string, object, string]>([
    [
      'a name with a colon',
      { trustedIssuers: { ...VARS.TRUSTED_ISSUERS, 'a:b': VARS.TRUSTED_ISSUERS.ci } },
      '"trustedIssuers" expected 1 to 32',
    ],
    ['a list', { trustedIssuers: [], clients: {} }, '"trustedIssuers" expected an object'],
    ['an unknown setting', issuer({ subjects: [] }), 'has no setting "subjects"'],
    ['no issuer', issuer({ issuer: undefined }), 'issuer" expected a text'],
    ['this very issuer', issuer({ issuer: ISSUER }), 'issuer" expected another issuer than this one'],
    ['an empty audience', issuer({ audience: '' }), 'audience" expected'],
    ['no keys', issuer({ jwks: undefined }), 'expected either "jwks" or "jwks_uri"'],
    ['no algorithm', issuer({ algorithms: [] }), 'algorithms" expected at least one'],
    ['a symmetric algorithm', issuer({ algorithms: ['HS256'] }), 'algorithms" expected ES256'],
    ['a typ with a slash', issuer({ typ: 'application/jwt' }), 'typ" expected'],
    ['assertions of a second', issuer({ assertion_lifetime: 1 }), 'assertion_lifetime" expected an integer from 60'],
    ['no rules', issuer({ allow: [] }), 'allow" expected a list of rules'],
    ['rules left out', issuer({ allow: undefined }), 'allow" expected a list of rules'],
    ['a rule for nobody', allow({ subjects: [] }), 'subjects" expected at least one'],
    ['subjects left out', allow({ subjects: undefined }), 'subjects" expected a list'],
    ['a rule for everybody', allow({ subjects: ['*'] }), 'subjects[0]" expected a text, or its beginning'],
    ['a beginning within a name', allow({ subjects: ['repo:acme/app*'] }), 'subjects[0]" expected a text'],
    ['a star in the middle', allow({ subjects: ['repo:*:main'] }), 'subjects[0]" expected a text'],
    ['an empty claim', allow({ claims: { a: [] } }), 'claims.a" expected at least one'],
    ['a number as a claim', allow({ claims: { a: 1 } }), 'claims.a[0]" expected a text'],
    ['a rule for no client', allow({ clients: [] }), 'clients" expected at least one'],
    ['an unknown client', allow({ clients: ['nobody'] }), 'clients[0]" expected one that is in these settings'],
    ['an unknown resource', allow({ resources: ['https://x.example'] }), 'resources[0]" expected one that is in'],
    ['no scopes', allow({ scopes: [] }), 'scopes" expected at least one'],
    [
      'two names for one issuer',
      { trustedIssuers: { a: VARS.TRUSTED_ISSUERS.ci, ci: VARS.TRUSTED_ISSUERS.ci } },
      '"trustedIssuers" expected each issuer once',
    ],
  ])('is refused with %s', (_, changes, message) => expect(check(changes)).toThrow(message))

  it.each(INTERNAL)('is refused with its keys at %j (H11, J05)', (jwks_uri) =>
    expect(check(issuer({ jwks: undefined, jwks_uri }))).toThrow('jwks_uri" expected an https URL of a public host'),
  )
})

describe('exchange', () => {
  it.each<[string, object, string]>([
    ['of an unknown resource', exchanging({ from: ['https://x.example'] }), 'from" expected resources with "exchange"'],
    ['of a resource without it', exchanging({ from: [INNER] }), 'from" expected resources with "exchange"'],
    ['of an unknown issuer', exchanging({ from: ['other'] }), 'from" expected resources with "exchange"'],
    ['for an unknown resource', exchanging({ to: ['https://x.example'] }), 'to" expected resources of these settings'],
    ['for a malformed scope', exchanging({ scopes: ['a b'] }), 'scopes[0]" expected a scope token'],
    ['for scope that needs a malformed one', exchanging({ scopes: { a: 'b c' } }), 'scopes["a"][0]" expected a scope'],
    ['for scope that needs a number', exchanging({ scopes: { a: 1 } }), 'scopes["a"][0]" expected a scope'],
    ['as a text', exchanging({ impersonation: 'yes' }), 'impersonation" expected true or false'],
    ['with an unknown setting', exchanging({ actors: [] }), 'has no setting "actors"'],
    ['as one rule', { clients: { c: { exchange } }, trustedIssuers: {} }, 'exchange" expected a list of rules'],
    ['at a resource, as a text', resource({ exchange: 'true' }), 'exchange" expected true or false'],
    [
      'of tokens that only the resource server can open',
      resource({ envelope: 'nested', jwks: { keys: [key()] }, exchange: true }),
      'exchange" expected "direct", or "encryption_alg": "dir"',
    ],
  ])('is refused %s', (_, changes, message) => expect(check(changes)).toThrow(message))

  it('is possible of direct tokens, and of nested ones under their leaf', () => {
    expect(check(exchanging({ from: [FRONT, NEST, 'ci'] }))).not.toThrow()
  })
})

describe("an operator's own grant types", () => {
  it('are taken by their URI, and clients may use them', () => {
    const clients = { c: { secret_hash: secretHash('x'), grant_types: ['urn:example:voucher'] } }
    const { grants } = checkSettings({ ...good, ...grant('urn:example:voucher'), clients, trustedIssuers: {} } as never)
    expect([...grants.keys()]).toContain('urn:example:voucher')
  })

  it.each<[string, object, string]>([
    [
      'a short name, such as ours have (RFC 6749 §4.5)',
      grant('client_credentials'),
      'grants[0].type" expected an absolute',
    ],
    ['the name of one built in', grant(JWT_BEARER), '"grants" expected each type once, and none built in'],
    [
      'one name twice',
      { grants: [...grant('a:b').grants, ...grant('a:b').grants] },
      '"grants" expected each type once',
    ],
    ['no name', grant(undefined), 'grants[0].type" expected'],
    ['nothing that decides', grant('a:b', null), 'grants[0].decide" expected a function'],
  ])('are refused with %s', (_, changes, message) => expect(check(changes)).toThrow(message))
})

describe('the grant types that are offered (M33)', () => {
  it('are those for which there is what they need', () => {
    const { service } = VARS.CLIENTS
    const { grants } = checkSettings({
      ...good,
      authenticate: undefined,
      clients: { service },
      trustedIssuers: {},
    } as never)
    expect([...grants.keys()]).toEqual(['client_credentials'])
    expect([...checkSettings(good).grants.keys()]).toHaveLength(5)
  })
})

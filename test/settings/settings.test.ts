import { describe, expect, it } from 'vitest'
import { isLoopback } from '../../keys/identifier.ts'
import { createMemoryGuard, createMemoryRevocations, ownLoginPage, upstreamLogin } from '../../src/index.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import { API, LOGIN_PAGE, SECRETS, secretHash, testSettings } from '../fixtures.ts'

const good = testSettings()
const check = (changes: object) => () => checkSettings({ ...good, ...changes })
const client = (changes: object) => ({ clients: { c: { grant_types: [], resources: [API], scopes: [], ...changes } } })
const types = (changes: object, type = 't') => ({
  clients: {},
  authorizationDetailsTypes: {
    [type]: {
      name: 'T',
      resources: [API],
      schema: { type: 'object', properties: {}, additionalProperties: false },
      ...changes,
    },
  },
})
const resource = (changes: object, uri = API) => ({
  clients: {},
  authorizationDetailsTypes: {},
  resources: { [uri]: { scopes: ['a'], ...changes } },
})

describe('the settings', () => {
  it('are taken as wrangler.toml gives them, with defaults', () => {
    const { resources, clients } = checkSettings(good)
    expect(resources.get(API)).toMatchObject({
      uri: API,
      envelope: 'direct',
      enc: 'A256GCM',
      accessTokenLifetime: 600,
      anonymous: false,
    })
    expect(clients.get('service')?.authenticationMethods).toEqual(['client_secret_basic', 'client_secret_post'])
    expect(clients.get('app')?.authenticationMethods).toEqual(['none'])
  })

  it.each([
    'https://as.example',
    'https://as.example:8443',
    'https://as.example/tenant/a',
    'http://localhost:8787',
    'http://127.0.0.1',
    'http://[::1]:80/x'.replace(':80', ':81'),
  ])('take %j as issuer (RFC 8414 §2)', (issuer) => expect(checkSettings({ ...good, issuer }).issuer).toBe(issuer))

  it.each<[string, object, string]>([
    [
      'no issuer',
      { issuer: undefined },
      '"issuer" expected the URL of the issuer: https, without query or fragment, got nothing',
    ],
    ['an issuer that is no URL', { issuer: 'auth.example.com' }, '"issuer"'],
    ['an http issuer', { issuer: 'http://foo.bar' }, '"issuer" expected https'],
    [
      'an http issuer that looks like localhost',
      { issuer: 'http://localhost.evil.example' },
      '"issuer" expected https',
    ],
    [
      'an issuer with a slash at its end',
      { issuer: 'https://as.example/' },
      '"issuer" expected a URL in its plain form',
    ],
    ['an issuer with a query', { issuer: 'https://as.example?x' }, '"issuer"'],
    ['an issuer with a fragment', { issuer: 'https://as.example#' }, '"issuer"'],
    ['an issuer with a user', { issuer: 'https://a:b@as.example' }, '"issuer"'],
    ['an issuer in upper case', { issuer: 'https://AS.example' }, '"issuer"'],
    ['an issuer with its default port', { issuer: 'https://as.example:443' }, '"issuer"'],
    ['an issuer of dot segments', { issuer: 'https://as.example/a/../b' }, '"issuer"'],
    ['a setting that is unknown', { plugins: {} }, '"createIssuer" has no setting "plugins"; it knows: issuer, '],
    ['a setting in another spelling', { trusted_issuers: {} }, 'did you mean "trustedIssuers"?'],
    ['a misspelt guard', { gaurd: 'none' }, 'no setting "gaurd"; did you mean "guard"?'],
    ['a variable of a Worker', { DPOP_NONCE: true }, 'no setting "DPOP_NONCE"; did you mean "dpopNonce"?'],
    ['a misspelt setting of a client', client({ redirect_uri: [] }), 'did you mean "redirect_uris"?'],
    [
      'an unknown member in the rule of an exchange',
      client({ exchange: [{ from: [], to: [], scopes: [], impersonate: true }] }),
      'exchange[0]" has no setting "impersonate"; it knows: from, to, scopes, impersonation',
    ],
    ['a ring that is no text', { keyRing: { v: 1 } }, '"keyRing" expected a text, got an object'],
    ['a next ring that is no text', { keyRingNext: {} }, '"keyRingNext" expected a text, got an object'],
    [
      'a guard that lacks a method',
      { guard: { spend: async () => 'first' } },
      '"guard" expected an object with spend, ad',
    ],
    ['a guard of another name', { guard: 'nothing' }, '"guard" expected an object with spend, advance, end, hasEnded'],
    [
      'revocations that are none',
      { revocations: {} },
      '"revocations" expected an object with add, read, and has no add',
    ],
    ['grants that are no list', { grants: { decide: () => undefined } }, '"grants" expected a list of grant types'],
    ['a grant type that is nothing', { grants: [null] }, '"grants[0].type" expected an absolute URI'],
    ['a demo as text', { isDemo: 'false' }, '"isDemo" expected true or false, got a string'],
    ...['fetch', 'authenticate', 'certificate', 'credentials', 'claims', 'response', 'allowFailure', 'log', 'now'].map(
      (name): [string, object, string] => [
        `${name} that is no function`,
        { [name]: { ok: true } },
        `"${name}" expected a function, got an object`,
      ],
    ),
    ...['max-age', 'max-age=-1', 'max-age=1; preload', 'includeSubDomains', 'max-age=1\r\nx: y', ' max-age=1'].map(
      (text): [string, object, string] => [
        `HSTS as ${JSON.stringify(text)}`,
        { strictTransportSecurity: text },
        '"strictTransportSecurity" expected "max-age=…" in seconds',
      ],
    ),
    ['HSTS that is no text', { strictTransportSecurity: true }, '"strictTransportSecurity" expected "max-age=…"'],
    ['resources that are a list', { resources: [] }, '"resources" expected an object, got an array'],
    ['a resource that is no URI', resource({}, 'orders'), '"resources" expected absolute URIs'],
    [
      'a resource without scopes',
      resource({ scopes: undefined }),
      '"resources["https://api1.example"].scopes" expected a list, got nothing',
    ],
    ['a malformed scope', resource({ scopes: ['a b'] }), 'scopes[0]" expected a scope token'],
    ['a scope twice', resource({ scopes: ['a', 'a'] }), 'expected each text once'],
    ['a misspelled setting', resource({ lifetime: 5 }), 'has no setting "lifetime"; it knows: scopes, resource_name'],
    ['an unknown envelope', resource({ envelope: 'signed' }), 'envelope" expected "direct"'],
    ['a content encryption of 128 bits', resource({ enc: 'A128GCM' }), 'enc" expected "A256GCM" or "A256CBC-HS512"'],
    [
      'a life of 5 seconds',
      resource({ access_token_lifetime: 5 }),
      'access_token_lifetime" expected an integer from 30 to 86400, got 5',
    ],
    ['a life of two days', resource({ access_token_lifetime: 172_800 }), 'got 172800'],
    ['a life as text', resource({ access_token_lifetime: '600' }), 'got a string'],
    ['anonymous as text', resource({ anonymous: 'true' }), 'anonymous" expected true or false, got a string'],
    ['a secret instead of its hash', client({ secret_hash: SECRETS.service }), 'secret_hash[0]" expected "sha256:…"'],
    ['three secrets', client({ secret_hash: ['a', 'b', 'c'].map(secretHash) }), 'expected one hash, or two'],
    ['a client_secret', client({ client_secret: 'x' }), 'has no setting "client_secret"'],
    [
      'an unknown grant type',
      client({ grant_types: ['password'] }),
      'grant_types[0]" expected "authorization_code" or',
    ],
    ['a grant type of a prototype', client({ grant_types: ['__proto__'] }), 'grant_types[0]" expected'],
    [
      'an unknown resource',
      client({ resources: ['https://x.example'] }),
      'resources[0]" expected one of the resources',
    ],
    [
      'a public client that proves itself',
      client({ token_endpoint_auth_method: 'client_secret_basic' }),
      'expected "none"',
    ],
    [
      'a confidential client that does not',
      client({ secret_hash: secretHash('x'), token_endpoint_auth_method: 'none' }),
      'expected "client_secret_basic"',
    ],
    [
      'a client for persons, and no way to log in',
      { authenticate: undefined },
      '"authenticate" expected a way to log in: the client "web"',
    ],
    [
      'a client for persons, and no guard (F05)',
      { guard: undefined },
      '"guard" expected a guard, or "none" written out',
    ],
    [
      'authorization_code without a redirect URI',
      client({ grant_types: ['authorization_code'] }),
      'redirect_uris" expected at least one',
    ],
    [
      'a redirect URI that may not be',
      client({ redirect_uris: ['javascript:alert(1)'] }),
      'redirect_uris[0]" expected https',
    ],
    [
      'eleven redirect URIs',
      client({ redirect_uris: Array.from({ length: 11 }, (_, index) => `https://a.example/${index}`) }),
      'expected at most 10',
    ],
    [
      'no consent for an app on a device (H25)',
      client({ redirect_uris: ['http://127.0.0.1/cb'], consent: 'skip' }),
      'consent" expected "ask"',
    ],
    [
      'a name with a direction in it (M41)',
      client({ client_name: 'a\u202eb' }),
      'client_name" expected 1 to 64 characters',
    ],
    ['a name of 65 characters', client({ client_name: 'a'.repeat(65) }), 'client_name" expected 1 to 64 characters'],
    ['a home page by http', client({ client_uri: 'http://a.example' }), 'client_uri" expected an https URL'],
    [
      'a scope that only reads, and is none',
      resource({ read_only_scopes: ['b'] }),
      'read_only_scopes[0]" expected one of its "scopes"',
    ],
    [
      'words for a scope that is not there',
      resource({ scope_descriptions: { b: 'x' } }),
      'scope_descriptions" has no setting "b"',
    ],
    [
      'a session of a second',
      { sessionLifetime: 1 },
      '"sessionLifetime" expected an integer from 60 to 2592000, got 1',
    ],
    [
      'a login that may take a day and more',
      { loginLifetime: 86_401 },
      '"loginLifetime" expected an integer from 60 to 86400',
    ],
    ['a login that nobody can finish', { loginLifetime: 59 }, '"loginLifetime" expected an integer from 60 to 86400'],
    [
      'refresh tokens for ten years',
      client({ refresh_token_lifetime: 315_360_000 }),
      'refresh_token_lifetime" expected',
    ],
    ['types that are a list', { authorizationDetailsTypes: [] }, '"authorizationDetailsTypes" expected an object'],
    ['a type without a name', types({ name: undefined }), '"authorizationDetailsTypes["t"].name" expected'],
    ['a type with a name that nobody can see', types({ name: 'a\u202eb' }), 'name" expected 1 to 64 characters'],
    ['a type with a strange identifier', types({}, 'a b'), 'expected 1 to 128 visible ASCII characters'],
    ['a type of no resource', types({ resources: [] }), 'resources[0]" expected one of the resources'],
    ['a type of an unknown resource', types({ resources: ['https://x.example'] }), 'expected one of the resources'],
    [
      'a type with words too many',
      types({ description: 'x'.repeat(201) }),
      'description" expected 1 to 200 characters',
    ],
    ['a type without a schema', types({ schema: undefined }), 'schema" expected an object, got nothing'],
    ['a type that is a text', types({ schema: { type: 'string' } }), 'schema.type" expected "object"'],
    ['a type with an unknown setting', types({ scopes: [] }), 'has no setting "scopes"; it knows: name'],
    ['a type whose consent is skipped', types({ consent: 'skip' }), 'consent" expected "ask" or "remember"'],
    ...['type', 'locations'].map((member): [string, object, string] => [
      `a type that says itself what ${member} is`,
      types({ schema: { type: 'object', properties: { [member]: { type: 'string' } }, additionalProperties: false } }),
      'schema.properties" expected neither "type" nor "locations"',
    ]),
    [
      'a client with an unknown type',
      client({ authorization_details_types: ['x'] }),
      'authorization_details_types[0]" expected one of the types',
    ],
    ['a client with a type as text', client({ authorization_details_types: 'payment' }), 'expected a list'],
    [
      'a client whose scopes are strict by a text',
      client({ scopes_strict: 'no' }),
      'scopes_strict" expected true or false',
    ],
    [
      'a client that pushes as a text',
      client({ require_pushed_authorization_requests: 'true' }),
      'require_pushed_authorization_requests" expected true or false',
    ],
    [
      'pushing as a text',
      { requirePushedAuthorizationRequests: 'true' },
      '"requirePushedAuthorizationRequests" expected true or false',
    ],
    ['a client_id with a control character', { clients: { 'a\n': {} } }, '"clients" expected'],
  ])('are refused with %s', (_, changes, message) => {
    expect(check(changes)).toThrow(message)
    expect(check(changes)).not.toThrow(SECRETS.service)
  })

  it.each([undefined, null, 'settings', []])('are none as %j', (settings) => {
    expect(() => checkSettings(settings as never)).toThrow('"createIssuer" expected an object, got')
  })

  it.each([
    ['http://localhost:1', true],
    ['http://127.0.0.1/x', true],
    ['http://[::1]', true],
    ['https://localhost', true],
    ['http://127.0.0.2', false],
    ['http://localhost.example', false],
    ['http://localhost@evil.example', false],
    ['localhost', false],
  ])('take %j for this machine: %s', (issuer, expected) => {
    expect(isLoopback(issuer)).toBe(expected)
  })
})

describe('a login of the settings', () => {
  const openid = { issuer: 'https://idp.example', clientId: 'bulla' }

  it.each<[string, () => unknown, string]>([
    [
      'a misspelt option',
      () => upstreamLogin({ ...openid, client_secret: 'x' } as never),
      'did you mean "clientSecret"?',
    ],
    ['a fetch that is none', () => upstreamLogin({ ...openid, fetch: {} as never }), '"fetch" expected a function'],
    [
      'a secret that is no text',
      () => upstreamLogin({ ...openid, clientSecret: 7 as never }),
      'expected the secret, got 7',
    ],
    [
      'algorithms as text',
      () => upstreamLogin({ ...openid, algorithms: 'ES256' as never }),
      '"LOGIN.algorithms" expected a',
    ],
    [
      'no algorithm',
      () => upstreamLogin({ ...openid, algorithms: ['none'] }),
      '"LOGIN.algorithms[0]" expected RS256 or',
    ],
    [
      'a scope as a list',
      () => upstreamLogin({ ...openid, scope: ['openid'] as never }),
      '"LOGIN.scope" expected a text',
    ],
    ['nothing', () => upstreamLogin(undefined as never), '"upstreamLogin" expected an object, got nothing'],
    [
      'a misspelt option',
      () => ownLoginPage({ ...LOGIN_PAGE, uri: 'x' } as never),
      '"ownLoginPage" has no setting "uri"',
    ],
    [
      'loopback as text',
      () => ownLoginPage({ ...LOGIN_PAGE, isLoopbackAllowed: 'no' as never }),
      'expected true or false',
    ],
  ])('is refused with %s', (_, make, message) => expect(make).toThrow(message))
})

describe('what is kept in memory', () => {
  it('is refused with what cannot be its clock or its salt', () => {
    expect(() => createMemoryGuard({ now: () => 0 } as never)).toThrow('"now" expected a function')
    expect(() => createMemoryRevocations(undefined as never)).toThrow('"salt" expected a text of your own, got nothing')
    expect(() => createMemoryRevocations('')).toThrow('"salt" expected a text of your own')
  })
})

import { describe, expect, it } from 'vitest'
import { createIssuer, createMemoryGuard, type IssuerSettings, readBindings } from '../../src/index.ts'
import { createDirectVerifier } from '../../src/verifier/direct.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { API, API2, ISSUER, LOGIN_KEY, secretHash, VARS } from '../fixtures.ts'
import { CI, JWT_BEARER } from '../parties/trusted.ts'

const { d: _, ...publicKey } = LOGIN_KEY
const guard = createMemoryGuard()

/** Makes an issuer of two resources with these changes. */
const start = (changes: Partial<IssuerSettings> | object): (() => unknown) => {
  const resources = { [API]: { scopes: ['orders:read', 'orders:write'] }, [API2]: { scopes: ['mail'], exchange: true } }
  const authenticate = (): never => {
    throw new Error('nobody logs in')
  }
  return () =>
    createIssuer({ issuer: ISSUER, keyRing: undefined, resources, clients: {}, guard, authenticate, ...changes })
}
const client = (changes: object): object => ({ clients: { c: { resources: [API], ...changes } } })
const app = (uri: string): object => client({ grant_types: ['authorization_code'], redirect_uris: [uri] })
const trusted = (scopes: readonly string[]): object => ({
  clients: { c: { grant_types: [JWT_BEARER], resources: [API] } },
  trustedIssuers: {
    ci: {
      issuer: CI,
      algorithms: ['ES256'],
      jwks: { keys: [publicKey] },
      allow: [{ subjects: ['a'], clients: ['c'], resources: [API], scopes }],
    },
  },
})
const exchange = (scopes: unknown): object =>
  client({ secret_hash: secretHash('x'), exchange: [{ from: [API2], to: [API], scopes }] })

describe('a setting that means nothing', () => {
  it.each<[string, object, string]>([
    [
      'a scope that no resource has',
      client({ scopes: ['orders:raed'] }),
      '"clients["c"].scopes[0]" expected a scope that a resource of these settings has; did you mean "orders:read"?',
    ],
    [
      'a scope like none',
      client({ scopes: ['orders:read', 'shipping'] }),
      '"clients["c"].scopes[1]" expected a scope that a resource of these settings has',
    ],
    [
      'a scope of a trusted issuer that no resource has',
      trusted(['order:read']),
      '"trustedIssuers["ci"].allow[0].scopes[0]" expected a scope that a resource of these settings has; did you mean "orders:read"?',
    ],
    [
      'a scope of an exchange that no resource has',
      exchange(['orders:reed']),
      '"clients["c"].exchange[0].scopes[0]" expected a scope that a resource of these settings has; did you mean "orders:read"?',
    ],
    [
      'a scope that a brought token can never have',
      exchange({ 'orders:read': 'mails' }),
      '"clients["c"].exchange[0].scopes["orders:read"][0]" expected a scope that a resource of these settings has; did you mean "mail"?',
    ],
    [
      'a resource in another spelling',
      client({ resources: [`${API}/`] }),
      `"clients["c"].resources[0]" expected one of the resources of these settings; did you mean "${API}"?`,
    ],
    [
      'a redirect URI for any host',
      app('https://*.acme.test/cb'),
      '"clients["c"].redirect_uris[0]" expected each URI written out: "*" stands for no other text',
    ],
    ['a redirect URI for any path', app('https://acme.test/*'), 'redirect_uris[0]" expected each URI written out'],
    ['a redirect URI for any port', app('http://localhost:*/cb'), 'redirect_uris[0]" expected each URI written out'],
    ['a redirect URI for any app', app('com.acme.*:/cb'), 'redirect_uris[0]" expected each URI written out'],
    ['a host that is none', app('https://acme,test/cb'), 'redirect_uris[0]" expected https'],
    ['a home page of any host', client({ client_uri: 'https://*.acme.test' }), 'client_uri" expected an https URL'],
    ['an issuer of any host', { issuer: 'https://*.acme.test' }, '"issuer" expected a URL in its plain form'],
    [
      'a resource at any host',
      { resources: { 'https://*.acme.test': { scopes: [] } } },
      '"resources" expected absolute',
    ],
    [
      'keys at any host',
      client({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://*.acme.test/jwks' }),
      'jwks_uri" expected an https URL of a public host',
    ],
    [
      'a public client with client_credentials alone (RFC 6749 §4.4)',
      client({ grant_types: ['client_credentials'] }),
      '"clients["c"].grant_types" expected one that it can use; a public client cannot act for itself',
    ],
    [
      'a public client that exchanges tokens',
      client({ grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange', 'refresh_token'] }),
      '"clients["c"].grant_types" expected one that it can use; a public client cannot act for itself, nor exchange',
    ],
    [
      'refresh tokens that nothing leads to',
      client({ secret_hash: secretHash('x'), grant_types: ['refresh_token'] }),
      '"clients["c"].grant_types" expected one that it can use; nothing leads to a refresh token',
    ],
  ])('stops the start, and what was meant is said: %s', (_what, changes, message) => {
    expect(start(changes)).toThrow(message)
  })

  it.each<[string, object]>([
    ['a scope of any of its resources', client({ scopes: ['orders:read', 'mail'] })],
    ['a public client for persons, and for itself', app('https://acme.test/cb')],
    ['a client that proves itself', client({ secret_hash: secretHash('x'), grant_types: ['client_credentials'] })],
    ['scope that a trusted issuer may give', trusted(['orders:read'])],
    ['an address', app('http://[::1]/cb')],
    ['a name in other letters', app('https://xn--bcher-kva.example/cb')],
  ])('is not: %s', (_what, changes) => expect(start(changes)).not.toThrow())

  it('is not said of who refers to what cannot be read itself', () => {
    const resources = { [API]: { scopes: 'orders:read' } }
    const clients = { c: { resources: [API], scopes: ['orders:read'] } }
    expect(start({ resources, clients })).toThrow(/^"resources\["https:\/\/api1.example"\].scopes" expected a list.*$/)
  })
})

describe('all that is wrong with the settings', () => {
  it('is said at once, a line for each, whichever tables it stands in', () => {
    const clients = {
      one: { scops: [], redirect_uris: ['ftp://a', 'https://*.a'], client_name: '' },
      two: { resources: ['https://nobody.example'], anonymous: 'yes', refresh_token_lifetime: 1 },
      three: 'nothing',
    }
    const resources = { [API]: { scopes: ['a'], envelop: 'nested', access_token_lifetime: 1 } }
    let message = ''
    try {
      start({ clients, resources, sessionLifetime: 1, dpopNonce: 'no', gaurd: 'none' })()
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError)
      message = (error as Error).message
    }
    expect(message.split('\n').map((line) => line.slice(0, line.indexOf(' ')))).toEqual([
      '"createIssuer"',
      `"resources["${API}"]"`,
      `"resources["${API}"].access_token_lifetime"`,
      '"clients["one"]"',
      '"clients["one"].client_name"',
      '"clients["one"].redirect_uris[0]"',
      '"clients["one"].redirect_uris[1]"',
      '"clients["two"].resources[0]"',
      '"clients["two"].anonymous"',
      '"clients["two"].refresh_token_lifetime"',
      '"clients["three"]"',
      '"dpopNonce"',
      '"sessionLifetime"',
    ])
  })

  it('is said of the bindings of a Worker, too', () => {
    const env = {
      ...VARS,
      CLIENT: {},
      GUARD: 1,
      KEY_RING: 1,
      REVOCATIONS: {},
      LOGIN: { type: 'openid', isuer: 'x', client_id: 1, scope: 'mail' },
    }
    expect(() => readBindings(env as never)).toThrow(
      new RegExp(
        [
          '^"CLIENT" is no setting.*',
          '"LOGIN" has no setting "isuer"; did you mean "issuer".*',
          '"LOGIN.issuer" expected.*',
          '"LOGIN.client_id" expected.*',
          '"LOGIN.scope" expected.*',
          '"REVOCATIONS" expected.*',
          '"GUARD" expected.*',
          '"KEY_RING" expected a text$',
        ].join('\n'),
      ),
    )
  })
})

describe('the keys of a verifier', () => {
  const text = '{"v":1,"branches":[]}'

  it.each([
    ['as an object', JSON.parse(text)],
    ['as bytes', new TextEncoder().encode(text)],
    ['as the options of remoteKeys(…)', { url: `${ISSUER}/keys`, clientId: 'a', clientSecret: 'b' }],
    ['as a list', [text]],
  ])('are refused when they are given %s, with what was meant', (_how, keys) => {
    const options = { issuer: ISSUER, resource: API, keys: keys as never }
    const meant = /"keys" expected what `bulla keys export` printed/
    expect(() => createVerifier(options)).toThrow(meant)
    expect(() => createVerifier(options)).toThrow('as a text, or remoteKeys(…)')
    expect(() => createDirectVerifier(options)).toThrow(meant)
  })
})

describe('the clients to play with', () => {
  it('have the scope that is there, where an operator has made the resource of the fresh start his own', () => {
    const env = { ISSUER: 'http://localhost:8787', DEVELOPMENT: 'true', GUARD: 'none' }
    const settings = readBindings({ ...env, RESOURCES: { 'https://api.example.com': { scopes: ['orders:read'] } } })
    expect(settings.clients['demo-app']?.scopes).toEqual(['orders:read', 'openid', 'profile', 'email'])
    expect(() => createIssuer(settings)).not.toThrow()
  })
})

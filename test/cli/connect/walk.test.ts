import { afterEach, describe, expect, it } from 'vitest'
import type { Fault, Step } from '../../../src/cli/connect/rules/finding.ts'
import { type Report, type WalkOptions, walk } from '../../../src/cli/connect/walk.ts'
import {
  API,
  type ConnectServer,
  GOOD,
  type Handler,
  type Handlers,
  ISSUER,
  issuerDocument,
  RESOURCE,
  resourceDocument,
  type Scripted,
  startConnectServer,
} from '../../parties/connect_server.ts'

const running: ConnectServer[] = []
afterEach(() => {
  for (const server of running.splice(0)) server.stop()
})

let made = 0
const OPTIONS: WalkOptions = {
  registers: true,
  say: () => {},
  progress: () => {},
  random: () => String(++made).padStart(43, 'r'),
}

async function start(changes: Handlers = {}): Promise<ConnectServer> {
  const server = await startConnectServer(changes)
  running.push(server)
  return server
}

/** Walks to a server with these changes. */
async function walkTo(changes: Handlers = {}, path = API, options: Partial<WalkOptions> = {}): Promise<Report> {
  const { origin } = await start(changes)
  return walk(new URL(origin + path), { ...OPTIONS, ...options })
}

/** Answers with the document of the API, changed; a member that is `undefined` is not there. */
const told =
  (members: (origin: string) => Readonly<Record<string, unknown>>): Handler =>
  ({ url }) => ({ body: { ...resourceDocument(url.origin), ...members(url.origin) } })

/** The same of the issuer. */
const says =
  (members: (origin: string) => Readonly<Record<string, unknown>>): Handler =>
  ({ url }) => ({ body: { ...issuerDocument(url.origin), ...members(url.origin) } })

const resource = (members: (origin: string) => Readonly<Record<string, unknown>>): Handlers => ({
  [`GET ${RESOURCE}`]: told(members),
})
const issuer = (members: (origin: string) => Readonly<Record<string, unknown>>): Handlers => ({
  [`GET ${ISSUER}`]: says(members),
})
const registered = (members: Readonly<Record<string, unknown>>, status = 201): Handlers => ({
  'POST /t/register': ({ body }) => ({ status, body: { client_id: 'c-1', ...JSON.parse(body), ...members } }),
})
const scripted = (path: string, answer: Scripted): Handlers => ({ [path]: () => answer })
const challenge = (value: string): Handlers => scripted(API, { status: 401, headers: { 'www-authenticate': value } })
const PAGE: Scripted = { headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>app' }

/** Leads back to the client with these parameters, unless a parameter of the request is missing. */
const back =
  (query: string, unless?: string): Handler =>
  (seen, raw) =>
    unless !== undefined && !seen.url.searchParams.has(unless)
      ? (GOOD['GET /t/authorize'] as Handler)(seen, raw)
      : { status: 302, headers: { location: `${seen.url.searchParams.get('redirect_uri')}?${query}` } }
const issAt =
  (handler: (iss: string) => Handler): Handler =>
  (seen, raw) =>
    handler(encodeURIComponent(`${seen.url.origin}/t`))(seen, raw)

/** What the token endpoint answers to the client that it knows. */
const ofKnown = (answer: Scripted): Handlers => ({
  'POST /t/token': (seen, raw) =>
    seen.body.includes('client_id=c-1') ? answer : (GOOD['POST /t/token'] as Handler)(seen, raw),
})

type Row = readonly [what: string, changes: Handlers, step: Step, code: string, fault: Fault, mend: RegExp]

const BREAKS: readonly Row[] = [
  [
    'an issuer that gives no code',
    issuer(() => ({ response_types_supported: ['token'] })),
    'issuer',
    'no_code',
    'issuer',
    /authorization code flow/,
  ],
  [
    'an issuer without the grant',
    issuer(() => ({ grant_types_supported: ['refresh_token'] })),
    'issuer',
    'no_code_grant',
    'issuer',
    /list it/,
  ],
  [
    'an issuer that takes certificates alone',
    issuer(() => ({ token_endpoint_auth_methods_supported: ['tls_client_auth'] })),
    'issuer',
    'no_method',
    'client_policy',
    /"none"/,
  ],
  [
    'an issuer that takes signed requests alone',
    issuer(() => ({ require_signed_request_object: true })),
    'issuer',
    'signed_needed',
    'client_policy',
    /clients that you know/,
  ],
  ['an issuer without a name', issuer(() => ({ issuer: undefined })), 'issuer', 'no_issuer_name', 'issuer', /"issuer"/],
  [
    'a document of the API that is no JSON',
    scripted(`GET ${RESOURCE}`, { body: '{' }),
    'resource',
    'no_json',
    'api',
    /JSON object/,
  ],
  ['an API that is limited', scripted(API, { status: 429 }), 'challenge', 'too_many', 'api', /later/],
  [
    'a document that the challenge names, and that is not there',
    { [`GET ${RESOURCE}`]: () => ({ status: 404 }) },
    'resource',
    'missing',
    'api',
    /Serve it/,
  ],
  [
    'a document that the challenge names, and that leads elsewhere',
    scripted(`GET ${RESOURCE}`, { status: 302, headers: { location: '/login' } }),
    'resource',
    'redirected',
    'api',
    /itself/,
  ],
  [
    'a registration that changes redirect URIs',
    registered({ redirect_uris: ['https://other.example/cb'] }),
    'register',
    'other_redirect_uris',
    'issuer',
    /Keep them/,
  ],
  [
    'an authorization endpoint that is limited',
    scripted('GET /t/authorize', { status: 429 }),
    'authorize',
    'too_many',
    'issuer',
    /later/,
  ],
  [
    'a token endpoint that demands DPoP',
    ofKnown({ status: 400, body: { error: 'use_dpop_nonce' } }),
    'token',
    'dpop_needed',
    'client_policy',
    /bearer tokens/,
  ],
  [
    'a token endpoint that answers no JSON',
    ofKnown({ status: 400, body: 'bad' }),
    'token',
    'no_json',
    'issuer',
    /RFC 6749/,
  ],
  [
    'an API that answers 403 without a token',
    scripted(API, { status: 403 }),
    'challenge',
    'forbidden',
    'api',
    /Answer 401/,
  ],
  [
    'an API that leads to a login page',
    scripted(API, { status: 302, headers: { location: '/login' } }),
    'challenge',
    'redirected',
    'api',
    /Answer 401/,
  ],
  [
    'an API that leads to another host by 307',
    scripted(API, { status: 307, headers: { location: 'http://127.0.0.1:9/mcp' } }),
    'challenge',
    'redirected',
    'api',
    /no redirect/,
  ],
  ['a page where the API is meant', scripted(API, PAGE), 'challenge', 'html', 'api', /with its path/],
  ['nothing at the URL', scripted(API, { status: 404 }), 'challenge', 'not_found', 'api', /path/],
  [
    'an API that looks at the method first',
    scripted(API, { status: 405 }),
    'challenge',
    'method',
    'api',
    /before the method/,
  ],
  [
    'an API that looks at the session first',
    scripted(API, { status: 400 }),
    'challenge',
    'no_401',
    'api',
    /before all else/,
  ],
  ['an API that fails', scripted(API, { status: 502 }), 'challenge', 'failed', 'api', /log/],
  [
    'a challenge that leads to nothing',
    challenge('Bearer resource_metadata="http://127.0.0.1:9/nothing"'),
    'resource',
    'refused',
    'network',
    /Start the server/,
  ],
  [
    'no document of the API anywhere',
    { ...challenge('Bearer'), [`GET ${RESOURCE}`]: () => ({ status: 404 }) },
    'resource',
    'no_document',
    'api',
    /Serve the document/,
  ],
  [
    'a document of the API that needs a token',
    scripted(`GET ${RESOURCE}`, { status: 401 }),
    'resource',
    'guarded',
    'api',
    /without a token/,
  ],
  ['a document of the API that is a page', scripted(`GET ${RESOURCE}`, PAGE), 'resource', 'html', 'api', /404/],
  [
    'a document of the API that is a list',
    scripted(`GET ${RESOURCE}`, { body: [] }),
    'resource',
    'no_object',
    'api',
    /JSON object/,
  ],
  [
    'a document that is one of another URL',
    resource((origin) => ({ resource: `${origin}/other` })),
    'resource',
    'other_resource',
    'api',
    /"resource": "http/,
  ],
  [
    'a document without a resource',
    resource(() => ({ resource: undefined })),
    'resource',
    'no_resource',
    'api',
    /"resource": "http/,
  ],
  [
    'a document without an issuer',
    resource(() => ({ authorization_servers: undefined })),
    'resource',
    'no_issuer',
    'api',
    /authorization_servers/,
  ],
  [
    'a document with an issuer that is no URL',
    resource(() => ({ authorization_servers: ['auth.example.com'] })),
    'resource',
    'wrong_type',
    'api',
    /RFC 9728/,
  ],
  [
    'a document with null in it',
    resource(() => ({ resource_name: null })),
    'resource',
    'wrong_type',
    'api',
    /Leave out/,
  ],
  [
    'an issuer that has no document',
    scripted(`GET ${ISSUER}`, { status: 404 }),
    'issuer',
    'no_metadata',
    'issuer',
    /well-known/,
  ],
  [
    'a document of the issuer at the wrong place',
    { [`GET ${ISSUER}`]: () => ({ status: 404 }), 'GET /t/.well-known/oauth-authorization-server': says(() => ({})) },
    'issuer',
    'wrong_place',
    'issuer',
    /between host and path/,
  ],
  [
    'an issuer that calls itself otherwise',
    issuer((origin) => ({ issuer: origin })),
    'issuer',
    'other_issuer',
    'issuer',
    /letter by letter/,
  ],
  [
    'an issuer that lacks a slash at the API',
    issuer((origin) => ({ issuer: `${origin}/t/` })),
    'issuer',
    'issuer_slash',
    'api',
    /authorization_servers/,
  ],
  [
    'an issuer that fails at the first address',
    scripted(`GET ${ISSUER}`, { status: 500 }),
    'issuer',
    'failed',
    'issuer',
    /404/,
  ],
  [
    'a page at the first address of the issuer',
    { [`GET ${ISSUER}`]: () => PAGE, 'GET /.well-known/openid-configuration/t': says(() => ({})) },
    'issuer',
    'html',
    'issuer',
    /404/,
  ],
  [
    'a document of OpenID Connect that lacks what that wants',
    {
      [`GET ${ISSUER}`]: () => ({ status: 404 }),
      'GET /t/.well-known/openid-configuration': says(() => ({ jwks_uri: undefined })),
    },
    'issuer',
    'no_openid',
    'issuer',
    /oauth-authorization-server/,
  ],
  [
    'an issuer that does not say that it has S256',
    issuer(() => ({ code_challenge_methods_supported: undefined })),
    'issuer',
    'no_pkce',
    'issuer',
    /S256/,
  ],
  [
    'an issuer with plain PKCE alone',
    issuer(() => ({ code_challenge_methods_supported: ['plain'] })),
    'issuer',
    'no_s256',
    'issuer',
    /S256/,
  ],
  [
    'an issuer without response types',
    issuer(() => ({ response_types_supported: undefined })),
    'issuer',
    'no_response_types',
    'issuer',
    /"code"/,
  ],
  [
    'an issuer that names no token endpoint',
    issuer(() => ({ token_endpoint: undefined })),
    'issuer',
    'no_url',
    'issuer',
    /https URL/,
  ],
  [
    'an issuer with null in its document',
    issuer(() => ({ registration_endpoint: null })),
    'issuer',
    'wrong_type',
    'issuer',
    /Leave out/,
  ],
  [
    'an issuer that takes pushed requests alone',
    issuer(() => ({ require_pushed_authorization_requests: true })),
    'issuer',
    'par_needed',
    'client_policy',
    /clients that you know/,
  ],
  [
    'an issuer that registers nobody',
    issuer(() => ({ registration_endpoint: undefined })),
    'register',
    'no_registration',
    'client_policy',
    /Turn one of them on/,
  ],
  [
    'an issuer that wants an initial access token',
    scripted('POST /t/register', { status: 401, body: { error: 'invalid_token' } }),
    'register',
    'token_needed',
    'client_policy',
    /Let anybody register/,
  ],
  [
    'an issuer that wants no public client',
    scripted('POST /t/register', { status: 400, body: { error: 'invalid_client_metadata' } }),
    'register',
    'refused',
    'client_policy',
    /public clients/,
  ],
  [
    'an issuer that does not know a scope of the API',
    {
      'POST /t/register': (seen, raw) =>
        seen.body.includes('"scope"')
          ? { status: 400, body: { error: 'invalid_client_metadata' } }
          : (GOOD['POST /t/register'] as Handler)(seen, raw),
    },
    'register',
    'scope_refused',
    'api',
    /scopes that the issuer knows/,
  ],
  [
    'a registration that is not there',
    scripted('POST /t/register', { status: 404 }),
    'register',
    'no_endpoint',
    'issuer',
    /leave registration_endpoint out/,
  ],
  ['a registration that fails', scripted('POST /t/register', { status: 500 }), 'register', 'failed', 'issuer', /log/],
  [
    'a registration that is limited',
    scripted('POST /t/register', { status: 429 }),
    'register',
    'too_many',
    'client_policy',
    /later/,
  ],
  [
    'a registration with null in its answer',
    registered({ client_uri: null }),
    'register',
    'wrong_type',
    'issuer',
    /in place of null/,
  ],
  [
    'a registration with an empty text for a URL',
    registered({ client_uri: '' }),
    'register',
    'wrong_type',
    'issuer',
    /empty text/,
  ],
  [
    'a registration without redirect URIs',
    registered({ redirect_uris: undefined }),
    'register',
    'no_redirect_uris',
    'issuer',
    /RFC 7591/,
  ],
  [
    'a registration without an id',
    registered({ client_id: undefined }),
    'register',
    'no_client_id',
    'issuer',
    /RFC 7591/,
  ],
  [
    'an authorization endpoint that fails',
    scripted('GET /t/authorize', { status: 500 }),
    'authorize',
    'failed',
    'issuer',
    /log/,
  ],
  [
    'an authorization endpoint that does not know the client',
    scripted('GET /t/authorize', { status: 400 }),
    'authorize',
    'not_authorized',
    'issuer',
    /id, the redirect URI/,
  ],
  [
    'an issuer that does not know the API',
    { 'GET /t/authorize': issAt((iss) => back(`error=invalid_target&iss=${iss}`)) },
    'authorize',
    'resource_refused',
    'issuer',
    /resource of the issuer/,
  ],
  [
    'an issuer that refuses the resource on a page',
    {
      'GET /t/authorize': (seen, raw) =>
        seen.url.searchParams.has('resource') ? { status: 400 } : (GOOD['GET /t/authorize'] as Handler)(seen, raw),
    },
    'authorize',
    'resource_refused',
    'issuer',
    /resource of the issuer/,
  ],
  [
    'an issuer that refuses the scope of the API',
    { 'GET /t/authorize': issAt((iss) => back(`error=invalid_request&iss=${iss}`, 'scope')) },
    'authorize',
    'scope_refused',
    'api',
    /scopes that the issuer knows/,
  ],
  [
    'a token endpoint that does not know the client',
    scripted('POST /t/token', { status: 401, body: { error: 'invalid_client' } }),
    'token',
    'client_refused',
    'issuer',
    /look clients up in one place/,
  ],
  [
    'a token endpoint that fails',
    {
      'POST /t/token': (seen, raw) =>
        seen.body.includes('client_id=c-1') ? { status: 500 } : (GOOD['POST /t/token'] as Handler)(seen, raw),
    },
    'token',
    'failed',
    'issuer',
    /log/,
  ],
  [
    'a token endpoint that answers with a page',
    {
      'POST /t/token': (seen, raw) =>
        seen.body.includes('client_id=c-1') ? { ...PAGE, status: 400 } : (GOOD['POST /t/token'] as Handler)(seen, raw),
    },
    'token',
    'no_endpoint',
    'issuer',
    /JSON/,
  ],
  [
    'a token endpoint that refuses the resource',
    {
      'POST /t/token': (seen, raw) =>
        seen.body.includes('client_id=c-1')
          ? { status: 400, body: { error: 'invalid_target' } }
          : (GOOD['POST /t/token'] as Handler)(seen, raw),
    },
    'token',
    'resource_refused',
    'issuer',
    /by just this name/,
  ],
]

const WARNINGS: readonly Row[] = [
  [
    'a challenge of DPoP alone',
    {
      [API]: ({ url }) => ({
        status: 401,
        headers: { 'www-authenticate': `DPoP algs="ES256", resource_metadata="${url.origin}${RESOURCE}"` },
      }),
    },
    'challenge',
    'dpop_alone',
    'api',
    /bearer/,
  ],
  [
    'a challenge in which Bearer is not the first',
    {
      [API]: ({ url }) => ({
        status: 401,
        headers: { 'www-authenticate': `Basic realm="a, Bearer", Bearer resource_metadata="${url.origin}${RESOURCE}"` },
      }),
    },
    'challenge',
    'bearer_not_first',
    'api',
    /Bearer first/,
  ],
  [
    'a challenge with no URL',
    challenge('Bearer resource_metadata="/.well-known/x"'),
    'challenge',
    'challenge_no_url',
    'api',
    /whole URL/,
  ],
  [
    'an API that takes no token in a header',
    resource(() => ({ bearer_methods_supported: ['body'] })),
    'resource',
    'no_header',
    'api',
    /"header"/,
  ],
  [
    'an API whose document demands DPoP',
    resource(() => ({ dpop_bound_access_tokens_required: true })),
    'resource',
    'dpop_alone',
    'api',
    /bearer/,
  ],
  [
    'an issuer that is for other APIs',
    issuer(() => ({ protected_resources: ['https://other.example'] })),
    'issuer',
    'unlisted_resource',
    'issuer',
    /protected_resources/,
  ],
  [
    'a secret without an end',
    registered({ token_endpoint_auth_method: 'client_secret_post', client_secret: 's' }),
    'register',
    'no_expiry',
    'issuer',
    /no end/,
  ],
  [
    'an authorization endpoint that answers with JSON',
    scripted('GET /t/authorize', { body: {} }),
    'authorize',
    'no_page',
    'issuer',
    /page/,
  ],
  [
    'an unknown code that is something else',
    ofKnown({ status: 400, body: { error: 'invalid_request' } }),
    'token',
    'no_invalid_grant',
    'issuer',
    /invalid_grant/,
  ],
  [
    'an address of the issuer that leads elsewhere',
    {
      [`GET ${ISSUER}`]: () => ({ status: 302, headers: { location: '/login' } }),
      'GET /.well-known/openid-configuration/t': says((origin) => ({
        jwks_uri: `${origin}/keys`,
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      })),
    },
    'issuer',
    'redirected',
    'issuer',
    /404/,
  ],
  ['a 401 without a challenge', scripted(API, { status: 401 }), 'challenge', 'no_challenge', 'api', /WWW-Authenticate/],
  [
    'a challenge without a document',
    challenge('Bearer realm="x"'),
    'challenge',
    'no_resource_metadata',
    'api',
    /resource_metadata/,
  ],
  ['a challenge of Basic alone', challenge('Basic realm="x"'), 'challenge', 'no_bearer', 'api', /Bearer/],
  [
    'an API that asks for a token at GET alone',
    { [`POST ${API}`]: () => ({ status: 405 }) },
    'challenge',
    'post_not_asked',
    'api',
    /before the method/,
  ],
  [
    'an API that leads on to itself with a slash',
    { [API]: () => ({ status: 307, headers: { location: '/mcp/' } }), '/mcp/': GOOD[API] as Handler },
    'challenge',
    'redirected_once',
    'api',
    /Give clients/,
  ],
  [
    'an API that lets in who has no token',
    scripted(API, { body: { jsonrpc: '2.0' } }),
    'challenge',
    'open',
    'api',
    /Answer 401/,
  ],
  [
    'a document at an address that is not usual',
    {
      [`GET ${RESOURCE}`]: () => ({ status: 404 }),
      'GET /about': told(() => ({})),
      [API]: ({ url }) => ({
        status: 401,
        headers: { 'www-authenticate': `Bearer resource_metadata="${url.origin}/about"` },
      }),
    },
    'resource',
    'unusual_address',
    'api',
    /too/,
  ],
  [
    'a document that is wider than the URL',
    resource((origin) => ({ resource: origin })),
    'resource',
    'wider_resource',
    'api',
    /\/mcp"/,
  ],
  [
    'offline_access among the scopes of an API',
    {
      ...resource(() => ({ scopes_supported: ['read', 'offline_access'] })),
      ...issuer(() => ({ scopes_supported: ['read', 'offline_access'] })),
    },
    'resource',
    'offline_access',
    'api',
    /Leave it out/,
  ],
  [
    'a document that is not said to be JSON',
    {
      [`GET ${RESOURCE}`]: (seen) => ({
        headers: { 'content-type': 'text/plain' },
        body: JSON.stringify(resourceDocument(seen.url.origin)),
      }),
    },
    'resource',
    'media_type',
    'api',
    /application\/json/,
  ],
  [
    'a document of more than 16 KB',
    resource(() => ({ x: 'x'.repeat(17_000) })),
    'resource',
    'long',
    'api',
    /Leave out/,
  ],
  [
    'an issuer that gives no refresh tokens',
    issuer(() => ({ grant_types_supported: ['authorization_code'] })),
    'issuer',
    'no_refresh',
    'issuer',
    /refresh_token/,
  ],
  [
    'a slash too many at the API',
    resource((origin) => ({ authorization_servers: [`${origin}/t/`] })),
    'issuer',
    'issuer_slash',
    'api',
    /authorization_servers/,
  ],
  [
    'scopes of the API that the issuer does not list',
    issuer(() => ({ scopes_supported: ['read'] })),
    'issuer',
    'unlisted_scope',
    'api',
    /same scopes/,
  ],
  [
    'a registration at another host',
    issuer((origin) => ({ registration_endpoint: `${origin.replace('127.0.0.1', 'localhost')}/t/register` })),
    'issuer',
    'other_host',
    'issuer',
    /host of the issuer/,
  ],
  ['a registration that is answered with 200', registered({}, 200), 'register', 'no_201', 'issuer', /201/],
  [
    'a secret for a public client',
    registered({ client_secret: 's', client_secret_expires_at: 0 }),
    'register',
    'secret_for_none',
    'issuer',
    /no secret/,
  ],
  [
    'a client that gets no refresh tokens',
    registered({ grant_types: ['authorization_code'] }),
    'register',
    'no_refresh',
    'client_policy',
    /refresh_token/,
  ],
  [
    'a code that nobody was asked for',
    { 'GET /t/authorize': issAt((iss) => back(`code=x&iss=${iss}`)) },
    'authorize',
    'nobody_asked',
    'issuer',
    /Ask the person/,
  ],
  [
    'a client that is held to its port',
    {
      'GET /t/authorize': (seen, raw) =>
        seen.url.searchParams.get('redirect_uri')?.includes(':33418/')
          ? (GOOD['GET /t/authorize'] as Handler)(seen, raw)
          : { status: 400 },
    },
    'authorize',
    'loopback_port',
    'issuer',
    /RFC 8252/,
  ],
  [
    'an unknown code that is answered with 401',
    {
      'POST /t/token': (seen, raw) =>
        seen.body.includes('client_id=c-1')
          ? { status: 401, body: { error: 'invalid_grant' } }
          : (GOOD['POST /t/token'] as Handler)(seen, raw),
    },
    'token',
    'no_400',
    'issuer',
    /400/,
  ],
  [
    'an unknown client that is answered with 400',
    scripted('POST /t/token', { status: 400, body: { error: 'invalid_grant' } }),
    'token',
    'no_invalid_client',
    'issuer',
    /401/,
  ],
  [
    'an API that answers OPTIONS with 401',
    { [`OPTIONS ${API}`]: () => ({ status: 401 }) },
    'browsers',
    'api_cors',
    'api',
    /OPTIONS/,
  ],
  [
    'a challenge that pages cannot read',
    {
      [API]: (seen, raw) => {
        const answer = (GOOD[API] as Handler)(seen, raw)
        return answer === 'taken'
          ? answer
          : { ...answer, headers: { ...answer.headers, 'access-control-expose-headers': 'x' } }
      },
    },
    'browsers',
    'api_cors',
    'api',
    /expose/,
  ],
  [
    'a preflight that does not know MCP-Protocol-Version',
    { [`OPTIONS ${ISSUER}`]: () => ({ status: 204, headers: { 'access-control-allow-headers': 'content-type' } }) },
    'browsers',
    'issuer_cors',
    'issuer',
    /MCP-Protocol-Version/,
  ],
]

describe('the walk of a client', () => {
  it('finds nothing wrong where nothing is', async () => {
    const report = await walkTo()
    expect(report.steps.map(({ step, state }) => [step, state])).toEqual(
      ['challenge', 'resource', 'issuer', 'register', 'authorize', 'token', 'browsers'].map((step) => [step, 'ok']),
    )
    expect(report).toMatchObject({ kind: 'api', ok: true, client_id: 'c-1' })
  })

  it('goes on by what the origin says, as clients of 2025-03-26 do, where the API says nothing', async () => {
    const report = await walkTo({
      ...challenge('Bearer'),
      [`GET ${RESOURCE}`]: () => ({ status: 404 }),
      'GET /.well-known/oauth-authorization-server': says((origin) => ({ issuer: origin })),
    })
    const codes = report.steps.flatMap(({ findings }) => findings.map(({ severity, code }) => [severity, code]))
    expect([report.ok, codes]).toEqual([
      true,
      [
        ['warning', 'no_resource_metadata'],
        ['warning', 'old_revision'],
      ],
    ])
  })

  it('finds an issuer by its URL alone, with a slash or without', async () => {
    for (const path of ['/t', '/t/']) {
      const { ok, kind, steps } = await walkTo({}, path)
      expect([ok, kind, steps.flatMap(({ findings }) => findings)]).toEqual([true, 'issuer', []])
    }
  })

  it('takes an API that refuses all for no issuer, though its origin is one', async () => {
    const changes = {
      [API]: () => ({ status: 404 }),
      'GET /.well-known/oauth-authorization-server/mcp': says((origin) => ({ issuer: `${origin}/mcp` })),
    }
    const { ok, kind, steps } = await walkTo(changes)
    expect([ok, kind, steps[0]?.findings.map(({ code }) => code)]).toEqual([false, 'api', ['not_found']])
  })

  it('says of an API without a token and a document that clients need nothing there', async () => {
    const { ok, steps } = await walkTo({
      ...scripted(API, { headers: { 'content-type': 'text/event-stream' } }),
      [`GET ${RESOURCE}`]: () => ({ status: 404 }),
    })
    expect([ok, steps.map(({ state }) => state)]).toEqual([true, ['ok', ...Array(6).fill('not_tried')]])
  })

  it('stops where "iss" is advertised and lacks, or is another, on errors too (RFC 9207)', async () => {
    for (const query of ['code=x', 'code=x&iss=https://other.example', 'error=access_denied']) {
      const { ok, steps } = await walkTo({ 'GET /t/authorize': back(query) })
      expect([ok, steps[4]?.findings[0]]).toMatchObject([
        false,
        { severity: 'break', code: 'wrong_iss', fault: 'issuer' },
      ])
    }
  })

  it.each([
    ['resource', 'invalid_target', 'resource_needed'],
    ['scope', 'invalid_scope', 'scope_needed'],
  ])('warns of an issuer that refuses who names no %s', async (_, error, code) => {
    const changes = { 'GET /t/authorize': issAt((iss) => back(`error=${error}&iss=${iss}`)) }
    const { ok, steps } = await walkTo(changes, '/t')
    expect([ok, steps[4]?.findings]).toMatchObject([true, [{ severity: 'warning', code, fault: 'issuer' }]])
  })

  it('registers nobody with --no-register, and asks what can be asked all the same', async () => {
    const server = await start()
    const { ok, steps, client_id } = await walk(new URL(server.origin + API), { ...OPTIONS, registers: false })
    expect([ok, client_id, steps.map(({ state }) => state)]).toEqual([
      true,
      undefined,
      ['ok', 'ok', 'ok', 'ok', 'not_tried', 'ok', 'ok'],
    ])
    expect(server.seen.filter(({ method, url }) => method === 'POST' && url.pathname === '/t/register')).toEqual([])
  })

  it.each(BREAKS)(
    'stops at %s, and says whose fault it is, and the mend',
    async (_, changes, step, code, fault, mend) => {
      const report = await walkTo(changes)
      const broken = report.steps.filter(({ state }) => state === 'break')
      expect(
        broken.map(({ step: at, findings }) => [at, findings.map((one) => [one.severity, one.code, one.fault])]),
      ).toEqual([[step, [['break', code, fault]]]])
      expect(broken[0]?.findings[0]?.mend).toMatch(mend)
      const after = report.steps.slice(report.steps.findIndex(({ state }) => state === 'break') + 1)
      expect([report.ok, after.filter(({ state }) => state !== 'not_tried')]).toEqual([false, []])
    },
  )

  it.each(WARNINGS)('warns of %s, and goes on', async (_, changes, step, code, fault, mend) => {
    const report = await walkTo(changes)
    const found = report.steps.flatMap(({ step: at, findings }) => findings.map((one) => ({ at, ...one })))
    expect(found.map(({ at, severity, code: what, fault: whose }) => [at, severity, what, whose])).toEqual([
      [step, 'warning', code, fault],
    ])
    expect(found[0]?.mend).toMatch(mend)
    expect([report.ok, report.steps.at(-1)?.state !== 'not_tried']).toEqual([true, true])
  })
})

describe('an API that demands a login of the last minutes', () => {
  const HELD: Handlers = {
    'GET /t/authorize': (seen, raw) =>
      seen.url.searchParams.has('max_age') ? { status: 400 } : (GOOD['GET /t/authorize'] as Handler)(seen, raw),
  }
  const demanding = ({ url }: { url: URL }): Scripted => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer max_age="600", resource_metadata="${url.origin}${RESOURCE}"` },
  })

  it.each<[string, Handlers, Partial<WalkOptions>]>([
    ['its challenge', { [API]: demanding }, {}],
    ['whoever asks', {}, { maxAge: 600 }],
  ])('breaks where %s says so, and the issuer refuses a request for one', async (_, changes, options) => {
    const { ok, steps } = await walkTo({ ...HELD, ...changes }, API, options)
    const [finding] = steps.find(({ step }) => step === 'authorize')?.findings ?? []
    expect([ok, finding]).toEqual([
      false,
      expect.objectContaining({
        severity: 'break',
        code: 'max_age_unmet',
        fault: 'issuer',
        what: 'The API demands a login of the last 600 seconds, and the issuer refuses a request for one (400): it lets nobody in, ever.',
      }),
    ])
    expect(await walkTo(changes, API, options)).toMatchObject({ ok: true })
  })

  it('breaks where the page that comes leaves it to the person to go back with an error, and not where it lets them go away', async () => {
    const pageWith = (error: string): Handlers => ({
      'GET /t/authorize': ({ url: { searchParams: asked, origin } }) => ({
        ...PAGE,
        body: asked.has('max_age')
          ? `${PAGE.body}<a href="${asked.get('redirect_uri')}?error=${error}&amp;iss=${encodeURIComponent(`${origin}/t`)}">Back</a>`
          : PAGE.body,
      }),
    })
    const codes: unknown[] = []
    for (const error of ['login_required', 'access_denied']) {
      const { steps } = await walkTo(pageWith(error), API, { maxAge: 600 })
      codes.push(steps.find(({ step }) => step === 'authorize')?.findings.map(({ code }) => code))
    }
    expect(codes).toEqual([['max_age_unmet'], []])
  })

  it('is none where nobody says so: nothing is asked of the issuer', async () => {
    expect(await walkTo(HELD)).toMatchObject({ ok: true })
  })
})

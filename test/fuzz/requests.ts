/**
 * Requests by the grammar of each endpoint: most are nearly right, some are nothing.
 *
 * @module
 */

import fc from 'fast-check'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { API, API2, basic, ISSUER, PARTNER, SECRETS, SIGNED, VARS } from '../fixtures.ts'
import { RP_CALLBACK, RP_SECRET } from '../parties/openid_provider.ts'
import { VERIFIER } from '../parties/person.ts'
import {
  ACCESS_TOKEN,
  ASSERTION_TYPE,
  FRONT,
  INNER,
  JWT,
  JWT_BEARER,
  NEST,
  TOKEN_EXCHANGE,
} from '../parties/trusted.ts'
import type { ArtefactKind, Artefacts } from './artefacts.ts'
import { ODD_VALUES } from './odd_values.ts'
import { AGENT_CALLBACKS, registrations } from './registrations.ts'
import { RELYING_PARTIES, RP_HOME } from './relying_parties.ts'

/** A request, as a text can show it again. */
export interface FuzzRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string | undefined
}

const FORM = 'application/x-www-form-urlencoded'
const CLIENTS = [...Object.keys(VARS.CLIENTS), ...Object.keys(RELYING_PARTIES)]
const REDIRECTS = [
  'https://app.example/cb',
  'https://web.example/cb',
  RP_CALLBACK,
  'http://127.0.0.1:4000/cb',
  ...AGENT_CALLBACKS,
  'http://127.0.0.1:9/agent',
  'https://evil.example/',
]
const RESOURCES = [
  `${ISSUER}/userinfo`,
  API,
  API2,
  PARTNER,
  SIGNED,
  FRONT,
  INNER,
  NEST,
  `${API}/`,
  'https://unknown.example',
]

/** Texts that have broken somebody's parser. */
const odd: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', ' ', '\0', '%', '%zz', '\ufeff', '\u202e', '\ud800', 'undefined', 'null', 'NaN', '-1', '1e99'),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '{}',
    '[]',
    '[[',
    '"',
    '<script>alert(1)</script>',
    '\r\nX: y',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constant('a'.repeat(5000)),
  fc.constantFrom(...ODD_VALUES.map((value) => JSON.stringify(value))),
)

const detail: fc.Arbitrary<string> = fc
  .array(
    fc.record(
      {
        type: fc.constantFrom<unknown>('payment', 'account', 'other', ...ODD_VALUES),
        actions: fc.constantFrom<unknown>(['balance'], ['owner', 'history'], ...ODD_VALUES),
        amount: fc.constantFrom<unknown>({ value: '1.00', currency: 'EUR' }, ...ODD_VALUES),
        creditorName: fc.constantFrom<unknown>('Shop', 'a\u2067b', ...ODD_VALUES),
        days: fc.constantFrom<unknown>(7, ...ODD_VALUES),
        owners: fc.constantFrom<unknown>(['a'], ...ODD_VALUES),
        locations: fc.constantFrom<unknown>([API], ...ODD_VALUES),
      },
      { requiredKeys: ['type'] },
    ),
    { maxLength: 3 },
  )
  .map((details) => JSON.stringify(details))

/** Returns an artefact, now and then with a fault. */
function artefact(artefacts: Artefacts, ...kinds: readonly ArtefactKind[]): fc.Arbitrary<string> {
  // The first of a kind is the right one.
  const right = fc.constantFrom(...kinds.flatMap((kind) => artefacts[kind].slice(0, 3)))
  const any = fc.constantFrom(...kinds.flatMap((kind) => artefacts[kind]))
  const other = fc.constantFrom(...Object.values(artefacts).flatMap((all) => all.slice(0, 3)))
  const broken = fc.tuple(any, fc.nat(), fc.constantFrom('', 'A', '.', '=', '\n', '%')).map(([text, at, character]) => {
    const index = at % text.length
    return text.slice(0, index) + character + text.slice(index + 1)
  })
  return fc.oneof(
    { weight: 4, arbitrary: right },
    { weight: 3, arbitrary: any },
    { weight: 1, arbitrary: other },
    { weight: 2, arbitrary: broken },
  )
}

/** What each parameter can be; most of it makes sense. */
function parametersOf(artefacts: Artefacts): Readonly<Record<string, fc.Arbitrary<string>>> {
  const one = (...kinds: readonly ArtefactKind[]) => artefact(artefacts, ...kinds)
  const pick = (...texts: readonly string[]) => fc.constantFrom(...texts)
  return {
    grant_type: pick(
      'client_credentials',
      'authorization_code',
      'refresh_token',
      JWT_BEARER,
      TOKEN_EXCHANGE,
      'password',
    ),
    client_id: fc.oneof({ weight: 3, arbitrary: pick(...CLIENTS) }, { weight: 1, arbitrary: one('agent') }),
    client_secret: fc.oneof(pick(...Object.values(SECRETS), ''), one('agent_secret')),
    client_assertion: one('assertion'),
    client_assertion_type: pick(ASSERTION_TYPE, JWT),
    assertion: one('job'),
    subject_token: one('access', 'job'),
    subject_token_type: pick(ACCESS_TOKEN, JWT),
    actor_token: one('access'),
    actor_token_type: pick(ACCESS_TOKEN, JWT),
    requested_token_type: pick(ACCESS_TOKEN, JWT),
    audience: pick(...RESOURCES),
    code: one('code'),
    code_verifier: pick(VERIFIER, 'x'.repeat(43)),
    redirect_uri: pick(...REDIRECTS),
    refresh_token: one('refresh'),
    scope: pick(
      'read',
      'write',
      'read write',
      'admin',
      'stock',
      'mail',
      'openid',
      'openid profile email',
      'openid read',
      'offline_access',
    ),
    resource: pick(...RESOURCES),
    authorization_details: detail,
    response_type: pick('code', 'token', 'code id_token'),
    response_mode: pick('query', 'fragment', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'),
    state: pick('xyz', 's'.repeat(600)),
    nonce: pick('n-0S6_WzA2Mj'),
    code_challenge: pick(challengeOf(VERIFIER), ''),
    code_challenge_method: pick('S256', 'plain'),
    prompt: pick('none', 'login', 'consent', 'login consent', 'select_account', 'create'),
    idp_hint: pick('github', 'x'.repeat(600)),
    max_age: pick('0', '1', '100', '-1', '1e3'),
    login_hint: pick('alice', 'a\u0000b'),
    dpop_jkt: pick('A'.repeat(43), 'short'),
    request: fc.oneof(pick('eyJhbGciOiJub25lIn0.e30.'), one('request_object')),
    id_token_hint: one('id_token'),
    acr_values: pick('gold', 'x'.repeat(600)),
    post_logout_redirect_uri: pick(RP_HOME, `${RP_HOME}?x=1`, 'https://evil.example/'),
    logout_hint: pick('alice'),
    display: pick('popup'),
    request_uri: one('request_uri'),
    ui_locales: pick('de en', 'x'.repeat(600)),
    claims: pick(
      '{}',
      '{"userinfo":null}',
      '{"userinfo":{"name":{"essential":true}},"id_token":{"email":null}}',
      '{"id_token":{"sub":{"value":"alice"},"acr":{"essential":true,"values":["gold"]}}}',
      '{"id_token":{"__proto__":null,"toString":{"value":1},"auth_time":{"essential":true}}}',
    ),
    token: one('access', 'refresh'),
    token_type_hint: pick('access_token', 'refresh_token', 'x'),
    consent: one('consent'),
    decision: pick('allow', 'deny', 'maybe'),
    login: one('login'),
    kind: pick('sub', 'client', 'grant', 'kid', 'jti', 'toString'),
    value: fc.oneof(pick('alice', 'pub', 'r1', 'client:service'), one('agent')),
    username: pick('alice', 'a'.repeat(300)),
    error: pick('access_denied', 'x y'),
    iss: pick(ISSUER, 'https://login.example'),
  }
}

/** A right request: where it goes, which headers it has, and its parameters; a list is one of these. */
interface Right {
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly parameters: Readonly<Record<string, string | readonly string[]>>
}

/** Returns right requests to every endpoint: what is changed in them is nearly right. */
function rightOnes(artefacts: Artefacts): readonly Right[] {
  const { access, refresh, code, request_uri, consent, login_state, login, assertion, job, proof, logout } = artefacts
  const { userinfo, id_token, request_object } = artefacts
  const client = (id: keyof typeof SECRETS) => [['authorization', basic(id, SECRETS[id])]] as const
  const proved = [['dpop', proof[0] ?? '']] as const
  const browser = [['cookie', artefacts.cookie[0] ?? '']] as const
  const challenge = { code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256' }
  const asked = { response_type: 'code', scope: 'read', resource: API, state: 'xyz', ...challenge }
  const signed = { client_assertion: assertion, client_assertion_type: ASSERTION_TYPE }
  const pub = { ...asked, client_id: 'pub', redirect_uri: 'https://app.example/cb' }
  const web = { ...asked, client_id: 'web', redirect_uri: 'https://web.example/cb' }
  const rp = { response_type: 'code', client_id: 'rp', redirect_uri: RP_CALLBACK, scope: 'openid profile email work' }
  const asRp = [['authorization', basic('rp', RP_SECRET)]] as const
  const asTold = [['authorization', basic('told', RP_SECRET)]] as const
  const claims = ['{"userinfo":{"email":null}}', '{"id_token":{"roles":{"essential":true}}}']
  const account = '[{"type":"account","actions":["balance"],"days":7}]'
  const code_verifier = VERIFIER
  const [agent = '', proving = ''] = artefacts.agent
  const [secret = ''] = artefacts.agent_secret
  const asAgent = [['authorization', basic(proving, secret)]] as const
  const agents = { ...asked, client_id: agent, redirect_uri: AGENT_CALLBACKS }
  const right = (path: string, headers: Right['headers'], parameters: Right['parameters']): Right => ({
    path,
    headers,
    parameters,
  })
  const exchanged = { subject_token: [access[7] ?? '', ...access], subject_token_type: ACCESS_TOKEN, scope: 'read' }
  return [
    right('/token', client('service'), { grant_type: 'client_credentials', resource: API, scope: 'read' }),
    right('/token', client('anon'), { grant_type: 'client_credentials', resource: API2, scope: 'read' }),
    right('/token', [], { grant_type: 'client_credentials', resource: INNER, scope: 'read', ...signed }),
    right('/token', proved, { grant_type: 'client_credentials', resource: INNER, ...signed }),
    right('/token', [], { grant_type: 'authorization_code', client_id: 'pub', code: code[0] ?? '', code_verifier }),
    right('/token', proved, { grant_type: 'authorization_code', client_id: 'pub', code: code[0] ?? '', code_verifier }),
    right('/token', client('web'), { grant_type: 'authorization_code', code: code[1] ?? '', code_verifier }),
    right('/token', [], {
      grant_type: 'refresh_token',
      client_id: 'pub',
      refresh_token: refresh[0] ?? '',
      scope: 'read',
    }),
    right('/token', proved, { grant_type: 'refresh_token', client_id: 'pub', refresh_token: refresh[0] ?? '' }),
    right('/token', client('web'), { grant_type: 'refresh_token', refresh_token: refresh[1] ?? '', resource: API }),
    right('/token', [], {
      grant_type: JWT_BEARER,
      client_id: 'runner',
      assertion: job,
      resource: INNER,
      scope: 'read',
    }),
    right('/token', client('gateway'), { grant_type: TOKEN_EXCHANGE, ...exchanged, resource: INNER }),
    right('/token', client('gateway'), {
      grant_type: TOKEN_EXCHANGE,
      subject_token: job,
      subject_token_type: JWT,
      resource: INNER,
      scope: 'deploy',
    }),
    right('/authorize', [], agents),
    right('/authorize', browser, agents),
    right('/authorize', browser, {
      ...agents,
      client_id: proving,
      prompt: ['none', 'consent'],
      response_mode: 'form_post',
    }),
    right('/par', asAgent, { ...agents, client_id: proving }),
    right('/token', [], { grant_type: 'authorization_code', client_id: agent, code: code[5] ?? '', code_verifier }),
    right('/token', asAgent, { grant_type: 'authorization_code', code: code[6] ?? '', code_verifier }),
    right('/token', asAgent, { grant_type: 'refresh_token', refresh_token: refresh.slice(-1) }),
    right('/token', [], { grant_type: 'refresh_token', client_id: agent, refresh_token: refresh.slice(-2, -1) }),
    right('/revoke', [], { token: refresh.slice(-2), client_id: agent }),
    right('/authorize', [], pub),
    right('/authorize', browser, pub),
    right('/authorize', browser, web),
    right('/authorize', browser, { ...web, authorization_details: account }),
    right('/authorize', browser, { ...pub, prompt: ['none', 'login', 'consent'], max_age: ['0', '100'] }),
    right('/authorize', browser, { client_id: 'web', request_uri: request_uri[0] ?? '' }),
    right('/authorize', browser, rp),
    right('/authorize', browser, { ...rp, id_token_hint: id_token, prompt: ['none', 'login', 'select_account'] }),
    right('/authorize', browser, { ...rp, response_mode: ['form_post', 'jwt', 'form_post.jwt'], claims }),
    right('/authorize', browser, { ...rp, ...challenge, scope: 'openid read', resource: API }),
    right('/authorize', browser, { ...rp, ...challenge, client_id: 'told', max_age: ['0', '10000'] }),
    right('/authorize', browser, { client_id: 'rp', request: request_object }),
    right('/par', asRp, rp),
    right('/par', asRp, { request: request_object }),
    right('/token', asRp, { grant_type: 'authorization_code', code: code[3] ?? '', code_verifier }),
    right('/token', asTold, { grant_type: 'authorization_code', code: code[4] ?? '', code_verifier }),
    right('/token', asRp, { grant_type: 'refresh_token', refresh_token: refresh.slice(-2) }),
    right('/token', asTold, { grant_type: 'refresh_token', refresh_token: refresh.slice(-1), scope: 'openid' }),
    right('/userinfo', [['authorization', `Bearer ${userinfo[0]}`]], {}),
    right('/userinfo', [['authorization', `Bearer ${userinfo[1]}`]], {}),
    right('/userinfo', [['authorization', `DPoP ${userinfo[0]}`], ...proved], {}),
    right('/userinfo', [['authorization', `Bearer ${access[5]}`]], {}),
    right('/revoke', asRp, { token: [...userinfo, ...id_token] }),
    right('/logout', browser, { id_token_hint: id_token, post_logout_redirect_uri: RP_HOME, state: 'xyz' }),
    right('/logout', browser, { client_id: 'rp', post_logout_redirect_uri: RP_HOME }),
    right('/logout', browser, { client_id: 'rp', post_logout_redirect_uri: RP_HOME, token: logout }),
    right('/apps', browser, {}),
    right('/par', client('web'), web),
    right('/par', client('web'), { ...web, authorization_details: account }),
    right('/par', [], { ...pub, ...signed, client_id: 'keyed' }),
    right('/introspect', client('api-server'), { token: access }),
    right('/introspect', client('api-server'), { token: refresh }),
    right('/introspect', [], { token: access, ...signed }),
    right('/revoke', client('service'), { token: access }),
    right('/revoke', [], { token: [...refresh, ...access], client_id: 'pub' }),
    right('/revoke', [], { token: access, ...signed }),
    right('/revocations', client('operator'), {
      kind: ['sub', 'client', 'grant', 'kid'],
      value: ['alice', 'pub', 'r1'],
    }),
    right('/revocations', [], { kind: 'sub', value: 'alice', ...signed }),
    right('/keys', client('api-server'), { resource: API }),
    right('/keys', [], { resource: API, ...signed }),
    right('/consent', browser, { consent: consent, decision: ['allow', 'deny'] }),
    right('/login/callback', browser, { state: login_state, login }),
    right('/login', browser, { state: login_state, username: 'alice' }),
    right('/logout', browser, { token: logout }),
    right('/apps', browser, { app: 'pub', token: logout }),
  ]
}

/** Where there is something to read, or nothing. */
const PATHS = [
  '/jwks',
  '/healthz',
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
  '/',
  '/demo',
  '/userinfo',
]

function pathOf(path: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 40, arbitrary: fc.constant(path) },
    { weight: 1, arbitrary: fc.constantFrom(`${path}/`, `/${path}`, path.toUpperCase(), `${path}%00`, `/x/..${path}`) },
  )
}

/** Headers that come beside the right ones, or in place of them. */
function headersOf(artefacts: Artefacts): fc.Arbitrary<readonly (readonly [string, string])[]> {
  const secrets = Object.entries(SECRETS).map(([id, secret]) => basic(id, secret))
  const visible = fc.string({ unit: fc.constantFrom(...'abcXYZ019 =:,;"\\./+-_%'), maxLength: 30 })
  const values: Readonly<Record<string, fc.Arbitrary<string>>> = {
    authorization: fc.oneof(
      fc.constantFrom(...secrets),
      visible,
      visible.map((text) => `Basic ${text}`),
    ),
    dpop: artefact(artefacts, 'proof').map((text) => text.replaceAll('\n', '')),
    cookie: fc.constantFrom('a=b', '__Host-bulla-session=x', '__Host-bulla-browser=%00; __Host-bulla-remember='),
    origin: fc.constantFrom(ISSUER, 'null', 'https://evil.example'),
    accept: fc.constantFrom('application/token-introspection+jwt', '*/*', 'text/html;q=0.1'),
    'sec-fetch-site': fc.constantFrom('same-origin', 'cross-site', 'none'),
    'sec-fetch-dest': fc.constantFrom('document', 'iframe', 'empty'),
    'content-length': fc.constantFrom('0', '5', '99999999', '-1'),
    'if-none-match': fc.constantFrom('*', '""', 'W/"0-0"'),
  }
  const header = fc.oneof(...Object.entries(values).map(([name, value]) => value.map((text) => [name, text] as const)))
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(header, { maxLength: 3 }) },
  )
}

/** Most of the time this, else that. */
function mostly<Value>(usual: fc.Arbitrary<Value>, other: fc.Arbitrary<Value>, weight = 12): fc.Arbitrary<Value> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: other })
}

/** Returns requests that register a client. */
function registering(artefacts: Artefacts): fc.Arbitrary<FuzzRequest> {
  const type = mostly(
    fc.constant('application/json'),
    fc.constantFrom('application/json; charset=utf-8', 'text/plain', FORM, 'application/json,text/html'),
  )
  const path = pathOf('/register')
  return fc
    .tuple(
      path,
      mostly(fc.constant('POST'), fc.constantFrom('GET', 'OPTIONS', 'PUT')),
      headersOf(artefacts),
      type,
      registrations,
    )
    .map(([at, method, headers, media, body]) => ({
      ...{ path: at, method, headers: [...new Map([...headers, ['content-type', media] as const])] },
      body: method === 'GET' ? undefined : body,
    }))
}

/** Returns requests that an issuer can be asked. */
export function requests(artefacts: Artefacts): fc.Arbitrary<FuzzRequest> {
  return fc.oneof({ weight: 9, arbitrary: formsOf(artefacts) }, { weight: 1, arbitrary: registering(artefacts) })
}

/** Returns what is asked by parameters. */
function formsOf(artefacts: Artefacts): fc.Arbitrary<FuzzRequest> {
  const values = new Map(Object.entries(parametersOf(artefacts)))
  const textOf = (name: string): fc.Arbitrary<string> => mostly(values.get(name) ?? odd, odd, 3)
  const pair = (name: string, text: fc.Arbitrary<string>) => text.map((value) => [name, value] as const)
  const stray = mostly(fc.constantFrom(...values.keys()), odd).chain((name) => pair(name, textOf(name)))
  const parametersFrom = ({ parameters }: Right) => {
    const known = Object.entries(parameters).map(([name, value]) => {
      const right =
        typeof value === 'string'
          ? fc.constant(value)
          : mostly(fc.constantFrom(...value), fc.constant(value[0] ?? ''), 2)
      return fc.option(pair(name, mostly(right, textOf(name), 16)), { freq: 24, nil: undefined })
    })
    const more = fc.array(stray, { maxLength: 2, size: 'xsmall' })
    return fc
      .tuple(fc.tuple(...known), more)
      .map(([those, others]) => [...those.filter((one) => one !== undefined), ...others])
  }
  const bare = PATHS.map((path): Right => ({ path, headers: [], parameters: {} }))
  return mostly(fc.constantFrom(...rightOnes(artefacts)), fc.constantFrom(...bare)).chain((right) => {
    const isRead = ['/authorize', '/login/callback', '/keys', '/logout', ...PATHS].includes(right.path)
    return fc
      .record({
        at: pathOf(right.path),
        method: mostly(
          fc.constant(isRead ? 'GET' : 'POST'),
          fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'),
          16,
        ),
        parameters: parametersFrom(right),
        headers: headersOf(artefacts),
        type: mostly<string | undefined>(
          fc.constant(FORM),
          fc.constantFrom(undefined, 'application/json', `${FORM};charset=latin1`, 'multipart/form-data'),
          24,
        ),
        junk: mostly<string | undefined>(fc.constant(undefined), odd, 30),
      })
      .map(({ at, method, parameters, headers, type, junk }) => {
        const text = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString()
        const hasBody = !['GET', 'HEAD'].includes(method)
        const sent = [...new Map([...right.headers, ...headers])]
        return {
          method,
          path: hasBody || text === '' ? at : `${at}?${text}`,
          headers: hasBody && type !== undefined ? [...sent, ['content-type', type] as const] : sent,
          body: hasBody ? (junk ?? text) : undefined,
        }
      })
  })
}

/** Returns a request as it is sent; nothing where no client could send it. */
export function toRequest({ method, path, headers, body }: FuzzRequest): Request | undefined {
  try {
    return new Request(`${ISSUER}${path}`, {
      method,
      headers: headers.map(([name, value]) => [name, value] as [string, string]),
      ...(body === undefined ? {} : { body }),
      redirect: 'manual',
    })
  } catch {
    return undefined
  }
}

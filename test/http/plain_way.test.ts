import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { createContext } from '../../src/context.ts'
import { createDoors } from '../../src/http/doors.ts'
import { answerRefusal, toResponse } from '../../src/http/respond.ts'
import { type IssuerEvent, type IssuerSettings, type LogEntry, OAuthError } from '../../src/index.ts'
import { API, basic, ISSUER, SECRETS, testIssuer, testSettings } from '../fixtures.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const GRANT = `grant_type=client_credentials&resource=${API}`

/** What is asked; a header that is empty is not there. */
interface Asked {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

/** Returns a request as a server hands it over, which says how long its body is. */
function requestOf({ path = '/token', method = 'POST', headers = {}, body = GRANT }: Asked): Request {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const hasBody = !['GET', 'HEAD'].includes(method)
  const said = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(hasBody && { 'content-length': String(bytes.length) }),
    authorization: basic('service', SECRETS.service),
    traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
    ...headers,
  }
  const kept = Object.entries(said).filter(([, value]) => value !== '')
  return new Request(path.startsWith('/') ? ISSUER + path : path, {
    method,
    headers: kept,
    ...(hasBody && { body: bytes }),
  })
}

const ORIGIN = { origin: 'https://app.example' }
const BROWSER = { accept: 'text/html,*/*;q=0.8' }

/** Whether it is answered without the app. */
const ASKED: readonly (readonly [what: string, isPlain: boolean, asked: Asked])[] = [
  ['a token', true, {}],
  ['a token, by a browser', true, { headers: BROWSER }],
  ['a token, with a mark of byte order', true, { body: `\uFEFF${GRANT}` }],
  ['a token, in bytes that are no text', true, { body: Uint8Array.of(0x61, 0x3d, 0xff, 0xfe) }],
  ['a token, with nothing in the form', true, { body: '' }],
  ['a token, with a parameter twice', true, { body: `${GRANT}&${GRANT}` }],
  ['a token, with another grant', true, { body: 'grant_type=password' }],
  ['a token, as JSON', true, { headers: { 'content-type': 'application/json' }, body: '{}' }],
  ['a token, as nothing', true, { headers: { 'content-type': '' } }],
  ['a token, as nobody', true, { headers: { authorization: '' } }],
  ['a token, with a wrong secret', true, { headers: { authorization: basic('service', 'wrong') } }],
  ['a token, with no proof but a word', true, { headers: { dpop: 'x' } }],
  ['a token, with the longest form', true, { body: `${GRANT}&x=${'x'.repeat(16_384 - GRANT.length - 3)}` }],
  [
    'what a token is',
    true,
    { path: '/introspect', body: 'token=x', headers: { authorization: basic('api-server', SECRETS['api-server']) } },
  ],
  ['to take a token back', true, { path: '/revoke', body: 'token=x' }],
  ['to push a request', true, { path: '/par', body: 'response_type=code' }],
  ['a token, with a form that is too long', false, { body: `${GRANT}&x=${'x'.repeat(16_384)}` }],
  ['a token, with a form that is too long, by a browser', false, { body: 'x'.repeat(16_385), headers: BROWSER }],
  ['a token, without a length', false, { headers: { 'content-length': '' } }],
  ['a token, with a length that is none', false, { headers: { 'content-length': 'much' } }],
  ['a token, from a page', false, { headers: ORIGIN }],
  ['a token, from a page of nobody', false, { headers: { origin: 'null' } }],
  ['what a token is, from a page', false, { path: '/introspect', body: 'token=x', headers: ORIGIN }],
  [
    'what a page may ask',
    false,
    { method: 'OPTIONS', headers: { ...ORIGIN, 'access-control-request-method': 'POST' } },
  ],
  ['a token by GET', false, { method: 'GET' }],
  ['a token by GET, by a browser', false, { method: 'GET', headers: BROWSER }],
  ['a token by HEAD', false, { method: 'HEAD' }],
  ['a token by PUT', false, { method: 'PUT' }],
  ['a token, with a query', false, { path: '/token?x=1' }],
  ['a token, with a question mark', false, { path: '/token?' }],
  ['a token, written otherwise', false, { path: '/%74oken' }],
  ['a token, with a slash more', false, { path: '/token/' }],
  ['a token, somewhere else', false, { path: '//token' }],
  ['a token, by an endless URL', false, { path: `/token?${'x'.repeat(9000)}` }],
  ['a token of another host', false, { path: 'https://other.example/token' }],
  ['a token of a host that begins as ours', false, { path: `${ISSUER}.evil.example/token` }],
  ['a token by plain http', false, { path: `${ISSUER.replace('https:', 'http:')}/token` }],
  ['what is not there', false, { path: '/nothing' }],
  ['what every object has', false, { path: '/constructor' }],
]

function throwing(): never {
  throw new TypeError('a hook of the operator')
}

function throwingText(): never {
  throw 'a text of the operator'
}

function refusing(): never {
  throw new OAuthError('invalid_client', 'a hook of the operator refuses')
}

const SETTINGS: readonly (readonly [what: string, changes: Partial<IssuerSettings>])[] = [
  ['as they come', {}],
  ['with a policy of HSTS', { strictTransportSecurity: 'max-age=600; includeSubDomains' }],
  ['that allow no failure', { allowFailure: async () => false }],
  ['whose counter of failures fails', { allowFailure: throwing }],
  ['whose credentials fail', { credentials: throwing }],
  ['whose credentials throw what is no error', { credentials: throwingText }],
  ['whose credentials refuse', { credentials: refusing, allowFailure: async () => false }],
  ['that cannot tell an address', { addressOf: throwing }],
  ['that are told the scheme', { scheme: ({ headers }) => headers.get('x-forwarded-proto') ?? 'https' }],
  ['whose scheme fails', { scheme: throwing }],
  ['whose scheme throws what is no error', { scheme: throwingText }],
  [
    'with hooks that look at the request',
    {
      credentials: ({ method, url }, env) => ({ method, url, env: typeof env }),
      response: (_, credentials) => ({ credentials }),
      allowFailure: async ({ method }, env) => method === 'POST' && env !== undefined,
    },
  ],
]

/** Returns what comes of what is asked of an issuer; or of an app that it is a part of, to which no plain way leads. */
function setUp(changes: Partial<IssuerSettings>, isPart = false) {
  const lines: LogEntry[] = []
  const events: IssuerEvent[] = []
  const issuer = testIssuer({
    log: (line) => lines.push(line),
    onEvent: (event) => void events.push(event),
    ...changes,
  })
  const app = isPart ? new Hono().route('/', issuer).notFound(() => toResponse(answerRefusal(404))) : issuer
  return async (asked: Asked) => {
    const waiting: Promise<unknown>[] = []
    const execution = {
      waitUntil: (one: Promise<unknown>) => void waiting.push(one),
      passThroughOnException() {},
      props: {},
    }
    const answer = await app.fetch(requestOf(asked), {}, execution)
    // No two tokens and nonces are alike.
    const once = (all: string): string =>
      all.replace(/(?<="(?:access_token|request_uri)":")[^"]+|(?<=nonce[-=]"?)[\w+/=]+/g, ({ length }) => `${length}`)
    const [status, headers, text] = [
      answer.status,
      once(JSON.stringify([...answer.headers])),
      once(await answer.text()),
    ]
    await Promise.all(waiting)
    const told = events.splice(0).map(({ id: _, time: __, ms: ___, jti: ____, ...told }) => told)
    // Where in our own files it was thrown hangs on the way.
    const said = lines.splice(0).map(({ detail, ...line }) => ({ ...line, detail: detail?.replace(/ at .*/, '') }))
    return { status, headers, text, told, said }
  }
}

it('says no type of an answer that is empty, and neither does the app: clients refuse types that they do not expect', async () => {
  for (const isPart of [false, true]) {
    const { status, headers, text } = await setUp({}, isPart)({ path: '/revoke', body: 'token=x' })
    expect([status, text]).toEqual([200, ''])
    expect(headers).not.toMatch(/"content-type"/i)
  }
})

describe('the plain way to an endpoint that takes forms', () => {
  describe.each(SETTINGS)('by settings %s', (_, changes) => {
    const [byPlainWay, byApp] = [setUp(changes), setUp(changes, true)]

    it.each(ASKED)('answers, logs and tells what the app would, whoever asks for %s', async (__, ___, asked) => {
      const answered = await byPlainWay(asked)
      expect(answered).toEqual(await byApp(asked))
      expect(answered.headers).toContain(`["request-id","${TRACE}"]`)
    })
  })

  it.each(ASKED)(
    'takes what nearly all send, and leaves to the app what is odd: %s (%s)',
    async (_, isPlain, asked) => {
      const settings = testSettings()
      const doors = createDoors(new Hono(), createContext(settings), settings)
      const taken: string[] = []
      for (const path of ['/token', '/introspect', '/revoke', '/par'])
        doors.form(path, async ({ uri }) => {
          taken.push(uri)
          return { status: 200, headers: {}, body: '' }
        })
      const answer = await doors.plainly(requestOf(asked), {}, undefined)
      expect([answer?.status, taken]).toEqual(isPlain ? [200, [`${ISSUER}${asked.path ?? '/token'}`]] : [undefined, []])
    },
  )

  it('is gone where what stands before the issuer ends TLS, and says that a client asked by it; and nowhere where that fails', async () => {
    const takenBy = async (scheme: () => string | undefined) => {
      const settings = testSettings({ scheme })
      const doors = createDoors(new Hono(), createContext(settings), settings)
      doors.form('/token', async () => ({ status: 200, headers: {}, body: '' }))
      const path = `${ISSUER.replace('https:', 'http:')}/token`
      return (await doors.plainly(requestOf({ path }), {}, undefined))?.status
    }
    expect(await Promise.all([() => 'HTTPS', () => 'http', () => undefined, throwing].map(takenBy))).toEqual([
      200,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('is not gone where the client asked by another scheme than what stands before the issuer', async () => {
    const issuer = testIssuer({ scheme: () => 'http' })
    expect((await issuer.fetch(requestOf({}))).status).toBe(421)
  })

  it('is the one of an issuer with a path, and of no other path', async () => {
    const issuer = testIssuer({ issuer: `${ISSUER}/tenant` })
    const statuses = ['/tenant/token', '/token', '/tenant/tenant/token'].map(
      async (path) => (await issuer.fetch(requestOf({ path }))).status,
    )
    expect(await Promise.all(statuses)).toEqual([200, 404, 404])
  })

  it('is no way around a scheme that fails on this very machine', async () => {
    const issuer = 'http://localhost:8787'
    const ask = (app: Hono) => app.fetch(requestOf({ path: `${issuer}/token` }), {})
    for (const [scheme, status] of [
      [throwing, 500],
      [() => 'http', 200],
    ] as const) {
      const made = testIssuer({ issuer, scheme })
      const answers = [await ask(made), await ask(new Hono().route('/', made))]
      expect(answers.map((answer) => answer.status)).toEqual([status, status])
    }
  })

  it('says nothing of HSTS at https://localhost', async () => {
    const issuer = testIssuer({ issuer: 'https://localhost:8443' })
    const answer = await issuer.fetch(requestOf({ path: 'https://localhost:8443/token' }))
    expect([answer.status, answer.headers.get('strict-transport-security')]).toEqual([200, null])
  })
})

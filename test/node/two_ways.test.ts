import { connect } from 'node:net'
import { Hono } from 'hono'
import { afterAll, describe, expect, it } from 'vitest'
import { answerRefusal, toResponse } from '../../src/http/respond.ts'
import { createMemoryGuard, type IssuerEvent, type IssuerSettings, type LogEntry } from '../../src/index.ts'
import { addressFrom, type Served, serve } from '../../src/node/index.ts'
import { API, basic, ISSUER, NOW, SIGNED, testIssuer } from '../fixtures.ts'

const HOST = new URL(ISSUER).host

/** What a request hears, and what it leaves behind. */
interface Heard {
  /** All that came, but for what is another one's each time. */
  readonly answers: string
  readonly log: readonly Readonly<Record<string, unknown>>[]
  readonly events: readonly Partial<IssuerEvent>[]
}

/** A server that writes down what it tells. */
interface Way {
  readonly served: Served
  readonly log: LogEntry[]
  readonly events: IssuerEvent[]
}

const running: Served[] = []
afterAll(() => Promise.all(running.map((served) => served.close())))

/** Settings as behind a proxy, each made anew: what is counted and spent is counted once for each way. */
type Settings = () => Partial<IssuerSettings>

const behindProxy: Settings = () => ({
  scheme: (request) => request.headers.get('x-forwarded-proto'),
  addressOf: addressFrom({ trustedProxies: ['127.0.0.1'] }),
  credentials: ({ headers }) => ({ agent: headers.get('user-agent') ?? 'none' }),
})

/** Serves an issuer by itself, and one as a part of another app, which no request reaches but through that. */
async function bothWays(settings: Settings): Promise<readonly Way[]> {
  const made = ['itself', 'part'].map(async (kind) => {
    const [log, events]: [LogEntry[], IssuerEvent[]] = [[], []]
    const issuer = testIssuer({
      ...settings(),
      guard: createMemoryGuard(() => NOW, { single: true }),
      log: (entry) => log.push(entry),
      onEvent: (event) => void events.push(event),
    })
    const whole = new Hono().route('/', issuer).notFound(() => toResponse(answerRefusal(404)))
    const app = kind === 'itself' ? issuer : whole
    const served = await serve({ issuer: () => app, port: 0, host: '127.0.0.1', log: () => {} })
    running.push(served)
    return { served, log, events }
  })
  return Promise.all(made)
}

/** Sends these bytes, one piece after the other, and returns all that comes until the server or we close. */
function exchange(port: number, pieces: readonly string[], isCut: boolean): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      const [first = '', ...others] = pieces
      socket.write(first, 'latin1')
      // Each in a packet of its own: what comes after the head of a request comes later.
      const send = (): void => {
        const next = others.shift()
        if (next !== undefined) socket.write(next, 'latin1', () => setImmediate(send))
        else if (isCut) socket.destroy()
      }
      setImmediate(send)
    })
    socket.setEncoding('latin1').on('data', (data) => {
      received += data
    })
    socket.on('error', () => {}).on('close', () => resolve(received))
  })
}

/** Returns the head of an answer with its headers in one order: neither that nor the case of a name means anything (RFC 9110 §5.1, §5.3). */
function ordered(head: string): string {
  const [line = '', ...headers] = head.split('\r\n')
  const named = headers.map((header) => header.replace(/^[^:]*/, (name) => name.toLowerCase()))
  return [line, ...named.toSorted()].join('\r\n')
}

/** Returns answers without what is another each time: the time, the name of the request, the letters of a token. */
function bare(answers: string): string {
  return answers
    .replace(/HTTP\/1\.1 \d{3} [\s\S]*?(?=\r\n\r\n)/g, ordered)
    .replace(/^date: .*$/gim, 'date')
    .replace(/^(request-id): [\w-]{22}\r$/gim, '$1')
    .replace(/\bnonce(-|=")[\w+/=-]+/g, 'nonce')
    .replace(/Request: <code>[^<]*/g, 'Request: <code>')
    .replace(/"access_token":"([^"]*)"/g, (_, token: string) => `token of ${token.length}`)
}

async function hear({ served, log, events }: Way, pieces: readonly string[], isCut = false): Promise<Heard> {
  log.length = 0
  events.length = 0
  const answers = bare(await exchange(served.port, pieces, isCut))
  if (isCut) await expect.poll(() => log.length).toBeGreaterThan(0)
  // Events were put off as long before the answer went.
  await new Promise((resolve) => setTimeout(resolve))
  return {
    answers,
    // Where in the code it failed is another place.
    log: log.map(({ request: _, detail, ...line }) => ({ ...line, detail: detail?.replace(/ at .*/s, '') })),
    events: events.map(({ id: _, time: __, request: ___, jti, ms: ____, ...event }) => ({ ...event, jti: typeof jti })),
  }
}

const FORM = `grant_type=client_credentials&resource=${encodeURIComponent(API)}`
const TYPE = 'Content-Type: application/x-www-form-urlencoded'
const BASIC = `Authorization: ${basic('service', 'service-secret')}`
const HTTPS = 'X-Forwarded-Proto: https'

interface Written {
  readonly line?: string
  readonly host?: string | undefined
  readonly type?: string
  readonly auth?: string
  readonly proto?: string
  readonly more?: readonly string[]
  /** Default: that of the body. */
  readonly length?: string | undefined
  readonly body?: string
  readonly last?: string
}

/** Writes a request, right unless it is changed. */
function written(changes: Written = {}): string {
  const { body = FORM, line = 'POST /token HTTP/1.1', type = TYPE, auth = BASIC, proto = HTTPS, more = [] } = changes
  const host = 'host' in changes ? changes.host : `Host: ${HOST}`
  const length = 'length' in changes ? changes.length : `Content-Length: ${body.length}`
  const last = changes.last ?? 'Connection: close'
  const lines = [line, host, auth, type, proto, ...more, length, last].filter(Boolean)
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

const chunked = (...chunks: readonly string[]): string =>
  [...chunks, ''].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')

const wrong = basic('service', 'wrong')
const bySecret = (secret: string): string => `${FORM}&client_id=service&client_secret=${secret}`
const kept = { last: 'Connection: keep-alive' }
const next = written({ line: 'GET /jwks HTTP/1.1', body: '', length: undefined, type: '', auth: '' })

/** What is sent, in how many pieces, and whether whoever sends it breaks off. */
const REQUESTS: Readonly<Record<string, string | readonly string[]>> = {
  'as nearly everybody sends it': written(),
  'for a token that is signed': written({
    auth: `Authorization: ${basic('machine', 'machine-secret')}`,
    body: `grant_type=client_credentials&resource=${encodeURIComponent(SIGNED)}`,
  }),
  'with the secret in the form': written({ auth: '', body: bySecret('service-secret') }),
  'with a wrong secret by Basic': written({ auth: `Authorization: ${wrong}` }),
  'with a wrong secret in the form': written({ auth: '', body: bySecret('wrong') }),
  'with no secret': written({ auth: '' }),
  'with a grant that nobody knows': written({ body: 'grant_type=x' }),
  'with a parameter twice': written({ body: `${FORM}&scope=read&scope=write` }),
  'with a body of bytes that are no UTF-8': written({ body: `${FORM}&scope=\xff` }),
  'with a byte order mark': written({ body: `\xef\xbb\xbf${FORM}` }),
  'with an empty body': written({ body: '' }),
  'with no length and no body': written({ body: '', length: undefined }),
  'with a length and a plus before it': written({ length: `Content-Length: +${FORM.length}` }),
  'with two lengths': written({ more: ['Content-Length: 5'] }),
  'with a length and chunks': written({ more: ['Transfer-Encoding: chunked'], body: chunked(FORM) }),
  'in chunks': written({ length: 'Transfer-Encoding: chunked', body: chunked(FORM.slice(0, 9), FORM.slice(9)) }),
  'in chunks, and trailers behind': written({
    length: 'Transfer-Encoding: chunked',
    body: `${chunked(FORM).slice(0, -2)}Authorization: x\r\n\r\n`,
  }),
  'in chunks that are too much': written({ length: 'Transfer-Encoding: chunked', body: chunked('x'.repeat(16_385)) }),
  'in an encoding that nobody knows': written({ length: 'Transfer-Encoding: gzip, chunked', body: chunked(FORM) }),
  'as long as may be': written({ body: FORM + '&x=y'.padEnd(16_384 - FORM.length, 'y') }),
  'a byte too long': written({ body: FORM + '&x=y'.padEnd(16_385 - FORM.length, 'y') }),
  'in three pieces': [written().slice(0, 30), written().slice(30, -20), written().slice(-20)],
  'with a pause before the body': [written({ body: '', length: `Content-Length: ${FORM.length}` }), FORM],
  'after another on the same connection': written(kept) + written(),
  'before another on the same connection': written(kept) + next,
  'before what is no request': `${written(kept)}nonsense\r\n\r\n`,
  'with more than its length says': `${written({ ...kept, length: `Content-Length: ${FORM.length - 1}` })}\r\n\r\n`,
  'twice, each in a piece': [written(kept), written()],
  'by HTTP/1.0': written({ line: 'POST /token HTTP/1.0', last: '' }),
  'by HTTP/1.0, without a host': written({ line: 'POST /token HTTP/1.0', host: undefined }),
  'without a host': written({ host: undefined }),
  'with two hosts': written({ more: [`Host: other.example`] }),
  'for another host': written({ host: 'Host: other.example' }),
  'for the host in capitals': written({ host: `Host: ${HOST.toUpperCase()}` }),
  'for the host with its port': written({ host: `Host: ${HOST}:443` }),
  'for the host with another port': written({ host: `Host: ${HOST}:8443` }),
  'for the host with a user': written({ host: `Host: u@${HOST}` }),
  'for the host with a dot behind': written({ host: `Host: ${HOST}.` }),
  'for another host, by a browser': written({ host: 'Host: other.example', more: ['Accept: text/html'] }),
  'with a whole URL': written({ line: `POST https://${HOST}/token HTTP/1.1` }),
  'with a whole URL, without TLS': written({ line: `POST http://${HOST}/token HTTP/1.1` }),
  'with a whole URL of another host': written({ line: 'POST https://other.example/token HTTP/1.1' }),
  'with a query': written({ line: 'POST /token?x=1 HTTP/1.1' }),
  'with an empty query': written({ line: 'POST /token? HTTP/1.1' }),
  'with a fragment': written({ line: 'POST /token#x HTTP/1.1' }),
  'with a slash behind': written({ line: 'POST /token/ HTTP/1.1' }),
  'with two slashes': written({ line: 'POST //token HTTP/1.1' }),
  'with a dot': written({ line: 'POST /./token HTTP/1.1' }),
  'with dots': written({ line: 'POST /x/../token HTTP/1.1' }),
  'with an escape': written({ line: 'POST /%74oken HTTP/1.1' }),
  'with a backslash': written({ line: 'POST \\token HTTP/1.1' }),
  'with a path in capitals': written({ line: 'POST /TOKEN HTTP/1.1' }),
  'for a URL that is too long': written({ line: `POST /token?${'x'.repeat(8200)} HTTP/1.1` }),
  'by GET': written({ line: 'GET /token HTTP/1.1', body: '', length: undefined }),
  'by GET with a body': written({ line: 'GET /token HTTP/1.1' }),
  'by GET, in a browser': written({ line: 'GET /token HTTP/1.1', body: '', more: ['Accept: text/html'] }),
  'by HEAD': written({ line: 'HEAD /token HTTP/1.1', body: '', length: undefined }),
  'by PUT': written({ line: 'PUT /token HTTP/1.1' }),
  'by PATCH': written({ line: 'PATCH /token HTTP/1.1' }),
  'by a method in small letters': written({ line: 'post /token HTTP/1.1' }),
  'by TRACE': written({ line: 'TRACE /token HTTP/1.1', body: '', length: undefined }),
  'by OPTIONS': written({ line: 'OPTIONS /token HTTP/1.1', body: '', length: undefined }),
  'by a preflight': written({
    line: 'OPTIONS /token HTTP/1.1',
    body: '',
    length: undefined,
    more: ['Origin: https://app.example', 'Access-Control-Request-Method: POST'],
  }),
  'from a page': written({ more: ['Origin: https://app.example'] }),
  'from a page without a name': written({ more: ['Origin: null'] }),
  'with an empty origin': written({ more: ['Origin:'] }),
  'without TLS': written({ proto: 'X-Forwarded-Proto: http' }),
  'without a word about TLS': written({ proto: '' }),
  'by TLS in capitals': written({ proto: 'X-Forwarded-Proto: HTTPS' }),
  'by TLS and not': written({ more: ['X-Forwarded-Proto: http'] }),
  'with two secrets': written({ more: [`Authorization: ${wrong}`] }),
  'with a secret in a folded header': written({ auth: `Authorization: Basic\r\n ${wrong.slice(6)}` }),
  'with a space before a colon': written({ auth: `Authorization : ${wrong}` }),
  'with a header in small letters': written({ auth: BASIC.toLowerCase().replace(/:.*/, BASIC.slice(13)) }),
  'with bytes in a header': written({ more: ['User-Agent: caf\xc3\xa9'] }),
  'with no type': written({ type: '' }),
  'with two types': written({ more: ['Content-Type: text/plain'] }),
  'with a type and its charset': written({ type: `${TYPE}; charset=UTF-8` }),
  'with a type of another charset': written({ type: `${TYPE}; charset=latin1` }),
  'with another type': written({ type: 'Content-Type: application/json' }),
  'with a coding': written({ more: ['Content-Encoding: gzip'] }),
  'with two proofs': written({ more: ['DPoP: a', 'DPoP: b'] }),
  'with a proof that is none': written({ more: ['DPoP: x'] }),
  'as part of a trace': written({ more: ['Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'] }),
  'with a name of Cloudflare': written({ more: ['CF-Ray: 0123456789abcdef-FRA'] }),
  'for somebody else': written({ more: ['X-Forwarded-For: 192.0.2.1'], auth: `Authorization: ${wrong}` }),
  'in another protocol': written({ more: ['Upgrade: h2c'], last: 'Connection: close, Upgrade' }),
  'and asks first': written({ more: ['Expect: 100-continue'] }),
  'and expects what is not': written({ more: ['Expect: more'] }),
  'with many headers': written({ more: Array.from({ length: 100 }, (_, index) => `X-${index}: x`) }),
}

/** Whoever sends these breaks off behind the last letter. */
const CUT: Readonly<Record<string, readonly string[]>> = {
  'in the middle of the body': [written().slice(0, -10)],
  'before the body': [written({ body: '', length: `Content-Length: ${FORM.length}` })],
  'between two chunks': [written({ length: 'Transfer-Encoding: chunked', body: chunked(FORM).slice(0, -5) })],
}

describe('a request for a token', () => {
  const usual = bothWays(behindProxy)

  it.each(Object.entries(REQUESTS))(
    'gets the same answer, lines and events from an issuer itself and through an app of which the issuer is a part: %s',
    async (_, sent) => {
      const pieces = typeof sent === 'string' ? [sent] : sent
      const [itself, part] = (await usual) as [Way, Way]
      const heard = await hear(itself, pieces)
      expect(heard.answers).toMatch(/^HTTP\/1.1 \d{3} /)
      expect(heard).toEqual(await hear(part, pieces))
    },
  )

  it.each(Object.entries(CUT))(
    // promise: N02
    'is told in the same line by both where whoever asks breaks off: %s',
    async (_, pieces) => {
      const [itself, part] = (await usual) as [Way, Way]
      const heard = await hear(itself, pieces, true)
      expect(heard.log).toEqual([expect.objectContaining({ detail: 'the body broke off' })])
      expect(heard).toEqual(await hear(part, pieces, true))
    },
  )

  const throwing = (): never => {
    throw new Error('of the operator')
  }
  const settings: Readonly<Record<string, Partial<IssuerSettings>>> = {
    'too many failures': { allowFailure: async () => false },
    'too many failures from an address': { limits: { address: async () => false } },
    'a count of failures that fails': { allowFailure: throwing },
    'a scheme that fails': { scheme: throwing },
    'an address that fails': { addressOf: throwing },
    'credentials that fail': { credentials: throwing },
    'a certificate that fails': {
      certificate: throwing,
      clients: {
        mutual: {
          token_endpoint_auth_method: 'tls_client_auth',
          tls_client_auth_subject_dn: 'CN=x',
          grant_types: ['client_credentials'],
          resources: [API],
          scopes: ['read'],
        },
      },
    },
    'a body that was read': { credentials: (request) => ({ read: void request.text() }) },
    'another promise of TLS': { strictTransportSecurity: 'max-age=1' },
  }
  // promise: N03
  it.each(Object.entries(settings))('gets the same by both with %s', async (_, changes) => {
    const [itself, part] = (await bothWays(() => ({ ...behindProxy(), ...changes }))) as [Way, Way]
    for (const auth of [BASIC, `Authorization: ${wrong}`]) {
      const heard = await hear(itself, [written({ auth })])
      expect(heard.answers).toMatch(/^HTTP\/1.1 \d{3} /)
      expect(heard).toEqual(await hear(part, [written({ auth })]))
    }
  })

  it('gets the same by both on a loopback issuer with a path', async () => {
    const issuer = 'http://localhost:8787/auth'
    const [itself, part] = (await bothWays(() => ({ issuer }))) as [Way, Way]
    for (const host of ['localhost:8787', '127.0.0.1:8787', '127.0.0.1:8788']) {
      const pieces = [written({ line: 'POST /auth/token HTTP/1.1', host: `Host: ${host}` })]
      const heard = await hear(itself, pieces)
      expect(heard.answers).toMatch(/^HTTP\/1.1 \d{3} /)
      expect(heard).toEqual(await hear(part, pieces))
    }
  })
})

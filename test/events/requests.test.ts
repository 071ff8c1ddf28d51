import { describe, expect, it } from 'vitest'
import { createIssuer, type IssuerSettings, type LogEntry } from '../../src/index.ts'
import { API, basic, ISSUER, SECRETS, testIssuer, testSettings, tokenRequest } from '../fixtures.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const RAY = '8f1d2c3b4a596877-FRA'

/** A name of ours: 128 random bits. */
const OWN = /^[\w-]{22}$/

/** What nobody is: each of it is passed over. */
const WRONG_PARENTS: readonly (readonly [string, string])[] = [
  ['of zeros alone', `00-${'0'.repeat(32)}-${PARENT}-01`],
  ['of a parent of zeros alone', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['in capitals', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
  ['of the version ff, which is none', `ff-${TRACE}-${PARENT}-01`],
  ['of the version 00, with more', `00-${TRACE}-${PARENT}-01-more`],
  ['that is cut off', `00-${TRACE}-${PARENT}`],
  ['too short by one', `00-${TRACE.slice(1)}-${PARENT}-01`],
  ['too long by one', `00-${TRACE}a-${PARENT}-01`],
  ['twice', `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`],
  ['of markup', `00-<script>alert(1)</script>${TRACE.slice(25)}-${PARENT}-01`],
  ['that is a line of a log', `{"level":"error","event":"${TRACE}"}`],
  ['of a later version, with more than anybody sends', `01-${TRACE}-${PARENT}-01-${'a'.repeat(500)}`],
  ['of nothing', ''],
]

const WRONG_RAYS = [RAY.toUpperCase(), '8f1d2c3b4a59687', `${RAY}A`, `${RAY}, ${RAY}`, '<b>8f1d2c3b4a596877', '']

const ask = async (headers: Readonly<Record<string, string>>): Promise<string> =>
  (await testIssuer().request(`${ISSUER}/jwks`, { headers })).headers.get('request-id') ?? ''

describe('the id of a request', () => {
  it('is its trace, and that of a later version too (W3C Trace Context §3.2)', async () => {
    for (const traceparent of [`00-${TRACE}-${PARENT}-01`, `cc-${TRACE}-${PARENT}-00-what-comes-then`])
      expect(await ask({ traceparent, 'cf-ray': RAY })).toBe(TRACE)
  })

  it.each(WRONG_PARENTS)('is no trace %s: there it is what Cloudflare calls it, or new', async (_, traceparent) => {
    expect(await ask({ traceparent, 'cf-ray': RAY })).toBe(RAY)
    expect(await ask({ traceparent })).toMatch(OWN)
  })

  it.each(WRONG_RAYS)('is none of another form, as %j, where Cloudflare is said to have named it', async (ray) => {
    expect(await ask({ 'cf-ray': ray })).toMatch(OWN)
  })

  it('is new for each request that brings none', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => ask({})))
    expect(new Set(ids).size).toBe(20)
  })
})

describe('every answer', () => {
  const origin = 'https://page.example'
  const asked: readonly (readonly [what: string, path: string, init: RequestInit])[] = [
    [
      'a token',
      '/token',
      {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: API }),
        headers: { authorization: basic('service', SECRETS.service) },
      },
    ],
    ['a refusal', '/token', { method: 'POST', body: 'junk' }],
    ['a method that is not taken', '/token', { method: 'PUT' }],
    ['a body that is too long', '/token', { method: 'POST', body: 'a'.repeat(20_000) }],
    ['a URL that is too long', `/${'a'.repeat(20_000)}`, {}],
    ['nothing', '/nowhere', {}],
    ['a page', '/authorize?client_id=pub', {}],
    ['the plain page', '/', {}],
    ['the metadata', '/.well-known/oauth-authorization-server', {}],
    ['the public keys', '/jwks', {}],
    ['health', '/healthz', {}],
    ['a preflight', '/token', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } }],
    ['another host', 'https://other.example/token', {}],
  ]

  it.each(asked)('bears the id of its request, and no other: %s', async (_, path, init) => {
    const url = path.startsWith('/') ? ISSUER + path : path
    const request = new Request(url, init)
    request.headers.set('traceparent', `00-${TRACE}-${PARENT}-01`)
    const answer = await testIssuer().request(request)
    expect(answer.headers.get('request-id')).toBe(TRACE)
  })

  it('bears it where an endpoint breaks', async () => {
    const broken = testIssuer({
      claims: () => {
        throw new Error('broken')
      },
    })
    const answer = await broken.request(tokenRequest())
    expect([answer.status, answer.headers.get('request-id')]).toEqual([500, expect.stringMatching(OWN)])
  })

  it('bears it where a copy is good still (304)', async () => {
    const issuer = testIssuer()
    const etag = (await issuer.request(`${ISSUER}/jwks`)).headers.get('etag') ?? ''
    const answer = await issuer.request(`${ISSUER}/jwks`, { headers: { 'if-none-match': etag } })
    expect([answer.status, answer.headers.get('request-id')]).toEqual([304, expect.stringMatching(OWN)])
  })

  it.each(['/token', '/revoke', '/jwks', '/.well-known/oauth-authorization-server'])(
    'lets a page of another origin read it: %s',
    async (path) => {
      const issuer = testIssuer()
      const init = /token|revoke/.test(path) ? { method: 'POST', body: '' } : {}
      const answer = await issuer.request(ISSUER + path, { ...init, headers: { origin } })
      expect(answer.headers.get('access-control-expose-headers')?.split(',')).toContain('Request-Id')
    },
  )

  it('bears it without a framework, too', async () => {
    const { uri, method, headers, body } = { ...(await written(tokenRequest())) }
    const traced = { ...headers, traceparent: `00-${TRACE}-${PARENT}-01` }
    const answer = await testIssuer().createTokenResponse({ uri, method, headers: traced, body })
    expect([answer.status, answer.headers['Request-Id']]).toEqual([200, TRACE])
  })
})

/** Returns a request as a framework hands it over. */
async function written(request: Request) {
  return {
    uri: request.url,
    method: request.method,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
  }
}

/** Returns an issuer and its lines. */
function logging(changes: Partial<IssuerSettings> = {}) {
  const lines: LogEntry[] = []
  return { issuer: createIssuer(testSettings({ log: (line) => void lines.push(line), ...changes })), lines }
}

describe('every line of the log that a request leads to', () => {
  it('bears its id, also what is written after a wait, however many are under way at once', async () => {
    const gates: (() => void)[] = []
    const allowFailure = () => new Promise<boolean>((resolve) => gates.push(() => resolve(false)))
    const { issuer, lines } = logging({ allowFailure })
    const traces = Array.from({ length: 8 }, (_, index) => `${index}${'f'.repeat(31)}`)
    const answers = traces.map((trace) => {
      const headers = { traceparent: `00-${trace}-${PARENT}-01`, authorization: basic('service', 'wrong') }
      return issuer.request(tokenRequest({ headers }))
    })
    await expect.poll(() => gates.length).toBe(8)
    for (const open of gates.toReversed()) open()
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(8).fill(429))
    expect(lines.filter(({ event }) => event === 'client').map(({ request }) => request)).toEqual(traces.toReversed())
    expect(lines.filter(({ event }) => event === 'token').map(({ request }) => request)).toEqual(traces)
  })

  it('bears it where it is written without a framework', async () => {
    const { issuer, lines } = logging()
    const request = await written(tokenRequest({ headers: { authorization: basic('service', 'wrong') } }))
    const answer = await issuer.createTokenResponse(request)
    expect(lines.map(({ event, request }) => [event, request])).toEqual([['token', answer.headers['Request-Id']]])
  })
})

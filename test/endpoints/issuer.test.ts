import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { type Root, rotateRing, writeRing } from '../../keys/index.ts'
import type { IssuerSettings, LogEntry } from '../../src/index.ts'
import { ISSUER, NOW, testIssuer, testKey, testRing, tokenRequest } from '../fixtures.ts'
import { bareLine } from '../parties/bare_line.ts'
import { authorizeUrl } from '../parties/person.ts'

/** What is said with everything. */
const EVERY = {
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
}

/** Who would rather have a page. */
const BROWSER = { accept: 'text/html' }

describe('every response', () => {
  it.each([
    ['POST', '/token'],
    ['GET', '/token'],
    ['GET', '/healthz'],
    ['GET', '/jwks'],
    ['GET', '/.well-known/oauth-authorization-server'],
    ['GET', '/nothing'],
    ['GET', '/'],
    ['GET', '/authorize'],
    ['GET', '/%74oken'],
    ['GET', `/${'a'.repeat(9000)}`],
    // promise: I10
  ])('to %s %.60s has the headers of security.md b.0', async (method, path) => {
    for (const headers of [{}, BROWSER]) {
      const answer = await testIssuer().request(ISSUER + path, { method, headers })
      expect(Object.keys(EVERY).map((name) => answer.headers.get(name))).toEqual(Object.values(EVERY))
      expect([answer.headers.get('server'), answer.headers.get('x-powered-by')]).toEqual([null, null])
    }
  })

  it.each([
    ['GET', '/', {}],
    ['GET', '/authorize', {}],
    ['GET', '/login/callback?state=x', {}],
    ['GET', '/nothing', BROWSER],
    ['GET', '/token', BROWSER],
    ['POST', '/authorize', BROWSER],
  ])('that is a page, to %s %s %j, has those that hono/secure-headers sets', async (method, path, headers) => {
    const app = new Hono()
    const strictTransportSecurity = EVERY['strict-transport-security']
    app.use(secureHeaders({ strictTransportSecurity, xFrameOptions: 'DENY' }))
    app.all('*', (c) => c.body(null))
    const expected = Object.fromEntries((await app.request('/')).headers)
    const page = await testIssuer().request(ISSUER + path, { method, headers })
    expect([page.headers.get('content-type'), Object.keys(expected).length > 9]).toEqual([
      'text/html; charset=utf-8',
      true,
    ])
    // A page with a form says to ourselves where it comes from.
    const { 'referrer-policy': _, ...same } = expected
    expect(Object.fromEntries(Object.keys(same).map((name) => [name, page.headers.get(name)]))).toEqual(same)
    expect(['no-referrer', 'same-origin']).toContain(page.headers.get('referrer-policy'))
  })

  it('that is data has none of the headers that mean something on pages alone', async () => {
    const issuer = testIssuer()
    const token = await issuer.request(`${ISSUER}/token`, tokenRequest())
    expect([token.status, Object.fromEntries(token.headers)]).toEqual([
      200,
      {
        ...EVERY,
        'cache-control': 'no-store',
        'content-type': 'application/json',
        pragma: 'no-cache',
        'request-id': expect.any(String),
      },
    ])
    for (const path of ['/jwks', '/healthz', '/.well-known/oauth-authorization-server', '/nothing', '/token']) {
      const { headers } = await issuer.request(ISSUER + path)
      expect(headers.get('content-type')).toMatch(/json$/)
      const said = ['x-frame-options', 'referrer-policy', 'cross-origin-opener-policy', 'origin-agent-cluster']
      expect(said.filter((name) => headers.has(name))).toEqual([])
    }
  })

  it.each([
    ['a page', 'text/html', 'DENY'],
    ['a picture', 'image/svg+xml', 'DENY'],
    ['something that it does not name', '', 'DENY'],
    ['JSON', 'application/json; charset=utf-8', null],
  ])("of an operator's own login has the headers of its kind: %s", async (_, type, framed) => {
    const headers = { 'Content-Type': type }
    // As whoever sets one of ours by itself: it has all the others then, too.
    for (const own of [{}, { 'X-Content-Type-Options': 'nosniff' }, framed && { 'X-Frame-Options': 'ALLOWALL' }]) {
      const issuer = testIssuer({ authenticate: async () => new Response('{}', { headers: { ...headers, ...own } }) })
      const page = await issuer.request(authorizeUrl())
      const said = ['x-frame-options', ...Object.keys(EVERY)].map((name) => page.headers.get(name))
      expect([page.status, ...said]).toEqual([200, framed, ...Object.values(EVERY)])
    }
  })
})

describe('Strict-Transport-Security', () => {
  const PATHS = ['/', '/authorize', '/token', '/jwks', '/healthz', '/nothing', `/${'a'.repeat(9000)}`]
  const said = async (changes: Partial<IssuerSettings>) => {
    const issuer = testIssuer(changes)
    const answers = PATHS.map(async (path) => (await issuer.request(`${changes.issuer ?? ISSUER}${path}`)).headers)
    return [...new Set((await Promise.all(answers)).map((headers) => headers.get('strict-transport-security')))]
  }

  it('binds no other host than this one, unless the operator says so; then on every answer', async () => {
    expect(await said({})).toEqual(['max-age=31536000'])
    for (const policy of [
      'max-age=63072000; includeSubDomains; preload',
      'max-age=600; includeSubDomains',
      'max-age=0',
    ])
      expect(await said({ strictTransportSecurity: policy })).toEqual([policy])
  })

  it('is not there at https://localhost, which is the host of all that is developed on this machine', async () => {
    expect(await said({ issuer: 'https://localhost:8443' })).toEqual([null])
  })
})

describe('the host', () => {
  it.each([
    'https://evil.example',
    'https://bulla.workers.dev',
    'http://127.0.0.1',
    'https://as.example.evil.example',
    'https://as.example:8443',
  ])('%s is not ours (C30, H66)', async (origin) => {
    const response = await testIssuer().request(`${origin}/.well-known/oauth-authorization-server`)
    expect([response.status, (await response.text()).includes('evil')]).toEqual([421, false])
  })

  it('is the one of the issuer, whatever headers say (C30)', async () => {
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
    const response = await testIssuer().request(`${ISSUER}/.well-known/oauth-authorization-server`, { headers })
    expect(await response.json()).toMatchObject({ issuer: ISSUER, token_endpoint: `${ISSUER}/token` })
  })

  it('may be any name of this machine for a loopback issuer, at its port', async () => {
    const issuer = testIssuer({ issuer: 'http://localhost:8787' })
    const statuses = [
      'http://localhost:8787',
      'http://127.0.0.1:8787',
      'http://[::1]:8787',
      'http://127.0.0.1:1',
      'http://rebound.example:8787',
    ].map(async (origin) => (await issuer.request(`${origin}/healthz`.replace('healthz', 'nothing'))).status)
    expect(await Promise.all(statuses)).toEqual([404, 404, 404, 421, 421])
  })
})

describe('the scheme', () => {
  const METADATA = '/.well-known/oauth-authorization-server'
  const PLAIN = ISSUER.replace('https:', 'http:')

  // promise: P12
  it('of an https issuer is https: by plain http nothing is answered, at no endpoint', async () => {
    const lines: LogEntry[] = []
    const issuer = testIssuer({ log: (line) => lines.push(line) })
    for (const path of [
      '/token',
      '/par',
      '/revoke',
      '/introspect',
      '/keys',
      '/jwks',
      '/authorize',
      '/logout',
      '/',
      METADATA,
    ]) {
      for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS']) {
        const response = await issuer.request(PLAIN + path, { method, headers: { 'x-forwarded-proto': 'https' } })
        expect([response.status, response.headers.get('location')]).toEqual([421, null])
      }
    }
    // Once: a client that is set up wrongly asks often.
    expect(lines.map(({ level, detail }) => [level, detail])).toEqual([
      ['warn', 'plain http is not served: where TLS ends before the issuer, its option "scheme" tells'],
    ])
    expect((await issuer.request(ISSUER + METADATA)).status).toBe(200)
  })

  it('is the one that the operator says, where TLS ends before the issuer', async () => {
    const lines: LogEntry[] = []
    const scheme = (request: Request): string | null => request.headers.get('x-forwarded-proto')
    const issuer = testIssuer({ scheme, log: (line) => lines.push(line) })
    const ask = async (origin: string, headers = {}): Promise<number> =>
      (await issuer.request(origin + METADATA, { headers })).status
    expect(await ask(PLAIN, { 'x-forwarded-proto': 'https' })).toBe(200)
    for (const said of ['http', '', 'https, http'])
      for (const origin of [PLAIN, ISSUER]) expect(await ask(origin, { 'x-forwarded-proto': said })).toBe(421)
    // Who runs `bulla serve` has no option to set: it is the proxy that did not say it.
    expect(lines.map(({ detail }) => detail)).toEqual([expect.stringContaining('X-Forwarded-Proto')])
    expect(await ask(ISSUER)).toBe(421)
  })

  it('has its port, which may be written behind a proxy too; no other one, and no other host (RFC 9110 §4.2.3)', async () => {
    const ask = async (origin: string, said: string): Promise<number> => {
      const issuer = testIssuer({ scheme: (request) => request.headers.get('x-forwarded-proto') })
      return (await issuer.request(origin + METADATA, { headers: { 'x-forwarded-proto': said } })).status
    }
    expect(await ask(`${PLAIN}:443`, 'https')).toBe(200)
    expect(await ask(PLAIN, 'HTTPS')).toBe(200)
    for (const [origin, said] of [
      [`${PLAIN}:443`, 'http'],
      [`${PLAIN}:8443`, 'https'],
      ['http://evil.example:443', 'https'],
      [`${PLAIN}.evil.example:443`, 'https'],
    ] as const)
      expect([origin, await ask(origin, said)]).toEqual([origin, 421])
  })

  it('does not matter to health checks, nor to an issuer on this machine', async () => {
    expect((await testIssuer().request('http://10.0.0.7:8080/healthz')).status).toBe(200)
    const local = testIssuer({ issuer: 'http://localhost:8787' })
    for (const origin of ['http://localhost:8787', 'http://127.0.0.1:8787'])
      expect((await local.request(origin + METADATA)).status).toBe(200)
  })
})

describe('an issuer with a path', () => {
  const issuer = testIssuer({ issuer: `${ISSUER}/tenant/a` })

  it('has its endpoints below it', async () => {
    expect((await issuer.request(`${ISSUER}/tenant/a/healthz`)).status).toBe(200)
    expect((await issuer.request(`${ISSUER}/tenant/a/token`, { method: 'POST' })).status).toBe(400)
    expect((await issuer.request(`${ISSUER}/token`, { method: 'POST' })).status).toBe(404)
  })
})

describe('GET /healthz', () => {
  it('tells state and age of each root, and nothing secret', async () => {
    const response = await testIssuer({ now: () => NOW + 90 }).request(`${ISSUER}/healthz`)
    const text = await response.text()
    expect(JSON.parse(text)).toEqual({ status: 'ok', keys: [{ kid: 'r1', state: 'primary', age: 90 }] })
    expect(response.headers.get('cache-control')).toBe('no-store')
    for (const { k } of testRing(NOW).roots) expect(text).not.toContain(encodeBase64url(k))
  })

  it('tells which key the issuer goes on without, and so does the log', async () => {
    const rotation = rotateRing(testRing(NOW), { now: NOW, key: testKey(1) })
    const [first, second] = (rotation.ok ? rotation.ring.roots : []) as [Root, Root]
    const ringOf = (k: Uint8Array) => writeRing({ ...testRing(NOW), roots: [first, { ...second, k }] })
    const lines: LogEntry[] = []
    const settings = {
      keyRing: ringOf(second.k),
      keyRingNext: ringOf(testKey(2)),
      log: (line: LogEntry) => lines.push(line),
    }
    const response = await testIssuer({ ...settings, now: () => NOW + 90 }).request(`${ISSUER}/healthz`)
    const { status, left_out } = (await response.json()) as { status: string; left_out: string[] }
    expect([status, left_out]).toEqual(['ok', [expect.stringContaining(`key ${second.kid} has other bytes`)]])
    expect(lines.map(bareLine)).toContainEqual({
      level: 'error',
      event: 'ring',
      code: 'ring_conflict',
      detail: left_out[0],
    })
    const later = testIssuer({ ...settings, now: () => second.use })
    expect((await later.request(`${ISSUER}/healthz`)).status).toBe(503)
  })
})

describe('methods', () => {
  it.each([
    ['/token', 'GET', 'POST'],
    ['/token', 'HEAD', 'POST'],
    ['/token', 'PUT', 'POST'],
    ['/token', 'PATCH', 'POST'],
    ['/token', 'DELETE', 'POST'],
    ['/healthz', 'POST', 'GET, HEAD'],
    ['/.well-known/oauth-authorization-server', 'POST', 'GET, HEAD'],
    ['/.well-known/oauth-authorization-server', 'DELETE', 'GET, HEAD'],
    // promise: N06
  ])('%s refuses %s (N06)', async (path, method, allow) => {
    const response = await testIssuer().request(ISSUER + path, {
      method,
      headers: { 'x-http-method-override': 'POST' },
    })
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
  })
})

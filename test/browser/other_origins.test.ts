import type { Server } from 'node:http'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing } from '../../keys/index.ts'
import { testKey } from '../fixtures.ts'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { RING_RSA } from '../parties/partner.ts'
import { isWithoutChromium, listen, startChromium } from './chromium.ts'

describe.skipIf(isWithoutChromium)('a page of another origin', { timeout: 60_000 }, () => {
  let live: LiveIssuer
  /** One that is no OpenID provider: in development each is one. */
  let plain: LiveIssuer
  let browser: Browser
  let app: { server: Server; port: number }

  beforeAll(async () => {
    const ring = createRing({ now: Math.floor(Date.now() / 1000), key: testKey(), rsaKey: RING_RSA })
    live = await startIssuer({ OPENID: {} }, { ring })
    plain = await startIssuer({ DEVELOPMENT: 'false' })
    app = await listen((_, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end('<p>An app</p>'))
    browser = await startChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    app?.server.close()
    await Promise.all([live?.stop(), plain?.stop()])
  })

  /** Asks as a script of that page, and returns the status that it may see. */
  async function ask(path: string, init: RequestInit, { issuer } = live): Promise<unknown> {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${app.port}/`)
    const asked = `fetch(${JSON.stringify(issuer + path)}, ${JSON.stringify(init)})`
    const status = await page.evaluate(`${asked}.then(({ status }) => status, String)`)
    await page.close()
    return status
  }

  it.each(['/jwks', '/revocations', '/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'])(
    'is told of %s that its copy is still good',
    async (path) => {
      const etag = (await fetch(live.issuer + path)).headers.get('etag') ?? ''
      expect(await ask(path, { headers: { 'if-none-match': etag } })).toBe(304)
    },
  )

  it.each([
    ['the document of a provider', '/.well-known/openid-configuration', {}, 200],
    ['its keys', '/jwks', {}, 200],
    ['that a document takes no form', '/.well-known/openid-configuration', { method: 'POST' }, 405],
    ['that keys take no form', '/jwks', { method: 'POST' }, 405],
    ['that userinfo wants a token', '/userinfo', {}, 401],
    ['that userinfo wants a token, by a form too', '/userinfo', { method: 'POST' }, 401],
    ['that a token is not good', '/userinfo', { headers: { authorization: 'Bearer x' } }, 401],
    ['that a bound token is not good', '/userinfo', { headers: { authorization: 'DPoP x', dpop: 'x' } }, 401],
  ] as const)('may read %s', async (_, path, init, status) => {
    expect(await ask(path, init)).toBe(status)
  })

  it.each(['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'])(
    'may read %s with headers of its own, be the issuer an OpenID provider or not',
    async (path) => {
      const headers = { 'mcp-protocol-version': '2026-07-28', 'x-anything': 'x', traceparent: 'x' }
      for (const one of [live, plain]) expect(await ask(path, { headers }, one)).toBe(200)
    },
  )

  it('may read why userinfo refuses it', async () => {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${app.port}/`)
    const headers = { authorization: 'Bearer x' }
    const asked = `fetch(${JSON.stringify(`${live.issuer}/userinfo`)}, ${JSON.stringify({ headers })})`
    const why = `${asked}.then(async (answer) => [answer.headers.get('www-authenticate'), await answer.json()])`
    expect(await page.evaluate(why)).toEqual([
      expect.stringContaining('error="invalid_token"'),
      expect.objectContaining({ error: 'invalid_token' }),
    ])
    await page.close()
  })

  it.each(['traceparent', 'tracestate', 'baggage', 'sentry-trace', 'x-requested-with'])(
    'may send %s, which tracing puts on every request',
    async (name) => {
      const headers = { [name]: 'x', 'content-type': 'application/x-www-form-urlencoded' }
      for (const path of ['/token', '/revoke', '/par'])
        expect(await ask(path, { method: 'POST', headers, body: 'client_id=nobody' })).toEqual(expect.any(Number))
      expect(await ask('/jwks', { headers: { [name]: 'x' } })).toBe(200)
    },
  )
})

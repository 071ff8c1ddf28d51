import type { Server } from 'node:http'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { isWithoutChromium, listen, startChromium } from './chromium.ts'

describe.skipIf(isWithoutChromium)('a page of another origin', { timeout: 60_000 }, () => {
  let live: LiveIssuer
  let browser: Browser
  let app: { server: Server; port: number }

  beforeAll(async () => {
    live = await startIssuer()
    app = await listen((_, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end('<p>An app</p>'))
    browser = await startChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    app?.server.close()
    await live?.stop()
  })

  /** Asks as a script of that page, and returns the status that it may see. */
  async function ask(path: string, init: RequestInit): Promise<unknown> {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${app.port}/`)
    const asked = `fetch(${JSON.stringify(live.issuer + path)}, ${JSON.stringify(init)})`
    const status = await page.evaluate(`${asked}.then(({ status }) => status, String)`)
    await page.close()
    return status
  }

  it.each(['/jwks', '/revocations', '/.well-known/oauth-authorization-server'])(
    'is told of %s that its copy is still good',
    async (path) => {
      const etag = (await fetch(live.issuer + path)).headers.get('etag') ?? ''
      expect(await ask(path, { headers: { 'if-none-match': etag } })).toBe(304)
    },
  )

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

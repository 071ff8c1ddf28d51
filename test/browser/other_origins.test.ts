import type { Server } from 'node:http'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LiveIssuer, startIssuer } from '../live_issuer.ts'
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

  /** Asks as a script of that page, and returns the statuses that it may see. */
  async function ask(path: string, init: RequestInit, times: number): Promise<unknown> {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${app.port}/`)
    const statuses = await page.evaluate(
      `(async () => {
        const statuses = []
        for (let time = 0; time < ${times}; time++)
          statuses.push(await fetch(${JSON.stringify(live.issuer + path)}, ${JSON.stringify(init)}).then(({ status }) => status, String))
        return statuses
      })()`,
    )
    await page.close()
    return statuses
  }

  it.each(['/jwks', '/revocations', '/.well-known/oauth-authorization-server'])(
    'reads %s again, when its copy is still good',
    async (path) => {
      // The server says 304, and the browser holds that answer against the rules of CORS too.
      expect(await ask(path, { cache: 'no-cache' }, 3)).toEqual([200, 200, 200])
    },
  )

  it.each(['traceparent', 'tracestate', 'baggage', 'sentry-trace', 'x-requested-with'])(
    'may send %s, which tracing puts on every request',
    async (name) => {
      const headers = { [name]: 'x', 'content-type': 'application/x-www-form-urlencoded' }
      for (const path of ['/token', '/revoke', '/par'])
        expect(await ask(path, { method: 'POST', headers, body: 'client_id=nobody' }, 1)).toEqual([expect.any(Number)])
      expect(await ask('/jwks', { headers: { [name]: 'x' } }, 1)).toEqual([200])
    },
  )
})

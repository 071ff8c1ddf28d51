import type { AddressInfo, Server as NetServer } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describe as describeHere, resourceServer } from '../../src/verifier/hono.ts'
import { ISSUER } from '../fixtures.ts'
import { MCP, mcpOptions, sealFor } from '../parties/mcp_server.ts'
import { isWithoutChromium, listen, startChromium } from './chromium.ts'

describe.skipIf(isWithoutChromium)('an agent in a browser, of another origin', { timeout: 60_000 }, () => {
  let browser: Browser
  let page: { server: NetServer; port: number }
  let api: NetServer
  let url = ''

  beforeAll(async () => {
    const app = new Hono()
      .use(describeHere({ resource: MCP, issuer: ISSUER }))
      .use('/mcp', resourceServer({ ...mcpOptions, scope: 'read', cors: '*' }))
      .post('/mcp', (c) => c.json({ sub: c.get('entitlement').sub }, 200, { 'Mcp-Session-Id': 'one' }))
    api = createAdaptorServer(app).listen(0, '127.0.0.1') as NetServer
    if (!api.listening) await new Promise((resolve) => api.once('listening', resolve))
    url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
    page = await listen((_, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end('<p>An agent</p>'))
    browser = await startChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    page?.server.close()
    api?.close()
  })

  it('reads the challenge, the metadata, and the answer with its session, by headers that need a preflight', async () => {
    const tab = await browser.newPage()
    await tab.goto(`http://127.0.0.1:${page.port}/`)
    const headers = {
      'content-type': 'application/json',
      'mcp-protocol-version': '2026-07-28',
      'mcp-param-region': 'eu',
      dpop: 'x',
    }
    const ask = (path: string, init: object, header: string): Promise<unknown> =>
      tab.evaluate(
        `fetch(${JSON.stringify(url + path)}, ${JSON.stringify(init)}).then(async (answer) => [answer.status, answer.headers.get('${header}'), await answer.text()], String)`,
      )
    expect(await ask('/mcp', { method: 'POST', headers, body: '{}' }, 'www-authenticate')).toEqual([
      401,
      expect.stringContaining('scope="read"'),
      '{"error_description":"The request has no access token."}',
    ])
    expect(await ask('/.well-known/oauth-protected-resource/mcp', { headers }, 'content-type')).toEqual([
      200,
      'application/json',
      expect.stringContaining(MCP),
    ])
    const authorization = `Bearer ${await sealFor(['read'])}`
    const { dpop: _, ...plain } = headers
    expect(
      await ask('/mcp', { method: 'POST', headers: { ...plain, authorization }, body: '{}' }, 'mcp-session-id'),
    ).toEqual([200, 'one', '{"sub":"alice"}'])
  })
})

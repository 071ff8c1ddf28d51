import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard } from '../../src/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { basic, secretHash, testKey } from '../fixtures.ts'
import { RP_SECRET } from '../parties/openid_provider.ts'
import { RING_RSA } from '../parties/partner.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { isWithoutChromium, listen, startChromium } from './chromium.ts'

describe.skipIf(isWithoutChromium)('a client that logs a person out, in a real browser', { timeout: 60_000 }, () => {
  const servers: Server[] = []
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let issuer = ''
  /** The relying party, on another site. */
  let elsewhere = ''
  /** What its page has in it. */
  let body = ''
  let seen: string[] = []

  beforeAll(async () => {
    const rp = await listen((request, answer) => {
      seen.push(request.url ?? '')
      // As strict as a page can be whose form is for the issuer alone.
      const policy = `default-src 'none'; img-src ${issuer}; frame-src ${issuer}; form-action ${issuer}`
      answer.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy })
      answer.end(request.url === '/' ? body : '<h1>The app</h1>')
    })
    elsewhere = `http://127.0.0.1:${rp.port}`
    const server = createAdaptorServer({ fetch: (request) => app.fetch(request) }) as Server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    issuer = `http://localhost:${(server.address() as { port: number }).port}`
    servers.push(rp.server, server)
    const now = (): number => Math.floor(Date.now() / 1000)
    const app = createIssuer({
      issuer,
      keyRing: writeRing(createRing({ now: now(), key: testKey(), rsaKey: RING_RSA })),
      resources: {},
      openid: {},
      clients: {
        rp: {
          secret_hash: secretHash(RP_SECRET),
          client_name: 'The Shop',
          grant_types: ['authorization_code'],
          redirect_uris: [`${elsewhere}/cb`],
          post_logout_redirect_uris: [`${elsewhere}/out`],
          scopes: ['openid'],
        },
      },
      guard: createMemoryGuard(now),
      authenticate: async () => ({ sub: 'alice', auth_time: now() }),
      log: () => {},
    })
    browser = await startChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    for (const server of servers) server.close()
  })
  beforeEach(async () => {
    await context?.close()
    context = await browser.newContext()
    page = await context.newPage()
    seen = []
  })

  /** Logs alice in at the relying party, and returns its ID token. */
  async function logIn(): Promise<string> {
    const asked = formOf({
      response_type: 'code',
      client_id: 'rp',
      redirect_uri: `${elsewhere}/cb`,
      scope: 'openid',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
    })
    await page.goto(`${issuer}/authorize?${asked}`)
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.waitForURL(`${elsewhere}/cb?**`)
    const code = new URL(page.url()).searchParams.get('code') ?? ''
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: basic('rp', RP_SECRET) },
      body: new URLSearchParams({ grant_type: 'authorization_code', code, code_verifier: VERIFIER }),
    })
    return ((await response.json()) as { id_token: string }).id_token
  }

  const heading = (): Promise<string | null> => page.getByRole('heading', { level: 1 }).textContent()
  const request = (hint: string): Record<string, string> => ({
    id_token_hint: hint,
    post_logout_redirect_uri: `${elsewhere}/out`,
    state: 'x & y',
  })

  async function isLoggedIn(): Promise<boolean> {
    await page.goto(`${issuer}/logout`)
    return (await heading()) === 'Log out?'
  }

  it('by a link gets the person back at once', async () => {
    const hint = await logIn()
    await page.goto(`${issuer}/logout?${formOf(request(hint))}`)
    await page.waitForURL(`${elsewhere}/out?state=x+%26+y`)
    expect(await heading()).toBe('The app')
    expect(await isLoggedIn()).toBe(false)
  })

  it('by a form gets the person back, though the page of the form lets it lead to the issuer alone', async () => {
    const fields = Object.entries(request(await logIn()))
    body = `<form method="post" action="${issuer}/logout">${fields.map(([name, value]) => `<input type="hidden" name="${name}" value="${value.replace('&', '&amp;')}">`).join('')}<button>Log out</button></form>`
    await page.goto(`${elsewhere}/`)
    await page.getByRole('button').click()
    await page.waitForURL(`${elsewhere}/out?state=x+%26+y`, { timeout: 15_000 })
    expect(await isLoggedIn()).toBe(false)
  })

  it('that is only named gets the person back after a press on our page', async () => {
    const { id_token_hint: _, ...asked } = request(await logIn())
    await page.goto(`${issuer}/logout?${formOf({ client_id: 'rp', ...asked })}`)
    expect(await heading()).toBe('Log out?')
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL(`${elsewhere}/out?state=x+%26+y`, { timeout: 15_000 })
    expect(await isLoggedIn()).toBe(false)
  })

  it('by a picture or a frame logs nobody out', async () => {
    const url = `${issuer}/logout?${formOf(request(await logIn()))}`.replaceAll('&', '&amp;')
    body = `<img src="${url}"><iframe src="${url}"></iframe>`
    await page.goto(`${elsewhere}/`, { waitUntil: 'networkidle' })
    expect(await isLoggedIn()).toBe(true)
  })
})

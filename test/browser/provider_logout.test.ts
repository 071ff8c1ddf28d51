import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { createAdaptorServer } from '@hono/node-server'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard, loginProviders } from '../../src/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { secretHash, testKey } from '../fixtures.ts'
import { RP_SECRET } from '../parties/openid_provider.ts'
import { RING_RSA } from '../parties/partner.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { isWithoutChromium, listen, startChromium } from './chromium.ts'

describe.skipIf(isWithoutChromium)('a logout that goes by the provider, in a real browser', { timeout: 60_000 }, () => {
  const servers: Server[] = []
  let browser: Browser
  let page: Page
  let issuer = ''
  let app = ''
  let provider = ''
  /** Whether the provider cannot be reached. */
  let isDown = false

  beforeAll(async () => {
    const shop = await listen((_, answer) =>
      answer.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Shop</h1>'),
    )
    const works = await listen((request, answer) => {
      const { pathname, searchParams } = new URL(request.url ?? '', provider)
      const back = `${searchParams.get('post_logout_redirect_uri')}?${formOf({ state: searchParams.get('state') ?? '' })}`
      if (pathname === '/ended') {
        answer.writeHead(302, { location: back }).end()
        return
      }
      // As strict as a page can be whose form leads to the issuer and no further.
      const policy = `default-src 'none'; form-action 'self' ${issuer}`
      answer.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy })
      answer.end(`<h1>The Works</h1><form method="post" action="/ended?${searchParams}"><button>Yes</button></form>`)
    })
    app = `http://127.0.0.1:${shop.port}`
    provider = `http://127.0.0.1:${works.port}`
    const server = createAdaptorServer({ fetch: (request) => made.fetch(request) }) as Server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    issuer = `http://localhost:${(server.address() as { port: number }).port}`
    servers.push(shop.server, works.server, server)
    const now = (): number => Math.floor(Date.now() / 1000)
    const made = createIssuer({
      issuer,
      keyRing: writeRing(createRing({ now: now(), key: testKey(), rsaKey: RING_RSA })),
      resources: {},
      openid: {},
      clients: {
        rp: {
          secret_hash: secretHash(RP_SECRET),
          client_name: 'The Shop',
          grant_types: ['authorization_code'],
          redirect_uris: [`${app}/cb`],
          post_logout_redirect_uris: [`${app}/out`],
          scopes: ['openid'],
        },
      },
      guard: createMemoryGuard(now),
      authenticate: loginProviders({
        works: {
          label: 'The Works',
          tellsAuthTime: true,
          authenticate: async () => ({ sub: 'works|alice', auth_time: now() }),
          async endSession({ location, state }) {
            if (isDown) throw new Error('down')
            return `${provider}/end?${formOf({ post_logout_redirect_uri: location, state })}`
          },
        },
      }),
      log: () => {},
    })
    browser = await startChromium()
    const phone = { viewport: { width: 320, height: 640 } }
    page = await (await browser.newContext(phone)).newPage()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    for (const server of servers) server.close()
  })

  /** Logs in at the relying party, and presses on the page that asks whether to log out. */
  async function logOut(): Promise<void> {
    const asked = formOf({
      ...{ response_type: 'code', client_id: 'rp', redirect_uri: `${app}/cb`, scope: 'openid' },
      ...{ code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256' },
    })
    await page.goto(`${issuer}/authorize?${asked}`)
    if (page.url().startsWith(issuer)) await page.getByRole('button', { name: 'Allow' }).click()
    await page.waitForURL(`${app}/cb?**`)
    const wish = formOf({ client_id: 'rp', post_logout_redirect_uri: `${app}/out`, state: 'x & y' })
    await page.goto(`${issuer}/logout?${wish}`)
    await page.getByRole('button', { name: 'Log out' }).click()
  }

  it('leads from our form to its form and on to the app, though the policy of each page knows the next one alone', async () => {
    isDown = false
    await logOut()
    await page.waitForURL(`${provider}/end?**`)
    // Whoever stays there has lost nothing.
    const other = await page.context().newPage()
    await other.goto(`${issuer}/logout`)
    expect(await other.getByRole('heading', { level: 1 }).textContent()).toBe('You are logged out')
    await page.getByRole('button', { name: 'Yes' }).click()
    await page.waitForURL(`${app}/out?state=x+%26+y`)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Shop')
  })

  it('ends on a page that anybody can read where the provider is down, with a way back', async () => {
    isDown = true
    await logOut()
    await page.getByText('you may still be logged in').waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const options = JSON.stringify({ runOnly: { type: 'tag', values: tags } })
    const { violations } = await page.evaluate<{ violations: unknown[] }>(`axe.run(${options})`)
    expect(violations).toEqual([])
    await page.getByRole('link', { name: 'Back to The Shop' }).click()
    await page.waitForURL(`${app}/out?state=x+%26+y`)
  })
})

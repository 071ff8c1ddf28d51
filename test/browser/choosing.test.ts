import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { getRequestListener } from '@hono/node-server'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard, type Issuer, type LoginProvider, loginProviders } from '../../src/index.ts'
import { developmentLogin } from '../../src/login/development.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { testKey } from '../fixtures.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { isWithoutChromium, listen, startChromium } from './chromium.ts'

const API = 'https://api.example.com'

/** What a provider's own page has: a link back; or, at `/posting`, a form that posts itself to the issuer. */
function pageOf(url: URL): string {
  const [state, back] = [url.searchParams.get('state') ?? '', url.searchParams.get('redirect_uri') ?? '']
  if (url.pathname === '/posting')
    return `<form method="post" action="${back}"><input name="state" value="${state}"><input name="code" value="carol"></form><script>document.forms[0].submit()</script>`
  return `<h1>At the provider</h1><a href="${back}?${formOf({ state, code: 'alice' })}">Log in</a>`
}

describe.skipIf(isWithoutChromium)('people who choose where to log in, in a real browser', { timeout: 60_000 }, () => {
  let browser: Browser
  let elsewhere: { server: Server; port: number }
  let server: Server
  let issuer: Issuer
  let page: Page
  let origin = ''

  /** Returns a provider on another site, for the names are others. */
  const providerAt = (path: string, label: string, isPosted = false): LoginProvider => ({
    label,
    tellsAuthTime: false,
    isPosted,
    async authenticate(request, { step, state, callback, provider }) {
      const id = new URL(request.url).searchParams.get('code')
      const asked = formOf({ state, redirect_uri: callback })
      if (step === 'begin')
        return new Response(null, {
          status: 303,
          headers: { location: `http://127.0.0.1:${elsewhere.port}${path}?${asked}` },
        })
      return { sub: `${provider}|${id}`, name: `${id} of ${label}` }
    },
  })

  beforeAll(async () => {
    elsewhere = await listen((request, answer) =>
      answer
        .writeHead(200, { 'content-type': 'text/html' })
        .end(pageOf(new URL(request.url ?? '', 'http://127.0.0.1'))),
    )
    const started = await listen((...exchange) => getRequestListener((request) => issuer.fetch(request))(...exchange))
    server = started.server
    origin = `http://localhost:${started.port}`
    issuer = createIssuer({
      issuer: origin,
      keyRing: writeRing(createRing({ now: Math.floor(Date.now() / 1000), key: testKey() })),
      resources: { [API]: { scopes: ['orders:read'] } },
      clients: {
        app: {
          client_name: 'Order book',
          grant_types: ['authorization_code'],
          redirect_uris: ['http://127.0.0.1/cb'],
          resources: [API],
          scopes: ['orders:read'],
        },
      },
      guard: createMemoryGuard(() => Math.floor(Date.now() / 1000)),
      authenticate: loginProviders({
        github: providerAt('/', 'GitHub'),
        apple: providerAt('/posting', 'Apple', true),
        dev: { label: 'a name of your own', tellsAuthTime: true, authenticate: developmentLogin },
      }),
      log: () => {},
    })
    browser = await startChromium()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    for (const one of [server, elsewhere?.server]) {
      one?.closeAllConnections()
      one?.close()
    }
  })
  afterEach(() => page.context().close())

  const authorizeUrl = (changes: Record<string, string> = {}): string =>
    `${origin}/authorize?${formOf({ response_type: 'code', client_id: 'app', redirect_uri: 'http://127.0.0.1/cb', scope: 'orders:read', state: 'xyz', code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256', ...changes })}`

  async function open(options: BrowserContextOptions = {}): Promise<Page> {
    page = await (await browser.newContext(options)).newPage()
    await page.goto(authorizeUrl())
    return page
  }
  const heading = (): Promise<string | null> => page.locator('h1').textContent()
  const account = (): Promise<string | null> => page.locator('.account bdi').textContent()
  const words = (): Promise<string[]> => page.locator('.choices a').allTextContents()

  it('do so by keyboard alone, without scripts, and come back to the question', async () => {
    await open({ javaScriptEnabled: false })
    expect(await words()).toEqual(['Continue with GitHub', 'Continue with Apple', 'Continue with a name of your own'])
    await page.keyboard.press('Tab')
    expect(await page.locator('a:focus').textContent()).toBe('Continue with GitHub')
    await page.keyboard.press('Enter')
    await page.waitForURL(`http://127.0.0.1:${elsewhere.port}/**`)
    await page.getByRole('link', { name: 'Log in' }).press('Enter')
    await page.waitForSelector('button[value="allow"]')
    expect(await account()).toBe('alice of GitHub')
  })

  it('go back from a provider, choose another, and find it first the next time', async () => {
    await open()
    await page.getByRole('link', { name: 'Continue with GitHub' }).click()
    await page.waitForURL(`http://127.0.0.1:${elsewhere.port}/**`)
    await page.goBack()
    expect(await heading()).toBe('How do you want to log in?')
    await page.getByRole('link', { name: 'Continue with a name of your own' }).click()
    await page.getByLabel('Name').fill('zoe')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.waitForSelector('button[value="allow"]')
    expect(await account()).toBe('zoe')
    await page.getByRole('button', { name: 'Use another account' }).click()
    await page.waitForSelector('.choices')
    expect((await words())[0]).toBe('Continue with a name of your own')
    expect(await page.locator('.choices .last').count()).toBe(1)
  })

  it('are logged in by a form that the provider posts, by their own cookies', async () => {
    await open()
    await page.getByRole('link', { name: 'Continue with Apple' }).click()
    await page.waitForSelector('button[value="allow"]')
    expect(await account()).toBe('carol of Apple')
  })

  it('choose in two tabs, and both lead to the question', async () => {
    await open()
    const other = await page.context().newPage()
    await other.goto(authorizeUrl())
    for (const tab of [other, page]) {
      await tab.getByRole('link', { name: 'Continue with GitHub' }).click()
      await tab.waitForURL(`http://127.0.0.1:${elsewhere.port}/**`)
    }
    for (const tab of [page, other]) {
      await tab.getByRole('link', { name: 'Log in' }).click()
      await tab.waitForSelector('button[value="allow"]')
    }
    expect(await account()).toBe('alice of GitHub')
  })

  it.each(['light', 'dark'] as const)(
    'read a page without a fault that axe can find, that fits a phone: %s (WCAG 2.2 AA)',
    async (colorScheme) => {
      await open({ colorScheme, bypassCSP: true, viewport: { width: 320, height: 640 } })
      const cookie = { name: 'bulla-provider', value: 'github', domain: 'localhost', path: '/' }
      await page.context().addCookies([cookie])
      await page.reload()
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
      await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
      const options = JSON.stringify({ runOnly: { type: 'tag', values: tags } })
      const { violations } = await page.evaluate<{ violations: unknown[] }>(`axe.run(${options})`)
      expect(violations).toEqual([])
    },
  )
})

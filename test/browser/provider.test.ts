import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { type Provider as OwnProvider, startProvider } from '../parties/bad_provider.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { formOf, VERIFIER } from '../parties/person.ts'

const CHROMIUM = '/usr/bin/chromium'
const hasChromium = existsSync(CHROMIUM)

/** Starts npm's oidc-provider, which tells names at its UserInfo endpoint alone. */
async function startOidcProvider(callback: string, port: number): Promise<Server> {
  const provider = new Provider(`http://localhost:${port}`, {
    clients: [{ client_id: 'bulla', client_secret: 'upstream-secret', redirect_uris: [callback] }],
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['preferred_username'] },
    findAccount: (_: unknown, id: string) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: `${id} upstream` }),
    }),
  })
  const server = createServer(provider.callback())
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  return server
}

describe.skipIf(!hasChromium && process.env['CI'] !== 'true')(
  'with a provider, in a real browser',
  { timeout: 60_000 },
  () => {
    let browser: Browser
    let [app, oidc]: (Server | undefined)[] = []
    let own: OwnProvider
    /** One issuer with oidc-provider, one with a provider of our own making. */
    let issuers: LiveIssuer[] = []
    let redirectUri = ''
    let page: Page

    beforeAll(async () => {
      const port = await freePort()
      own = await startProvider(() => Math.floor(Date.now() / 1000))
      const login = { type: 'openid', client_id: 'bulla', scope: 'openid profile' }
      const start = (issuer: string) =>
        startIssuer({ LOGIN: { ...login, issuer }, LOGIN_CLIENT_SECRET: 'upstream-secret' })
      issuers = [await start(`http://localhost:${port}`), await start(own.issuer)]
      oidc = await startOidcProvider(`${issuers[0]?.issuer}/login/callback`, port)
      app = createServer((_, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end('<h1>The app</h1>'))
      await new Promise<void>((resolve) => app?.listen(0, '127.0.0.1', resolve))
      redirectUri = `http://127.0.0.1:${(app.address() as AddressInfo).port}/callback`
      browser = await chromium.launch({
        executablePath: CHROMIUM,
        args: ['--no-sandbox', '--headless', '--disable-gpu'],
      })
    }, 120_000)
    afterAll(async () => {
      await browser?.close()
      for (const server of [app, oidc]) {
        server?.closeAllConnections()
        server?.close()
      }
      await own?.stop()
      for (const live of issuers) await live.stop()
    })
    afterEach(() => {
      own.misbehave({})
    })

    /** Opens a browser of its own, at the request of an app; returns all URLs that it was at. */
    async function visit(which: 0 | 1): Promise<string[]> {
      const context = await browser.newContext()
      page = await context.newPage()
      const asked: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      const parameters = formOf({
        response_type: 'code',
        client_id: 'demo-app',
        redirect_uri: redirectUri,
        scope: 'orders:read',
        state: 'xyz',
        code_challenge: challengeOf(VERIFIER),
        code_challenge_method: 'S256',
      })
      await page.goto(`${issuers[which]?.issuer}/authorize?${parameters}`)
      return asked
    }

    async function logInAtOidcProvider(): Promise<void> {
      await page.fill('input[name=login]', 'carol')
      await page.fill('input[name=password]', 'pw')
      await page.click('button[type=submit]')
      await page.click('button[type=submit]')
    }

    it('who cancels there is back at the app, which is told so', async () => {
      await visit(0)
      await page.click('a[href$="/abort"]')
      await page.waitForURL(`${redirectUri}**`)
      const { searchParams } = new URL(page.url())
      expect([searchParams.get('error'), searchParams.get('state')]).toEqual(['access_denied', 'xyz'])
      expect(await page.textContent('h1')).toBe('The app')
    })

    it('the page that asks names the account as the provider does, and never by a digest', async () => {
      await visit(0)
      await logInAtOidcProvider()
      expect(await page.textContent('h1')).toContain('wants access')
      expect(await page.textContent('.account bdi')).toBe('carol upstream')
      expect(await page.textContent('main')).not.toMatch(/[\w-]{43}/)
    })

    it('the page by which a login came back, opened again, says what is true and leads on', async () => {
      const asked = await visit(0)
      await logInAtOidcProvider()
      const callback = asked.find((url) => url.includes('/login/callback?')) ?? ''
      await page.goto(callback)
      expect(await page.textContent('h1')).toBe('The login did not work')
      await page.click('a.button')
      expect(await page.textContent('.account bdi')).toBe('carol upstream')
    })

    it('a secret that the provider does not take is no matter of a moment', async () => {
      own.misbehave({ at: 'token', how: 'refused' })
      await visit(1)
      expect(await page.textContent('h1')).toBe('Something went wrong here')
      expect(await page.textContent('main')).not.toContain('in a moment')
    })

    it('one that says as much of a person as it likes logs in: the browser keeps the session, and nothing loops', async () => {
      const amr = Array.from({ length: 60 }, (_, index) => `urn:example:authentication-method-${index}`)
      const acr = `urn:example:${'a'.repeat(1000)}`
      own.misbehave({ claims: { amr, acr, name: 'a'.repeat(1000), preferred_username: 'alice' } })
      const asked = await visit(1)
      expect(await page.textContent('.account bdi')).toBe('alice')
      expect(asked.filter((url) => url.includes('/authorize?')).length).toBe(3)
    })

    it('one that names nobody has a page without an account', async () => {
      own.misbehave({ claims: { preferred_username: ' ' } })
      await visit(1)
      expect(await page.textContent('h1')).toContain('wants access')
      expect(await page.textContent('main')).not.toMatch(/Account|[\w-]{43}/)
    })
  },
)

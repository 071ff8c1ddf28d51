import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import {
  type Authenticate,
  createIssuer,
  createMemoryGuard,
  type IssuerSettings,
  OAuthError,
  readBindings,
} from '../../src/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { testKey } from '../fixtures.ts'
import { formOf, VERIFIER } from '../parties/person.ts'

const CHROMIUM = '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--headless', '--disable-background-networking', '--no-first-run', '--disable-gpu']
const HOUR = 3600

/** Starts a server on a port that nobody has, and returns its URL under a name. */
async function listen(server: Server, host: string): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://${host}:${(server.address() as AddressInfo).port}`
}

describe.skipIf(!existsSync(CHROMIUM) && process.env['CI'] !== 'true')(
  'people who take their time, in a real browser',
  { timeout: 60_000 },
  () => {
    const start = Math.floor(Date.now() / 1000)
    let seconds = 0
    const now = (): number => start + seconds
    const servers: Server[] = []
    let browser: Browser
    /** Another site: the provider's login page, and the app. */
    let elsewhere = ''

    /** Starts an issuer in Node whose clock the test moves. */
    async function startIssuer(changes: Partial<IssuerSettings> = {}): Promise<string> {
      const server = createAdaptorServer({ fetch: (request) => issuer.fetch(request) }) as Server
      const url = await listen(server, 'localhost')
      const KEY_RING = writeRing(createRing({ now: start, key: testKey() }))
      const settings = readBindings({ ISSUER: url, KEY_RING, DEVELOPMENT: 'true', GUARD: 'none' } as never)
      const issuer = createIssuer({ ...settings, guard: createMemoryGuard(now), now, log: () => {}, ...changes })
      servers.push(server)
      return url
    }

    /** A provider on another site: its page asks who you are, and sends you back. */
    const provider: Authenticate = async (request, { step, state, callback, now: at }) => {
      const name = new URL(request.url).searchParams.get('name')
      if (step === 'continue' && name !== null) return { sub: name, name, auth_time: at }
      return Response.redirect(`${elsewhere}/login?${new URLSearchParams({ state, callback })}`, 303)
    }

    /** Answers for the other site. */
    function answerElsewhere(url: URL): string {
      const { state = '', callback = '' } = Object.fromEntries(url.searchParams)
      return url.pathname === '/login'
        ? `<form action="${callback}"><input type="hidden" name="state" value="${state}"><label>Who? <input name="name"></label><button>Log in</button></form>`
        : '<h1>The app</h1>'
    }

    beforeAll(async () => {
      const other = createServer((request, answer) =>
        answer
          .writeHead(200, { 'content-type': 'text/html' })
          .end(answerElsewhere(new URL(request.url ?? '/', elsewhere))),
      )
      servers.push(other)
      elsewhere = await listen(other, '127.0.0.1')
      browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
    }, 120_000)
    afterAll(async () => {
      await browser?.close()
      for (const server of servers) server.close()
    })

    const requestOf = (changes: Record<string, string> = {}): URLSearchParams =>
      formOf({
        response_type: 'code',
        client_id: 'demo-app',
        redirect_uri: `${elsewhere}/callback`,
        scope: 'orders:read',
        state: 'xyz',
        code_challenge: challengeOf(VERIFIER),
        code_challenge_method: 'S256',
        ...changes,
      })
    const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()
    const asks = (page: Page): Promise<unknown> => page.waitForSelector('button[value="allow"]')
    const logIn = async (page: Page, name = 'alice', label = 'Who?'): Promise<void> => {
      await page.getByLabel(label).fill(name)
      await press(page, 'Log in')
    }
    async function open(): Promise<{ page: Page; context: BrowserContext }> {
      const context = await browser.newContext()
      return { page: await context.newPage(), context }
    }

    it("an hour at the provider's page: they log in there once more, and the app gets its answer", async () => {
      const issuer = await startIssuer({ authenticate: provider })
      const { page, context } = await open()
      await page.goto(`${issuer}/authorize?${requestOf()}`)
      seconds += HOUR
      await logIn(page)
      await page.waitForURL(`${elsewhere}/login?**`)
      await logIn(page)
      await asks(page)
      await press(page, 'Allow')
      await page.waitForURL(`${elsewhere}/callback?code=**state=xyz**`)
      await context.close()
    })

    it('an hour at the login page of the issuer itself: they press once more', async () => {
      const issuer = await startIssuer()
      const { page, context } = await open()
      await page.goto(`${issuer}/authorize?${requestOf()}`)
      seconds += HOUR
      await logIn(page, 'alice', 'Name')
      await page.getByRole('heading', { name: 'Who do you want to be?' }).waitFor()
      expect(new URL(page.url()).pathname).toBe('/authorize')
      await logIn(page, 'alice', 'Name')
      await asks(page)
      await context.close()
    })

    it.each([
      ['an hour', HOUR, false],
      ['three hours, after which the session is over too', 3 * HOUR, true],
    ])('%s at the question: they are asked once more, by keyboard alone', async (_, pause, isLoggedOut) => {
      const issuer = await startIssuer({ authenticate: provider })
      for (const [tabs, answer] of [
        [1, 'error=access_denied'],
        [2, 'code='],
      ] as const) {
        const { page, context } = await open()
        await page.goto(`${issuer}/authorize?${requestOf()}`)
        await logIn(page)
        await asks(page)
        seconds += pause
        const choose = async (): Promise<void> => {
          for (let tab = 0; tab < tabs; tab++) await page.keyboard.press('Tab')
          await page.keyboard.press('Enter')
        }
        await choose()
        if (isLoggedOut) {
          await page.waitForURL(`${elsewhere}/login?**`)
          await logIn(page)
        }
        await page.waitForURL(`${issuer}/authorize?**`)
        await asks(page)
        await choose()
        await page.waitForURL(`${elsewhere}/callback?${answer}**`)
        await context.close()
      }
    })

    it.each([
      ['somebody else', 'bob'],
      ['the same person, after logging out', 'alice'],
    ])('two tabs, and %s logs in in the second: the first asks who is there now', async (_, name) => {
      const issuer = await startIssuer({ authenticate: provider })
      const { page, context } = await open()
      await page.goto(`${issuer}/authorize?${requestOf({ state: 'first' })}`)
      await logIn(page)
      await asks(page)
      const tab = await context.newPage()
      if (name === 'alice') {
        await tab.goto(`${issuer}/logout`)
        await press(tab, 'Log out')
      }
      await tab.goto(`${issuer}/authorize?${requestOf({ state: 'second', prompt: 'login' })}`)
      await logIn(tab, name)
      await asks(tab)
      await press(page, 'Allow')
      await page.waitForURL(`${issuer}/authorize?**`)
      await asks(page)
      expect(await page.locator('.account').textContent()).toBe(name)
      for (const [one, state] of [
        [page, 'first'],
        [tab, 'second'],
      ] as const) {
        await press(one, 'Allow')
        await one.waitForURL(`${elsewhere}/callback?code=**state=${state}**`)
      }
      await context.close()
    })

    it('a login that was begun in one browser and finished in another can be begun again there, by keyboard alone', async () => {
      const issuer = await startIssuer({ authenticate: provider })
      const [first, second] = [await open(), await open()]
      await first.page.goto(`${issuer}/authorize?${requestOf()}`)
      // A link in an e-mail, say, that opens in the other browser.
      await second.page.goto(first.page.url())
      await logIn(second.page)
      expect(await second.page.getByRole('heading', { level: 1 }).textContent()).toBe(
        'This login began in another browser',
      )
      await second.page.keyboard.press('Tab')
      await second.page.keyboard.press('Enter')
      await second.page.waitForURL(`${elsewhere}/login?**`)
      await logIn(second.page, 'bob')
      await asks(second.page)
      expect(await second.page.locator('.account').textContent()).toBe('bob')
      await press(second.page, 'Allow')
      await second.page.waitForURL(`${elsewhere}/callback?code=**state=xyz**`)
      for (const { context } of [first, second]) await context.close()
    })

    it('a login at the issuer itself that needs no question leads to the app, though a form began it', async () => {
      const clients = {
        own: {
          grant_types: ['authorization_code' as const],
          redirect_uris: ['https://own.example/cb'],
          resources: ['https://api.example.com'],
          scopes: ['orders:read'],
          consent: 'skip' as const,
        },
      }
      const issuer = await startIssuer({ clients, isDemo: false })
      const { page, context } = await open()
      await page.goto(`${issuer}/authorize?${requestOf({ client_id: 'own', redirect_uri: 'https://own.example/cb' })}`)
      const arrives = page.waitForRequest(/^https:\/\/own\.example\/cb\?code=.*state=xyz/, { timeout: 10_000 })
      await Promise.all([arrives, logIn(page, 'alice', 'Name')])
      await context.close()
    })

    it('the demo leads to a provider, though a form began it', async () => {
      const issuer = await startIssuer({ authenticate: provider })
      const { page, context } = await open()
      await page.goto(issuer)
      await press(page, 'Get a token')
      await page.waitForURL(`${elsewhere}/login?**`, { timeout: 10_000 })
      await context.close()
    })

    it('a login that fails leads back to the app, by keyboard alone', async () => {
      const issuer = await startIssuer({
        authenticate: async (request, transaction) => {
          if (transaction.step === 'begin') return provider(request, transaction)
          throw new OAuthError('login_failed', 'as this test will have it')
        },
      })
      const { page, context } = await open()
      await page.goto(`${issuer}/authorize?${requestOf()}`)
      await logIn(page)
      await page.getByRole('heading', { name: 'The login did not work' }).waitFor()
      for (let tab = 0; tab < 2; tab++) await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.waitForURL(`${elsewhere}/callback?error=access_denied**state=xyz**`)
      await context.close()
    })

    it('a reload of the page of a pushed request, before the login and at the question, leads on', async () => {
      const issuer = await startIssuer({ authenticate: provider })
      const { page, context } = await open()
      const pushed = await fetch(`${issuer}/par`, { method: 'POST', body: requestOf() })
      const { request_uri } = (await pushed.json()) as { request_uri: string }
      await page.goto(`${issuer}/authorize?${formOf({ client_id: 'demo-app', request_uri })}`)
      await logIn(page)
      await asks(page)
      for (const pause of [91, 1800]) {
        seconds += pause
        await page.reload()
        await asks(page)
      }
      await press(page, 'Allow')
      await page.waitForURL(`${elsewhere}/callback?code=**`)
      await context.close()
    })
  },
)

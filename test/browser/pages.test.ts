import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { isWithoutChromium, startChromium } from './chromium.ts'

/** A shop that asks in detail, and for as much as may be. */
const SHOP = {
  AUTHORIZATION_DETAILS_TYPES: {
    transfer: {
      name: 'Transfer money',
      description: 'One transfer from your account.',
      resources: ['https://api.example.com'],
      schema: {
        type: 'object',
        properties: {
          amount: {
            type: 'object',
            properties: { value: { type: 'string' }, currency: { type: 'string' } },
            additionalProperties: false,
          },
          to: { type: 'array', items: { type: 'string' } },
          parts: {
            type: 'array',
            items: {
              type: 'object',
              properties: { cents: { type: 'integer' }, note: { type: 'string' } },
              additionalProperties: false,
            },
          },
          remittanceText: { type: 'string', title: 'Text on the statement' },
          urgent: { type: 'boolean' },
        },
        additionalProperties: false,
      },
    },
    history: {
      name: 'See what you bought',
      resources: ['https://api.example.com'],
      schema: { type: 'object', properties: { days: { type: 'integer' } }, additionalProperties: false },
    },
  },
  CLIENTS: {
    shop: {
      client_name: 'Shop',
      grant_types: ['authorization_code'],
      redirect_uris: ['https://shop.example/cb'],
      resources: ['https://api.example.com'],
      scopes: ['orders:read'],
      authorization_details_types: ['transfer', 'history'],
    },
    editor: {
      client_name: 'Editor',
      grant_types: ['authorization_code'],
      redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'],
      resources: ['https://api.example.com'],
      scopes: ['orders:read'],
    },
  },
}

/** What the shop asks for: long words, markup, and text that runs the other way. */
const DETAILS = [
  {
    type: 'transfer',
    amount: { value: '1234.50', currency: 'EUR' },
    to: ['Bäckerei Müller & Söhne', 'DE02120300000000202051'.repeat(3), 'מאפייה'],
    remittanceText: '"><img src=x onerror=alert(1)> {{7*7}}',
    urgent: true,
  },
  {
    type: 'transfer',
    parts: [
      { cents: 500, note: 'two   spaces' },
      { cents: 700, note: '' },
    ],
  },
  { type: 'history', days: 30 },
] as const

describe.skipIf(isWithoutChromium)('in a real browser', { timeout: 60_000 }, () => {
  let live: LiveIssuer
  let browser: Browser
  let elsewhere: Server
  let axe = ''

  beforeAll(async () => {
    live = await startIssuer(SHOP)
    browser = await startChromium()
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
    elsewhere = createServer((request, answer) =>
      answer
        .writeHead(200, { 'content-type': 'text/html' })
        .end(request.url === '/post' ? postingForm() : `<iframe name="framed" src="${authorizeUrl()}"></iframe>`),
    )
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    elsewhere?.close()
    await live?.stop()
  })

  const authorizeUrl = (changes: Record<string, string> = {}): string =>
    `${live.issuer}/authorize?${formOf({ response_type: 'code', client_id: 'demo-app', redirect_uri: `${live.issuer}/demo`, scope: 'orders:read', state: 'xyz', code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256', ...changes })}`

  /** Returns a form by which another site sends a request. */
  const postingForm = (): string => {
    const fields = [...new URL(authorizeUrl()).searchParams].map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
    )
    return `<form method="post" action="${live.issuer}/authorize">${fields.join('')}<button>Send</button></form>`
  }

  /** Opens a browser window of its own, and notes all that it asks for and complains of. */
  async function open(
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; context: BrowserContext; asked: string[]; complaints: string[] }> {
    const context = await browser.newContext(options)
    const page = await context.newPage()
    const [asked, complaints]: [string[], string[]] = [[], []]
    page.on('request', (request) => asked.push(request.url()))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    return { page, context, asked, complaints }
  }
  const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()
  const logIn = async (page: Page, name = 'alice'): Promise<void> => {
    await page.getByLabel('Name').fill(name)
    await press(page, 'Log in')
  }

  const askInDetail = async (page: Page): Promise<void> => {
    const changes = { client_id: 'shop', redirect_uri: 'https://shop.example/cb' }
    await page.goto(authorizeUrl({ ...changes, authorization_details: JSON.stringify(DETAILS) }))
    await logIn(page)
    await page.waitForSelector('button[value="allow"]')
  }

  it('a form that is pressed twice on a slow line leads on, and its code is good', async () => {
    const { page, context } = await open()
    await page.goto(live.issuer)
    await press(page, 'Get a token')
    await logIn(page)
    let presses = 0
    const second = Promise.withResolvers<void>()
    await page.route('**/consent', async (route) => {
      // The server has the first press, and the browser hears nothing of it any more.
      const headers = { ...(await route.request().allHeaders()), 'sec-fetch-site': 'same-origin' }
      const response = await route.fetch({ headers })
      if (++presses === 2) second.resolve()
      await second.promise
      await route.fulfill({ response }).catch(() => undefined)
    })
    const allow = await page.getByRole('button', { name: 'Allow', exact: true }).boundingBox()
    const [x, y] = [(allow?.x ?? 0) + 9, (allow?.y ?? 0) + 9]
    await page.mouse.click(x, y)
    await expect.poll(() => presses).toBe(1)
    await page.mouse.click(x, y)
    await expect.poll(() => page.url(), { timeout: 8000 }).toContain('/demo?')
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('A sealed token, and what is inside')
    expect(presses).toBe(2)
    await context.close()
  })

  it('another site may post the request: who is logged in stays so, and another tab can finish its login', async () => {
    const { page, context } = await open()
    await page.goto(authorizeUrl())
    await logIn(page)
    const tab = await context.newPage()
    await tab.goto(authorizeUrl({ prompt: 'login' }))
    await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/post`)
    await press(page, 'Send')
    await page.waitForSelector('button[value="allow"]')
    await logIn(tab)
    await tab.waitForSelector('button[value="allow"]')
    await context.close()
  })

  it.each([true, false])(
    'press the button, log in, consent, see a sealed token and what is inside; JavaScript: %s',
    async (javaScriptEnabled) => {
      const { page, context, asked, complaints } = await open({ javaScriptEnabled })
      await page.goto(live.issuer)
      await press(page, 'Get a token')
      await logIn(page, 'zoë')
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(
        /^Demo app wants access to your account at /,
      )
      await press(page, 'Allow')
      await page.waitForURL('**/demo?**')
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('A sealed token, and what is inside')
      const opened = await page.locator('section[aria-labelledby="opened"]').textContent()
      expect(opened).toContain('"sub": "zoë"')
      expect(opened).toContain('"client_id": "demo-app"')
      expect(opened).toMatch(/r[\w-]+\.\d+/)
      expect(await page.locator('.envelope.sealed').textContent()).toMatch(/^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/)
      expect(await page.locator('.envelope.signed').textContent()).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)
      expect(await page.locator('section[aria-labelledby="told"]').textContent()).toContain('"name": "Zoë Example"')
      expect(asked.filter((url) => !url.startsWith(live.issuer) && !url.startsWith('data:'))).toEqual([])
      expect(complaints).toEqual([])
      await context.close()
    },
  )

  it('read every value of what is asked in detail, and none of it runs (C22)', async () => {
    const { page, context, asked, complaints } = await open()
    await askInDetail(page)
    const text = (await page.locator('ul.scopes').allInnerTexts()).join('\n')
    for (const value of [...DETAILS[0].to, '1234.50', 'EUR', DETAILS[0].remittanceText, 'yes', '30'])
      expect(text).toContain(value)
    const lines = text.split('\n').map((line) => line.trim())
    const second = lines.slice(lines.indexOf('Transfer money, 2 of 2'), lines.indexOf('See what you bought'))
    expect(second.filter((line) => line !== '')).toEqual([
      ...['Transfer money, 2 of 2', 'One transfer from your account.'],
      ...['Parts, 1 of 2', 'Cents', '500', 'Note', 'two   spaces'],
      ...['Parts, 2 of 2', 'Cents', '700', 'Note', 'empty'],
    ])
    // One that takes two lines is not taken for two: several are numbered.
    expect(await page.locator('ul.scopes dd > ol > li').allInnerTexts()).toEqual([...DETAILS[0].to])
    // Beside what it holds stands its name, and nothing else reaches over it.
    const boxes = await page
      .locator('ul.scopes dt, ul.scopes dd:not(.whole)')
      .evaluateAll((all) =>
        all.map((one) => one.getBoundingClientRect()).map(({ x, y, right, bottom }) => ({ x, y, right, bottom })),
      )
    const isOver = (a: (typeof boxes)[number], b: typeof a): boolean =>
      a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom
    expect(boxes.filter((one, index) => boxes.slice(index + 1).some((other) => isOver(one, other)))).toEqual([])
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(asked.filter((url) => !url.startsWith(live.issuer) && !url.startsWith('data:'))).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })

  it('say no, and the app gets nothing', async () => {
    const { page, context } = await open()
    await page.goto(live.issuer)
    await press(page, 'Get a token')
    await logIn(page)
    await press(page, 'Deny')
    await page.waitForURL('**/demo?**')
    expect(await page.textContent('body')).toContain('access_denied')
    await context.close()
  })

  it('press the button again after the login, try again from the page that says no, and are where they wanted to be', async () => {
    const { page, context } = await open()
    const url = authorizeUrl({ prompt: 'login' })
    await page.goto(url)
    const state = (await page.locator('input[name="state"]').getAttribute('value')) ?? ''
    await logIn(page)
    await page.waitForSelector('button[value="allow"]')
    const login = `${live.issuer}/login`
    await page.goto(url)
    await page.locator('input[name="state"]').evaluate((field, value) => field.setAttribute('value', value), state)
    await press(page, 'Log in')
    expect([page.url(), await page.getByRole('heading', { level: 1 }).textContent()]).toEqual([
      login,
      'The login did not work',
    ])
    // The request still is what it was: the login must be a new one.
    await page.getByRole('link', { name: 'Try again' }).click()
    await logIn(page)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(
      /^Demo app wants access to your account at /,
    )
    await context.close()
  })

  it('log in anew as somebody else, and nobody is who was there before; as themselves, and are still there', async () => {
    const { page, context } = await open()
    const logInAs = async (name: string): Promise<void> => {
      await page.goto(authorizeUrl({ prompt: 'login' }))
      await logIn(page, name)
      await page.waitForSelector('button[value="allow"]')
    }
    const copy = await open()
    const isAsked = async (): Promise<boolean> => {
      await copy.page.goto(authorizeUrl())
      return copy.page.getByRole('button', { name: 'Log in', exact: true }).isVisible()
    }
    await logInAs('alice')
    await copy.context.addCookies(await context.cookies())
    await logInAs('alice')
    expect(await isAsked()).toBe(false)
    await logInAs('bob')
    expect(await isAsked()).toBe(true)
    for (const one of [context, copy.context]) await one.close()
  })

  it('go back to an app that has a scheme of its own, by the page after the consent, and by its link', async () => {
    const { page, context, complaints } = await open()
    const session = await context.newCDPSession(page)
    await session.send('Page.enable')
    const wanted: string[] = []
    session.on('Page.frameRequestedNavigation', ({ url }) => wanted.push(url))
    const redirect_uri = 'cursor://anysphere.cursor-mcp/oauth/callback'
    await page.goto(authorizeUrl({ client_id: 'editor', redirect_uri }))
    await logIn(page)
    expect(await page.locator('dl.facts').textContent()).toContain(redirect_uri)
    await press(page, 'Allow')
    await expect.poll(() => wanted.at(-1)).toMatch(/^cursor:\/\/anysphere\.cursor-mcp\/oauth\/callback\?code=/)
    const [byItself] = wanted.slice(-1)
    // While Chromium still tries the first, it takes a press for the same address for a slip.
    const again = async (): Promise<number> => {
      await page.getByRole('link', { name: 'Go on' }).click()
      return wanted.filter((url) => url === byItself).length
    }
    await expect.poll(again).toBeGreaterThan(1)
    // Nobody here has such an app, and that is all that Chromium complains of.
    expect(complaints.filter((text) => /policy|refused|blocked/i.test(text))).toEqual([])
    await context.close()
  })

  it('go back after consenting, and another answer is refused, with a way on', async () => {
    const { page, context } = await open()
    await page.goto(authorizeUrl())
    await logIn(page)
    const form = page.locator('input[name="consent"]')
    const consent = (await form.getAttribute('value')) ?? ''
    await press(page, 'Allow')
    await page.waitForURL('**/demo?**')
    // A page that nobody may keep is asked for anew: this is a new question.
    await page.goto(authorizeUrl())
    expect(await form.getAttribute('value')).not.toBe(consent)
    await form.evaluate((field, value) => field.setAttribute('value', value), consent)
    await press(page, 'Deny')
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You have answered this before')
    expect(page.url()).toBe(`${live.issuer}/consent`)
    await page.getByRole('link', { name: 'Back to Demo app' }).click()
    await page.waitForURL('**/demo?error=access_denied**')
    await context.close()
  })

  it('is never shown in a frame of somebody else', async () => {
    const { page, context } = await open()
    await page.goto(`http://127.0.0.1:${(elsewhere.address() as { port: number }).port}/`)
    await expect.poll(() => page.frames().map((frame) => frame.url().split(':')[0])).toEqual(['http', 'chrome-error'])
    await context.close()
  })

  it('use another account, and come back to the same question', async () => {
    const { page, context } = await open()
    await page.goto(authorizeUrl())
    await logIn(page)
    await press(page, 'Use another account')
    await logIn(page, 'bob')
    expect(await page.locator('.account').textContent()).toBe('bob')
    await press(page, 'Allow')
    await page.waitForURL('**/demo?**state=xyz**')
    await context.close()
  })

  it('log out, and the next visit asks who you are', async () => {
    const { page, context } = await open()
    await page.goto(authorizeUrl())
    await logIn(page)
    await page.goto(`${live.issuer}/logout`)
    await press(page, 'Log out')
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You are logged out')
    await page.goto(authorizeUrl())
    expect(await page.getByLabel('Name').isVisible()).toBe(true)
    await context.close()
  })

  it('answer by keyboard alone: nothing is chosen beforehand, and deny comes first', async () => {
    const { page, context } = await open()
    await page.goto(authorizeUrl())
    await page.getByLabel('Name').press('Enter')
    await page.waitForSelector('button[value="allow"]')
    const focused = (): Promise<string> => page.evaluate('document.activeElement.value ?? ""')
    expect(await focused()).toBe('')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('deny')
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('allow')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/demo?**')
    await context.close()
  })

  describe('every page', () => {
    const PAGES: readonly (readonly [string, (page: Page) => Promise<unknown>])[] = [
      ['start', (page) => page.goto(live.issuer)],
      ['login', (page) => page.goto(authorizeUrl())],
      [
        'consent',
        async (page) => {
          await page.goto(authorizeUrl({ scope: 'orders:read orders:write' }))
          await logIn(page)
          await page.waitForSelector('button[value="allow"]')
        },
      ],
      ['consent with details', (page) => askInDetail(page)],
      [
        'token',
        async (page) => {
          await page.goto(live.issuer)
          await press(page, 'Get a token')
          await logIn(page)
          await press(page, 'Allow')
          await page.waitForURL('**/demo?**')
        },
      ],
      [
        'logout',
        async (page) => {
          await page.goto(authorizeUrl())
          await logIn(page)
          await page.goto(`${live.issuer}/logout`)
        },
      ],
      ['logged out', (page) => page.goto(`${live.issuer}/logout`)],
      ['error', (page) => page.goto(`${live.issuer}/authorize?client_id=unknown`)],
      ['opened again', (page) => page.goto(`${live.issuer}/consent`)],
    ]

    // A page has no script: what it looks like otherwise, a visit of its own would not show better.
    it.each(PAGES)(
      'has no fault that axe can find, light and dark, and fits a phone of 320 pixels without scrolling sideways: %s (WCAG 2.2 AA, §1.4.10)',
      async (_, visit) => {
        const { page, context } = await open({ viewport: { width: 390, height: 800 } })
        await visit(page)
        await page.evaluate(axe)
        const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
        const options = JSON.stringify({ runOnly: { type: 'tag', values: tags } })
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          await page.setViewportSize({ width: 390, height: 800 })
          const { violations } = await page.evaluate<{ violations: unknown[] }>(`axe.run(${options})`)
          expect([colorScheme, violations]).toEqual([colorScheme, []])
          await page.setViewportSize({ width: 320, height: 640 })
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
        }
        await context.close()
      },
    )
  })
})

import type { IncomingHttpHeaders, Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { type Authenticate, createIssuer, createMemoryGuard, OAuthError } from '../../src/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { testKey } from '../fixtures.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { isWithoutChromium, listen, startChromium } from './chromium.ts'

const API = 'https://api.example.com'

/** What came to an app. */
interface Taken {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: URLSearchParams
}

/** The issuer's own login page, with the policy that operators give theirs: nothing leads away from its form. */
const login: Authenticate = async (request, { step, state, now }) => {
  const name = step === 'continue' ? new URLSearchParams(await request.clone().text()).get('name') : null
  if (name === 'nobody') throw new OAuthError('access_denied', 'as the person wants it')
  if (name !== null) return { sub: name, auth_time: now }
  return new Response(
    `<form method="post" action="/login"><input type="hidden" name="state" value="${state}">` +
      '<button name="name" value="alice">Log in</button><button name="name" value="nobody">Cancel</button></form>',
    { headers: { 'content-type': 'text/html', 'content-security-policy': "default-src 'none'; form-action 'self'" } },
  )
}

describe.skipIf(isWithoutChromium)('an answer that is posted, in a real browser', { timeout: 60_000 }, () => {
  let browser: Browser
  let issuer = ''
  let app: { server: Server; port: number }
  let home: { server: Server; port: number }
  let server: Server
  let taken: Taken[] = []

  beforeAll(async () => {
    // Once it has its answer, the app goes on to a third site.
    home = await listen((_, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end('<h1>At home</h1>'))
    app = await listen((request, answer) => {
      let body = ''
      request.on('data', (chunk) => (body += chunk))
      request.on('end', () => {
        const { method = '', url = '', headers } = request
        if (url.startsWith('/cb')) taken.push({ method, url, headers, body: new URLSearchParams(body) })
        const page = url === '/open' ? OPENER : url.startsWith('/cb?popup') ? CALLBACK : undefined
        if (page === undefined) answer.writeHead(303, { location: `http://localhost:${home.port}/` }).end()
        else answer.writeHead(200, { 'content-type': 'text/html' }).end(page)
      })
    })
    const grants = { grant_types: ['authorization_code'], resources: [API], scopes: ['orders:read'] }
    const redirect_uris = ['http://127.0.0.1/cb', 'http://127.0.0.1/cb?popup']
    server = createAdaptorServer({ fetch: (request) => made.fetch(request) }) as Server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    issuer = `http://localhost:${(server.address() as { port: number }).port}`
    const made = createIssuer({
      issuer,
      keyRing: writeRing(createRing({ now: Math.floor(Date.now() / 1000), key: testKey() })),
      resources: { [API]: { scopes: ['orders:read'] } },
      clients: {
        app: { ...grants, client_name: 'The app', redirect_uris },
        popup: { ...grants, client_name: 'The popup', redirect_uris, opens_popup: true },
        own: { ...grants, client_name: 'Our own', redirect_uris: ['https://own.example/cb'], consent: 'skip' },
      },
      guard: createMemoryGuard(() => Math.floor(Date.now() / 1000)),
      authenticate: login,
      log: () => {},
    })
    browser = await startChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    for (const one of [server, app?.server, home?.server]) one?.close()
  })

  const OPENER = `<button>Sign in</button><p></p><script>
addEventListener('message', ({ data }) => { document.querySelector('p').textContent = data })
document.querySelector('button').onclick = () => open(decodeURIComponent(location.hash.slice(1)), 'login', 'popup')
</script>`
  const CALLBACK = `<h1>Posted</h1><script>opener?.postMessage('handed over', location.origin)</script>`

  const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()
  const urlOf = (changes: Readonly<Record<string, string>> = {}): string => {
    const challenge = { code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256' }
    const redirect_uri = `http://127.0.0.1:${app.port}/cb`
    const asked = { response_type: 'code', client_id: 'app', redirect_uri, scope: 'orders:read', state: 'xyz' }
    return `${issuer}/authorize?${formOf({ ...asked, ...challenge, response_mode: 'form_post', ...changes })}`
  }
  /** Opens a page whose console must stay empty: no policy of ours is in our own way. */
  async function open(options: BrowserContextOptions = {}): Promise<readonly [Page, BrowserContext, string[]]> {
    taken = []
    const context = await browser.newContext(options)
    const page = await context.newPage()
    const said: string[] = []
    page.on('console', (message) => said.push(message.text()))
    return [page, context, said]
  }
  const arrives = (page: Page): Promise<unknown> => page.getByText('At home').waitFor()

  it.each(['form_post', 'form_post.jwt'])(
    'comes to the app by itself after the consent, and goes on: %s',
    async (mode) => {
      const [page, context, said] = await open()
      await page.goto(urlOf({ response_mode: mode }))
      await press(page, 'Log in')
      await press(page, 'Allow')
      await arrives(page)
      const [post] = taken
      expect([taken.length, post?.method, post?.url, [...(post?.body.keys() ?? [])]]).toEqual([
        1,
        'POST',
        '/cb',
        mode === 'form_post' ? ['code', 'state', 'iss'] : ['response'],
      ])
      // The form has an origin, and tells nothing of where on it the person was.
      expect([post?.headers.origin, post?.headers.referer]).toEqual([issuer, `${issuer}/`])
      expect(said).toEqual([])
      await context.close()
    },
  )

  it('comes to the app by a press where there are no scripts; the page says where to', async () => {
    const [page, context] = await open({ javaScriptEnabled: false })
    await page.goto(urlOf())
    await press(page, 'Log in')
    await press(page, 'Allow')
    expect(await page.locator('.card').textContent()).toContain(`taken back to 127.0.0.1:${app.port}`)
    expect(taken).toEqual([])
    await press(page, 'Go on')
    await arrives(page)
    expect(taken.map(({ method, body }) => [method, body.has('code')])).toEqual([['POST', true]])
    await context.close()
  })

  it('comes to the app without a question, straight after the form of a login', async () => {
    const [page, context, said] = await open()
    const bodies: string[] = []
    await page.route('https://own.example/**', async (route) => {
      bodies.push(`${route.request().method()} ${route.request().postData()}`)
      await route.fulfill({ contentType: 'text/html', body: '<h1>At home</h1>' })
    })
    await page.goto(urlOf({ client_id: 'own', redirect_uri: 'https://own.example/cb' }))
    await press(page, 'Log in')
    await arrives(page)
    expect([bodies, said]).toEqual([[expect.stringMatching(/^POST code=ey.*&state=xyz&iss=/)], []])
    await context.close()
  })

  it.each<[string, (page: Page) => Promise<unknown>, string]>([
    ['when the person says no', (page) => press(page, 'Log in').then(() => press(page, 'Deny')), 'access_denied'],
    ['when a login is over, after its form', (page) => press(page, 'Cancel'), 'access_denied'],
    ['before anybody is asked', (page) => page.goto(urlOf({ prompt: 'none' })).catch(() => {}), 'login_required'],
  ])('is an error %s', async (_, act, error) => {
    const [page, context, said] = await open()
    await page.goto(urlOf())
    await act(page)
    await arrives(page)
    expect([taken.map(({ method, body }) => [method, body.get('error'), body.get('state')]), said]).toEqual([
      [['POST', error, 'xyz']],
      [],
    ])
    await context.close()
  })

  it('is sent by a press where the person has to choose, after a form of ours', async () => {
    const [page, context, said] = await open()
    await page.goto(urlOf())
    await press(page, 'Log in')
    const consent = await page.locator('input[name="consent"]').inputValue()
    await press(page, 'Deny')
    await arrives(page)
    await page.goto(urlOf())
    // The question of before once more, as a page of before has it.
    await page.locator('input[name="consent"]').evaluate((field, value) => field.setAttribute('value', value), consent)
    await press(page, 'Allow')
    await page.getByText('You have answered this before').waitFor()
    await press(page, 'Back to The app')
    await arrives(page)
    expect(taken.map(({ body }) => body.get('error'))).toEqual(['access_denied', 'access_denied'])
    // The status of that page, and no word of a policy.
    expect(said).toEqual([expect.stringContaining('409')])
    await context.close()
  })

  it('is posted from no page of before: going back asks the app for nothing once more', async () => {
    const [page, context] = await open()
    await page.goto(urlOf())
    await press(page, 'Log in')
    await press(page, 'Deny')
    await arrives(page)
    await page.goBack()
    await page.waitForLoadState()
    expect(taken.length).toBe(1)
    await context.close()
  })

  it.each([
    ['is handed to the window that opened the popup, for a client that does so', 'popup', 'handed over'],
    ['finds nobody there otherwise', 'app', ''],
  ])('%s', async (_, client_id, told) => {
    const [page, context] = await open()
    const asked = urlOf({ client_id, redirect_uri: `http://127.0.0.1:${app.port}/cb?popup` })
    await page.goto(`http://127.0.0.1:${app.port}/open#${encodeURIComponent(asked)}`)
    const opened = context.waitForEvent('page')
    await press(page, 'Sign in')
    const popup = await opened
    await press(popup, 'Log in')
    await press(popup, 'Allow')
    await popup.getByText('Posted').waitFor()
    if (told !== '') await page.locator('p:not(:empty)').waitFor()
    expect([taken.length, taken[0]?.body.has('code'), await page.locator('p').textContent()]).toEqual([1, true, told])
    await context.close()
  })
})

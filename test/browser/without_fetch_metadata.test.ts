import type { Server } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { isWithoutChromium, listen, proxyWithout, startChromium } from './chromium.ts'

/** What arrives at the issuer with each form. */
const sent: { readonly path: string; readonly origin: string | undefined; readonly hasMetadata: boolean }[] = []

describe.skipIf(isWithoutChromium)('a browser without Sec-Fetch-Site', { timeout: 60_000 }, () => {
  let live: LiveIssuer
  let browser: Browser
  let elsewhere = ''
  let stolen = ''
  const servers: Server[] = []

  beforeAll(async () => {
    const port = await freePort()
    const issuer = `http://localhost:${port}`
    live = await startIssuer({}, { issuer })
    const forward = proxyWithout(/^sec-fetch-/, () => live.port)
    const proxy = await listen((incoming, outgoing) => {
      const { method, url = '', headers } = incoming
      const strip = Object.keys(headers).some((name) => name.startsWith('sec-fetch-'))
      if (method === 'POST') sent.push({ path: url, origin: headers.origin, hasMetadata: strip })
      forward(incoming, outgoing)
    }, port)
    const other = await listen(({ url }, answer) => {
      const policy = url === '/nameless' ? { 'referrer-policy': 'no-referrer' } : {}
      const form = `<form method="post" action="${issuer}/consent"><input name="consent" value="${stolen}"><input name="decision" value="allow"><button>Send</button></form>`
      answer.writeHead(200, { 'content-type': 'text/html', ...policy }).end(form)
    })
    elsewhere = `http://127.0.0.1:${other.port}`
    servers.push(proxy.server, other.server)
    browser = await startChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    for (const server of servers) server.close()
    await live?.stop()
  })

  const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()
  const heading = (page: Page): Promise<string | null> => page.getByRole('heading', { level: 1 }).textContent()
  const authorizeUrl = (): string =>
    `${live.issuer}/authorize?${formOf({ response_type: 'code', client_id: 'demo-app', redirect_uri: `${live.issuer}/demo`, scope: 'orders:read', code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256' })}`

  it('logs in, consents, changes the account, sees the apps and logs out: each form says that it is ours', async () => {
    sent.length = 0
    const page = await browser.newPage()
    await page.goto(live.issuer)
    await press(page, 'Get a token')
    await press(page, 'Log in')
    await press(page, 'Use another account')
    await page.getByLabel('Name').fill('bob')
    await press(page, 'Log in')
    await press(page, 'Allow')
    await page.waitForURL('**/demo?**')
    expect(await heading(page)).toBe('A sealed token, and what is inside')
    await page.goto(`${live.issuer}/apps`)
    await page.getByRole('button', { name: 'End' }).first().click()
    expect(await heading(page)).not.toBe('This form was not sent from here')
    await page.goto(`${live.issuer}/logout`)
    await press(page, 'Log out')
    expect(await heading(page)).toBe('You are logged out')
    const paths = ['/demo', '/login', '/consent', '/login', '/consent', '/apps', '/logout']
    const origin = live.issuer
    // Chromium itself sends them: the proxy leaves them out.
    expect(sent).toEqual(paths.map((path) => ({ path, origin, hasMetadata: true })))
    await page.close()
  })

  it.each([
    ['of another site', '/', () => elsewhere],
    ['of a page without a name', '/nameless', () => 'null'],
  ])('still is refused a form %s', async (_, path, origin) => {
    const page = await browser.newPage()
    await page.goto(authorizeUrl())
    await press(page, 'Log in')
    stolen = (await page.locator('input[name="consent"]').getAttribute('value')) ?? ''
    sent.length = 0
    await page.goto(elsewhere + path)
    await press(page, 'Send')
    expect([await heading(page), sent[0]?.origin]).toEqual(['This form was not sent from here', origin()])
    await page.close()
  })
})

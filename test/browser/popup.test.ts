import type { Server } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { isWithoutChromium, listen, startChromium } from './chromium.ts'

const APP = {
  grant_types: ['authorization_code'],
  redirect_uris: ['http://127.0.0.1/cb'],
  resources: ['https://api.example.com'],
  scopes: ['orders:read'],
}
const CLIENTS = { popup: { ...APP, opens_popup: true }, page: APP }

/** The app's page: it opens the popup, and writes what it is told. */
const OPENER = `<button>Sign in</button><p></p><script>
addEventListener('message', ({ data }) => { document.querySelector('p').textContent = data })
document.querySelector('button').onclick = () => open(decodeURIComponent(location.hash.slice(1)), 'login', 'popup')
</script>`

/** Where the answer comes: it is handed to whoever opened the popup, if there is anybody. */
const CALLBACK = `<h1></h1><script>
document.querySelector('h1').textContent = window.opener === null ? 'cut off' : 'handed over'
window.opener?.postMessage(location.search, location.origin)
</script>`

describe.skipIf(isWithoutChromium)('an app that asks in a popup', { timeout: 60_000 }, () => {
  let live: LiveIssuer
  let browser: Browser
  let app: { server: Server; port: number }

  beforeAll(async () => {
    live = await startIssuer({ CLIENTS })
    app = await listen(({ url = '' }, answer) =>
      answer.writeHead(200, { 'content-type': 'text/html' }).end(url.startsWith('/cb?') ? CALLBACK : OPENER),
    )
    browser = await startChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    app?.server.close()
    await live?.stop()
  })

  const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()

  /** Goes the whole way in a popup; returns what the callback says, and what the app is told. */
  async function signIn(client_id: keyof typeof CLIENTS): Promise<readonly [string | null, string | null]> {
    const context = await browser.newContext()
    const page = await context.newPage()
    const redirect_uri = `http://127.0.0.1:${app.port}/cb`
    const challenge = { code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256' }
    const asked = formOf({ response_type: 'code', client_id, redirect_uri, scope: 'orders:read', ...challenge })
    await page.goto(`http://127.0.0.1:${app.port}/#${encodeURIComponent(`${live.issuer}/authorize?${asked}`)}`)
    const opened = context.waitForEvent('page')
    await press(page, 'Sign in')
    const popup = await opened
    await press(popup, 'Log in')
    await press(popup, 'Use another account')
    await press(popup, 'Log in')
    await press(popup, 'Allow')
    await popup.waitForURL('**/cb?**')
    const said = await popup.locator('h1').textContent()
    if (said === 'handed over') await page.locator('p:not(:empty)').waitFor()
    const told = await page.locator('p').textContent()
    await context.close()
    return [said, told]
  }

  it('gets its answer by window.opener, if its settings say so', async () => {
    const [said, told] = await signIn('popup')
    expect([said, told]).toEqual(['handed over', expect.stringMatching(/^\?code=/)])
  })

  it('is cut off otherwise: nobody who opens our pages holds on to them', async () => {
    expect(await signIn('page')).toEqual(['cut off', ''])
  })
})

import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { isWithoutChromium, listen, startChromium } from './chromium.ts'

describe.skipIf(isWithoutChromium)('a person who reads another language', { timeout: 60_000 }, () => {
  let live: LiveIssuer
  let browser: Browser
  let elsewhere: { server: Server; port: number }

  beforeAll(async () => {
    live = await startIssuer()
    browser = await startChromium()
    elsewhere = await listen((_, answer) =>
      answer
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(`<a href="${authorizeUrl()}&amp;bulla_language=ar">Go</a>`),
    )
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    elsewhere?.server.close()
    await live?.stop()
  })

  const authorizeUrl = (): string =>
    `${live.issuer}/authorize?${formOf({ response_type: 'code', client_id: 'demo-app', redirect_uri: `${live.issuer}/demo`, scope: 'orders:read', state: 'xyz', ui_locales: 'en', code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256' })}`

  /** Goes to the question, logged in. */
  async function ask(options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await browser.newContext(options)).newPage()
    await page.goto(authorizeUrl())
    await page.locator('#username').press('Enter')
    await page.waitForSelector('button[value="allow"]')
    return page
  }
  const langOf = (page: Page): Promise<string | null> => page.locator('html').getAttribute('lang')
  const choose = async (page: Page, name: string): Promise<void> => {
    await page.getByRole('link', { name, exact: true }).click()
    await page.waitForSelector('button[value="allow"]')
  }

  it('switches at the question to Japanese and back, without a script, then allows, and the code arrives', async () => {
    const page = await ask({ javaScriptEnabled: false, locale: 'de' })
    expect([await langOf(page), await page.locator('h1').textContent()]).toEqual([
      'en',
      expect.stringMatching(/^Demo app wants access/),
    ])
    await choose(page, '日本語')
    expect([await langOf(page), await page.locator('button[value="allow"]').textContent()]).toEqual(['ja', '許可する'])
    expect(await page.locator('nav [aria-current]').textContent()).toBe('日本語')
    // The choice is the browser's from now on, whatever the app asks for.
    await page.goto(authorizeUrl())
    expect(await langOf(page)).toBe('ja')
    await choose(page, 'English')
    expect(await langOf(page)).toBe('en')
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.waitForURL('**/demo?**')
    expect(new URL(page.url()).searchParams.get('state')).toBe('xyz')
    expect(new URL(page.url()).searchParams.get('code')).toMatch(/^eyJ/)
    await page.context().close()
  })

  it('gets there by keyboard alone, after both answers', async () => {
    const page = await ask()
    const focused = (): Promise<string> => page.evaluate('document.activeElement.textContent')
    const met: string[] = []
    for (let at = 0; at < 40 && met.at(-1) !== '日本語'; at += 1) {
      await page.keyboard.press('Tab')
      met.push(await focused())
    }
    expect(met.filter((one) => /^(?:Deny|Allow|Deutsch|日本語)$/.test(one))).toEqual([
      'Deny',
      'Allow',
      'Deutsch',
      '日本語',
    ])
    await page.keyboard.press('Enter')
    await expect.poll(() => langOf(page)).toBe('ja')
    await page.context().close()
  })

  it('is not led to one by a link of another site', async () => {
    const page = await ask()
    await page.goto(`http://127.0.0.1:${elsewhere.port}/`)
    await page.getByRole('link', { name: 'Go' }).click()
    await page.waitForSelector('button[value="allow"]')
    expect([new URL(page.url()).searchParams.get('bulla_language'), await langOf(page)]).toEqual(['ar', 'en'])
    expect((await page.context().cookies()).map(({ name }) => name).filter((name) => /language/.test(name))).toEqual([])
    await page.context().close()
  })

  it('finds it on the narrowest phone, in Arabic too, with room for a thumb, and axe finds no fault (WCAG 2.2 AA)', async () => {
    const page = await ask({ viewport: { width: 320, height: 640 }, bypassCSP: true })
    await choose(page, 'العربية')
    expect([await langOf(page), await page.locator('html').getAttribute('dir')]).toEqual(['ar', 'rtl'])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
    const heights = await page
      .locator('nav a')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))
    expect([heights.length, Math.min(...heights) >= 24]).toEqual([5, true])
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const options = JSON.stringify({ runOnly: { type: 'tag', values: tags } })
    const { violations } = await page.evaluate<{ violations: unknown[] }>(`axe.run(${options})`)
    expect(violations).toEqual([])
    await page.context().close()
  })
})

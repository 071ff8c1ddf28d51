import type { Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard, type Issuer } from '../../src/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { NOW } from '../fixtures.ts'
import { PROVIDER_RING, RP } from '../parties/openid_provider.ts'
import { createBrowser, VERIFIER } from '../parties/person.ts'
import { isWithoutChromium, listen, startChromium } from './chromium.ts'

const name = '中'.repeat(508)

/** A person of whom as much as there may be is told, and whose context has so many characters. */
const personOf = (length: number) => ({
  sub: '界'.repeat(120),
  claims: { name: `${name}a` },
  amr: Array.from({ length: 8 }, (_, index) => `${index}`.padStart(64, 'm')),
  acr: 'x'.repeat(length),
})

describe.skipIf(isWithoutChromium)('a session as long as it may be, in a real browser', { timeout: 60_000 }, () => {
  let browser: Browser
  let server: Server
  let issuer: Issuer
  let page: Page | undefined
  let url = ''
  const who = { length: 0, logins: 0 }

  beforeAll(async () => {
    const started = await listen((...exchange) => getRequestListener((request) => issuer.fetch(request))(...exchange))
    server = started.server
    const origin = `http://localhost:${started.port}`
    issuer = createIssuer({
      issuer: origin,
      keyRing: writeRing(PROVIDER_RING),
      resources: {},
      openid: {},
      clients: { rp: { ...RP, redirect_uris: ['https://rp.example/cb'] } },
      guard: createMemoryGuard(() => NOW),
      authenticate: async () => {
        who.logins++
        return personOf(who.length)
      },
      log: () => {},
      now: () => NOW,
    })
    url = `${origin}/authorize?${new URLSearchParams({
      response_type: 'code',
      client_id: 'rp',
      redirect_uri: 'https://rp.example/cb',
      scope: 'openid profile',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
    })}`
    browser = await startChromium()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    server?.close()
  })
  afterEach(() => page?.context().close())

  /** Returns how long the session is that the browser keeps; 0 where it keeps none. */
  async function kept(): Promise<number> {
    const cookies = (await page?.context().cookies()) ?? []
    return cookies.find((cookie) => cookie.name === 'bulla-session')?.value.length ?? 0
  }

  it('is kept, and its person is asked for a yes; with one letter more there is a page, and no session', async () => {
    // The longest context with which one is logged in.
    for (who.length = 255; who.length > 0; who.length--)
      if ((await createBrowser((request) => issuer.fetch(request)).get(url)).status === 303) break
    expect(who.length).toBeGreaterThan(10)
    expect(who.length).toBeLessThan(255)
    page = await browser.newPage()
    who.logins = 0
    await page.goto(url)
    expect(await page.textContent('h1')).toContain('rp')
    const length = await kept()
    expect(length).toBeGreaterThan(3650)
    expect(length).toBeLessThanOrEqual(3800)
    await page.goto(url)
    expect([who.logins, await kept()]).toEqual([1, length])
    await page.context().close()
    who.length++
    page = await browser.newPage()
    await page.goto(url)
    expect(await page.textContent('h1')).toContain('This account cannot be kept here')
    expect(await kept()).toBe(0)
  })
})

import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard } from '../../src/index.ts'
import { developmentLogin } from '../../src/login/development.ts'
import { API, testKey } from '../fixtures.ts'
import { createDevice, DEVICE_CLIENTS, type Device } from '../parties/device.ts'
import { freePort } from '../parties/live_issuer.ts'
import { press } from '../parties/openid_issuer.ts'
import { readAnswer } from '../parties/person.ts'
import { isWithoutChromium, startChromium } from './chromium.ts'

describe.skipIf(isWithoutChromium)('a person who lets a device in, in Chromium without scripts', () => {
  let browser: Browser
  let server: Server
  let issuer = ''
  let device: Device
  let page: Page

  beforeAll(async () => {
    const port = await freePort()
    issuer = `http://localhost:${port}`
    const app = createIssuer({
      issuer,
      keyRing: writeRing(createRing({ now: Math.floor(Date.now() / 1000), key: testKey() })),
      resources: { [API]: { scopes: ['read', 'write'] } },
      clients: { pub: { ...DEVICE_CLIENTS.pub, resources: [API], authorization_details_types: [] } },
      guard: createMemoryGuard(),
      authenticate: developmentLogin,
      log: () => {},
    })
    server = createAdaptorServer({ fetch: app.fetch }) as Server
    await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
    device = createDevice((request) => fetch(request), 'pub', issuer)
    browser = await startChromium()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    server?.close()
  })
  beforeEach(async () => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    page = await context.newPage()
    page.setDefaultTimeout(15_000)
  })

  const heading = (): Promise<string | null> => page.getByRole('heading', { level: 1 }).textContent()
  const logIn = async (name = 'alice'): Promise<void> => {
    await page.getByLabel('Name').fill(name)
    await press(page, 'Log in')
  }

  it('logs in, types the code as the device shows it, reads what it asks for, and allows it', async () => {
    const { user_code, verification_uri, device_code } = await device.start({ scope: 'read' })
    await page.goto(verification_uri)
    await logIn()
    expect(await heading()).toBe('Let a device in')
    await page.getByLabel('Code').fill('BCDF-GHJK')
    await press(page, 'Go on')
    expect(await page.locator('.note').textContent()).toContain('Nothing waits for this code')
    await page.getByLabel('Code').fill(user_code.toLowerCase().replace('-', ' '))
    await press(page, 'Go on')
    expect(await heading()).toMatch(/^Telly wants access to your account at /)
    expect(await page.locator('.note').textContent()).toContain('only if you started this on your device')
    await press(page, 'Allow')
    expect(await heading()).toBe('Your device is let in')
    expect((await device.poll(device_code)).status).toBe(200)
  })

  it('by the link compares the code first; after another account the same question comes, and a no is a no', async () => {
    const { user_code, verification_uri_complete, device_code } = await device.start()
    await page.goto(verification_uri_complete)
    await logIn()
    expect(await page.getByLabel('Is this the code on your device?').inputValue()).toBe(user_code)
    await press(page, 'Go on')
    await press(page, 'Use another account')
    await logIn('bob')
    expect(await page.getByLabel('Is this the code on your device?').inputValue()).toBe(user_code)
    await press(page, 'Go on')
    expect(await page.locator('.account').textContent()).toBe('bob')
    await press(page, 'Deny')
    expect(await heading()).toBe('The device was not let in')
    expect((await readAnswer(await device.poll(device_code))).error).toBe('access_denied')
  })

  it('is in no frame of another site', async () => {
    const { verification_uri_complete } = await device.start()
    await page.setContent(`<iframe src="${verification_uri_complete}"></iframe>`)
    await page.waitForLoadState('networkidle')
    const [, frame] = page.frames()
    expect((await frame?.content())?.includes('ERR_BLOCKED_BY_RESPONSE')).toBe(true)
  })
})

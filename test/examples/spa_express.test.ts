/**
 * The example of a single-page app, as its reader starts it: a packed issuer, the API in Express and the app by Vite, and a person in a
 * real Chromium.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isWithoutChromium, startChromium } from '../browser/chromium.ts'
import { ENV, run } from '../checkout.ts'
import { freePort, waitFor } from '../parties/live_issuer.ts'
import { placeExample } from '../parties/packed.ts'

let folder = ''
let child: ChildProcess | undefined
let browser: Browser
const origins = { issuer: '', api: '', app: '' }

beforeAll(async () => {
  if (isWithoutChromium) return
  folder = await placeExample('spa-express')
  const ports = new Map<string, number>()
  for (const port of ['8787', '3000', '5173']) ports.set(port, await freePort())
  for (const file of ['bulla.toml', 'server.ts', 'dev.js', 'src/main.ts']) {
    const written = await readFile(join(folder, file), 'utf8')
    const own = written.replace(/\b(8787|3000|5173)\b/g, (port) => String(ports.get(port)))
    // An access token of 62 seconds is renewed two seconds after it came.
    await writeFile(join(folder, file), own.replace('access_token_lifetime = 600', 'access_token_lifetime = 62'))
  }
  const [issuer, api, app] = [...ports.values()].map((port) => `http://localhost:${port}`)
  Object.assign(origins, { issuer, api, app })
  child = spawn('npm', ['run', '--silent', 'dev'], { cwd: folder, env: ENV, detached: true, stdio: 'inherit' })
  ;[browser] = await Promise.all([startChromium(), ...Object.values(origins).map(waitFor)])
}, 120_000)
afterAll(async () => {
  await browser?.close()
  if (child?.pid !== undefined && child.exitCode === null) process.kill(-child.pid)
})

/** A page of the app, and what its scripts asked others for. */
async function open() {
  const context = await browser.newContext()
  const page = await context.newPage()
  const asked: string[] = []
  page.on('response', (answer) => {
    const { method, headers } = { method: answer.request().method(), headers: answer.request().headers() }
    if (method !== 'OPTIONS')
      asked.push(`${method} ${answer.status()} ${answer.url()} ${headers['dpop'] ? 'DPoP' : ''}`.trim())
  })
  await page.goto(`${origins.app}/`)
  return { page, asked, close: () => context.close() }
}
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const says = (page: Page, text: string) => page.locator('pre', { hasText: text }).waitFor()

async function logIn(page: Page): Promise<void> {
  await press(page, 'Log in')
  await page.getByLabel('Name').fill('alice')
  await press(page, 'Log in')
  await press(page, 'Allow')
  await page.getByText('You are alice.').waitFor()
}

describe.skipIf(isWithoutChromium)('the example of a single-page app', { timeout: 60_000 }, () => {
  it('has types that are right', async () => {
    expect(await run(join(folder, 'node_modules/.bin/tsc'), [], { cwd: folder })).toEqual({ code: 0, out: '', err: '' })
  })

  it('shows what the API says to nobody, logs in, asks with a proof, and keeps nothing that a script could take', async () => {
    const { page, asked, close } = await open()
    await press(page, 'Ask for order 7')
    await says(page, '401: The request has no access token.')
    await logIn(page)
    await press(page, 'Ask for order 7')
    await says(page, '{"id":"7","person":"alice","client":"shop"}')
    expect(asked).toContain(`GET 200 ${origins.api}/orders/7 DPoP`)
    const left = '[location.href, localStorage.length, sessionStorage.length]'
    expect(await page.evaluate(left)).toEqual([`${origins.app}/`, 0, 0])
    await close()
  })

  it('renews by itself before the token ends, and when the API takes it no more', async () => {
    const { page, asked, close } = await open()
    await logIn(page)
    const renewal = `POST 200 ${origins.issuer}/token DPoP`
    const renewals = () => asked.filter((line) => line === renewal).length
    await expect.poll(renewals, { timeout: 20_000 }).toBeGreaterThanOrEqual(2)
    let hasEnded = true
    await page.route(`${origins.api}/**`, async (route) => {
      const headers = route.request().headers()
      if (hasEnded && headers['authorization']) headers['authorization'] = 'DPoP ended'
      if (headers['authorization']) hasEnded = false
      await route.continue({ headers })
    })
    await press(page, 'Ask for order 7')
    await says(page, '401: the token has ended; renewing.')
    await says(page, '{"id":"7","person":"alice","client":"shop"}')
    await close()
  })

  it('logs out: at the issuer, too, and the refresh token ends', async () => {
    const { page, asked, close } = await open()
    await logIn(page)
    await press(page, 'Log out')
    await page.waitForURL(`${origins.app}/`)
    await page.getByText('Nobody is logged in.').waitFor()
    expect(asked.filter((line) => line.startsWith(`POST 200 ${origins.issuer}/revoke`))).not.toEqual([])
    await press(page, 'Log in')
    await page.getByLabel('Name').waitFor()
    await close()
  })
})

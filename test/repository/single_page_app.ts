/**
 * A person in a real Chromium, at the single-page app of the docs.
 *
 * @module
 */

import { expect } from 'vitest'
import { startChromium } from '../browser/chromium.ts'

/** Logs in, asks, asks when the access token has ended, and logs out; the origins are the app's, the API's, the issuer's. */
export async function useApp([app, api, issuer]: readonly (string | undefined)[]): Promise<void> {
  const browser = await startChromium()
  try {
    const page = await browser.newPage()
    const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()
    const says = (text: string): Promise<void> => page.locator('pre', { hasText: text }).waitFor()
    const asked: string[] = []
    page.on('response', (answer) => asked.push(`${answer.request().method()} ${answer.status()} ${answer.url()}`))

    await page.goto(`${app}/`)
    await press('Ask')
    await says('log in first')
    await press('Log in')
    await page.getByLabel('Name').fill('alice')
    await press('Log in')
    await press('Allow')
    await says('Welcome')
    await press('Ask')
    await says('{"id":"7","client":"demo-app"}')
    // Neither in the page's own storage nor in its URL is anything left.
    const left = '[location.href, localStorage.length, sessionStorage.length]'
    expect(await page.evaluate(left)).toEqual([`${app}/`, 0, 0])

    // The API is shown a token that has ended, once.
    let hasEnded = true
    await page.route(`${api}/**`, async (route) => {
      const headers = route.request().headers()
      if (hasEnded) headers['authorization'] = 'DPoP ended'
      hasEnded = false
      await route.continue({ headers })
    })
    asked.length = 0
    await press('Ask')
    const renewal = [`GET 401 ${api}/orders/7`, `POST 200 ${issuer}/token`, `GET 200 ${api}/orders/7`]
    await expect.poll(() => asked).toEqual(renewal)

    await press('Log out')
    await page.getByRole('heading', { name: 'Log out?' }).waitFor()
    await press('Log out')
    await page.getByRole('heading', { name: 'You are logged out' }).waitFor()
    expect(asked).toContain(`POST 200 ${issuer}/revoke`)
  } finally {
    await browser.close()
  }
}

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isWithoutChromium, startChromium } from '../browser/chromium.ts'
import { type AppPage, startAppPage } from '../parties/app_page.ts'
import { CLAIMS } from '../parties/claims.ts'
import type { LiveIssuer } from '../parties/live_issuer.ts'
import { logIn, press, SCOPES, startOpenidIssuer } from '../parties/openid_issuer.ts'
import { WAYS, type Way } from '../parties/relying_party.ts'
import { readSegment } from '../parties/servers.ts'
import { shows } from './shows.ts'

const LIBRARIES = ['oidc_client_ts', 'angular_oauth2_oidc'] as const
const CASES = LIBRARIES.flatMap((library) =>
  (Object.keys(WAYS) as Way[]).map((way, index) => ({
    library,
    way,
    path: `/${index}`,
    client_id: `${library}-${index}`,
  })),
)
const ALICE = { sub: 'alice', ...CLAIMS }

describe.skipIf(isWithoutChromium)('a relying party in a browser, as npm has it', { timeout: 60_000 }, () => {
  let live: LiveIssuer
  let browser: Browser
  const apps = new Map<string, AppPage>()
  const urlOf = ({ library, path }: Pick<(typeof CASES)[number], 'library' | 'path'>): string =>
    `${apps.get(library)?.origin}${path}`

  beforeAll(async () => {
    for (const library of LIBRARIES) apps.set(library, await startAppPage(library))
    const clients = CASES.map((one) => [
      one.client_id,
      {
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [urlOf(one)],
        post_logout_redirect_uris: [urlOf(one)],
        scopes: SCOPES,
        ...WAYS[one.way],
      },
    ])
    live = await startOpenidIssuer(Object.fromEntries(clients))
    for (const { library, way, path, client_id } of CASES) {
      const registration = {
        issuer: live.issuer,
        client_id,
        scope: SCOPES.join(' '),
        userinfo: way === 'a thin ID token',
      }
      apps.get(library)?.register(path, registration)
    }
    browser = await startChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    for (const app of apps.values()) app.stop()
    await live?.stop()
  })

  /** Waits until the app is there and shows what came of an action. */
  async function shownBy(page: Page, url: string): Promise<Readonly<Record<string, unknown>>> {
    // Angular's library leaves `iss` of the answer in the URL.
    await page.waitForURL(({ origin, pathname }) => origin + pathname === url)
    return JSON.parse((await page.locator('pre', { hasText: '{' }).textContent()) ?? '')
  }

  it.each(CASES)(
    '$library logs a person in by $way, renews without a page, and logs the person out',
    async ({ library, way, path }) => {
      const url = urlOf({ library, path })
      const context = await browser.newContext()
      const page = await context.newPage()
      const asked: string[] = []
      page.on('response', (answer) => asked.push(`${answer.request().method()} ${answer.status()} ${answer.url()}`))
      await page.goto(url)
      expect(await shownBy(page, url)).toEqual({})
      await press(page, 'Log in')
      await logIn(page)
      const first = await shownBy(page, url)
      expect(first).toMatchObject({ person: ALICE })
      const [header, claims] = String(first['id_token']).split('.', 2).map(readSegment)
      expect(header).toMatchObject({ alg: way === 'ES256' ? 'ES256' : 'RS256' })
      expect([claims?.['sub'], claims?.['name']]).toEqual([
        'alice',
        way === 'a thin ID token' ? undefined : CLAIMS.name,
      ])
      expect(asked.includes(`GET 200 ${live.issuer}/userinfo`)).toBe(way === 'a thin ID token')

      asked.length = 0
      await press(page, 'Renew')
      const renewed = await shownBy(page, url)
      expect(renewed).toMatchObject({ person: ALICE, access_token: expect.any(String) })
      expect(renewed['access_token']).not.toBe(first['access_token'])
      expect(asked).toContain(`POST 200 ${live.issuer}/token`)

      // Who comes back from a logout is nobody, here and there.
      await press(page, 'Log out')
      expect(await shownBy(page, url)).toEqual({})
      await press(page, 'Log in')
      await page.getByLabel('Name').waitFor()
      await context.close()
    },
  )

  it('is each of those that the reference tells of', () => {
    const shown = shows(['oidc-client-ts', 'angular-oauth2-oidc'], 'login', 'with PKCE', 'refresh', 'logout')
    expect(shown.map((client) => client.replaceAll('-', '_'))).toEqual(LIBRARIES)
  })
})

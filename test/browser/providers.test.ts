import type { Server } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, secretHash } from '../fixtures.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { authorizeUrl, type Changes, type FullAnswer, formOf, readAnswer, VERIFIER } from '../parties/person.ts'
import { APP_SECRET, apiOf, askApi, OTHER_API } from '../parties/providers/house.ts'
import { type OpenidServer, startOpenidServer } from '../parties/providers/openid_server.ts'
import { type PlainServer, startPlainServer } from '../parties/providers/plain_server.ts'
import { CLIENT_SECRET } from '../parties/providers/provider_party.ts'
import { isWithoutChromium, listen, startChromium } from './chromium.ts'

const now = (): number => Math.floor(Date.now() / 1000)

describe.skipIf(isWithoutChromium)('with several providers, in a real browser', { timeout: 60_000 }, () => {
  let browser: Browser
  let app: Server
  let callback = ''
  let live: LiveIssuer
  let github: PlainServer
  let openid: OpenidServer

  beforeAll(async () => {
    const port = await freePort()
    const callbackOf = (name: string): string => `http://localhost:${port}/login/callback/${name}`
    github = await startPlainServer({ callback: callbackOf('github'), now })
    openid = await startOpenidServer({ callbacks: [callbackOf('openid')] })
    const served = await listen((_, answer) =>
      answer.writeHead(200, { 'content-type': 'text/html' }).end('<h1>The app</h1>'),
    )
    app = served.server
    callback = `http://127.0.0.1:${served.port}/callback`
    const words = { 'user:email': 'read your e-mail addresses', repo: 'read your repositories' }
    live = await startIssuer(
      {
        LOGIN: { github: { ...github.table, scope_descriptions: words }, openid: openid.table },
        LOGIN_CLIENT_SECRET_GITHUB: CLIENT_SECRET,
        LOGIN_CLIENT_SECRET_OPENID: CLIENT_SECRET,
        RESOURCES: {
          [apiOf('github')]: { scopes: ['read'], provider_token: 'github', provider_scope: 'repo' },
          [OTHER_API]: { scopes: ['mail'] },
        },
        CLIENTS: {
          app: {
            secret_hash: secretHash(APP_SECRET),
            client_name: 'The app',
            grant_types: ['authorization_code', 'refresh_token'],
            redirect_uris: [callback],
            resources: [apiOf('github'), OTHER_API],
            scopes: ['read', 'mail'],
          },
        },
      },
      { port },
    )
    browser = await startChromium()
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    app?.closeAllConnections()
    app?.close()
    await Promise.all([live?.stop(), github?.stop(), openid?.stop()])
  })

  const requestOf = (changes: Changes): string =>
    authorizeUrl({ client_id: 'app', redirect_uri: callback, ...changes }, live.issuer)
  const other = { resource: OTHER_API, scope: 'mail' }

  async function open(changes: Changes): Promise<Page> {
    const page = await (await browser.newContext()).newPage()
    await page.goto(requestOf(changes))
    return page
  }
  const choices = (page: Page): Promise<string[]> => page.getByRole('link', { name: /^Continue with/ }).allInnerTexts()
  async function logInAtPlainProvider(page: Page): Promise<void> {
    await page.getByLabel('Username').fill('alice')
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  /** Says yes, and returns what the app gets for the code. */
  async function allow(page: Page): Promise<FullAnswer> {
    await page.click('button[value="allow"]')
    await page.waitForURL(`${callback}**`)
    const code = new URL(page.url()).searchParams.get('code') ?? ''
    const body = formOf({ grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: callback })
    const headers = { authorization: basic('app', APP_SECRET) }
    return readAnswer(await fetch(`${live.issuer}/token`, { method: 'POST', headers, body }))
  }

  const api = (resource: string, accessToken: string) =>
    askApi({ issuer: live.issuer, ring: live.ring, resource, party: github, accessToken, now: now() })

  it('a person chooses where to log in, does, and reads what an API is handed of it: that acts for them there', async () => {
    const page = await open(other)
    expect(await choices(page)).toEqual(['Continue with Plain provider', 'Continue with OpenID provider'])
    await page.getByRole('link', { name: 'Continue with Plain provider' }).click()
    await logInAtPlainProvider(page)
    await page.waitForSelector('button[value="allow"]')
    expect(await page.textContent('main')).not.toContain('act for you')
    expect(await api(OTHER_API, (await allow(page)).access_token)).toEqual({
      sub: 'github|583231',
      actedFor: undefined,
    })

    // Nobody is asked to log in again: but it goes by the provider, and what is handed over is read before it is.
    await page.goto(requestOf({ resource: apiOf('github'), scope: 'read' }))
    const words = (await page.textContent('main')) ?? ''
    expect(words).toMatch(/act for you at\s+Plain provider/)
    expect(words).toContain('read your repositories')
    const { access_token } = await allow(page)
    expect(await api(apiOf('github'), access_token)).toEqual({ sub: 'github|583231', actedFor: '583231' })
    expect(await api(OTHER_API, access_token)).toBeUndefined()
    await page.context().close()
  })

  it('who chose the second one the last time finds it first; who is wanted elsewhere is not asked', async () => {
    const page = await open(other)
    await page.getByRole('link', { name: 'Continue with OpenID provider' }).click()
    await page.fill('input[name=login]', 'alice')
    await page.fill('input[name=password]', 'pw')
    await page.click('button[type=submit]')
    await page.click('button[type=submit]')
    expect((await api(OTHER_API, (await allow(page)).access_token))?.sub).toBe('openid|alice')
    await page.goto(requestOf({ ...other, prompt: 'select_account' }))
    expect((await choices(page))[0]).toBe('Continue with OpenID provider')
    await page.goto(requestOf({ ...other, prompt: 'select_account', idp_hint: 'github' }))
    await page.getByRole('heading', { name: 'Sign in to the plain provider' }).waitFor()
    await page.context().close()
  })

  it('who cancels at the provider is back at the app, which is told so', async () => {
    const page = await open({ resource: apiOf('github'), scope: 'read' })
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.waitForURL(`${callback}**`)
    const { searchParams } = new URL(page.url())
    expect([searchParams.get('error'), searchParams.get('state')]).toEqual(['access_denied', 'xyz'])
    await page.context().close()
  })
})

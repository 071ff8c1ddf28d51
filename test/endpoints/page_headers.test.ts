import { describe, expect, it } from 'vitest'
import { createIssuer, createMemoryRevocations, type IssuerSettings, readBindings } from '../../src/index.ts'
import { ISSUER, NOW, testIssuer, testSettings } from '../fixtures.ts'
import { authorizeUrl, createBrowser, createPerson, hiddenField } from '../person.ts'

/** Returns an issuer in which alice has allowed an app, and her browser. */
async function setUp(changes: Partial<IssuerSettings> = {}) {
  const issuer = testIssuer({ revocations: createMemoryRevocations('salt'), ...changes })
  const alice = createPerson((request) => issuer.fetch(request), { now: () => NOW })
  await alice.answer('allow')
  return alice
}

describe('what a page says of where it comes from', () => {
  it('is told to ourselves where it has a form, so that the form has an origin; else to nobody', async () => {
    const { browser } = await setUp()
    const DEVELOPMENT_ISSUER = 'http://localhost:8787'
    const bindings = { ISSUER: DEVELOPMENT_ISSUER, DEVELOPMENT: 'true', GUARD: 'none' }
    const { keyRing, now = () => NOW } = testSettings()
    const development = createIssuer({ ...readBindings(bindings), keyRing, now, log: () => {} })
    const local = createBrowser((request) => development.fetch(request))
    const consent = hiddenField(await (await browser.get(authorizeUrl({ scope: 'write' }))).text(), 'consent')
    const logout = hiddenField(await (await browser.get(`${ISSUER}/logout`)).text(), 'token')
    const demo = { client_id: 'demo-app', redirect_uri: 'http://127.0.0.1/callback', scope: 'orders:read' }
    const pages: readonly (readonly [string, boolean, Promise<Response>])[] = [
      ['consent', true, browser.get(authorizeUrl({ scope: 'write' }))],
      ['logout', true, browser.get(`${ISSUER}/logout`)],
      ['apps', true, browser.get(`${ISSUER}/apps`)],
      ['development login', true, local.get(authorizeUrl(demo, DEVELOPMENT_ISSUER))],
      ['demo', true, local.get(`${DEVELOPMENT_ISSUER}/`)],
      ['start', false, browser.get(`${ISSUER}/`)],
      ['an error', false, browser.get(authorizeUrl({ client_id: 'nobody' }))],
      ['an error at the callback', false, browser.get(`${ISSUER}/login/callback?state=x`)],
      ['an answer on its way to an app', false, browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })],
      ['logged out', false, browser.post(`${ISSUER}/logout`, { token: logout })],
    ]
    const said = pages.map(async ([name, , page]) => {
      const response = await page
      return [name, (await response.text()).includes('<form'), response.headers.get('referrer-policy')]
    })
    expect(await Promise.all(said)).toEqual(
      pages.map(([name, hasForm]) => [name, hasForm, hasForm ? 'same-origin' : 'no-referrer']),
    )
  })

  it.each([
    ['says nothing', undefined, 'same-origin'],
    ['tells everybody', 'unsafe-url', 'same-origin'],
    ['tells nobody', 'no-referrer', 'no-referrer'],
  ])("of the operator's own login, which may have a form, though it %s", async (_, own, expected) => {
    const headers = { 'content-type': 'text/html', ...(own && { 'referrer-policy': own }) }
    const issuer = testIssuer({ authenticate: async (__, { state }) => new Response(state, { headers }) })
    const page = await issuer.request(authorizeUrl())
    expect([page.status, page.headers.get('referrer-policy')]).toEqual([200, expected])
  })
})

import { describe, expect, it } from 'vitest'
import { createIssuer, createMemoryRevocations, type IssuerSettings, readBindings } from '../../src/index.ts'
import { ISSUER, NOW, testIssuer, testSettings, VARS } from '../fixtures.ts'
import {
  authorizeUrl,
  createApp,
  createBrowser,
  createPerson,
  hiddenField,
  pushedBy,
  signLogin,
} from '../parties/person.ts'

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
    const pages: readonly (readonly [string, boolean, () => Promise<Response>])[] = [
      ['consent', true, () => browser.get(authorizeUrl({ scope: 'write' }))],
      ['logout', true, () => browser.get(`${ISSUER}/logout`)],
      ['apps', true, () => browser.get(`${ISSUER}/apps`)],
      ['development login', true, () => local.get(authorizeUrl(demo, DEVELOPMENT_ISSUER))],
      ['demo', true, () => local.get(`${DEVELOPMENT_ISSUER}/`)],
      ['start', false, () => browser.get(`${ISSUER}/`)],
      ['an error', false, () => browser.get(authorizeUrl({ client_id: 'nobody' }))],
      ['an error at the callback', false, () => browser.get(`${ISSUER}/login/callback?state=x`)],
      [
        'an answer on its way to an app',
        false,
        () => browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' }),
      ],
      ['logged out', false, () => browser.post(`${ISSUER}/logout`, { token: logout })],
    ]
    const said: unknown[] = []
    // One after the other: the last ones answer what the first ones ask.
    for (const [name, , show] of pages) {
      const response = await show()
      said.push([name, (await response.text()).includes('<form'), response.headers.get('referrer-policy')])
    }
    expect(said).toEqual(pages.map(([name, hasForm]) => [name, hasForm, hasForm ? 'same-origin' : 'no-referrer']))
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

describe('the window that opened a page of ours', () => {
  /** Goes all ways that lead to an answer, and returns what each says of the opener. */
  async function onTheWay(opens_popup: boolean) {
    const { pub, ...clients } = VARS.CLIENTS
    let now = NOW
    const issuer = testIssuer({ clients: { ...clients, pub: { ...pub, opens_popup } }, now: () => now })
    const said: (readonly [request: string, status: number, policy: string | null])[] = []
    const ask = async (request: Request): Promise<Response> => {
      const response = await issuer.fetch(request)
      const { pathname } = new URL(request.url)
      said.push([`${request.method} ${pathname}`, response.status, response.headers.get('cross-origin-opener-policy')])
      return response
    }
    const alice = createPerson(ask, { now: () => NOW })
    const { browser } = alice
    const begun = (await browser.get(authorizeUrl())).headers.get('location') ?? ''
    const badLogin = await signLogin(begun, 'alice', { now: NOW, claims: { nonce: 'x' } })
    await browser.get(badLogin)
    await createBrowser(ask).get(badLogin)
    const consent = hiddenField(await (await alice.visit()).text(), 'consent')
    for (const decision of ['perhaps', 'switch', 'deny', 'deny', 'allow'])
      await browser.post(`${ISSUER}/consent`, { consent, decision })
    await alice.answer('allow')
    await browser.get(authorizeUrl())
    await browser.get(authorizeUrl({ scope: 'nothing' }))
    await browser.post(`${ISSUER}/authorize`, Object.fromEntries(new URL(authorizeUrl()).searchParams))
    const pushed = await pushedBy('pub', await createApp(ask).push({}))
    said.pop()
    await browser.get(authorizeUrl(pushed))
    const lateConsent = hiddenField(await (await alice.visit({ prompt: 'consent' })).text(), 'consent')
    now += 3600
    await browser.get(badLogin)
    await browser.post(`${ISSUER}/consent`, { consent: lateConsent, decision: 'deny' })
    return { said, ask, browser }
  }

  it('is kept on all ways to the answer of a client that opens popups', async () => {
    const { said } = await onTheWay(true)
    expect(said.filter(([, , policy]) => policy !== 'unsafe-none')).toEqual([
      // What a form without a decision is for nobody has looked at.
      ['POST /consent', 400, 'same-origin'],
    ])
    const paths = ['GET /authorize', 'GET /login/callback', 'POST /authorize', 'POST /consent']
    expect([...new Set(said.map(([request]) => request))].toSorted()).toEqual(paths)
    for (const status of [200, 303, 400, 409]) expect(said.map(([, one]) => one)).toContain(status)
  })

  it('is cut on those of every other client', async () => {
    const { said } = await onTheWay(false)
    expect(said.length).toBeGreaterThan(15)
    expect(said.filter(([, , policy]) => policy !== 'same-origin')).toEqual([])
  })

  it('is cut, whoever opens it, where no answer comes of it', async () => {
    const { said, browser } = await onTheWay(true)
    said.length = 0
    for (const path of ['/', '/logout', '/apps', '/login/callback?state=x']) await browser.get(ISSUER + path)
    await browser.get(`${ISSUER}/nothing`, { accept: 'text/html' })
    await browser.get(authorizeUrl({ client_id: 'nobody' }))
    await browser.get(authorizeUrl({ redirect_uri: 'https://evil.example/cb' }))
    expect(said.length).toBe(7)
    expect(said.filter(([, , policy]) => policy !== 'same-origin')).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import {
  createMemoryGuard,
  createMemoryRevocations,
  type Guard,
  type IssuerSettings,
  OAuthError,
} from '../../src/index.ts'
import { ISSUER, NOW, testIssuer, VARS } from '../fixtures.ts'
import { asLink, inMode, takeForms, takeLink } from '../parties/answers.ts'
import {
  authorizeUrl,
  type Browser,
  type Changes,
  createApp,
  createBrowser,
  createPerson,
  goesTo,
  hiddenField,
  pushedBy,
  REQUESTS,
  signLogin,
} from '../parties/person.ts'

/** How an app can want to be told. */
const MODES = ['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'] as const
type Mode = (typeof MODES)[number]

/** An issuer with alice, whose clock, guard and settings can change under her. */
function setUp(mode: Mode = 'query') {
  let now = NOW
  let isDown = false
  let changes: Partial<IssuerSettings> = {}
  const memory = createMemoryGuard(() => now)
  const failing = <Name extends keyof Guard>(name: Name): Guard[Name] =>
    ((...step: readonly unknown[]) =>
      isDown
        ? Promise.reject(new Error('down'))
        : (memory[name] as (...step: readonly unknown[]) => unknown)(...step)) as Guard[Name]
  const guard = {
    spend: failing('spend'),
    advance: failing('advance'),
    end: failing('end'),
    hasEnded: failing('hasEnded'),
  }
  const revocations = createMemoryRevocations('salt')
  const settings = (): Partial<IssuerSettings> => ({ guard, revocations, now: () => now, ...changes })
  let issuer = testIssuer(settings())
  const ask = async (request: Request): Promise<Response> => issuer.fetch(await inMode(request, mode))
  const alice = createPerson(ask, { now: () => now })
  const { browser } = alice
  return {
    ask,
    alice,
    browser,
    wait: (seconds: number) => (now += seconds),
    breakGuard: () => (isDown = true),
    change: (other: Partial<IssuerSettings>) => {
      changes = other
      issuer = testIssuer(settings())
    },
    push: async (asked: Changes = {}) => pushedBy('web', await createApp(ask, { client: 'web' }).push(asked)),
    /** Begins a login, and returns where the login page sends the browser back, well or with a wrong nonce. */
    async callback(asked: Changes = REQUESTS['web'] ?? {}, claims = {}, by: Browser = browser): Promise<string> {
      const begun = await by.get(authorizeUrl({ state: 'mine', ...asked }))
      return signLogin(begun.headers.get('location') ?? '', 'alice', { now, claims })
    },
    async question(asked: Changes = { ...REQUESTS['web'], state: 'mine' }): Promise<string> {
      return hiddenField(await (await alice.visit(asked)).text(), 'consent')
    },
    press: (consent: string, decision = 'allow', headers = {}) =>
      browser.post(`${ISSUER}/consent`, { consent, decision }, headers),
  }
}
type SetUp = ReturnType<typeof setUp>

/** Returns where each button, form and link of a page leads; an answer as `query` would tell it. */
function waysOf(page: string): readonly string[] {
  // To the same page in another language is no way on.
  const links = [...page.matchAll(/<a (?![^>]*hreflang=)[^>]*href="([^"]*)"/g)].map(([, href = '']) =>
    href.replaceAll('&amp;', '&'),
  )
  return [...links, ...takeForms(page, ISSUER).map(asLink)].map(asQuery)
}

/** Returns an answer as `query` would tell it. */
const asQuery = (href: string): string => (href.includes('?response=') ? asLink(takeLink(href)) : href)

/** The ways on: again at the authorization endpoint, back to the app with an error of that code, or to a page of ours. */
const again = new RegExp(`^${ISSUER}/authorize\\?`)
const back = (code: string) =>
  new RegExp(`^https://web\\.example/cb\\?error=${code}&error_description=[^&]+&state=mine&iss=`)
const home = (path = '/') => new RegExp(`^${ISSUER}${path}$`)

const wait = async (set: SetUp, seconds: number, response: () => Promise<Response>): Promise<Response> => {
  set.wait(seconds)
  return response()
}

/** Every page that ends something: how it comes about, its status, and where it leads on. */
const ENDS: readonly (readonly [string, (set: SetUp) => Promise<Response>, number, readonly RegExp[]])[] = [
  ['an unknown app', ({ browser }) => browser.get(authorizeUrl({ client_id: 'x' })), 400, [home()]],
  ['no app', ({ browser }) => browser.get(authorizeUrl({ client_id: undefined })), 400, [home()]],
  [
    'an address that is not the app’s, which has no home',
    ({ browser }) => browser.get(authorizeUrl({ redirect_uri: 'https://evil.example/cb' })),
    400,
    [home()],
  ],
  [
    'an address that is not the app’s, which has one',
    ({ browser }) => browser.get(authorizeUrl({ ...REQUESTS['web'], redirect_uri: 'https://evil.example/cb' })),
    400,
    [/^https:\/\/web\.example$/],
  ],
  [
    'a request that was not pushed here',
    async ({ browser }) => browser.get(authorizeUrl({ client_id: 'pub', request_uri: 'urn:x' })),
    400,
    [home()],
  ],
  [
    'a pushed request that comes too late',
    async (set) => {
      const pushed = await set.push({ state: 'mine' })
      return wait(set, 90, () => set.browser.get(authorizeUrl(pushed)))
    },
    400,
    [back('invalid_request_uri')],
  ],
  [
    'a pushed request that led to a code',
    async ({ alice, browser, push }) => {
      const pushed = await push({ state: 'mine' })
      await alice.answer('allow', pushed)
      return browser.get(authorizeUrl(pushed))
    },
    400,
    [back('invalid_request_uri')],
  ],
  [
    'a pushed request, while the guard is down',
    async ({ browser, push, breakGuard }) => {
      const pushed = await push({ state: 'mine' })
      breakGuard()
      return browser.get(authorizeUrl(pushed))
    },
    303,
    [back('temporarily_unavailable')],
  ],
  [
    'a pushed request, while there is no ring',
    async ({ browser, push, change }) => {
      const pushed = await push()
      change({ keyRing: '' })
      return browser.get(authorizeUrl(pushed))
    },
    503,
    [again],
  ],
  ['a login without a state', ({ browser }) => browser.get(`${ISSUER}/login/callback`), 400, [home()]],
  ['a login of nobody knows where', ({ browser }) => browser.get(`${ISSUER}/login/callback?state=x`), 400, [home()]],
  [
    'a login that is older than a day',
    async (set) => {
      const callback = await set.callback()
      return wait(set, 3600 + 86_400, () => set.browser.get(callback))
    },
    400,
    [home()],
  ],
  [
    'a login that failed',
    async ({ browser, callback }) => browser.get(await callback(REQUESTS['web'], { nonce: 'x' })),
    400,
    [again, back('access_denied')],
  ],
  [
    'a login that cannot begin',
    async ({ browser, change }) => {
      change({ authenticate: () => Promise.reject(new Error('down')) })
      return browser.get(authorizeUrl({ ...REQUESTS['web'], state: 'mine' }))
    },
    500,
    [again, back('server_error')],
  ],
  [
    'a login of somebody of whom too much is said for a cookie',
    async ({ browser, change }) => {
      const amr = Array.from({ length: 16 }, (_, index) => `${index}`.padStart(64, '"'))
      const said = { sub: '界'.repeat(255), name: '🙂'.repeat(127), acr: '"'.repeat(255), amr }
      change({ authenticate: async () => said })
      return browser.get(authorizeUrl({ ...REQUESTS['web'], state: 'mine' }))
    },
    400,
    [again, back('access_denied')],
  ],
  [
    'a login that was used before',
    async ({ browser, callback }) => {
      const used = await callback()
      await browser.get(used)
      return browser.get(used)
    },
    400,
    [again, back('access_denied')],
  ],
  [
    'a login that is over by a word which no app knows',
    async ({ browser, change }) => {
      const slow = new OAuthError('slow_down', 'as this test will have it', { isForClient: true })
      change({ authenticate: () => Promise.reject(slow) })
      return browser.get(authorizeUrl({ ...REQUESTS['web'], state: 'mine' }))
    },
    303,
    [back('access_denied')],
  ],
  [
    'a login that asks nothing, where no cookies are kept',
    async ({ ask, change }) => {
      change({ authenticate: async () => ({ sub: 'alice' }) })
      const go = async (url: string): Promise<Response> => ask(new Request(url))
      const first = await go(authorizeUrl({ ...REQUESTS['web'], state: 'mine' }))
      return go(first.headers.get('location') ?? '')
    },
    400,
    [again, back('access_denied')],
  ],
  [
    'a login, while the guard is down',
    async ({ browser, callback, breakGuard }) => {
      const good = await callback()
      breakGuard()
      return browser.get(good)
    },
    503,
    [again, back('temporarily_unavailable')],
  ],
  [
    'a login, while there is no ring',
    async ({ browser, callback, change }) => {
      const good = await callback()
      change({ keyRing: '' })
      return browser.get(good)
    },
    503,
    [new RegExp(`^${ISSUER}/login/callback\\?state=`)],
  ],
  [
    'a login of another browser',
    async ({ ask, browser, callback }) => browser.get(await callback(REQUESTS['web'], {}, createBrowser(ask))),
    400,
    [again],
  ],
  [
    'a login for a pushed request of which nothing can come any more',
    async (set) => {
      const callback = await set.callback(await set.push({ state: 'mine' }))
      return wait(set, 2 * 3600 + 180, () => set.browser.get(callback))
    },
    400,
    [back('invalid_request')],
  ],
  [
    'a login form from elsewhere',
    ({ browser }) => browser.post(`${ISSUER}/login`, { state: 'x' }, { 'sec-fetch-site': 'cross-site' }),
    403,
    [home()],
  ],
  [
    'an answer from elsewhere',
    async ({ question, press }) => press(await question(), 'allow', { 'sec-fetch-site': 'cross-site' }),
    403,
    [home()],
  ],
  ['an answer to no question of ours', async ({ press }) => press('x'), 400, [home()]],
  [
    'an answer that is older than a day',
    async (set) => {
      const consent = await set.question()
      return wait(set, 3600 + 86_400, () => set.press(consent))
    },
    400,
    [home()],
  ],
  [
    'an answer that is too late',
    async (set) => {
      const consent = await set.question()
      return wait(set, 3600, () => set.press(consent))
    },
    200,
    [again],
  ],
  ['an answer for another account', async ({ question, press }) => press(await question(), 'switch'), 200, [again]],
  [
    'an answer for a pushed request of which nothing can come any more',
    async (set) => {
      const consent = await set.question(await set.push({ state: 'mine' }))
      return wait(set, 2 * 3600 + 180, () => set.press(consent))
    },
    400,
    [back('invalid_request_uri')],
  ],
  [
    'an answer for a pushed request that led to a code',
    async ({ question, press, push }) => {
      const pushed = await push({ state: 'mine' })
      const consents = [await question(pushed), await question(pushed)]
      await press(consents[0] ?? '')
      return press(consents[1] ?? '')
    },
    400,
    [back('invalid_request_uri')],
  ],
  [
    'another answer than before',
    async ({ question, press }) => {
      const consent = await question()
      await press(consent)
      return press(consent, 'deny')
    },
    409,
    [back('access_denied')],
  ],
  [
    'an answer to what the app may not ask for any more',
    async ({ question, press, change }) => {
      const consent = await question({ ...REQUESTS['web'], state: 'mine', scope: 'read write' })
      change({ clients: { ...VARS.CLIENTS, web: { ...VARS.CLIENTS.web, scopes: ['read'] } } })
      return press(consent)
    },
    200,
    [back('invalid_scope')],
  ],
  [
    'an answer to an app that is gone',
    async ({ question, press, change }) => {
      const consent = await question()
      change({ clients: { pub: VARS.CLIENTS.pub } })
      return press(consent)
    },
    400,
    [home()],
  ],
  [
    'an answer, while the guard is down',
    async ({ question, press, breakGuard }) => {
      const consent = await question()
      breakGuard()
      return press(consent)
    },
    503,
    [again, back('temporarily_unavailable')],
  ],
  [
    'an answer, while there is no ring',
    async ({ question, press, change }) => {
      const consent = await question()
      change({ keyRing: '' })
      return press(consent)
    },
    503,
    [home()],
  ],
  [
    'an answer that leads on',
    async ({ question, press }) => press(await question(), 'deny'),
    200,
    [back('access_denied')],
  ],
  ['logging out, of nobody', ({ browser }) => browser.get(`${ISSUER}/logout`), 200, [home()]],
  [
    'logging out by a form of another session',
    async ({ browser, question }) => {
      await question()
      return browser.post(`${ISSUER}/logout`, { token: 'x' })
    },
    403,
    [home('/logout')],
  ],
  [
    'logging out, while the guard is down',
    async ({ browser, question, breakGuard }) => {
      await question()
      breakGuard()
      return browser.get(`${ISSUER}/logout`)
    },
    503,
    [home('/logout')],
  ],
  ['what was allowed, of nobody', ({ browser }) => browser.get(`${ISSUER}/apps`), 200, [home()]],
  [
    'ending an app by a form that is over',
    async ({ browser, question }) => {
      await question()
      return browser.post(`${ISSUER}/apps`, { press: 'x' })
    },
    403,
    [home('/apps')],
  ],
  [
    'ending everything',
    async ({ alice, browser }) => {
      await alice.answer('allow', REQUESTS['web'])
      const page = await (await browser.get(`${ISSUER}/apps`)).text()
      const presses = [...page.matchAll(/name="press" value="([^"]*)"/g)].map(([, press = '']) => press)
      return browser.post(`${ISSUER}/apps`, { press: presses.at(-1) ?? '' })
    },
    200,
    [home()],
  ],
]

describe.each(MODES)('a page that ends something has a way on, in the mode %s', (mode) => {
  const isForm = mode.startsWith('form_post')

  it.each(ENDS)('%s', async (_, come, status, ways) => {
    const response = await come(setUp(mode))
    const page = await response.text()
    const leads = response.status === 303 ? [asQuery(response.headers.get('location') ?? '')] : waysOf(page)
    // What is posted leaves by a page.
    expect([response.status, leads.length]).toEqual([isForm && status === 303 ? 200 : status, ways.length])
    for (const [index, way] of ways.entries()) expect(leads[index]).toMatch(way)
    expect(response.headers.getSetCookie().filter((cookie) => /session=ey/.test(cookie))).toEqual([])
    // Whatever the app is told there, it is told as it asked.
    const told = response.status === 303 ? [takeLink(response.headers.get('location') ?? '')] : takeForms(page, ISSUER)
    expect(told.map(({ by, jwt }) => [by, jwt !== undefined])).toEqual(
      told.map(() => [isForm ? 'form' : 'link', mode.endsWith('jwt')]),
    )
    const isBack = ways.some((way) => way.source.includes('mine'))
    if (isForm) expect(told.length).toBe(isBack ? 1 : 0)
    else expect(`${page}${response.headers.get('location')}`.includes('response=ey')).toBe(isBack && mode !== 'query')
  })

  it('goes back to the app by itself where the person need not choose, and only there', async () => {
    for (const [name, come, status, ways] of ENDS) {
      const page = await (await come(setUp(mode))).text()
      const isAnswer = isForm && (/that leads on|may not ask/.test(name) || status === 303)
      const leaves = /that leads on|may not ask|too late$|another account/.test(name) && !name.includes('pushed')
      expect([name, goesTo(page) !== '', page.includes('<script')]).toEqual([name, leaves && !isAnswer, isAnswer])
      if (leaves && !isAnswer) expect(asQuery(goesTo(page))).toMatch(ways[0] ?? /^$/)
    }
  })

  it('leads nowhere that the request alone says', async () => {
    for (const [, come] of ENDS) expect(await (await come(setUp(mode))).text()).not.toContain('evil.example')
  })
})

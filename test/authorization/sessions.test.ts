import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations } from '../../src/index.ts'
import { createPurposeEnvelopes } from '../../src/token/purpose.ts'
import { ISSUER, NOW, testIssuer, testRing, VARS } from '../fixtures.ts'
import {
  authorizeUrl,
  createApp,
  createBrowser,
  createPerson,
  goesTo,
  hiddenField,
  type Person,
  REQUESTS,
  readAnswer,
  signLogin,
} from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'

const HOUR = 3600

/** An issuer with a clock that the test turns, its app, and persons. */
function setUp(changes: Parameters<typeof testIssuer>[0] = {}) {
  let now = NOW
  const issuer = testIssuer({ now: () => now, guard: createMemoryGuard(() => now), ...changes })
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  const person = (name = 'alice', cookies?: Map<string, string>) =>
    createPerson(ask, { name, now: () => now, ...(cookies && { cookies }) })
  const app = createApp(ask, { client: 'web' })
  /** Lets the app in, and returns the refresh token that it gets. */
  async function letIn(one: Person, more = {}): Promise<string> {
    const code = (await one.answer('allow', { ...REQUESTS['web'], ...more })).searchParams.get('code') ?? ''
    return (await readAnswer(await app.redeem(code))).refresh_token ?? ''
  }
  const refreshes = async (...tokens: string[]): Promise<number[]> =>
    Promise.all(tokens.map(async (token) => (await app.refresh(token)).status))
  async function logOut({ browser }: Pick<Person, 'browser'>): Promise<void> {
    const token = hiddenField(await (await browser.get(`${ISSUER}/logout`)).text(), 'token')
    expect((await browser.post(`${ISSUER}/logout`, { token })).status).toBe(200)
  }
  /** Tells whether these cookies are those of somebody who is logged in. */
  async function isLoggedIn(cookies: Map<string, string>): Promise<boolean> {
    const response = await createBrowser(ask, new Map(cookies)).get(authorizeUrl())
    return !(response.headers.get('location') ?? '').startsWith(VARS.LOGIN.url)
  }
  const wait = (seconds: number): number => (now += seconds)
  return { ask, app, person, letIn, refreshes, logOut, isLoggedIn, wait, at: () => now }
}

/** Opens the session cookie. */
async function factsOf(cookies: Map<string, string>, now: number) {
  const lives = { session: 43_200 } as Parameters<typeof createPurposeEnvelopes>[1]
  const envelopes = createPurposeEnvelopes(createKeyring(testRing(NOW), ISSUER), lives, now)
  return envelopes.open('session', cookies.get('__Host-bulla-session') ?? '')
}

describe('a person who was revoked a moment ago', () => {
  const revoke = (ask: (request: Request) => Response | Promise<Response>, kind: string, value: string) =>
    ask(formRequest('/revocations', 'operator', { kind, value }))

  // promise: P15
  it('is not sent from login to login: the page says to try again, and the same login then works', async () => {
    const { ask, person, wait, at } = setUp({ revocations: createMemoryRevocations('salt') })
    const alice = person()
    await alice.answer('allow')
    expect((await revoke(ask, 'sub', 'alice')).status).toBe(200)
    wait(6)
    const begun = await alice.browser.get(authorizeUrl())
    const back = await signLogin(begun.headers.get('location') ?? '', 'alice', { now: at() })
    const told = await alice.browser.get(back)
    expect([told.status, told.headers.get('retry-after'), told.headers.get('location')]).toEqual([400, '10', null])
    expect(await told.text()).toContain('try again')
    wait(10)
    expect((await alice.browser.get(back)).status).toBe(303)
    expect((await alice.browser.get(authorizeUrl())).headers.get('location') ?? '').not.toContain(VARS.LOGIN.url)
  })

  it('is no longer asked by an app that was revoked a moment ago: the app is told to try again, and gets no dead code', async () => {
    const { ask, person, wait, app } = setUp({ revocations: createMemoryRevocations('salt') })
    const alice = person()
    await alice.answer('allow', REQUESTS['web'])
    expect((await revoke(ask, 'client', 'web')).status).toBe(200)
    wait(6)
    const answer = await alice.browser.get(authorizeUrl(REQUESTS['web']))
    const location = new URL(answer.headers.get('location') ?? '')
    expect([location.searchParams.get('error'), location.searchParams.get('code')]).toEqual(['access_denied', null])
    wait(10)
    const code = (await alice.answer('allow', REQUESTS['web'])).searchParams.get('code') ?? ''
    expect((await app.redeem(code)).status).toBe(200)
  })
})

describe('a person who logs in again', () => {
  it('goes on in the same session: no app is logged out', async () => {
    const { person, letIn, refreshes } = setUp()
    const alice = person()
    const before = await letIn(alice)
    const after = await letIn(alice, { prompt: 'login' })
    expect(await refreshes(before, after)).toEqual([200, 200])
  })

  // promise: P07
  it('ends all of it by logging out: every copy of the cookie, and every refresh token', async () => {
    const { person, letIn, refreshes, logOut, isLoggedIn } = setUp()
    const alice = person()
    const tokens = [await letIn(alice)]
    const copies = [new Map(alice.browser.cookies)]
    for (const changes of [{ prompt: 'login' }, { max_age: '0' }]) {
      tokens.push(await letIn(alice, changes))
      copies.push(new Map(alice.browser.cookies))
    }
    expect(await Promise.all(copies.map(isLoggedIn))).toEqual([true, true, true])
    await logOut(alice)
    expect(await Promise.all(copies.map(isLoggedIn))).toEqual([false, false, false])
    expect(await refreshes(...tokens)).toEqual([400, 400, 400])
  })

  it('is known by the new login alone: when, how, and for a whole lifetime from then on', async () => {
    const { person, wait, at, isLoggedIn } = setUp()
    const { browser } = person()
    const logIn = async (claims: object): Promise<void> => {
      const location = (await browser.get(authorizeUrl({ prompt: 'login' }))).headers.get('location') ?? ''
      await browser.get(await signLogin(location, 'alice', { now: at(), claims: { ...claims } }))
    }
    await logIn({ acr: 'loa3', amr: ['pwd', 'otp'] })
    const first = await factsOf(browser.cookies, at())
    const copy = new Map(browser.cookies)
    expect(first).toMatchObject({ auth_time: NOW, acr: 'loa3', exp: NOW + 12 * HOUR })
    for (let hours = 1; hours < 12; hours++) {
      wait(HOUR)
      await browser.get(authorizeUrl())
    }
    await logIn({})
    const second = await factsOf(browser.cookies, at())
    expect([second.jti, second['acr'], second['amr']]).toEqual([first.jti, undefined, undefined])
    expect(second).toMatchObject({ auth_time: NOW + 11 * HOUR, iat: NOW + 11 * HOUR, exp: NOW + 23 * HOUR })
    wait(HOUR)
    // What was sealed before is as old as before.
    expect([await isLoggedIn(copy), await isLoggedIn(browser.cookies)]).toEqual([false, true])
  })

  it('after too long without a visit goes on too, so that logging out reaches what came of it', async () => {
    const { person, letIn, refreshes, logOut, isLoggedIn, wait } = setUp()
    const alice = person()
    const token = await letIn(alice)
    wait(2 * HOUR + 1)
    expect(await isLoggedIn(alice.browser.cookies)).toBe(false)
    await alice.visit()
    await logOut(alice)
    expect(await refreshes(token)).toEqual([400])
  })

  it('in two tabs at the same time has one session: logging out in one ends what came of the other', async () => {
    const { ask, app, person, refreshes, logOut, at } = setUp()
    const { browser } = person()
    const url = authorizeUrl(REQUESTS['web'])
    const begun = [await browser.get(url), await browser.get(url)]
    const tabs = begun.map((response) => ({ response, browser: createBrowser(ask, new Map(browser.cookies)) }))
    const tokens = await Promise.all(
      tabs.map(async (tab) => {
        const back = await signLogin(tab.response.headers.get('location') ?? '', 'alice', { now: at() })
        await tab.browser.get(back)
        const consent = hiddenField(await (await tab.browser.get(url)).text(), 'consent')
        const page = await tab.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
        const code = new URL(goesTo(await page.text())).searchParams.get('code') ?? ''
        return (await readAnswer(await app.redeem(code))).refresh_token ?? ''
      }),
    )
    expect(await refreshes(...tokens)).toEqual([200, 200])
    await logOut(tabs[0] ?? { browser })
    expect(await refreshes(...tokens)).toEqual([400, 400])
  })

  it('after logging out has a new session, and the old one stays ended', async () => {
    const { person, letIn, refreshes, logOut, isLoggedIn } = setUp()
    const alice = person()
    const before = await letIn(alice)
    const copy = new Map(alice.browser.cookies)
    await logOut(alice)
    const after = await letIn(alice)
    expect([await isLoggedIn(copy), await isLoggedIn(alice.browser.cookies)]).toEqual([false, true])
    expect(await refreshes(before, after)).toEqual([400, 200])
  })

  it('after a revocation of all that was theirs is logged in, and what was before stays dead', async () => {
    let now = NOW
    const revocations = createMemoryRevocations('salt')
    const { person, letIn, refreshes, isLoggedIn } = setUp({ revocations, now: () => now })
    const alice = person()
    const before = await letIn(alice)
    const copy = new Map(alice.browser.cookies)
    now += 60
    const [until, keep] = [now + 600, now + 1_000_000]
    await revocations.add({ kind: 'sub', value: 'alice', at: now, until, keep }, now)
    now += 120
    const { browser } = alice
    const location = (await browser.get(authorizeUrl())).headers.get('location') ?? ''
    await browser.get(await signLogin(location, 'alice', { now }))
    expect([await isLoggedIn(copy), await isLoggedIn(browser.cookies)]).toEqual([false, true])
    expect(await refreshes(before)).toEqual([400])
  })
})

describe('another person who logs in', () => {
  it('ends the session that the browser had: its copies, and its refresh tokens', async () => {
    const { person, letIn, refreshes, isLoggedIn } = setUp()
    const alice = person()
    const hers = await letIn(alice)
    const copy = new Map(alice.browser.cookies)
    const his = await letIn(person('bob', alice.browser.cookies), { prompt: 'login' })
    expect([await isLoggedIn(copy), await isLoggedIn(alice.browser.cookies)]).toEqual([false, true])
    expect(await refreshes(hers, his)).toEqual([400, 200])
    // And back again: nothing of what ended comes to life.
    const again = await letIn(alice, { prompt: 'login' })
    expect(await refreshes(hers, his, again)).toEqual([400, 400, 200])
  })

  it('ends one that had no visit for too long as well', async () => {
    const { person, letIn, refreshes, wait } = setUp()
    const alice = person()
    const hers = await letIn(alice)
    wait(2 * HOUR + 1)
    await person('bob', alice.browser.cookies).visit()
    expect(await refreshes(hers)).toEqual([400])
  })

  it('is not logged in as long as the guard cannot end the one before: nothing is lost', async () => {
    const good = createMemoryGuard(() => NOW)
    let isDown = false
    const end: typeof good.end = (id, exp) => (isDown ? Promise.reject(new Error('canary')) : good.end(id, exp))
    const { person, letIn, refreshes, isLoggedIn } = setUp({ guard: { ...good, end } })
    const alice = person()
    const hers = await letIn(alice)
    const bob = person('bob', alice.browser.cookies)
    isDown = true
    const before = alice.browser.cookies.get('__Host-bulla-session')
    const failed = await bob.visit({ prompt: 'login' })
    expect([failed.status, (await failed.text()).includes('Try again')]).toEqual([503, true])
    expect(alice.browser.cookies.get('__Host-bulla-session')).toBe(before)
    expect([await isLoggedIn(alice.browser.cookies), ...(await refreshes(hers))]).toEqual([true, 200])
    isDown = false
    expect((await bob.visit({ prompt: 'login' })).status).toBe(200)
    expect(await refreshes(hers)).toEqual([400])
  })
})

it('logging out reaches a session that had no visit for too long', async () => {
  const { person, letIn, refreshes, logOut, wait } = setUp()
  const alice = person()
  const token = await letIn(alice)
  wait(2 * HOUR + 1)
  await logOut(alice)
  expect(await refreshes(token)).toEqual([400])
})

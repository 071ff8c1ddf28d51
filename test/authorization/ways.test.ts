import { describe, expect, it } from 'vitest'
import { digestLabels } from '../../keys/digest.ts'
import { createKeyring } from '../../keys/index.ts'
import { openEnvelope } from '../../src/token/envelope.ts'
import { sealPurpose } from '../../src/token/purpose.ts'
import { API, ISSUER, NOW, testIssuer, testKey, testRing, VARS } from '../fixtures.ts'
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
  readAnswer,
  signLogin,
  tampered,
} from '../parties/person.ts'

const DAY = 86_400
/** As long as a login may take. */
const HOUR = 3600

/** An issuer with a clock that the test turns, its persons and its apps. */
function setUp(changes: Parameters<typeof testIssuer>[0] = {}) {
  let now = NOW
  const issuer = testIssuer({ now: () => now, ...changes })
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  return {
    ask,
    person: (name = 'alice', cookies?: Map<string, string>) =>
      createPerson(ask, { name, now: () => now, ...(cookies && { cookies }) }),
    push: async (push: Changes = {}) => pushedBy('web', await createApp(ask, { client: 'web' }).push(push)),
    wait: (seconds: number) => (now += seconds),
    at: () => now,
  }
}
const locationOf = (response: Response): string => response.headers.get('location') ?? ''
const isLogin = (response: Response): boolean => locationOf(response).startsWith(VARS.LOGIN.url)
const hasSession = (browser: Browser): boolean => browser.cookies.has('__Host-bulla-session')
const consentOf = async (response: Response): Promise<string> => hiddenField(await response.text(), 'consent')
const press = (browser: Browser, consent: string, decision = 'allow'): Promise<Response> =>
  browser.post(`${ISSUER}/consent`, { consent, decision })

/** How a request is brought. */
const BROUGHT = [
  ['by the browser', false],
  ['by the app', true],
] as const

describe('a login that took too long', () => {
  it.each(BROUGHT)('begins anew in its browser, with the same request, brought %s', async (_, isPushed) => {
    const { person, push, wait, at } = setUp()
    const { browser } = person()
    const request = isPushed ? await push({ state: 'mine' }) : { ...REQUESTS['web'], state: 'mine' }
    const begun = locationOf(await browser.get(authorizeUrl(request)))
    wait(HOUR)
    const late = await browser.get(await signLogin(begun, 'alice', { now: at() }))
    expect([late.status, locationOf(late).startsWith(`${ISSUER}/authorize?`), hasSession(browser)]).toEqual([
      303,
      true,
      false,
    ])
    const again = locationOf(await browser.get(locationOf(late)))
    expect(again).toMatch(/^https:\/\/login\.example\/login\?/)
    const back = await browser.get(await signLogin(again, 'alice', { now: at() }))
    const page = await (await browser.get(locationOf(back))).text()
    const left = await press(browser, hiddenField(page, 'consent'))
    const answer = new URL(goesTo(await left.text()))
    expect([answer.origin, answer.searchParams.get('state'), answer.searchParams.has('code')]).toEqual([
      'https://web.example',
      'mine',
      true,
    ])
  })

  // promise: P05
  it('asks for a new login once more where the request does, whatever session there is', async () => {
    const { person, push, wait, at } = setUp()
    const alice = person()
    for (const isPushed of [false, true]) {
      const request = isPushed ? await push({ prompt: 'login' }) : { ...REQUESTS['web'], prompt: 'login' }
      const begun = locationOf(await alice.browser.get(authorizeUrl(request)))
      wait(HOUR)
      await alice.visit()
      const late = await alice.browser.get(await signLogin(begun, 'alice', { now: at() }))
      const asked = new URL(locationOf(await alice.browser.get(locationOf(late))))
      expect([asked.origin, asked.searchParams.get('max_age')]).toEqual(['https://login.example', '0'])
    }
  })

  it('begins anew for a day, and then no more', async () => {
    const { person, wait, at } = setUp()
    const { browser } = person()
    const begun = locationOf(await browser.get(authorizeUrl()))
    const statuses: number[] = []
    for (const seconds of [HOUR, DAY - 1, 1]) {
      wait(seconds)
      statuses.push((await browser.get(await signLogin(begun, 'alice', { now: at() }))).status)
    }
    expect([statuses, hasSession(browser)]).toEqual([[303, 303, 400], false])
  })

  it.each<[string, (browser: Browser) => Promise<string>]>([
    ['that was changed', async (browser) => tampered(await sealed(browser))],
    ['of another purpose', (browser) => sealed(browser, { purpose: 'consent' })],
    ["of another issuer's", (browser) => sealed(browser, { issuer: 'https://other.example' })],
    ["of another ring's", (browser) => sealed(browser, { turn: 1 })],
  ])('stays refused with a state %s', async (_, change) => {
    const { person, wait } = setUp()
    const { browser } = person()
    await browser.get(authorizeUrl())
    wait(HOUR)
    const response = await browser.get(`${ISSUER}/login/callback?login=x&state=${await change(browser)}`)
    expect([response.status, response.headers.get('location'), hasSession(browser)]).toEqual([400, null, false])
  })

  it('proves its destination once more: an app that is gone gets nothing, and a foreign address never did', async () => {
    const { person, wait, at } = setUp()
    const { browser } = person()
    const begun = locationOf(await browser.get(authorizeUrl()))
    wait(HOUR)
    const later = testIssuer({ now: at, clients: { web: VARS.CLIENTS.web } })
    const there = createBrowser((request) => later.fetch(request), browser.cookies)
    const foreign = `${ISSUER}/login/callback?login=x&state=${await sealed(browser)}`
    for (const callback of [await signLogin(begun, 'alice', { now: at() }), foreign]) {
      const late = await there.get(callback)
      const end = await there.get(locationOf(late))
      expect([late.status, locationOf(late).startsWith(`${ISSUER}/authorize?`)]).toEqual([303, true])
      expect([end.status, end.headers.get('location')]).toEqual([400, null])
    }
  })

  /** Seals a login with a request to a foreign address, as only a key could: it must not lead there. */
  async function sealed(
    { cookies }: Browser,
    {
      purpose = 'login',
      issuer = ISSUER,
      turn = 0,
    }: { purpose?: 'login' | 'consent'; issuer?: string; turn?: number } = {},
  ): Promise<string> {
    const ring = testRing(NOW)
    const roots = ring.roots.map((root) => ({ ...root, k: testKey(turn) }))
    const leaves = createKeyring({ ...ring, roots }, issuer).leavesFor(purpose, '', 'A256GCM', 600)
    const parameters = new URL(authorizeUrl({ redirect_uri: 'https://evil.example/cb' })).search.slice(1)
    const browser = digestLabels('browser', cookies.get('__Host-bulla-browser') ?? '')
    return sealPurpose(purpose, { jti: 'x', iat: NOW, exp: NOW + 600, parameters, browser }, leaves, NOW)
  }
})

describe('a login that comes back in another browser', () => {
  const againAt = (page: string): string =>
    (/class="button" href="([^"]*)">Begin again here</.exec(page)?.[1] ?? '').replaceAll('&amp;', '&')

  it.each(
    BROUGHT.flatMap(([how, isPushed]) =>
      ([0, HOUR] as const).flatMap((pause) =>
        ([false, true] as const).map((isForeignCookie) => [how, pause, isPushed, isForeignCookie] as const),
      ),
    ),
  )(
    'logs nobody in there, and can be begun again there: brought %s, %i seconds later',
    async (_, pause, isPushed, isForeignCookie) => {
      const { ask, person, push, wait, at } = setUp()
      const alice = person()
      const request = isPushed ? await push({ state: 'mine' }) : { ...REQUESTS['web'], state: 'mine' }
      const begun = locationOf(await alice.browser.get(authorizeUrl(request)))
      wait(pause)
      const callback = await signLogin(begun, 'alice', { now: at() })
      const cookies = isForeignCookie ? [['__Host-bulla-browser', 'A'.repeat(22)] as const] : []
      const other = createBrowser(ask, new Map(cookies))
      const refused = await other.get(callback)
      const page = await refused.text()
      expect([refused.status, refused.headers.get('location'), hasSession(other)]).toEqual([400, null, false])
      expect(page).toContain('This login began in another browser')
      expect(againAt(page).startsWith(`${ISSUER}/authorize?`)).toBe(true)
      // It is a login of its own there.
      const again = locationOf(await other.get(againAt(page)))
      expect(new URL(again).searchParams.get('nonce')).not.toBe(new URL(begun).searchParams.get('nonce'))
      const back = await other.get(await signLogin(again, 'bob', { now: at() }))
      const asked = await (await other.get(locationOf(back))).text()
      expect(asked).toContain('<p class="account"><bdi>bob</bdi>')
      const answer = new URL(goesTo(await (await press(other, hiddenField(asked, 'consent'))).text())).searchParams
      expect([answer.get('state'), answer.has('code')]).toEqual(['mine', true])
      // And what was begun in the first browser still works there, unless the request was pushed: that leads to one code.
      if (pause > 0) return
      const there = await alice.browser.get(callback)
      const ends = await alice.browser.get(locationOf(there))
      expect([there.status, ends.status]).toEqual([303, isPushed ? 400 : 200])
    },
  )

  it('leads nowhere else, whoever is logged in there: who brings it is asked as themselves', async () => {
    const { person, at } = setUp()
    const [alice, bob] = [person(), person('bob')]
    await bob.visit()
    const begun = locationOf(await alice.browser.get(authorizeUrl()))
    const page = await (await bob.browser.get(await signLogin(begun, 'alice', { now: at() }))).text()
    const asked = await (await bob.browser.get(againAt(page))).text()
    expect(asked).toContain('<p class="account"><bdi>bob</bdi>')
    expect(page).not.toMatch(/alice|http-equiv/)
  })

  it('gives nothing where the request was for another client since, or what it says is none of ours', async () => {
    const { person, ask, at } = setUp()
    const begun = locationOf(await person().browser.get(authorizeUrl()))
    const callback = await signLogin(begun, 'alice', { now: at() })
    const later = testIssuer({ now: at, clients: { web: VARS.CLIENTS.web } })
    const there = createBrowser((request) => later.fetch(request))
    const end = await there.get(againAt(await (await there.get(callback)).text()))
    expect([end.status, end.headers.get('location')]).toEqual([400, null])
    const changed = callback.replace(/state=([^&]*)/, (_, state: string) => `state=${tampered(state)}`)
    expect(againAt(await (await createBrowser(ask).get(changed)).text())).toBe('')
  })
})

describe('a consent page that was open for too long', () => {
  it.each([
    ['allow', 'by the browser', false],
    ['deny', 'by the browser', false],
    ['switch', 'by the browser', false],
    ['allow', 'by the app', true],
    ['deny', 'by the app', true],
    ['switch', 'by the app', true],
  ] as const)('asks once more when it is answered: %s, a request brought %s', async (decision, _, isPushed) => {
    const { person, push, wait, at } = setUp()
    const alice = person()
    const request = isPushed ? await push({ state: 'mine' }) : { ...REQUESTS['web'], state: 'mine' }
    const consent = await consentOf(await alice.visit(request))
    wait(HOUR)
    const late = await press(alice.browser, consent, decision)
    const page = await late.text()
    expect([late.status, page.includes('code=ey'), goesTo(page).startsWith(`${ISSUER}/authorize?`)]).toEqual([
      200,
      false,
      true,
    ])
    expect(page).toContain('>Go on</a>')
    expect(page).toContain(decision === 'switch' ? 'You are being taken to the login' : 'Please answer once more')
    let next = await alice.browser.get(goesTo(page))
    expect(isLogin(next)).toBe(decision === 'switch')
    if (decision === 'switch') {
      const back = await alice.browser.get(await signLogin(locationOf(next), 'alice', { now: at() }))
      next = await alice.browser.get(locationOf(back))
    }
    const answered = await press(alice.browser, await consentOf(next), decision === 'deny' ? 'deny' : 'allow')
    const answer = new URL(goesTo(await answered.text())).searchParams
    expect([answer.get('state'), answer.has('code'), answer.get('error')]).toEqual(
      decision === 'deny' ? ['mine', false, 'access_denied'] : ['mine', true, null],
    )
  })

  it('asks once more, or for another account, however long the request: what is taken once is taken again', async () => {
    const { person, wait } = setUp()
    const alice = person()
    await alice.visit()
    const ends: string[] = []
    // Around 4,500 bytes in all.
    for (let length = 150; length < 220; length += 3) {
      const request = { ...REQUESTS['web'], state: 's'.repeat(4096), nonce: 'n'.repeat(length) }
      const first = await alice.visit(request)
      if (first.status === 303) {
        ends.push('refused')
        continue
      }
      const consent = await consentOf(first)
      for (const decision of ['switch', 'deny']) {
        if (decision === 'deny') wait(HOUR)
        const page = await (await press(alice.browser, consent, decision)).text()
        const next = await alice.browser.get(goesTo(page))
        ends.push(next.status === 200 || isLogin(next) ? 'goes on' : locationOf(next).slice(0, 60))
      }
      await alice.visit()
    }
    expect([...new Set(ends)].sort()).toEqual(['goes on', 'refused'])
  })

  it('gives nothing of its own: whoever logged out since must log in, and nothing is remembered', async () => {
    const { person, wait } = setUp()
    const alice = person()
    const consent = await consentOf(await alice.visit(REQUESTS['web']))
    wait(HOUR)
    alice.browser.cookies.delete('__Host-bulla-session')
    const page = await (await press(alice.browser, consent)).text()
    expect(isLogin(await alice.browser.get(goesTo(page)))).toBe(true)
    expect([...alice.browser.cookies.keys()]).toEqual(['__Host-bulla-browser'])
  })

  it.each(
    BROUGHT.flatMap(([how, isPushed]) =>
      (['deny', 'allow'] as const).map((decision) => [decision, how, isPushed] as const),
    ),
  )(
    'asks indeed, though the app was let in since, so that no "Deny" becomes a yes: %s, %s',
    async (decision, _, isPushed) => {
      const { person, push, wait } = setUp()
      const alice = person()
      const request = async () => (isPushed ? push() : REQUESTS['web'])
      const consent = await consentOf(await alice.visit(await request()))
      await alice.answer('allow', await request())
      wait(HOUR)
      const next = await alice.browser.get(goesTo(await (await press(alice.browser, consent, decision)).text()))
      expect([next.status, await consentOf(next)]).toEqual([200, expect.stringMatching(/^ey/)])
    },
  )

  it('asks once more for a day, and then no more', async () => {
    const { person, wait } = setUp()
    const alice = person()
    const consent = await consentOf(await alice.visit())
    const statuses: number[] = []
    for (const seconds of [HOUR, DAY - 1, 1]) {
      wait(seconds)
      statuses.push((await press(alice.browser, consent)).status)
    }
    expect(statuses).toEqual([200, 200, 400])
  })

  it('is taken from no other page, as before', async () => {
    const { person, wait } = setUp()
    const alice = person()
    const consent = await consentOf(await alice.visit())
    wait(HOUR)
    const headers = { 'sec-fetch-site': 'cross-site' }
    const response = await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' }, headers)
    expect([response.status, goesTo(await response.text())]).toEqual([403, ''])
  })
})

describe('a question in a tab, while somebody logs in or out in another', () => {
  const accountOf = (page: string): string | undefined => /<p class="account"><bdi>([^<]*)/.exec(page)?.[1]
  const logOut = async (browser: Browser): Promise<Response> => {
    const token = hiddenField(await (await browser.get(`${ISSUER}/logout`)).text(), 'token')
    return browser.post(`${ISSUER}/logout`, { token })
  }

  it.each(
    BROUGHT.flatMap(([how, isPushed]) =>
      (
        [
          ['somebody else, as themselves', 'bob', false],
          ['the same person with a newer session', 'alice', true],
        ] as const
      ).flatMap(([who, name, logsOut]) =>
        (['allow', 'deny'] as const).map((decision) => [who, how, decision, name, logsOut, isPushed] as const),
      ),
    ),
  )('asks %s, for a request brought %s that is answered: %s', async (_, __, decision, name, logsOut, isPushed) => {
    const { ask, person, push } = setUp()
    const alice = person()
    const request = isPushed ? await push({ state: 'mine' }) : { ...REQUESTS['web'], state: 'mine' }
    const consent = await consentOf(await alice.visit(request))
    if (logsOut) await logOut(alice.browser)
    await person(name, alice.browser.cookies).visit({ prompt: 'login' })
    const page = await (await press(alice.browser, consent, decision)).text()
    expect([page.includes('code=ey'), page.includes('error=')]).toEqual([false, false])
    const asked = await (await alice.browser.get(goesTo(page))).text()
    expect(accountOf(asked)).toBe(name)
    const left = await (await press(alice.browser, hiddenField(asked, 'consent'), decision)).text()
    const answer = new URL(goesTo(left)).searchParams
    expect(answer.get('state')).toBe('mine')
    if (decision === 'deny') return expect(answer.get('error')).toBe('access_denied')
    const redeemed = await createApp(ask, { client: 'web' }).redeem(answer.get('code') ?? '')
    expect(await subjectOf(redeemed)).toBe(name)
  })

  it.each(BROUGHT)(
    'asks whoever is there now, though they let the app in before, for a request brought %s',
    async (_, isPushed) => {
      const { person, push } = setUp()
      const alice = person()
      const request = async () => (isPushed ? push() : REQUESTS['web'])
      const consent = await consentOf(await alice.visit(await request()))
      const bob = person('bob', alice.browser.cookies)
      await bob.visit({ prompt: 'login' })
      await bob.answer('allow', await request())
      const asked = await bob.browser.get(goesTo(await (await press(bob.browser, consent)).text()))
      expect([asked.status, accountOf(await asked.text())]).toEqual([200, 'bob'])
    },
  )

  it('leads to a login where nobody is there any more, and then asks whoever it is', async () => {
    const { person, at } = setUp()
    const alice = person()
    const consent = await consentOf(await alice.visit())
    await logOut(alice.browser)
    const page = await (await press(alice.browser, consent)).text()
    const begun = await alice.browser.get(goesTo(page))
    expect(isLogin(begun)).toBe(true)
    const back = await alice.browser.get(await signLogin(locationOf(begun), 'bob', { now: at() }))
    expect(accountOf(await (await alice.browser.get(locationOf(back))).text())).toBe('bob')
  })

  it('gives a thief who brings it in his own browser nothing but the question: no code, no word of whose it was', async () => {
    const { person } = setUp()
    const [alice, mallory] = [person(), person('mallory')]
    const consent = await consentOf(await alice.visit())
    await mallory.visit()
    const page = await (await press(mallory.browser, consent)).text()
    const asked = await (await mallory.browser.get(goesTo(page))).text()
    expect([accountOf(asked), /alice/.test(page + asked), page.includes('code=ey')]).toEqual(['mallory', false, false])
    // What she was asked can still be answered by her.
    expect(await (await press(alice.browser, consent)).text()).toContain('code=ey')
  })

  /** Returns whom a token is for. */
  async function subjectOf(response: Response): Promise<unknown> {
    const { access_token } = await readAnswer(response)
    const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', API, 'A256GCM', 600)
    return (await openEnvelope(access_token, 'at+jwe', leaves, NOW)).facts['sub']
  }
})

describe('the page of a request that was pushed', () => {
  it.each([
    ['before the login', {}],
    ['before the login, a new one', { prompt: 'login' }],
  ])('can be reloaded %s after its request URI has ended', async (_, changes) => {
    const { person, push, wait, at } = setUp()
    const alice = person()
    const pushed = await push(changes)
    await alice.browser.get(authorizeUrl(pushed))
    wait(91)
    const begun = await alice.browser.get(authorizeUrl(pushed))
    expect(isLogin(begun)).toBe(true)
    const back = await alice.browser.get(await signLogin(locationOf(begun), 'alice', { now: at() }))
    const consent = await consentOf(await alice.browser.get(locationOf(back)))
    expect(await (await press(alice.browser, consent)).text()).toContain('code=ey')
  })

  it('can be reloaded at the question, though other tabs asked others since, and leads to one code', async () => {
    const { ask, person, push, wait } = setUp()
    const alice = person()
    await alice.visit()
    const pushed = await push()
    expect(await consentOf(await alice.browser.get(authorizeUrl(pushed)))).not.toBe('')
    for (let tabs = 0; tabs < 7; tabs++) await alice.browser.get(authorizeUrl(await push()))
    wait(1800)
    const consents = [1, 2].map(() => alice.browser.get(authorizeUrl(pushed)).then(consentOf))
    const [first = '', second = ''] = await Promise.all(consents)
    const code = new URL(goesTo(await (await press(alice.browser, first)).text())).searchParams.get('code') ?? ''
    expect((await createApp(ask, { client: 'web' }).redeem(code)).status).toBe(200)
    expect((await press(alice.browser, second)).status).toBe(400)
    expect((await alice.browser.get(authorizeUrl(pushed))).status).toBe(400)
  })

  it('leads to no code once its time is over, though its question has an hour of its own', async () => {
    const { person, push, wait } = setUp()
    const alice = person()
    const pushed = await push({ state: 'mine' })
    for (let hours = 0; hours < 2; hours++, wait(HOUR)) await alice.visit(pushed)
    const consent = await consentOf(await alice.visit(pushed))
    // A login and an answer may each take an hour.
    wait(179)
    const early = await press(alice.browser, await consentOf(await alice.visit(pushed)), 'deny')
    wait(1)
    const late = await press(alice.browser, consent)
    const [denied, page] = [await early.text(), await late.text()]
    expect([early.status, denied.includes('error=access_denied')]).toEqual([200, true])
    expect([late.status, page.includes('code=ey'), page.includes('error=invalid_request_uri')]).toEqual([
      400,
      false,
      true,
    ])
  })

  it('met no login any more once it has ended: the one of before counts no more', async () => {
    const { person, push, wait, at } = setUp()
    const alice = person()
    const begun = locationOf(await alice.browser.get(authorizeUrl(await push({ prompt: 'login' }))))
    const next = locationOf(await alice.browser.get(await signLogin(begun, 'alice', { now: at() })))
    expect(isLogin(await alice.browser.get(next))).toBe(false)
    wait(91)
    expect(isLogin(await alice.browser.get(next))).toBe(true)
  })

  it('is opened by no other browser then, by no other client, and after its end by nobody', async () => {
    const { ask, person, push, wait } = setUp()
    const alice = person()
    const [pushed, other] = [await push(), await push()]
    await alice.visit(pushed)
    wait(91)
    const thief = createBrowser(ask, new Map([['__Host-bulla-pushed', 'A'.repeat(22)]]))
    const statuses = async (browser: Browser, requests: readonly Changes[]): Promise<number[]> =>
      Promise.all(requests.map(async (request) => (await browser.get(authorizeUrl(request))).status))
    expect(await statuses(thief, [pushed])).toEqual([400])
    expect(await statuses(alice.browser, [other, { ...pushed, client_id: 'pub' }, pushed])).toEqual([400, 400, 200])
    // A login and an answer may each take an hour.
    wait(2 * HOUR + 180 - 91)
    expect(await statuses(alice.browser, [pushed])).toEqual([400])
  })
})

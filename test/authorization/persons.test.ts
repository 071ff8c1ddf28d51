import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { createMemoryGuard, type LogEntry } from '../../src/index.ts'
import { openEnvelope } from '../../src/token/envelope.ts'
import { API, API2, ISSUER, NOW, testIssuer, testRing, VARS } from '../fixtures.ts'
import {
  authorizeUrl,
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

/** An issuer with a clock that the test turns, and a person. */
function setUp(changes: Parameters<typeof testIssuer>[0] = {}) {
  let now = NOW
  const lines: LogEntry[] = []
  const issuer = testIssuer({ now: () => now, log: (entry) => lines.push(entry), ...changes })
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  const person = (name = 'alice', cookies?: Map<string, string>) =>
    createPerson(ask, { name, now: () => now, ...(cookies && { cookies }) })
  return { ask, person, lines, wait: (seconds: number) => (now += seconds), at: () => now }
}
const errorOf = (url: URL): string | null => url.searchParams.get('error')
const isConsent = async (response: Response): Promise<boolean> => (await response.text()).includes('name="decision"')
const isLogin = (response: Response): boolean => (response.headers.get('location') ?? '').startsWith(VARS.LOGIN.url)

describe('cookies', () => {
  it('are bound to this host, out of reach of scripts, and sent by https alone (H54)', async () => {
    const { ask, person } = setUp()
    const begun = await ask(new Request(authorizeUrl()))
    const alice = person()
    await alice.answer('allow')
    const all = [...begun.headers.getSetCookie()]
    expect(all).toHaveLength(1)
    for (const cookie of all)
      expect(cookie).toMatch(/^__Host-bulla-browser=[\w-]{22}; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
    expect([...alice.browser.cookies.keys()]).toEqual([
      '__Host-bulla-browser',
      '__Host-bulla-session',
      '__Host-bulla-apps',
      '__Host-bulla-remember',
    ])
    for (const value of alice.browser.cookies.values()) expect(value.length).toBeLessThan(4000)
  })

  it('of an issuer on localhost do without the prefix, for there is no https', async () => {
    const { ask } = setUp({ issuer: 'http://localhost:8787' })
    const response = await ask(new Request(authorizeUrl({}, 'http://localhost:8787')))
    expect(response.headers.get('set-cookie')).toMatch(/^bulla-browser=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  it('of two issuers on one host do not meet', async () => {
    const { ask } = setUp({ issuer: `${ISSUER}/tenant/a` })
    const response = await ask(new Request(authorizeUrl({}, `${ISSUER}/tenant/a`)))
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-bulla-browser-tenant-a=/)
  })
})

describe('the session', () => {
  it('is sealed anew at each login, and spares the next one (H24)', async () => {
    const { person } = setUp()
    const alice = person()
    await alice.answer('allow')
    const first = alice.browser.cookies.get('__Host-bulla-session')
    expect((await alice.visit()).status).toBe(303)
    await alice.visit({ prompt: 'login' })
    expect(alice.browser.cookies.get('__Host-bulla-session')).not.toBe(first)
  })

  it.each([
    ['absolutely, after 12 hours', [3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600], true],
    ['not before', [3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3600, 3599], false],
    ['after two hours without a visit', [7201], true],
    ['not before', [7200], false],
  ])('ends %s', async (_, waits, ended) => {
    const { person, wait } = setUp()
    const alice = person()
    await alice.answer('allow')
    let response = await alice.browser.get(authorizeUrl())
    for (const seconds of waits) {
      wait(seconds)
      response = await alice.browser.get(authorizeUrl())
    }
    expect(isLogin(response)).toBe(ended)
  })

  it.each<[string, Changes, number, boolean]>([
    ['prompt=login', { prompt: 'login' }, 0, true],
    ['max_age=0, in the same second', { max_age: '0' }, 0, true],
    ['max_age=0, a second later', { max_age: '0' }, 1, true],
    ['max_age=60, 61 seconds later', { max_age: '60' }, 61, true],
    ['max_age=60, 60 seconds later', { max_age: '60' }, 60, false],
  ])('does not do for %s (M28)', async (_, changes, seconds, isAsked) => {
    const { person, wait } = setUp()
    const alice = person()
    await alice.answer('allow')
    wait(seconds)
    expect(isLogin(await alice.browser.get(authorizeUrl(changes)))).toBe(isAsked)
    // The login that was asked for is enough: nobody is asked in circles.
    expect((await alice.visit(changes)).status).toBe(303)
  })

  it('with prompt=none is used silently, or told to be missing (M28)', async () => {
    const { person } = setUp()
    const alice = person()
    expect(errorOf(await alice.answer('allow', { prompt: 'none' }))).toBe('login_required')
    await alice.visit()
    expect(errorOf(await alice.answer('allow', { prompt: 'none' }))).toBe('consent_required')
    await alice.answer('allow')
    expect((await alice.answer('allow', { prompt: 'none' })).searchParams.has('code')).toBe(true)
  })

  it.each(['', 'x', 'a.b.c.d.e', `${'A'.repeat(5000)}`])('cookie %.20j is no session, and no error', async (value) => {
    const { ask } = setUp()
    const response = await createBrowser(ask, new Map([['__Host-bulla-session', value]])).get(authorizeUrl())
    expect(isLogin(response)).toBe(true)
  })
})

describe('logging out', () => {
  const logOut = async (alice: ReturnType<typeof createPerson>): Promise<Response> => {
    const token = hiddenField(await (await alice.browser.get(`${ISSUER}/logout`)).text(), 'token')
    return alice.browser.post(`${ISSUER}/logout`, { token })
  }

  it('asks first, then ends the session: a copied cookie is dead (H55)', async () => {
    const { ask, person } = setUp()
    const alice = person()
    await alice.answer('allow')
    const copy = new Map(alice.browser.cookies)
    expect(await (await alice.browser.get(`${ISSUER}/logout`)).text()).toContain(
      'You are logged in as <strong><bdi>alice</bdi></strong>',
    )
    const response = await logOut(alice)
    expect(await response.text()).toContain('You are logged out')
    expect(alice.browser.cookies.has('__Host-bulla-session')).toBe(false)
    expect(isLogin(await createBrowser(ask, copy).get(authorizeUrl()))).toBe(true)
  })

  it.each(['pub', 'web'] as const)('ends the refresh tokens of %s that came of this session (H55)', async (client) => {
    const { ask, person } = setUp()
    const [alice, bob] = [person(), person('bob')]
    const app = createApp(ask, { client })
    const tokens: string[] = []
    for (const one of [alice, bob]) {
      const code = (await one.answer('allow', REQUESTS[client])).searchParams.get('code') ?? ''
      tokens.push((await readAnswer(await app.redeem(code))).refresh_token ?? '')
    }
    await logOut(alice)
    const statuses = await Promise.all(tokens.map(async (token) => (await app.refresh(token)).status))
    expect(statuses).toEqual([400, 200])
  })

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['without the token of the page', {}, {}],
    ['with the token of another session', { token: 'x' }, {}],
    ['from another site', {}, { 'sec-fetch-site': 'cross-site' }],
    ['from a sibling host', {}, { 'sec-fetch-site': 'same-site' }],
    ['from a nameless page', {}, { origin: 'null' }],
    ['from another origin', {}, { origin: 'https://evil.example' }],
    ['as plain text', {}, { 'content-type': 'text/plain' }],
  ])('cannot be done %s (H23)', async (_, form, headers) => {
    const { person } = setUp()
    const alice = person()
    await alice.answer('allow')
    const token =
      Object.keys(headers).length > 0
        ? hiddenField(await (await alice.browser.get(`${ISSUER}/logout`)).text(), 'token')
        : undefined
    const response = await alice.browser.post(`${ISSUER}/logout`, { ...(token && { token }), ...form }, headers)
    expect(response.status).toBe(403)
    expect((await alice.visit()).status).toBe(303)
  })

  it('of nobody says so', async () => {
    const { person } = setUp()
    expect(await (await person().browser.get(`${ISSUER}/logout`)).text()).toContain('You are logged out')
  })
})

describe('consent', () => {
  it('is asked with client, hosts, scope in words, resource, account and lifetime (b.3)', async () => {
    const { person } = setUp({
      resources: {
        ...VARS.RESOURCES,
        [API2]: {
          ...VARS.RESOURCES[API2],
          resource_name: 'Mail & more',
          scope_descriptions: { mail: 'Read <your> mail' },
        },
      },
    })
    const page = await (await person().visit({ ...REQUESTS['web'], resource: API2, scope: 'mail read' })).text()
    for (const text of [
      'Web shop',
      'web.example',
      'Mail &amp; more',
      API2,
      'Read &lt;your&gt; mail',
      '<li><code>read</code></li>',
      'alice',
      '30 days, or until you log out',
    ]) {
      expect(page).toContain(text)
    }
    expect(page).not.toContain('an app on this device')
    expect(page.indexOf('value="deny"')).toBeLessThan(page.indexOf('value="allow"'))
    expect(page).not.toContain('autofocus')
  })

  it('is remembered for the same client, redirect URI, scope, resource and person alone (C18)', async () => {
    const { person } = setUp()
    const alice = person()
    const first = { ...REQUESTS['web'], scope: 'read write' }
    await alice.answer('allow', first)
    expect((await alice.visit(first)).status).toBe(303)
    expect((await alice.visit({ ...first, scope: 'write read' })).status).toBe(303)
    for (const changes of [
      { ...first, scope: 'read' },
      { ...first, resource: API2, scope: 'read' },
      { ...first, redirect_uri: 'https://web.example/cb?from=as' },
      { ...first, prompt: 'consent' },
      REQUESTS['evil'],
      {},
    ]) {
      expect(await isConsent(await alice.visit(changes))).toBe(true)
    }
    const bob = person('bob', alice.browser.cookies)
    expect(await isConsent(await bob.visit({ ...first, prompt: 'login' }))).toBe(true)
  })

  it('that was denied is not remembered', async () => {
    const { person } = setUp()
    const alice = person()
    await alice.answer('deny')
    expect(await isConsent(await alice.visit())).toBe(true)
  })

  it('is forgotten after 30 days', async () => {
    const { person, wait } = setUp()
    const alice = person()
    await alice.answer('allow')
    wait(2_592_000)
    expect(await isConsent(await alice.visit())).toBe(true)
  })

  it('is never remembered for an app on a device (H25)', async () => {
    const { person } = setUp()
    const alice = person()
    await alice.answer('allow', REQUESTS['nat'])
    expect(alice.browser.cookies.has('__Host-bulla-remember')).toBe(false)
    expect(await isConsent(await alice.visit(REQUESTS['nat']))).toBe(true)
  })

  it("is not asked for the operator's own clients", async () => {
    const { person } = setUp()
    expect((await person().visit(REQUESTS['own'])).status).toBe(303)
  })

  it.each([
    ['by the browser', false],
    ['by the app', true],
  ])('that is pressed twice, of a request brought %s, leads on both times, to one code (M24)', async (_, isPushed) => {
    let now = NOW
    const memory = createMemoryGuard(() => now)
    const spent: number[] = []
    const spendUnlessEnded: typeof memory.spendUnlessEnded = (id, expiresAt, unless) => {
      if (id.startsWith('code ')) spent.push(expiresAt)
      return memory.spendUnlessEnded(id, expiresAt, unless)
    }
    const { ask } = setUp({ guard: { ...memory, spendUnlessEnded }, now: () => now })
    const alice = createPerson(ask, { now: () => now })
    const app = createApp(ask, { client: 'web' })
    const request = isPushed ? await pushedBy('web', await app.push()) : REQUESTS['web']
    const consent = hiddenField(await (await alice.visit(request)).text(), 'consent')
    const press = (decision: string): Promise<Response> =>
      alice.browser.post(`${ISSUER}/consent`, { consent, decision })
    const codeOf = async (response: Response): Promise<string> =>
      new URL(goesTo(await response.text())).searchParams.get('code') ?? ''
    const [first, second] = await Promise.all((await Promise.all([press('allow'), press('allow')])).map(codeOf))
    now += 30
    const third = await codeOf(await press('allow'))
    expect((await app.redeem(second ?? '')).status).toBe(200)
    // It is remembered as long as another envelope of it can be live, by any clock: until the form ends, a code's life and two skews more.
    expect(spent).toEqual([NOW + 3660 + 120])
    now += 59
    for (const code of [first, third])
      expect((await readAnswer(await app.redeem(code ?? ''))).error).toBe('invalid_grant')
  })

  it('counts for what was asked, whatever is posted beside it: no member of the form reaches the request (CVE-2021-27582)', async () => {
    const { ask } = setUp()
    const alice = createPerson(ask, { now: () => NOW })
    const app = createApp(ask, { client: 'web' })
    const consent = hiddenField(await (await alice.visit(REQUESTS['web'])).text(), 'consent')
    const beside = {
      client_id: 'evil',
      redirect_uri: 'https://evil.example/cb',
      scope: 'read write admin',
      state: 'evil',
      code_challenge: 'x'.repeat(43),
      response_mode: 'form_post',
      sub: 'bob',
    }
    const page = await (await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow', ...beside })).text()
    const [way, asked] = [new URL(goesTo(page)), new URL(authorizeUrl(REQUESTS['web'])).searchParams]
    expect([way.origin + way.pathname, way.searchParams.get('state')]).toEqual([
      'https://web.example/cb',
      asked.get('state'),
    ])
    const { scope } = await readAnswer(await app.redeem(way.searchParams.get('code') ?? ''))
    expect(scope).toBe(asked.get('scope'))
  })

  it.each([
    ['allow', 'deny'],
    ['deny', 'allow'],
  ])('that was answered with %s is not answered with %s afterwards; the way back is there', async (first, other) => {
    const { person } = setUp()
    const alice = person()
    const consent = hiddenField(await (await alice.visit()).text(), 'consent')
    const press = (decision: string): Promise<Response> =>
      alice.browser.post(`${ISSUER}/consent`, { consent, decision })
    const gone = goesTo(await (await press(first)).text())
    expect(goesTo(await (await press(first)).text()).slice(0, 40)).toBe(gone.slice(0, 40))
    const refused = await press(other)
    const page = await refused.text()
    expect([refused.status, page.includes('code=ey')]).toEqual([409, false])
    expect(page).toMatch(/You have answered this before[\s\S]*href="https:\/\/app\.example\/cb\?error=access_denied/)
  })

  it.each([
    ['by the browser', false],
    ['by the app', true],
  ])(
    'goes on with another account for the same request, brought %s, however long it was looked at',
    async (_, isPushed) => {
      const { ask, person, wait, at } = setUp()
      const alice = person()
      const app = createApp(ask, { client: 'web' })
      const hinted = { login_hint: 'alice', state: 'mine' }
      const request = isPushed ? await pushedBy('web', await app.push(hinted)) : { ...REQUESTS['web'], ...hinted }
      const consent = hiddenField(await (await alice.visit(request)).text(), 'consent')
      wait(300)
      const switched = await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'switch' })
      const asked = (await alice.browser.get(goesTo(await switched.text()))).headers.get('location') ?? ''
      expect(isLogin(new Response(null, { headers: { location: asked } }))).toBe(true)
      expect([...new URL(asked).searchParams].filter(([name]) => ['prompt', 'login_hint'].includes(name))).toEqual([
        ['prompt', 'login'],
      ])
      const back = await alice.browser.get(await signLogin(asked, 'bob', { now: at() }))
      const page = await (await alice.browser.get(back.headers.get('location') ?? '')).text()
      expect(page).toContain('<p class="account"><bdi>bob</bdi>')
      const left = await alice.browser.post(`${ISSUER}/consent`, {
        consent: hiddenField(page, 'consent'),
        decision: 'allow',
      })
      const answer = new URL(goesTo(await left.text())).searchParams
      expect(answer.get('state')).toBe('mine')
      expect((await app.redeem(answer.get('code') ?? '')).status).toBe(200)
    },
  )

  it('that is pressed twice in another session gives nothing', async () => {
    const { person } = setUp()
    const [alice, bob] = [person(), person('bob')]
    const consent = hiddenField(await (await alice.visit()).text(), 'consent')
    await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    await bob.visit()
    const page = await (await bob.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })).text()
    expect([page.includes('code=ey'), page.includes('Please answer once more')]).toEqual([false, true])
  })

  it.each<[string, (consent: string) => readonly [Record<string, string>, Record<string, string>], number]>([
    ['without the form', () => [{ decision: 'allow' }, {}], 400],
    ['with a changed form', (consent) => [{ consent: tampered(consent), decision: 'allow' }, {}], 400],
    ['without a decision', (consent) => [{ consent }, {}], 400],
    ['with another decision', (consent) => [{ consent, decision: 'perhaps' }, {}], 400],
    ['from another site (H23)', (consent) => [{ consent, decision: 'allow' }, { 'sec-fetch-site': 'cross-site' }], 403],
    ['from a nameless page (H23)', (consent) => [{ consent, decision: 'allow' }, { origin: 'null' }], 403],
    [
      'from another origin (H23)',
      (consent) => [{ consent, decision: 'allow' }, { origin: 'https://evil.example' }],
      403,
    ],
    ['as plain text (H23)', (consent) => [{ consent, decision: 'allow' }, { 'content-type': 'text/plain' }], 403],
  ])('is not taken %s, and can still be given', async (_, change, status) => {
    const { person } = setUp()
    const alice = person()
    const consent = hiddenField(await (await alice.visit()).text(), 'consent')
    const [form, headers] = change(consent)
    const response = await alice.browser.post(`${ISSUER}/consent`, form, headers)
    expect([response.status, (await response.text()).includes('code=ey')]).toEqual([status, false])
    expect((await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })).status).toBe(200)
  })

  it('is taken as a form by what its type means (RFC 9110 §8.3.1)', async () => {
    const { person } = setUp()
    const alice = person()
    const consent = hiddenField(await (await alice.visit()).text(), 'consent')
    const post = async (type: string): Promise<number> =>
      (await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'deny' }, { 'content-type': type })).status
    expect(await post('application/x-www-form-urlencoded; charset=utf-16')).toBe(403)
    expect(await post('Application/X-WWW-Form-URLEncoded; boundary=x; charset="UTF-8"')).toBe(200)
  })

  it('is taken from our own page: browsers say so, though its origin is null', async () => {
    const { person } = setUp()
    const alice = person()
    const consent = hiddenField(await (await alice.visit()).text(), 'consent')
    const headers = { 'sec-fetch-site': 'same-origin', origin: 'null' }
    expect((await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' }, headers)).status).toBe(200)
  })

  it("is not taken in another person's browser, or with another login (H23)", async () => {
    const { person } = setUp()
    const [alice, bob] = [person(), person('bob')]
    const consent = hiddenField(await (await alice.visit()).text(), 'consent')
    await bob.visit()
    const mallory = person('mallory', alice.browser.cookies)
    await mallory.visit({ prompt: 'login' })
    for (const { browser } of [bob, alice]) {
      const page = await (await browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })).text()
      expect([page.includes('code=ey'), page.includes('Please answer once more')]).toEqual([false, true])
    }
  })

  it('is held against the policy of today (C25)', async () => {
    const { person, at } = setUp()
    const alice = person()
    const consent = hiddenField(await (await alice.visit({ scope: 'read write' })).text(), 'consent')
    const stricter = { ...VARS.CLIENTS, pub: { ...VARS.CLIENTS.pub, scopes: ['read'] as const } }
    const other = testIssuer({ clients: stricter, now: at })
    const browser = createBrowser((request) => other.fetch(request), alice.browser.cookies)
    const response = await browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    const page = await response.text()
    expect([page.includes('code=ey'), errorOf(new URL(goesTo(page)))]).toEqual([false, 'invalid_scope'])
  })

  it.each([
    [undefined, 3600],
    [60, 60],
    [86_400, 86_400],
  ])('can be answered for as long as a login may take: %s, that is %i seconds', async (loginLifetime, seconds) => {
    const { person, wait } = setUp({
      sessionIdleLifetime: 2_592_000,
      sessionLifetime: 2_592_000,
      ...(loginLifetime && { loginLifetime }),
    })
    const alice = person()
    const consent = hiddenField(await (await alice.visit()).text(), 'consent')
    const other = hiddenField(await (await alice.visit()).text(), 'consent')
    wait(seconds - 1)
    expect((await alice.browser.post(`${ISSUER}/consent`, { consent: other, decision: 'deny' })).status).toBe(200)
    wait(1)
    const late = await (await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })).text()
    expect([late.includes('code=ey'), late.includes('Please answer once more')]).toEqual([false, true])
  })
})

describe('a login', () => {
  it('that another browser began is a page, and no session (C17, H24, H64)', async () => {
    const { ask, at } = setUp()
    const begun = await createBrowser(ask).get(authorizeUrl())
    const callback = await signLogin(begun.headers.get('location') ?? '', 'alice', { now: at() })
    for (const cookies of [new Map(), new Map([['__Host-bulla-browser', 'A'.repeat(22)]])]) {
      const response = await createBrowser(ask, cookies).get(callback)
      expect([response.status, response.headers.getSetCookie().some((cookie) => cookie.includes('session'))]).toEqual([
        400,
        false,
      ])
    }
  })

  // promise: P06
  it('happens once: the URL by which it came back is a page afterwards, and no session', async () => {
    const { person, lines, at } = setUp()
    const { browser } = person()
    const location = (await browser.get(authorizeUrl())).headers.get('location') ?? ''
    const callback = await signLogin(location, 'alice', { now: at() })
    const both = await Promise.all([browser.get(callback), browser.get(callback)])
    expect(both.map(({ status }) => status).toSorted()).toEqual([303, 400])
    browser.cookies.delete('__Host-bulla-session')
    const again = await browser.get(callback)
    expect([again.status, browser.cookies.has('__Host-bulla-session')]).toEqual([400, false])
    expect(lines.at(-1)).toMatchObject({ event: 'login', code: 'login_failed', detail: 'the login was used before' })
    // Another signature for the same login is the same login.
    expect((await browser.get(await signLogin(location, 'mallory', { now: at() }))).status).toBe(400)
  })

  it('is not lost when the guard is down: it works afterwards', async () => {
    const guard = createMemoryGuard(() => NOW)
    let isDown = true
    const spend: typeof guard.spend = (id, exp) => (isDown ? Promise.reject(new Error()) : guard.spend(id, exp))
    const { person, at } = setUp({ guard: { ...guard, spend } })
    const { browser } = person()
    const location = (await browser.get(authorizeUrl())).headers.get('location') ?? ''
    const callback = await signLogin(location, 'alice', { now: at() })
    expect([(await browser.get(callback)).status, browser.cookies.has('__Host-bulla-session')]).toEqual([503, false])
    isDown = false
    expect((await browser.get(callback)).status).toBe(303)
  })

  it('can be under way in two tabs at once', async () => {
    const { person, at } = setUp()
    const { browser } = person()
    const begun = [await browser.get(authorizeUrl({ state: '1' })), await browser.get(authorizeUrl({ state: '2' }))]
    for (const [index, response] of begun.entries()) {
      const back = await browser.get(await signLogin(response.headers.get('location') ?? '', 'alice', { now: at() }))
      expect(back.headers.get('location')).toContain(`state=${index + 1}`)
    }
  })

  it.each<[string, (state: string) => string]>([
    ['without a state', () => '/login/callback?login=x'],
    ['with a state that is none', () => '/login/callback?state=junk&login=x'],
    ['with a changed state', (state) => `/login/callback?state=${tampered(state)}&login=x`],
    ['with the state twice', (state) => `/login/callback?state=${state}&state=${state}&login=x`],
    ['without a login', (state) => `/login/callback?state=${state}`],
  ])('that comes back %s is a page, and no session', async (_, path) => {
    const { person } = setUp()
    const { browser } = person()
    const begun = await browser.get(authorizeUrl())
    const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? ''
    const response = await browser.get(ISSUER + path(state))
    expect([response.status, browser.cookies.has('__Host-bulla-session')]).toEqual([400, false])
  })

  // promise: U01
  it('that failed offers to try again, and can be (U01)', async () => {
    const { person, at } = setUp()
    const { browser } = person()
    const begun = await browser.get(authorizeUrl())
    const location = begun.headers.get('location') ?? ''
    const failed = await browser.get(await signLogin(location, 'alice', { now: at(), claims: { nonce: 'x' } }))
    expect(failed.status).toBe(400)
    expect(await failed.text()).toContain(`href="${authorizeUrl().replaceAll('&', '&amp;')}"`)
    expect((await browser.get(await signLogin(location, 'alice', { now: at() }))).status).toBe(303)
  })

  it.each<[string, Changes]>([
    ['prompt=login', { prompt: 'login' }],
    ['prompt=login consent', { prompt: 'login consent' }],
    ['max_age=0', { max_age: '0' }],
  ])('that failed is tried again as it was asked for, with %s, pushed or not', async (_, changes) => {
    const { ask, person, wait, at } = setUp()
    const alice = person()
    await alice.answer('allow', REQUESTS['web'])
    wait(1)
    const pushed = await pushedBy('web', await createApp(ask, { client: 'web' }).push(changes))
    for (const request of [{ ...REQUESTS['web'], ...changes }, pushed]) {
      const begun = (await alice.browser.get(authorizeUrl(request))).headers.get('location') ?? ''
      const callback = await signLogin(begun, 'alice', { now: at(), claims: { nonce: 'x' } })
      const again = /class="button" href="([^"]*)"/.exec(await (await alice.browser.get(callback)).text())?.[1] ?? ''
      const asked = new URL((await alice.browser.get(again.replaceAll('&amp;', '&'))).headers.get('location') ?? '')
      expect([asked.origin, asked.searchParams.get('max_age')]).toEqual(['https://login.example', '0'])
      const back = await alice.browser.get(await signLogin(asked.href, 'alice', { now: at() }))
      expect((await alice.browser.get(back.headers.get('location') ?? '')).status).toBeLessThan(400)
    }
  })

  it.each<[string, Changes, number | undefined, number | 'login_required']>([
    ['prompt=login', { prompt: 'login' }, undefined, 'login_required'],
    ['prompt=login', { prompt: 'login' }, -31, 400],
    ['prompt=login', { prompt: 'login' }, -30, 303],
    ['prompt=login', { prompt: 'login' }, 0, 303],
    ['prompt=login, though max_age would allow more', { prompt: 'login', max_age: '600' }, -31, 400],
    ['max_age=60', { max_age: '60' }, undefined, 'login_required'],
    ['max_age=60', { max_age: '60' }, -91, 400],
    ['max_age=60', { max_age: '60' }, -90, 303],
    ['max_age=0', { max_age: '0' }, -31, 400],
    ['max_age=0', { max_age: '0' }, 0, 303],
    ['nothing', {}, undefined, 303],
    ['nothing', {}, -86_400, 303],
    ['nothing, in a minute', {}, 60, 303],
  ])('for %s, %j, with an auth_time %j seconds from its beginning is answered %s', async (_, changes, age, answer) => {
    const { person, at } = setUp()
    const { browser } = person()
    const begun = (await browser.get(authorizeUrl(changes))).headers.get('location') ?? ''
    const auth_time = age === undefined ? undefined : at() + age
    const back = await browser.get(await signLogin(begun, 'alice', { now: at(), claims: { auth_time } }))
    // Where nothing tells when, trying again would not help: the client is told.
    const told = new URL(back.headers.get('location') ?? 'none:').searchParams.get('error')
    expect([told ?? back.status, browser.cookies.has('__Host-bulla-session')]).toEqual([answer, answer === 303])
  })

  it('may take its time: one that was made since it was begun is new, however long the way back', async () => {
    const { person, wait, at } = setUp()
    const { browser } = person()
    for (const changes of [{ prompt: 'login' }, { max_age: '1' }]) {
      const begun = (await browser.get(authorizeUrl(changes))).headers.get('location') ?? ''
      const auth_time = at()
      wait(300)
      const callback = await signLogin(begun, 'alice', { now: at(), claims: { auth_time } })
      expect((await browser.get(callback)).status).toBe(303)
    }
  })

  it.each(['pub', 'web'] as const)(
    'of which nobody tells when is told to nobody: no token of %s says so',
    async (client) => {
      const { ask, person, at, wait } = setUp()
      const { browser } = person()
      const url = authorizeUrl(REQUESTS[client])
      const begun = (await browser.get(url)).headers.get('location') ?? ''
      await browser.get(await signLogin(begun, 'alice', { now: at(), claims: { auth_time: undefined } }))
      // A visit later it is as unknown as before.
      wait(61)
      const consent = hiddenField(await (await browser.get(url)).text(), 'consent')
      const answered = await browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
      const code = new URL(goesTo(await answered.text())).searchParams.get('code') ?? ''
      const app = createApp(ask, { client })
      const first = await readAnswer(await app.redeem(code))
      const second = await readAnswer(await app.refresh(first.refresh_token ?? ''))
      const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', API, 'A256GCM', 600)
      for (const { access_token } of [first, second]) {
        const { facts } = await openEnvelope(access_token, 'at+jwe', leaves, at())
        expect(Object.keys(facts)).not.toContain('auth_time')
        expect(facts['sub']).toBe('alice')
      }
      // Whoever asks how long ago asks for a login that tells, and is told that there is none: nobody goes in circles.
      const asked = await browser.get(authorizeUrl({ ...REQUESTS[client], max_age: '600' }))
      expect(isLogin(asked)).toBe(true)
      const location = asked.headers.get('location') ?? ''
      const back = await browser.get(
        await signLogin(location, 'alice', { now: at(), claims: { auth_time: undefined } }),
      )
      expect(new URL(back.headers.get('location') ?? '').searchParams.get('error')).toBe('login_required')
      expect((await browser.get(await signLogin(location, 'alice', { now: at() }))).status).toBe(303)
      expect(isLogin(await browser.get(authorizeUrl({ ...REQUESTS[client], max_age: '600' })))).toBe(false)
    },
  )

  it.each([Number.NaN, 1.5, -1, NOW + 31, NOW * 1000])('of an own way to log in cannot be of %d', async (auth_time) => {
    const { person, lines } = setUp({ authenticate: async () => ({ sub: 'alice', auth_time }) })
    const { browser } = person()
    expect((await browser.get(authorizeUrl())).status).toBe(400)
    expect(browser.cookies.has('__Host-bulla-session')).toBe(false)
    expect(lines.at(-1)?.detail).toBe('nobody can have logged in at that auth_time')
  })

  it.each([
    [undefined, 3600],
    [60, 60],
    [86_400, 86_400],
  ])('may take its time, by default an hour: %s, that is %i seconds', async (loginLifetime, seconds) => {
    const { person, wait, at } = setUp(loginLifetime === undefined ? {} : { loginLifetime })
    for (const [pause, isLoggedIn] of [
      [seconds - 1, true],
      [seconds, false],
    ] as const) {
      const { browser } = person()
      const location = (await browser.get(authorizeUrl())).headers.get('location') ?? ''
      wait(pause)
      await browser.get(await signLogin(location, 'alice', { now: at() }))
      expect(browser.cookies.has('__Host-bulla-session')).toBe(isLoggedIn)
    }
  })

  it('is sealed: nothing of the request can be read on its way (M10)', async () => {
    const { ask } = setUp()
    const location = (await createBrowser(ask).get(authorizeUrl({ state: 'canary' }))).headers.get('location') ?? ''
    const shown = (new URL(location).searchParams.get('state') ?? '')
      .split('.')
      .map((segment) => atob(segment.replaceAll('-', '+').replaceAll('_', '/')))
    expect(shown.join('')).not.toContain('canary')
  })
})

describe('a request that another site posts', () => {
  const URL_OF = (changes: Changes = {}): URL => new URL(authorizeUrl(changes))
  const post = (browser: ReturnType<typeof createBrowser>, changes: Changes = {}): Promise<Response> =>
    browser.post(`${ISSUER}/authorize`, Object.fromEntries(URL_OF(changes).searchParams))

  it('goes on by GET and leaves the cookies alone, which do not come with it (RFC 6749 §3.1)', async () => {
    const { ask, person, at } = setUp()
    const alice = person()
    await alice.answer('allow')
    const underWay = (await alice.browser.get(authorizeUrl({ prompt: 'login' }))).headers.get('location') ?? ''
    const pushed = await pushedBy('web', await createApp(ask, { client: 'web' }).push())
    for (const changes of [{}, pushed]) {
      // A `Lax` cookie stays at home when another site posts; what is answered counts all the same.
      const posted = await post(createBrowser(ask), changes)
      expect([posted.status, posted.headers.getSetCookie()]).toEqual([303, []])
      expect(posted.headers.get('location')).toBe(authorizeUrl(changes))
    }
    const location = (await post(createBrowser(ask))).headers.get('location') ?? ''
    expect((await alice.browser.get(location)).headers.get('location')).toContain('code=')
    expect((await alice.browser.get(await signLogin(underWay, 'alice', { now: at() }))).status).toBe(303)
  })

  it.each<[string, Changes, number, string | null]>([
    ['whose destination is not proved is a page', { redirect_uri: 'https://evil.example' }, 400, null],
    ['that asks for what cannot be is told so at its destination', { scope: 'nosuch' }, 303, 'invalid_scope'],
  ])('%s', async (_, changes, status, code) => {
    const response = await post(createBrowser(setUp().ask), changes)
    expect([response.status, response.headers.getSetCookie()]).toEqual([status, []])
    expect(errorOf(new URL(response.headers.get('location') ?? 'page:'))).toBe(code)
  })
})

describe('the life of an approval', () => {
  const codeOf = async (alice: ReturnType<typeof createPerson>, changes?: Changes) =>
    (await alice.answer('allow', changes)).searchParams.get('code') ?? ''

  it('of a code is 60 seconds (G11)', async () => {
    const { ask, person, wait } = setUp()
    const alice = person()
    const [good, late] = [await codeOf(alice), await codeOf(alice)]
    wait(59)
    expect((await createApp(ask).redeem(good)).status).toBe(200)
    wait(1)
    expect((await readAnswer(await createApp(ask).redeem(late))).error).toBe('invalid_grant')
  })

  // promise: I05
  it('ends for good, however often it is refreshed, and no token outlives it (M18, M19)', async () => {
    const { ask, person, wait } = setUp({
      clients: {
        ...VARS.CLIENTS,
        pub: { ...VARS.CLIENTS.pub, refresh_token_lifetime: 1000, refresh_token_idle_lifetime: 1000 },
      },
    })
    const app = createApp(ask)
    let answer = await readAnswer(await app.redeem(await codeOf(person())))
    const lives: number[] = [answer.expires_in]
    for (const seconds of [300, 300, 300, 35]) {
      wait(seconds)
      answer = await readAnswer(await app.refresh(answer.refresh_token ?? ''))
      lives.push(answer.expires_in)
    }
    expect(lives).toEqual([600, 600, 400, 100, 65])
    wait(6)
    expect((await readAnswer(await app.refresh(answer.refresh_token ?? ''))).error).toBe('invalid_grant')
  })

  it('of a rotating refresh token ends when it is not used for a while', async () => {
    const { ask, person, wait } = setUp()
    const app = createApp(ask)
    let answer = await readAnswer(await app.redeem(await codeOf(person())))
    wait(604_799)
    answer = await readAnswer(await app.refresh(answer.refresh_token ?? ''))
    wait(604_800)
    expect((await readAnswer(await app.refresh(answer.refresh_token ?? ''))).error).toBe('invalid_grant')
  })

  it('holds scope and resource against the policy of today (C25)', async () => {
    const { ask, person, at } = setUp()
    const { refresh_token = '' } = await readAnswer(
      await createApp(ask, { client: 'web' }).redeem(
        await codeOf(person(), { ...REQUESTS['web'], scope: 'read write' }),
      ),
    )
    const refresh = async (web: object) => {
      const other = testIssuer({ clients: { ...VARS.CLIENTS, web: { ...VARS.CLIENTS.web, ...web } }, now: at })
      return readAnswer(await createApp((request) => other.fetch(request), { client: 'web' }).refresh(refresh_token))
    }
    expect(await refresh({ scopes: ['read'] })).toMatchObject({ scope: 'read' })
    expect(await refresh({ scopes: ['mail'] })).toMatchObject({ error: 'invalid_scope' })
    expect(await refresh({ resources: [API2] })).toMatchObject({ error: 'invalid_target' })
  })
})

describe('text from outside', () => {
  it.each(['"><script>alert(1)</script>', '{{7*7}}', "';alert(1)//", '<img src=x onerror=alert(1)>'])(
    'is inert on every page: %s (C22)',
    async (text) => {
      const { person } = setUp({ clients: { ...VARS.CLIENTS, pub: { ...VARS.CLIENTS.pub, client_name: text } } })
      const alice = person(text)
      const consent = await (await alice.visit({ state: text })).text()
      const logout = await (await alice.browser.get(`${ISSUER}/logout`)).text()
      const error = await (
        await alice.browser.get(authorizeUrl({ client_id: text, state: text, redirect_uri: text }))
      ).text()
      for (const page of [consent, logout, error]) expect(page).not.toMatch(/<script|<img/)
      const left = await (
        await alice.browser.post(`${ISSUER}/consent`, { consent: hiddenField(consent, 'consent'), decision: 'allow' })
      ).text()
      expect(left).not.toMatch(/<script|<img/)
      expect(
        new URL(
          goesTo(left)
            .replaceAll('&quot;', '"')
            .replaceAll('&#39;', "'")
            .replaceAll('&lt;', '<')
            .replaceAll('&gt;', '>'),
        ).searchParams.get('state'),
      ).toBe(text)
    },
  )

  it.each([
    '"><script>alert(1)</script>',
    '{{7*7}}',
    "';alert(1)//",
    '<img src=x onerror=alert(1)>',
    '</dd></dl><form>',
  ])('is inert in the details of a request, and shown whole: %s (C22)', async (text) => {
    const { person } = setUp()
    const detail = { type: 'payment', amount: { value: '1.00', currency: 'EUR' }, creditorName: text }
    const page = await (await person().visit({ authorization_details: JSON.stringify([detail]) })).text()
    expect(page).not.toMatch(/<script|<img|<form>/)
    const shown = /<dt>To<\/dt><dd><bdi>(.*?)<\/bdi><\/dd>/.exec(page)?.[1] ?? ''
    const written = [
      ['&lt;', '<'],
      ['&gt;', '>'],
      ['&quot;', '"'],
      ['&#39;', "'"],
    ] as const
    expect(written.reduce((left, [entity, character]) => left.replaceAll(entity, character), shown)).toBe(text)
  })

  it.each(['{"a":1}', '[{"type":"<script>"}]', '<script>alert(1)</script>'])(
    'that is no detail is told to the client, and not repeated: %s (C22)',
    async (authorization_details) => {
      const answer = await setUp().person().answer('allow', { authorization_details })
      expect([errorOf(answer), /%3C|alert/.test(answer.search)]).toEqual(['invalid_authorization_details', false])
    },
  )

  it('makes no header (M13)', async () => {
    const { person } = setUp()
    const answer = await person().answer('allow', { state: 'x\r\nSet-Cookie: a=b' })
    expect(answer.searchParams.get('state')).toBe('x\r\nSet-Cookie: a=b')
  })
})

it('logs no code, token, cookie, state or name of a person (M11)', async () => {
  const { ask, person, lines } = setUp()
  const alice = person('canary-name')
  const answer = await alice.answer('allow', { state: 'canary-state', nonce: 'canary-nonce' })
  const tokens = await readAnswer(await createApp(ask).redeem(answer.searchParams.get('code') ?? ''))
  await createApp(ask).redeem(answer.searchParams.get('code') ?? '')
  await alice.browser.get(authorizeUrl({ redirect_uri: 'https://canary.example' }))
  const text = JSON.stringify(lines)
  expect(lines.length).toBeGreaterThan(2)
  // A token begins so; a random id of 22 characters may, too.
  expect(text).not.toMatch(/canary|eyJ[\w-]{20}/)
  for (const secret of [tokens.access_token, tokens.refresh_token ?? '', ...alice.browser.cookies.values()])
    expect(text).not.toContain(secret)
})

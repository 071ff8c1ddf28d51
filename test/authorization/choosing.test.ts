import { describe, expect, it } from 'vitest'
import { loginProviders, ownLoginPage } from '../../src/index.ts'
import { developmentLogin } from '../../src/login/development.ts'
import { API, API2, ISSUER, LOGIN_PAGE, NOW, testIssuer, VARS } from '../fixtures.ts'
import {
  authorizeUrl,
  type Changes,
  createApp,
  createBrowser,
  hiddenField,
  pushedBy,
  signLogin,
} from '../parties/person.ts'
import { createSeveral, linksOf, providerOf, sentTo } from '../parties/several_providers.ts'
import { createWalkInIssuer } from '../parties/walk_in.ts'

const wordsOf = (page: string): readonly string[] => linksOf(page).map(({ words }) => words)
const errorOf = (response: Response): string | null =>
  new URL(response.headers.get('location') ?? 'page:').searchParams.get('error')

describe('where there are several providers', () => {
  it('the person chooses one by a link, on a page that says for which app, and goes on with the same request', async () => {
    const there = createSeveral()
    const first = await there.visit()
    const page = await first.text()
    expect(first.status).toBe(200)
    expect(page).toContain('<strong><bdi>Browser app</bdi></strong> asks you to log in.')
    expect(wordsOf(page)).toEqual(['GitHub', 'Google'])
    expect(there.transactions).toEqual([])
    const sent = await there.browser.get(linksOf(page)[1]?.location ?? '')
    expect(sentTo(sent)).toMatchObject({ name: 'google', callback: `${ISSUER}/login/callback/google` })
    const url = new URL(await there.answer(await there.comeBack(sent)))
    expect([url.origin + url.pathname, url.searchParams.get('state')]).toEqual(['https://app.example/cb', 'xyz'])
    expect(url.searchParams.has('code')).toBe(true)
  })

  it('the page leaks the login to nobody, is kept by nobody, and has no form', async () => {
    const response = await createSeveral().visit()
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.text()).not.toContain('<form')
  })

  it('the one that was used last in this browser comes first, until it forgets', async () => {
    const there = createSeveral()
    await there.comeBack(await there.choose('Google'))
    const again = linksOf(await (await there.visit({ prompt: 'select_account' })).text())
    expect(again.map(({ words, isLast }) => [words, isLast])).toEqual([
      ['Google', true],
      ['GitHub', false],
    ])
    expect(there.browser.cookies.get('__Host-bulla-provider')).toBe('google')
    const token = hiddenField(await (await there.browser.get(`${ISSUER}/logout`)).text(), 'token')
    await there.browser.post(`${ISSUER}/logout`, { token, forget: 'yes' })
    expect(there.browser.cookies.has('__Host-bulla-provider')).toBe(false)
  })

  it.each(['nobody', '', '<b>', 'github '.repeat(300), '__proto__'])(
    'a cookie that names none is as if it were not there: %.20j',
    async (value) => {
      const there = createSeveral()
      there.browser.cookies.set('__Host-bulla-provider', value)
      const links = linksOf(await (await there.visit()).text())
      expect(links.map(({ words, isLast }) => [words, isLast])).toEqual([
        ['GitHub', false],
        ['Google', false],
      ])
    },
  )

  it.each([
    ['github', 'github'],
    ['google', 'google'],
  ])('idp_hint=%s goes there at once', async (hint, name) => {
    expect(sentTo(await createSeveral().visit({ idp_hint: hint })).name).toBe(name)
  })

  it.each(['nobody', 'GitHub', '__proto__', ' github'])(
    'idp_hint=%j is none of them, and the page is shown',
    async (hint) => {
      expect(wordsOf(await (await createSeveral().visit({ idp_hint: hint })).text())).toEqual(['GitHub', 'Google'])
    },
  )

  it.each([
    ['that is too long', 'a'.repeat(513)],
    ['with what nobody can see', 'git\u202ehub'],
  ])('an idp_hint %s is refused', async (_, hint) => {
    expect(errorOf(await createSeveral().visit({ idp_hint: hint }))).toBe('invalid_request')
  })

  it('idp_hint of a pushed request counts, too', async () => {
    const there = createSeveral()
    const pushed = await createApp(there.ask).push({ idp_hint: 'google' })
    expect(sentTo(await there.visit(await pushedBy('pub', pushed))).name).toBe('google')
  })

  it('one alone is not asked about, whatever its name', async () => {
    const there = createSeveral({ providers: { github: providerOf('GitHub') } })
    expect(sentTo(await there.visit()).name).toBe('github')
    expect(there.browser.cookies.has('__Host-bulla-provider')).toBe(false)
  })

  it('each gets another secret, and none learns that of another from its own', async () => {
    const there = createSeveral()
    const [github, google] = linksOf(await (await there.visit()).text())
    for (const link of [github, google]) await there.browser.get(link?.location ?? '')
    const [one, two] = there.transactions.map(({ secret }) => secret)
    expect(one).toMatch(/^[\w-]{43}$/)
    expect(one).not.toBe(two)
  })

  it('who goes back can choose otherwise; of one login at two the first counts, and the second has a way on', async () => {
    const there = createSeveral()
    const [github, google] = linksOf(await (await there.visit()).text())
    const tabs = [await there.browser.get(github?.location ?? ''), await there.browser.get(google?.location ?? '')]
    const [second = new Response(), first = new Response()] = tabs
    expect(await (await there.comeBack(first, 'bob')).text()).toContain('bob of Google')
    const late = await there.comeBack(second, 'alice')
    expect(late.status).toBe(400)
    const again = /<a class="button" href="([^"]*)"/.exec(await late.text())?.[1]?.replaceAll('&amp;', '&') ?? ''
    expect(await (await there.follow(again)).text()).toContain('bob of Google')
  })

  it('the longest request that is taken comes through a choice, a provider with a long name and its answer', async () => {
    const name = 'a'.repeat(31)
    const there = createSeveral({ providers: { [name]: providerOf('Long'), other: providerOf('Other') } })
    const sized = (length: number): Changes => ({
      state: 's',
      login_hint: 'h'.repeat(512),
      ui_locales: 'l'.repeat(512),
      nonce: 'n'.repeat(512),
      acr_values: ' '.repeat(512),
      idp_hint: 'i'.repeat(512),
      resource: API,
      id_token_hint: 'x'.repeat(length),
    })
    let [longest, tooLong] = [0, 8000]
    while (tooLong - longest > 1) {
      const length = Math.floor((longest + tooLong) / 2)
      if ((await there.visit(sized(length))).status === 200) longest = length
      else tooLong = length
    }
    const sent = await there.choose('Long', sized(longest))
    expect(sentTo(sent).state.length).toBeLessThanOrEqual(7000)
    const page = await there.comeBack(sent, 'c'.repeat(200))
    expect(await page.text()).toContain(`of Long`)
    expect(longest).toBeGreaterThan(1000)
  })

  it('somebody else’s choice is none of this browser', async () => {
    const there = createSeveral()
    const links = linksOf(await (await there.visit()).text())
    const other = createBrowser(there.ask)
    const response = await other.get(links[0]?.location ?? '')
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('This login began in another browser')
    expect(there.transactions).toEqual([])
  })

  it.each([
    ['a provider that is not there', '&provider=nobody'],
    ['no provider', ''],
    ['two providers', '&provider=github&provider=google'],
  ])('a link with %s leads to the choice again, or nowhere', async (_, rest) => {
    const there = createSeveral()
    const state = new URL(linksOf(await (await there.visit()).text())[0]?.location ?? '').searchParams.get('state')
    const response = await there.follow(`${ISSUER}/login?state=${state}${rest}`)
    if (rest.split('provider').length > 2) expect(response.status).toBe(400)
    else expect(wordsOf(await response.text())).toEqual(['GitHub', 'Google'])
    expect(there.transactions).toEqual([])
  })

  it('who comes late to the choice is asked again', async () => {
    const there = createSeveral()
    const links = linksOf(await (await there.visit()).text())
    there.wait(3600)
    expect(wordsOf(await (await there.follow(links[0]?.location ?? '')).text())).toEqual(['GitHub', 'Google'])
    expect(there.transactions).toEqual([])
  })

  it('"Use another account" asks where, without the hints of before, and for an account to be chosen', async () => {
    const there = createSeveral()
    const page = await there.comeBack(await there.visit({ idp_hint: 'github', login_hint: 'alice' }))
    const again = await there.browser.get(await there.answer(page, 'switch'))
    const links = linksOf(await again.text())
    expect(links.map(({ words }) => words)).toEqual(['GitHub', 'Google'])
    const sent = await there.browser.get(links[0]?.location ?? '')
    expect(there.transactions.at(-1)).toMatchObject({ isChoosing: true, isFresh: false, loginHint: undefined })
    expect(await (await there.comeBack(sent, 'bob')).text()).toContain('bob of GitHub')
  })

  it('"Use another account" is a new login, where all tell when it was', async () => {
    const tells = () => NOW
    const providers = { one: providerOf('One', { auth_time: tells }), two: providerOf('Two', { auth_time: tells }) }
    const there = createSeveral({ providers })
    const page = await there.comeBack(await there.choose('One'))
    await there.browser.get(await there.answer(page, 'switch'))
    await there.choose('Two', { prompt: 'login' })
    expect(there.transactions.at(-1)).toMatchObject({ isFresh: true })
  })

  it('another provider is another person: the session before is ended first', async () => {
    const there = createSeveral()
    await there.comeBack(await there.choose('GitHub'), '7')
    const copy = new Map(there.browser.cookies)
    expect(await (await createBrowser(there.ask, copy).get(authorizeUrl())).text()).toContain('7 of GitHub')
    await there.comeBack(await there.choose('Google', { prompt: 'select_account' }), '7')
    expect(await (await there.visit()).text()).toContain('7 of Google')
    const after = await createBrowser(there.ask, copy).get(authorizeUrl())
    expect(wordsOf(await after.text())).toEqual(['GitHub', 'Google'])
  })

  it('a client that nobody configured is shown as on the page that asks: its own name, and where the answer goes', async () => {
    const log = [] as never[]
    const authenticate = loginProviders({ a: providerOf('A')(log), b: providerOf('B')(log) })
    const there = createWalkInIssuer({ authenticate })
    const named = await (await there.question(await there.register())).text()
    expect(named).toContain('<bdi>MCP CLI</bdi>')
    expect(named).toContain('The answer goes to <strong><bdi>an app on this device</bdi></strong>.')
    expect(named).toContain('The app gave itself this name, and nobody has checked it.')
    const posing = await there.register({ client_name: ISSUER, redirect_uris: ['https://evil.example/cb'] })
    const page = await (await there.question(posing, { redirect_uri: 'https://evil.example/cb' })).text()
    expect(page).toContain('<strong><bdi>evil.example</bdi></strong> asks you to log in.')
  })
})

describe('a request that hands over what a provider gives', () => {
  const resources = {
    ...VARS.RESOURCES,
    [API]: { ...VARS.RESOURCES[API], provider_token: 'github', provider_scope: 'repo' },
  }
  const WEB = { client_id: 'web', redirect_uri: 'https://web.example/cb' }
  const HANDED = { ...WEB, resource: API, idp_hint: 'google' }

  it('goes to that provider at once, whatever is hinted, and was used last', async () => {
    const there = createSeveral({ resources })
    await there.comeBack(await there.choose('Google', { ...WEB, resource: API2 }))
    expect(there.browser.cookies.get('__Host-bulla-provider')).toBe('google')
    expect(sentTo(await there.visit(HANDED)).name).toBe('github')
    expect(there.transactions.at(-1)).toMatchObject({ provider: 'github', handsOver: { scope: ['repo'] } })
  })

  it('is refused at once where that provider cannot prove what is asked, though another could', async () => {
    const there = createSeveral({ resources })
    expect(errorOf(await there.visit({ ...HANDED, prompt: 'login' }))).toBe('login_required')
    expect(there.transactions).toEqual([])
  })
})

describe('the development login, among several', () => {
  it('the development login is chosen, asks for a name, and asks again after a wrong one', async () => {
    const issuer = 'http://localhost:8787'
    const authenticate = loginProviders({
      dev: { label: 'a name', tellsAuthTime: true, authenticate: developmentLogin },
      github: providerOf('GitHub')([]),
    })
    const app = testIssuer({ issuer, authenticate })
    const browser = createBrowser(async (request) => app.fetch(request))
    const [dev] = linksOf(await (await browser.get(authorizeUrl({}, issuer))).text())
    const form = async (response: Response) => hiddenField(await response.text(), 'state')
    const state = await form(await browser.get(dev?.location ?? ''))
    const again = await form(await browser.post(`${issuer}/login`, { state, username: '!' }))
    const back = await browser.post(`${issuer}/login`, { state: again, username: 'zoe' })
    const page = await (await browser.get(back.headers.get('location') ?? '')).text()
    expect(page).toContain('<bdi>zoe</bdi>')
  })
})

describe('a page of your own, among several', () => {
  const home = () => ({
    label: 'Home',
    tellsAuthTime: true,
    hasPlainNames: true,
    authenticate: ownLoginPage(LOGIN_PAGE),
  })

  /** Logs in there, as somebody; the page sends the browser back to where it is configured to. */
  async function logIn(sub: string, callback: string) {
    const there = createSeveral({ providers: { github: providerOf('GitHub'), home } })
    const sent = await there.choose('Home')
    const back = await signLogin(sent.headers.get('location') ?? '', sub, { now: NOW })
    const response = await there.follow(back.replace('/login/callback', callback))
    return { there, response, page: await response.text() }
  }

  it('answers at its own callback, and calls people as it likes', async () => {
    expect((await logIn('alice', '/login/callback/home')).page).toContain('<bdi>alice</bdi>')
  })

  it('answers nowhere else', async () => {
    for (const callback of ['/login/callback', '/login/callback/github'])
      expect((await logIn('alice', callback)).response.status).toBe(400)
  })

  it('names nobody whom a provider could, and the log says so', async () => {
    const { there, response } = await logIn('github|583231', '/login/callback/home')
    expect(response.status).toBe(400)
    expect(there.lines.at(-1)?.detail).toBe('the login names a person as another provider would')
    expect(there.browser.cookies.has('__Host-bulla-session')).toBe(false)
  })
})

describe('what has to be proved of a login', () => {
  const NONE = { github: providerOf('GitHub'), discord: providerOf('Discord') }
  const WEB = { client_id: 'web', redirect_uri: 'https://web.example/cb', resource: API }
  const NEEDS: readonly (readonly [string, Changes])[] = [
    ['prompt=login', { prompt: 'login' }],
    ['max_age', { max_age: '600' }],
    ['max_age=0', { max_age: '0' }],
    ['acr_values for an API', { acr_values: 'gold' }],
  ]

  it.each(NEEDS)('is refused at once where no provider can: %s', async (_, changes) => {
    for (const providers of [NONE, { github: providerOf('GitHub') }]) {
      const there = createSeveral({ providers })
      const response = await there.visit(changes)
      const { origin, searchParams } = new URL(response.headers.get('location') ?? 'page:')
      expect([origin, searchParams.get('error'), searchParams.get('state')]).toEqual([
        'https://app.example',
        'login_required',
        'xyz',
      ])
      expect(there.transactions).toEqual([])
      expect(there.lines.map(({ event, code, detail }) => [event, code, detail])).toEqual([
        ['authorize', 'login_required', 'no provider proves when, or how, somebody logged in'],
      ])
    }
  })

  it.each(NEEDS)('is refused at once in a session, too: nobody is sent round: %s', async (_, changes) => {
    const there = createSeveral({ providers: NONE })
    await there.comeBack(await there.choose('GitHub'))
    const asked = there.transactions.length
    expect(errorOf(await there.visit(changes))).toBe('login_required')
    expect(there.transactions).toHaveLength(asked)
  })

  it.each(NEEDS)('leaves those to choose from that can, and one alone is not asked about: %s', async (_, changes) => {
    const tells = { auth_time: () => NOW }
    const some = createSeveral({
      providers: { ...NONE, one: providerOf('One', tells), two: providerOf('Two', tells) },
    })
    expect(wordsOf(await (await some.visit(changes)).text())).toEqual(['One', 'Two'])
    expect(wordsOf(await (await some.visit({ ...changes, idp_hint: 'github' })).text())).toEqual(['One', 'Two'])
    expect(sentTo(await createSeveral().visit(changes)).name).toBe('google')
  })

  it('holds for a link that is made for another one', async () => {
    const tells = { auth_time: () => NOW }
    const providers = { ...NONE, one: providerOf('One', tells), two: providerOf('Two', tells) }
    const there = createSeveral({ providers })
    const [link] = linksOf(await (await there.visit({ prompt: 'login' })).text())
    const forged = (link?.location ?? '').replace('provider=one', 'provider=github')
    expect(wordsOf(await (await there.follow(forged)).text())).toEqual(['One', 'Two'])
    expect(there.transactions).toEqual([])
  })

  it('of a client that registered so is refused at once, and what asks for nothing goes on', async () => {
    const openid = {}
    const clients = {
      ...VARS.CLIENTS,
      web: {
        ...VARS.CLIENTS.web,
        scopes: [...VARS.CLIENTS.web.scopes, 'openid'],
        id_token_signed_response_alg: 'ES256' as const,
        require_auth_time: true,
      },
    }
    const there = createSeveral({ providers: NONE, openid, clients })
    expect(errorOf(await there.visit({ ...WEB, scope: 'openid read' }))).toBe('login_required')
    expect(wordsOf(await (await there.visit(WEB)).text())).toEqual(['GitHub', 'Discord'])
    const essential = JSON.stringify({ id_token: { acr: { essential: true, values: ['gold'] } } })
    const free = { ...clients, web: { ...clients.web, require_auth_time: false } }
    const wish = createSeveral({ providers: NONE, openid, clients: free })
    expect(errorOf(await wish.visit({ ...WEB, scope: 'openid read', claims: essential }))).toBe('login_required')
    // A wish of who asks for the person alone need not be met.
    expect((await wish.visit({ ...WEB, resource: undefined, scope: 'openid', acr_values: 'gold' })).status).toBe(200)
  })

  it('is told to an app that nobody configured by a press alone', async () => {
    const authenticate = loginProviders({ github: providerOf('GitHub')([]) })
    const there = createWalkInIssuer({ authenticate })
    const response = await there.question(await there.register(), { prompt: 'login' })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('<code>login_required</code>')
  })
})

describe('prompt=create (OpenID Initiating User Registration §4.1)', () => {
  it('asks for an account to be made, in a session too, and once', async () => {
    const there = createSeveral()
    await there.comeBack(await there.choose('GitHub'))
    const sent = await there.choose('Google', { prompt: 'create' })
    expect(there.transactions.at(-1)).toMatchObject({ isCreating: true, isFresh: false, isChoosing: false })
    const page = await there.comeBack(sent, 'new')
    expect(await page.text()).toContain('new of Google')
  })

  it('of a pushed request is met by the login, too', async () => {
    const there = createSeveral()
    const pushed = await createApp(there.ask).push({ prompt: 'create', idp_hint: 'github' })
    const sent = await there.visit(await pushedBy('pub', pushed))
    expect(there.transactions.at(-1)).toMatchObject({ isCreating: true })
    expect(await (await there.comeBack(sent, 'new')).text()).toContain('new of GitHub')
  })

  it('is in the metadata, and cannot be with none', async () => {
    const there = createSeveral()
    const metadata = await (await there.browser.get(`${ISSUER}/.well-known/oauth-authorization-server`)).json()
    expect(metadata).toMatchObject({
      prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
    })
    expect(errorOf(await there.visit({ prompt: 'none create' }))).toBe('invalid_request')
  })
})

import { describe, expect, it } from 'vitest'
import { OAuthError } from '../../src/index.ts'
import { ISSUER, NOW, testIssuer } from '../fixtures.ts'
import { authorizeUrl, createBrowser, formOf, signLogin } from '../parties/person.ts'
import { createSeveral, linksOf, providerOf, sentTo } from '../parties/several_providers.ts'

const CALLBACK = `${ISSUER}/login/callback`
const FOREIGN = {
  origin: 'https://apple.example',
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
}

describe('an answer of one provider at another’s callback (RFC 9700 §4.4)', () => {
  it.each<[string, string, boolean]>([
    ['another provider’s', `${CALLBACK}/google`, true],
    ['the one without a name', CALLBACK, true],
    ['/login, where only our own forms are', `${ISSUER}/login`, true],
    ['a provider’s, where none was chosen yet', `${CALLBACK}/github`, false],
    ['the one without a name, where none was chosen yet', CALLBACK, false],
  ])('is refused, is shown to no provider, and spends nothing: %s', async (_, callback, isChosen) => {
    const there = createSeveral()
    const [github] = linksOf(await (await there.visit()).text())
    const sent = await there.browser.get(github?.location ?? '')
    const open = new URL(github?.location ?? '').searchParams.get('state') ?? ''
    const { state } = isChosen ? sentTo(sent) : { state: open }
    const refused = await there.browser.get(`${callback}?${formOf({ state, code: 'mallory' })}`)
    expect(refused.status).toBe(400)
    expect(there.lines.at(-1)).toMatchObject({
      event: 'login',
      code: 'login_failed',
      detail: 'the answer did not come to the callback of the chosen provider',
    })
    expect(there.browser.cookies.has('__Host-bulla-session')).toBe(false)
    expect(there.transactions.map(({ step }) => step)).toEqual(['begin'])
    expect(await (await there.comeBack(sent)).text()).toContain('alice of GitHub')
  })

  it('of a provider that is gone from the settings leads nowhere', async () => {
    const there = createSeveral()
    const { state } = sentTo(await there.choose('GitHub'))
    const keptCookies = new Map(there.browser.cookies)
    const later = createSeveral({ providers: { google: providerOf('Google') } })
    const browser = createBrowser(later.ask, keptCookies)
    const query = formOf({ state, code: 'alice' })
    expect((await browser.get(`${CALLBACK}/github?${query}`)).status).toBe(404)
    expect((await browser.get(`${CALLBACK}/google?${query}`)).status).toBe(400)
    expect(later.transactions).toEqual([])
  })

  it('has a name nowhere, where there is but one way to log in', async () => {
    const issuer = testIssuer()
    const browser = createBrowser(async (request) => issuer.fetch(request))
    const { status, headers } = await browser.get(authorizeUrl())
    expect(status).toBe(303)
    const back = await signLogin(headers.get('location') ?? '', 'alice', { now: NOW })
    expect((await browser.get(back.replace('/callback?', '/callback/page?'))).status).toBe(404)
    expect((await browser.get(`${back}&provider=github`)).status).toBe(303)
  })
})

describe('a provider’s answer that comes as a form of its site', () => {
  const APPLE = { apple: providerOf('Apple', { isPosted: true }), github: providerOf('GitHub') }
  const post = (there: ReturnType<typeof createSeveral>, form: Record<string, string>, name = 'apple') =>
    createBrowser(there.ask).post(`${CALLBACK}/${name}`, form, FOREIGN)

  it('goes on by GET with what is known of it, sets no cookie, and logs the person in', async () => {
    const there = createSeveral({ providers: APPLE })
    const { state } = sentTo(await there.choose('Apple'))
    const user = JSON.stringify({ name: { firstName: 'Älice' } })
    const form = { state, code: 'alice', user, id_token: 'e30', error_description: 'x', other: 'y' }
    // Another site's form comes without our cookies.
    const posted = await post(there, form)
    expect([posted.status, posted.headers.getSetCookie()]).toEqual([303, []])
    const location = new URL(posted.headers.get('location') ?? '')
    expect(location.origin + location.pathname).toBe(`${CALLBACK}/apple`)
    expect(Object.fromEntries(location.searchParams)).toEqual({ state, code: 'alice', user })
    expect(await (await there.follow(location.href)).text()).toContain('alice of Apple')
  })

  it('is nothing before it goes on: nobody is logged in, and nothing is spent, whoever posts it', async () => {
    const there = createSeveral({ providers: APPLE })
    const sent = await there.choose('Apple')
    const form = { state: sentTo(sent).state, code: 'mallory' }
    const posted = await there.browser.post(`${CALLBACK}/apple`, form, FOREIGN)
    expect(there.transactions.map(({ step }) => step)).toEqual(['begin'])
    expect(there.browser.cookies.has('__Host-bulla-session')).toBe(false)
    const other = createBrowser(there.ask)
    expect((await other.get(posted.headers.get('location') ?? '')).status).toBe(400)
    expect(await (await there.comeBack(sent)).text()).toContain('alice of Apple')
  })

  it('tells an error as any other', async () => {
    const there = createSeveral({ providers: APPLE })
    const { state } = sentTo(await there.choose('Apple'))
    const posted = await post(there, { state, error: 'user_cancelled_authorize', iss: 'https://apple.example' })
    expect(Object.fromEntries(new URL(posted.headers.get('location') ?? '').searchParams)).toEqual({
      state,
      error: 'user_cancelled_authorize',
      iss: 'https://apple.example',
    })
  })

  it('leaves out what a URL has no room for, and is refused where that does not help, or twice the same is said', async () => {
    const there = createSeveral({ providers: APPLE })
    const form = { state: 's'.repeat(7000), code: 'c'.repeat(900) }
    const long = await post(there, { ...form, user: 'u'.repeat(500) })
    expect(Object.fromEntries(new URL(long.headers.get('location') ?? '').searchParams)).toEqual(form)
    expect((await post(there, { ...form, code: 'c'.repeat(2000) })).status).toBe(400)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const twice = new Request(`${CALLBACK}/apple`, { method: 'POST', headers, body: 'state=a&state=b' })
    expect((await there.ask(twice)).status).toBe(400)
    const bytes = new Request(`${CALLBACK}/apple`, { method: 'POST', headers, body: 'state=a&error_description=%FF' })
    expect((await there.ask(bytes)).headers.get('location')).toBe(`${CALLBACK}/apple?state=a`)
  })

  it.each([[`${CALLBACK}/github`], [CALLBACK]])('is not taken where none is posted: %s', async (url) => {
    const there = createSeveral({ providers: APPLE })
    const response = await there.browser.post(url, { state: 'a' }, FOREIGN)
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET'])
  })

  it('at /login is still a form of somebody else', async () => {
    const there = createSeveral({ providers: APPLE })
    const { state } = sentTo(await there.choose('Apple'))
    expect((await there.browser.post(`${ISSUER}/login`, { state, code: 'alice' }, FOREIGN)).status).toBe(403)
    expect(there.transactions.map(({ step }) => step)).toEqual(['begin'])
  })
})

describe('the log of a login that failed at one of several providers', () => {
  const refusing = (error: OAuthError, at: 'begin' | 'continue') => () =>
    createSeveral({
      providers: {
        google: providerOf('Google'),
        github: (transactions) => {
          const { authenticate, ...provider } = providerOf('GitHub')(transactions)
          return {
            ...provider,
            authenticate: async (request, transaction) => {
              if (transaction.step === at) throw error
              return authenticate(request, transaction)
            },
          }
        },
      },
    })
  const secret = new OAuthError('server_error', 'token endpoint: invalid_client')
  const gone = new OAuthError('access_denied', 'the person went away', { isForClient: true })

  it.each([
    ['when it answers', refusing(secret, 'continue'), {}, 'server_error'],
    ['when it is chosen', refusing(secret, 'begin'), {}, 'server_error'],
    ['when an app chose it', refusing(secret, 'begin'), { idp_hint: 'github' }, 'server_error'],
    ['when it is the app that is told', refusing(gone, 'continue'), {}, 'access_denied'],
  ])('says which provider it was: %s', async (_, make, changes, code) => {
    const there = make()
    const page = await there.visit(changes)
    const github = linksOf(await page.text()).find(({ words }) => words === 'GitHub')
    const sent = github === undefined ? page : await there.follow(github.location)
    if (sent.status === 303) await there.comeBack(sent)
    expect(there.lines.at(-1)).toMatchObject({ event: 'login', code, provider: 'github' })
  })
})

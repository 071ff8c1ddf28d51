import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { type LogEntry, type LoginProvider, loginProviders } from '../../src/index.ts'
import { OAuthError } from '../../src/protocol/error.ts'
import { sealPurpose } from '../../src/token/purpose.ts'
import { ISSUER, NOW } from '../fixtures.ts'
import { createProvider, PROVIDER_RING, type Provider, type ProviderChanges } from '../parties/openid_provider.ts'
import { type Changes, formOf, goesTo, hiddenField } from '../parties/person.ts'

/** Where the relying party wants its people afterwards. */
const HOME = 'https://rp.example/logged-out'
const THERE = 'https://idp.example/end'

/** What a provider does when a session there is to end. */
type EndSession = NonNullable<LoginProvider['endSession']>

const goThere: EndSession = async ({ location, state }) =>
  `${THERE}?${formOf({ post_logout_redirect_uri: location, state })}`

const providerOf = (endSession?: EndSession): LoginProvider => ({
  label: 'The Works',
  tellsAuthTime: true,
  authenticate: async (_, { provider, now }) => ({ sub: `${provider}|alice`, auth_time: now }),
  ...(endSession && { endSession }),
})

/** Alice, logged in at the relying party by a provider. */
async function loggedIn(
  endSession: EndSession | undefined = goThere,
  changes: ProviderChanges = {},
): Promise<Provider & { readonly hint: string }> {
  const rp = { client_name: 'The Shop', post_logout_redirect_uris: [HOME], ...changes.rp }
  const authenticate = loginProviders({ works: providerOf(endSession) })
  const provider = createProvider({ authenticate, ...changes, rp })
  const { id_token = '' } = await provider.login()
  return { ...provider, hint: id_token }
}

const logoutUrl = (changes: Changes = {}): string => `${ISSUER}/logout?${formOf(changes)}`
const asked = (hint: string): Changes => ({ id_token_hint: hint, post_logout_redirect_uri: HOME, state: 'a b&c' })

async function isLoggedIn({ authorize }: Provider): Promise<boolean> {
  return (await authorize({ prompt: 'none', scope: 'openid' })).searchParams.get('error') !== 'login_required'
}

/** Returns where a browser comes back to from the provider. */
function back(location: string): string {
  const { searchParams } = new URL(location)
  return `${searchParams.get('post_logout_redirect_uri')}?${formOf({ state: searchParams.get('state') ?? '' })}`
}

describe('a provider whose sessions end with ours', () => {
  it('ends the one by which the person logged in, and the browser goes on from there to where the app registered', async () => {
    const person = await loggedIn()
    const left = await person.browser.get(logoutUrl(asked(person.hint)))
    const location = left.headers.get('location') ?? ''
    expect([left.status, location.startsWith(`${THERE}?`)]).toEqual([303, true])
    expect(new URL(location).searchParams.get('post_logout_redirect_uri')).toBe(`${ISSUER}/logout/callback`)
    // What the app asked is none of the provider's business.
    expect(location).not.toMatch(/rp\.example|a b|a\+b|a%20b/)
    expect(await isLoggedIn(person)).toBe(false)
    const returned = await person.browser.get(back(location))
    expect([returned.status, goesTo(await returned.text())]).toEqual([200, `${HOME}?state=a+b%26c`])
  })

  it('is gone to by a page after a press on ours, which Chromium holds against every redirect', async () => {
    const person = await loggedIn()
    const token = hiddenField(await (await person.browser.get(logoutUrl())).text(), 'token')
    const form = { token, client_id: 'rp', post_logout_redirect_uri: HOME, state: 'xyz' }
    const pressed = await person.browser.post(`${ISSUER}/logout`, form, { 'sec-fetch-site': 'same-origin' })
    const page = await pressed.text()
    expect([pressed.status, pressed.headers.get('location'), page]).toEqual([
      200,
      null,
      expect.stringContaining('The Works'),
    ])
    const location = goesTo(page)
    expect([location.startsWith(`${THERE}?`), await isLoggedIn(person)]).toEqual([true, false])
    expect(goesTo(await (await person.browser.get(back(location))).text())).toBe(`${HOME}?state=xyz`)
  })

  it('is named where the person is asked, for its session is used by others, too', async () => {
    const words = 'At <strong><bdi>The Works</bdi></strong> you are logged out, too.'
    const person = await loggedIn()
    expect(await (await person.browser.get(logoutUrl())).text()).toContain(words)
    const other = await loggedIn(undefined, { authenticate: loginProviders({ works: providerOf() }) })
    expect(await (await other.browser.get(logoutUrl())).text()).not.toContain('The Works')
  })

  it('leads back to our own page where no app asked', async () => {
    const person = await loggedIn()
    const token = hiddenField(await (await person.browser.get(logoutUrl())).text(), 'token')
    const pressed = await person.browser.post(`${ISSUER}/logout`, { token }, { 'sec-fetch-site': 'same-origin' })
    const page = await (await person.browser.get(back(goesTo(await pressed.text())))).text()
    expect([page.includes('You are logged out'), goesTo(page)]).toEqual([true, ''])
  })

  it('is asked after ours has ended: whatever becomes of the browser there, nothing is lost', async () => {
    let [wasLoggedIn, person]: [boolean?, Provider?] = []
    const { hint, ...others } = await loggedIn(async (way, now) => {
      if (person !== undefined) wasLoggedIn = await isLoggedIn(person)
      return goThere(way, now)
    })
    // A copy of the cookies, which no answer drops.
    const cookies = new Map(others.browser.cookies)
    person = others
    const left = await others.browser.get(logoutUrl({ id_token_hint: hint }))
    for (const [name, value] of cookies) others.browser.cookies.set(name, value)
    expect([left.status, wasLoggedIn, await isLoggedIn(others)]).toEqual([303, false, false])
  })

  it.each<[what: string, thrown: unknown]>([
    ['cannot be reached', new OAuthError('temporarily_unavailable', 'discovery: status 503')],
    ['fails as nobody thought', new TypeError('words of others')],
  ])('that %s keeps nobody logged in here, and the page says that they may still be so there', async (_, thrown) => {
    const lines: LogEntry[] = []
    const log = (entry: LogEntry): void => void lines.push(entry)
    const person = await loggedIn(() => Promise.reject(thrown), { log })
    const left = await person.browser.get(logoutUrl(asked(person.hint)))
    const page = await left.text()
    expect([left.status, left.headers.get('location'), goesTo(page)]).toEqual([200, null, ''])
    expect(page).toContain('At <bdi>The Works</bdi> you may still be logged in')
    expect(page).toContain(`href="${HOME}?state=a+b%26c"`)
    expect(lines.filter(({ event }) => event === 'logout')).toMatchObject([
      { level: 'info', client: 'rp' },
      { level: 'warn', detail: expect.stringContaining('may live on: ') },
    ])
    expect(JSON.stringify(lines)).not.toContain('words of others')
    expect(await isLoggedIn(person)).toBe(false)
  })

  it('is not asked what it could not bring back', async () => {
    const lines: LogEntry[] = []
    const person = await loggedIn(goThere, { log: (entry) => void lines.push(entry) })
    const left = await person.browser.get(logoutUrl({ ...asked(person.hint), state: '%'.repeat(1800) }))
    expect([left.status, await isLoggedIn(person)]).toEqual([200, false])
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', event: 'logout', code: 'invalid_request' }))
  })
})

describe('a provider whose sessions do not', () => {
  it('is left alone: the browser goes to the app at once, and there is nothing to come back to', async () => {
    const authenticate = loginProviders({ works: providerOf() })
    const person = await loggedIn(undefined, { authenticate })
    const left = await person.browser.get(logoutUrl(asked(person.hint)))
    expect([left.status, left.headers.get('location')]).toEqual([303, `${HOME}?state=a+b%26c`])
    expect((await person.browser.get(`${ISSUER}/logout/callback?state=x`)).status).toBe(404)
  })
})

describe('who comes back from a provider', () => {
  const seal = (purpose: 'logout' | 'login', more: Readonly<Record<string, unknown>> = {}): Promise<string> => {
    const leaves = createKeyring(PROVIDER_RING, ISSUER).leavesFor(purpose, '', 'A256GCM', 3600)
    const parameters = formOf({ client_id: 'rp', post_logout_redirect_uri: HOME }).toString()
    return sealPurpose(purpose, { jti: 'a', iat: NOW, exp: NOW + 60, parameters, ...more }, leaves, NOW)
  }

  it('with a word of ours goes where a client registered', async () => {
    const { browser } = await loggedIn()
    const page = await (
      await browser.get(`${ISSUER}/logout/callback?${formOf({ state: await seal('logout') })}`)
    ).text()
    expect(goesTo(page)).toBe(HOME)
  })

  it.each<[what: string, query: () => Promise<string>]>([
    ['without a word', async () => ''],
    ['with a word that nobody sealed', async () => `state=${encodeURIComponent('https://evil.example/')}`],
    ['with a word for a login', async () => `state=${await seal('login')}`],
    ['with a word that is over', async () => `state=${await seal('logout', { exp: NOW })}`],
    ['with two words', async () => `state=${await seal('logout')}&state=${await seal('logout')}`],
    [
      'with an address that is registered no more',
      async () =>
        `state=${await seal('logout', { parameters: 'client_id=rp&post_logout_redirect_uri=https://evil.example/' })}`,
    ],
    ['with a client that is gone', async () => `state=${await seal('logout', { parameters: 'client_id=gone' })}`],
    ['with bytes that are no text', async () => 'state=%ff'],
  ])('%s is told that nobody is logged in, and goes nowhere', async (_, query) => {
    const { browser } = await loggedIn()
    const response = await browser.get(`${ISSUER}/logout/callback?${await query()}&post_logout_redirect_uri=${HOME}`)
    expect([response.status, response.headers.get('location')]).toEqual([303, `${ISSUER}/logout`])
  })
})

import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import type { LogEntry } from '../../src/index.ts'
import { API, ISSUER, NOW, secretHash } from '../fixtures.ts'
import { createProvider, type Provider, type ProviderChanges, RP_CALLBACK } from '../parties/openid_provider.ts'
import { type Changes, formOf, goesTo, hiddenField } from '../parties/person.ts'

/** Where the relying party wants its people afterwards. */
const HOME = 'https://rp.example/logged-out'

const OTHER = {
  secret_hash: secretHash('other-secret'),
  grant_types: ['authorization_code'],
  redirect_uris: ['https://other.example/cb'],
  post_logout_redirect_uris: ['https://other.example/out?from=as'],
  scopes: ['openid'],
}

const setUp = (changes: ProviderChanges = {}): Provider =>
  createProvider({
    ...changes,
    rp: {
      post_logout_redirect_uris: [HOME],
      client_uri: 'https://rp.example/',
      client_name: 'The Shop',
      ...changes.rp,
    },
    clients: { other: OTHER, ...changes.clients },
  })

/** Returns where a client sends a person who logged out there. */
const logoutUrl = (changes: Changes = {}): string => `${ISSUER}/logout?${formOf(changes)}`

/** Asks with what the provider has from a login: the hint, where to go, and the state. */
async function loggedIn(changes?: ProviderChanges): Promise<Provider & { readonly hint: string }> {
  const provider = setUp(changes)
  const { id_token = '' } = await provider.login()
  return { ...provider, hint: id_token }
}

/** Tells whether somebody is still logged in: a request that may ask nobody gets a code then (OpenID Connect Core §3.1.2.1). */
async function isLoggedIn({ authorize }: Provider): Promise<boolean> {
  const answer = (await authorize({ prompt: 'none', scope: 'openid' })).searchParams
  if (answer.get('code') !== null) return true
  return answer.get('error') === 'consent_required'
}

/** Says yes on the page that asks. */
async function press(provider: Provider, page: string, form: Changes = {}): Promise<Response> {
  const fields = ['token', 'client_id', 'post_logout_redirect_uri', 'state'].map((name) => [
    name,
    hiddenField(page, name).replaceAll('&amp;', '&'),
  ])
  const sent = { ...Object.fromEntries(fields.filter(([, value]) => value !== '')), ...form }
  return provider.browser.post(`${ISSUER}/logout`, sent, { 'sec-fetch-site': 'same-origin' })
}

/** Expects a page that sends nobody anywhere by itself. */
async function pageOf(response: Response, status = 200): Promise<string> {
  expect([response.status, response.headers.get('location')]).toEqual([status, null])
  const page = await response.text()
  expect(goesTo(page)).toBe('')
  return page
}

/** An ID token that nobody signed, with the claims of another. */
function unsigned(hint: string): string {
  const header = encodeBase64url(new TextEncoder().encode(JSON.stringify({ alg: 'none' })))
  return `${header}.${hint.split('.')[1]}.`
}

describe('the modules of the conformance suite for RP-initiated logout', () => {
  it('oidcc-rp-initiated-logout-discovery-endpoint-verification: discovery names the end session endpoint (§2.1)', async () => {
    const told = await setUp().ask(new Request(`${ISSUER}/.well-known/openid-configuration`))
    expect(await told.json()).toMatchObject({ end_session_endpoint: `${ISSUER}/logout` })
  })

  it('oidcc-rp-initiated-logout: the person comes back with the state, and nobody is logged in any more (§2, §3)', async () => {
    const provider = await loggedIn()
    expect(await isLoggedIn(provider)).toBe(true)
    const response = await provider.browser.get(
      logoutUrl({ id_token_hint: provider.hint, post_logout_redirect_uri: HOME, state: 'a b&c' }),
    )
    expect([response.status, response.headers.get('location')]).toEqual([303, `${HOME}?state=a+b%26c`])
    expect((await provider.authorize({ prompt: 'none' })).searchParams.get('error')).toBe('login_required')
  })

  it('oidcc-rp-initiated-logout-no-state: the person comes back, without a state (§3)', async () => {
    const provider = await loggedIn()
    const response = await provider.browser.get(
      logoutUrl({ id_token_hint: provider.hint, post_logout_redirect_uri: HOME }),
    )
    expect([response.status, response.headers.get('location')]).toEqual([303, HOME])
    expect(await isLoggedIn(provider)).toBe(false)
  })

  it.each<[module: string, request: (hint: string) => Changes]>([
    [
      'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri: an address that is not registered',
      (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: 'https://evil.example/' }),
    ],
    [
      'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri: an address with a query added',
      (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: `${HOME}?foo=bar` }),
    ],
    [
      'oidcc-rp-initiated-logout-modified-id-token-hint: a hint that nobody signed',
      (hint) => ({ id_token_hint: unsigned(hint), post_logout_redirect_uri: HOME }),
    ],
    [
      'oidcc-rp-initiated-logout-bad-id-token-hint: a hint that is no token',
      () => ({ id_token_hint: 'this.is.none', post_logout_redirect_uri: HOME }),
    ],
    [
      'the address of another client',
      (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: 'https://other.example/out?from=as' }),
    ],
    [
      'a redirect URI of its own that is none for this',
      (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: RP_CALLBACK }),
    ],
    ['an address written otherwise', (id_token_hint) => ({ id_token_hint, post_logout_redirect_uri: `${HOME}/` })],
    ['the hint of another client than it says (§2)', (id_token_hint) => ({ id_token_hint, client_id: 'other' })],
    ['a client that nobody knows', () => ({ client_id: 'nobody', post_logout_redirect_uri: HOME })],
    [
      'an address without a client that has registered one',
      () => ({ client_id: 'rp', post_logout_redirect_uri: 'https://evil.example/' }),
    ],
    ['a state that is longer than any', (id_token_hint) => ({ id_token_hint, state: 'x'.repeat(4097) })],
  ])('%s is an error, on a page of ours: nobody is logged out, nobody is sent away (§2, §4)', async (_, request) => {
    const lines: LogEntry[] = []
    const provider = await loggedIn({ log: (entry) => void lines.push(entry) })
    const asked = { ...request(provider.hint) }
    const page = await pageOf(await provider.browser.get(logoutUrl(asked)), 400)
    expect(page).toContain(`<a class="button" href="${ISSUER}/logout">Log out here</a>`)
    expect(lines.filter(({ event }) => event === 'logout')).toHaveLength(1)
    expect(JSON.stringify(lines)).not.toContain(provider.hint.slice(-20))
    await pageOf(await provider.browser.post(`${ISSUER}/logout`, asked as Record<string, string>), 400)
    expect(await isLoggedIn(provider)).toBe(true)
  })

  it('oidcc-rp-initiated-logout-no-id-token-hint: without a hint the person is asked, and goes nowhere (§2)', async () => {
    const provider = await loggedIn()
    const page = await pageOf(await provider.browser.get(logoutUrl({ post_logout_redirect_uri: HOME, state: 'xyz' })))
    expect(page).toContain('Log out?')
    expect(page).not.toContain('rp.example')
    expect(await isLoggedIn(provider)).toBe(true)
    expect(await pageOf(await press(provider, page))).toContain('You are logged out')
    expect(await isLoggedIn(provider)).toBe(false)
  })

  it.each<[module: string, request: (hint: string) => Changes, isAsked: boolean]>([
    ['oidcc-rp-initiated-logout-no-params: a request that says nothing', () => ({}), true],
    [
      'oidcc-rp-initiated-logout-no-post-logout-redirect-uri: a request with a hint alone',
      (id_token_hint) => ({ id_token_hint }),
      false,
    ],
    ['oidcc-rp-initiated-logout-only-state: a request with a state alone', () => ({ state: 'xyz' }), true],
    [
      'a request with hints that mean nothing here',
      (id_token_hint) => ({ id_token_hint, logout_hint: 'alice', ui_locales: 'tlh-Latn tlh', more: 'of the same' }),
      false,
    ],
  ])('%s logs the person out, and says so (§2)', async (_, request, isAsked) => {
    const provider = await loggedIn()
    const first = await pageOf(await provider.browser.get(logoutUrl(request(provider.hint))))
    expect(first.includes('Log out?')).toBe(isAsked)
    const page = isAsked ? await pageOf(await press(provider, first)) : first
    expect(page).toContain('You are logged out')
    expect(await isLoggedIn(provider)).toBe(false)
  })
})

describe('who is logged out without a question', () => {
  it.each<[what: string, hint: (provider: Provider & { readonly hint: string }) => Promise<Changes>]>([
    [
      'a hint of an earlier session of the same person',
      async (provider) => {
        await provider.browser.get(logoutUrl({ id_token_hint: provider.hint }))
        await provider.login()
        return { id_token_hint: provider.hint }
      },
    ],
    [
      'a hint of the same person in another browser',
      async (provider) => {
        const hint = (await provider.login()).id_token
        provider.browser.cookies.clear()
        await provider.login()
        return { id_token_hint: hint }
      },
    ],
    ['no hint', async () => ({})],
    ['a client_id, which anybody can write', async () => ({ client_id: 'rp', post_logout_redirect_uri: HOME })],
  ])('not by %s: that is asked (§2)', async (_, hint) => {
    const provider = await loggedIn()
    const page = await pageOf(await provider.browser.get(logoutUrl(await hint(provider))))
    expect(page).toContain('Log out?')
    expect(await isLoggedIn(provider)).toBe(true)
  })

  it('not by the hint of another person', async () => {
    let sub = 'bob'
    const provider = setUp({ authenticate: async () => ({ sub, auth_time: NOW }) })
    const { id_token } = await provider.login()
    sub = 'alice'
    await provider.login({ prompt: 'login' })
    const page = await pageOf(await provider.browser.get(logoutUrl({ id_token_hint: id_token })))
    expect(page).toContain('Log out?')
    expect(await isLoggedIn(provider)).toBe(true)
  })

  it('by the hint of a person whom each client calls otherwise, of this client alone', async () => {
    const provider = await loggedIn({
      rp: { subject_type: 'pairwise', sector_identifier: 'rp.example' },
      pairwiseSalt: 'Zk3sT9wQ1xY7uV5rN2mB8cL0pA6dF4gH-jKeWiOoPqE',
    })
    const page = await pageOf(await provider.browser.get(logoutUrl({ id_token_hint: provider.hint })))
    expect(page).toContain('You are logged out')
    expect(await isLoggedIn(provider)).toBe(false)
  })

  it.each<[what: string, headers: Record<string, string>, status: number]>([
    ['a picture', { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' }, 400],
    ['a frame', { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' }, 400],
    ['a script', { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }, 400],
    ['a browser that only looks ahead', { 'sec-purpose': 'prefetch' }, 204],
  ])('not by %s, whatever hint it brings', async (_, headers, status) => {
    const provider = await loggedIn()
    const response = await provider.browser.get(logoutUrl({ id_token_hint: provider.hint }), headers)
    expect(response.status).toBe(status)
    expect(await isLoggedIn(provider)).toBe(true)
  })

  it('not by our own form, sent from elsewhere or made for another session', async () => {
    const provider = await loggedIn()
    const page = await (await provider.browser.get(`${ISSUER}/logout`)).text()
    const token = hiddenField(page, 'token')
    for (const [form, headers] of [
      [{ token }, { 'sec-fetch-site': 'cross-site' }],
      [{ token }, { origin: 'https://evil.example' }],
      [{ token: 'x' }, { 'sec-fetch-site': 'same-origin' }],
      [{ token: 'x', id_token_hint: provider.hint }, { 'sec-fetch-site': 'cross-site' }],
    ] as const)
      expect((await provider.browser.post(`${ISSUER}/logout`, form, headers)).status).toBe(403)
    expect(await isLoggedIn(provider)).toBe(true)
  })
})

describe('where a person goes afterwards', () => {
  it('is where the client says that is only named, once the person said yes: by a page, never by a redirect after a form', async () => {
    const provider = await loggedIn()
    const asked = logoutUrl({ client_id: 'rp', post_logout_redirect_uri: HOME, state: 'x&y' })
    const page = await pageOf(await provider.browser.get(asked))
    expect(page).toContain('Then you go back to <strong><bdi>The Shop</bdi></strong>')
    expect(page).toContain('<a href="https://rp.example/">Stay logged in, and go back to <bdi>The Shop</bdi></a>')
    const response = await press(provider, page)
    expect([response.status, response.headers.get('location')]).toEqual([200, null])
    expect(goesTo(await response.text())).toBe(`${HOME}?state=x%26y`)
    expect(await isLoggedIn(provider)).toBe(false)
  })

  it('is told by a link alone where nobody is logged in and the client is only named', async () => {
    const page = await pageOf(
      await setUp().browser.get(
        logoutUrl({ client_id: 'other', post_logout_redirect_uri: 'https://other.example/out?from=as', state: 's' }),
      ),
    )
    expect(page).toContain('You are logged out')
    expect(page).toContain('href="https://other.example/out?from=as&amp;state=s">Back to')
  })

  it('is its client’s home still where the session has ended meanwhile (§2)', async () => {
    const provider = await loggedIn()
    const asked = logoutUrl({ id_token_hint: provider.hint, post_logout_redirect_uri: HOME })
    const [first, second] = [await provider.browser.get(asked), await provider.browser.get(asked)]
    expect([first.status, second.status, second.headers.get('location')]).toEqual([303, 303, HOME])
  })

  it('is our own page for the press of a form that no live session has', async () => {
    const provider = await loggedIn()
    const asked = { client_id: 'rp', post_logout_redirect_uri: HOME, token: 'x' }
    provider.browser.cookies.clear()
    await pageOf(await provider.browser.post(`${ISSUER}/logout`, asked))
  })

  it('may be an address of the person’s own device, as the client registered it', async () => {
    const provider = await loggedIn({
      rp: { post_logout_redirect_uris: ['com.example.app:/out', 'http://127.0.0.1/out'] },
    })
    for (const uri of ['com.example.app:/out', 'http://127.0.0.1:51004/out']) {
      const asked = logoutUrl({ id_token_hint: provider.hint, post_logout_redirect_uri: uri })
      expect((await provider.browser.get(asked)).headers.get('location')).toBe(uri)
    }
  })

  it('and what was answered is forgotten by the person’s wish alone, never by a client’s', async () => {
    const provider = await loggedIn()
    await provider.browser.get(logoutUrl({ id_token_hint: provider.hint, forget: 'yes' }))
    expect([...provider.browser.cookies.keys()].some((name) => name.includes('remember'))).toBe(true)
  })
})

describe('a request by POST', () => {
  const send = (provider: Provider, form: Changes): Promise<Response> =>
    provider.browser.post(`${ISSUER}/logout`, formFields(form), {
      'sec-fetch-site': 'cross-site',
      origin: 'https://rp.example',
    })
  const formFields = (form: Changes): Record<string, string> => Object.fromEntries(formOf(form))

  it('goes on by GET, with its cookies, and leaves by a page (§2)', async () => {
    const provider = await loggedIn()
    const asked = { id_token_hint: provider.hint, post_logout_redirect_uri: HOME, state: 'xyz' }
    const posted = await send(provider, asked)
    expect(posted.status).toBe(303)
    expect(await isLoggedIn(provider)).toBe(true)
    const response = await provider.browser.get(posted.headers.get('location') ?? '')
    expect([response.status, response.headers.get('location')]).toEqual([200, null])
    expect(goesTo(await response.text())).toBe(`${HOME}?state=xyz`)
    expect(await isLoggedIn(provider)).toBe(false)
  })

  it('with a hint that no URL has room for asks the person, and leads back all the same', async () => {
    const provider = await loggedIn({
      person: {
        claims: { ...Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`claim${at}`, 'x'.repeat(120)])) },
      },
      openid: {
        claims: Array.from({ length: 10 }, (_, at) => `claim${at}`),
        scopes: { big: Array.from({ length: 10 }, (_, at) => `claim${at}`) },
      },
      rp: { scopes: ['openid', 'big', 'profile', 'email'] },
    })
    const { id_token: hint = '' } = await provider.login({ scope: 'openid big' })
    const asked = { id_token_hint: hint, post_logout_redirect_uri: HOME, state: '&'.repeat(2000) }
    const next = (await send(provider, asked)).headers.get('location') ?? ''
    const isWhole = next.includes('id_token_hint')
    expect([isWhole, next.length <= 8192]).toEqual([false, true])
    const page = await pageOf(await provider.browser.get(next))
    expect(page).toContain('Log out?')
    expect(goesTo(await (await press(provider, page)).text())).toContain(`${HOME}?state=%26%26%26`)
  })
})

describe('without the setting `openid`', () => {
  it('logging out is the person’s own affair, whatever a request says', async () => {
    const provider = createProvider({
      openid: undefined as never,
      rp: { scopes: ['read'], resources: [API] },
    })
    await provider.authorize({ scope: 'read' })
    const asked = { client_id: 'nobody', post_logout_redirect_uri: 'https://evil.example/', id_token_hint: 'x' }
    const page = await pageOf(await provider.browser.get(logoutUrl(asked)))
    expect(page).toContain('Log out?')
    expect(page).not.toContain('evil.example')
    expect((await provider.browser.post(`${ISSUER}/logout`, asked)).status).toBe(403)
    const metadata = await provider.ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))
    expect(await metadata.json()).not.toHaveProperty('end_session_endpoint')
  })
})

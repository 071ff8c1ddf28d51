import { describe, expect, it } from 'vitest'
import {
  type Authenticate,
  createIssuer,
  createMemoryGuard,
  type LogEntry,
  OAuthError,
  upstreamLogin,
} from '../../src/index.ts'
import { ISSUER, NOW, testSettings, VARS } from '../fixtures.ts'
import { bareLine } from '../parties/bare_line.ts'
import { authorizeUrl, type Changes, createApp, createBrowser, goesTo, pushedBy } from '../parties/person.ts'

const PROVIDER = 'https://idp.example'
const CANARY = 'canary-9f2b'

/** A provider of which only the metadata are asked for. */
const upstream = upstreamLogin({
  issuer: PROVIDER,
  clientId: 'bulla',
  fetch: async () =>
    Response.json({
      issuer: PROVIDER,
      authorization_endpoint: `${PROVIDER}/authorize`,
      token_endpoint: `${PROVIDER}/token`,
      jwks_uri: `${PROVIDER}/jwks`,
      authorization_response_iss_parameter_supported: true,
    }),
})

/** An issuer with this login, and a browser that was sent to it. */
async function sendOff(authenticate: Authenticate | undefined, changes: Changes = {}) {
  const lines: LogEntry[] = []
  const guard = createMemoryGuard(() => NOW)
  const log = (entry: LogEntry) => lines.push(entry)
  const settings = testSettings({ guard, log, ...(authenticate === undefined ? {} : { authenticate }) })
  const issuer = createIssuer(settings)
  const browser = createBrowser((request) => issuer.fetch(request))
  const first = await browser.get(authorizeUrl(changes))
  const state = new URL(first.headers.get('location') ?? 'none:').searchParams.get('state') ?? ''
  /** Comes back with an error in place of a login. */
  const comeBack = (error: string, more: Readonly<Record<string, string>> = {}) =>
    browser.get(
      `${ISSUER}/login/callback?${new URLSearchParams({ state, error, error_description: CANARY, error_uri: `https://idp.example/${CANARY}`, iss: PROVIDER, ...more })}`,
    )
  return { settings, issuer, browser, lines, first, state, comeBack }
}

/** The parameters that a client gets. */
const answerOf = (response: Response) => {
  const location = new URL(response.headers.get('location') ?? 'none:')
  return { to: location.origin + location.pathname, ...Object.fromEntries(location.searchParams) }
}

const DESCRIPTIONS = {
  access_denied: 'The request was denied.',
  login_required: 'Somebody must log in first.',
  server_error: 'The server failed; the operator finds why in its log.',
  temporarily_unavailable: 'The server cannot serve this now; try again later.',
}

describe('a provider that answers with an error', () => {
  it.each<readonly [string, keyof typeof DESCRIPTIONS, string]>([
    ['access_denied', 'access_denied', 'access_denied'],
    ['consent_required', 'access_denied', 'consent_required'],
    ['user_cancelled_login', 'access_denied', 'user_cancelled_login'],
    ['login_required', 'login_required', 'login_required'],
    ['interaction_required', 'login_required', 'interaction_required'],
    ['account_selection_required', 'login_required', 'account_selection_required'],
    ['temporarily_unavailable', 'temporarily_unavailable', 'temporarily_unavailable'],
    ['server_error', 'server_error', 'server_error'],
    ['invalid_scope', 'server_error', 'invalid_scope'],
    ['unauthorized_client', 'server_error', 'unauthorized_client'],
    [CANARY, 'server_error', 'with an error that is not known'],
    ['constructor', 'server_error', 'with an error that is not known'],
  ])(
    '%s: the client is told %s, and nothing in the words of the provider (RFC 6749 §4.1.2.1)',
    async (error, code, word) => {
      const { comeBack, lines } = await sendOff(upstream)
      const response = await comeBack(error)
      expect(response.status).toBe(303)
      expect(answerOf(response)).toEqual({
        to: 'https://app.example/cb',
        error: code,
        error_description: DESCRIPTIONS[code],
        state: 'xyz',
        iss: ISSUER,
      })
      const line = { level: 'warn', event: 'login', code, client: 'pub', detail: `who logs people in answered ${word}` }
      expect(bareLine(lines.at(-1))).toEqual(line)
      expect(JSON.stringify(lines)).not.toContain(CANARY)
    },
  )

  it.each<readonly [string, Authenticate | undefined]>([
    ['a provider', upstream],
    ['an own page', undefined],
  ])('is understood whatever bytes it has for it in words, and however often: %s', async (_, authenticate) => {
    const { browser, state } = await sendOff(authenticate)
    const words = 'error_description=Zugriff+verweigert%FC&error_description=%00&error_uri=%FF'
    const answer = `error=access_denied&${words}&iss=${encodeURIComponent(PROVIDER)}&state=${state}`
    const response = await browser.get(`${ISSUER}/login/callback?${answer}`)
    expect(answerOf(response)).toMatchObject({ to: 'https://app.example/cb', error: 'access_denied', state: 'xyz' })
  })

  it('ends a request that was pushed at its client, too', async () => {
    const { issuer } = await sendOff(upstream)
    const pushed = await pushedBy(
      'pushing',
      await createApp((request) => issuer.fetch(request), { client: 'pushing' }).push(),
    )
    const { comeBack } = await sendOff(upstream, pushed)
    expect(answerOf(await comeBack('access_denied'))).toMatchObject({
      to: 'https://pushing.example/cb',
      error: 'access_denied',
    })
  })

  it('leaves the person logged in who was: no cookie of the session changes', async () => {
    const { comeBack } = await sendOff(upstream)
    const set = (await comeBack('access_denied')).headers.getSetCookie()
    expect(set.filter((cookie) => cookie.includes('session'))).toEqual([])
  })
})

describe('an error in place of a login is a page, and goes nowhere,', () => {
  it('in another browser than the one that began it', async () => {
    const { issuer, state } = await sendOff(upstream)
    const stranger = createBrowser((request) => issuer.fetch(request))
    await stranger.get(authorizeUrl())
    const url = `${ISSUER}/login/callback?${new URLSearchParams({ state, error: 'access_denied', iss: PROVIDER })}`
    const response = await stranger.get(url)
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })

  it('of another provider than the one that was asked (RFC 9207)', async () => {
    const { comeBack } = await sendOff(upstream)
    const response = await comeBack('access_denied', { iss: 'https://other.example' })
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })

  it('with a state that nobody sealed', async () => {
    const { comeBack } = await sendOff(upstream)
    const response = await comeBack('access_denied', { state: 'x' })
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })

  it('once the client may not be answered there any more', async () => {
    const { settings, browser, state } = await sendOff(upstream)
    const pub = { ...VARS.CLIENTS.pub, redirect_uris: ['https://moved.example/cb'] }
    const later = createIssuer({ ...settings, clients: { ...VARS.CLIENTS, pub } })
    const again = createBrowser((request) => later.fetch(request), browser.cookies)
    const url = `${ISSUER}/login/callback?${new URLSearchParams({ state, error: 'access_denied', iss: PROVIDER })}`
    const response = await again.get(url)
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })
})

describe('who goes away from a login', () => {
  it('at an own page is sent back with access_denied, and the client is told', async () => {
    const { comeBack } = await sendOff(undefined)
    expect(answerOf(await comeBack('access_denied'))).toMatchObject({
      to: 'https://app.example/cb',
      error: 'access_denied',
    })
  })

  it.each(['access_denied', 'login_required'] as const)(
    'at a login in code that throws %s has the client told, at once or after a form: after it by a page, for no browser follows a redirect then',
    async (code) => {
      const refuse = () => Promise.reject(new OAuthError(code, 'the person went away'))
      const { first, lines } = await sendOff(refuse)
      expect(answerOf(first)).toMatchObject({ to: 'https://app.example/cb', error: code, state: 'xyz' })
      expect(lines.at(-1)).toMatchObject({ event: 'login', code, client: 'pub', detail: 'the person went away' })

      const ask: Authenticate = async (_, { step, state }) =>
        step === 'begin' ? Response.redirect(`https://form.example/?state=${state}`, 303) : refuse()
      const { browser, state } = await sendOff(ask)
      const response = await browser.post(`${ISSUER}/login`, { state }, { origin: ISSUER })
      const to = new URL(goesTo(await response.text()))
      expect([response.status, to.origin, to.searchParams.get('error')]).toEqual([200, 'https://app.example', code])
    },
  )

  it.each(['login_failed', 'temporarily_unavailable', 'server_error'] as const)(
    'but %s stays a page with a way to try again',
    async (code) => {
      const { first } = await sendOff(() => Promise.reject(new OAuthError(code, 'it failed')))
      expect([first.status >= 400, first.headers.get('location')]).toEqual([true, null])
      expect(await first.text()).toContain('Try again')
    },
  )
})

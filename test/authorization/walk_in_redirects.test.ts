import { asyncProperty, constantFrom, assert as holds, option, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OAuthError, type Person } from '../../src/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { API, ISSUER, NOW } from '../fixtures.ts'
import { CLIENT, createDocumentIssuer } from '../parties/client_documents.ts'
import { type Changes, createBrowser, formOf, hiddenField, VERIFIER } from '../parties/person.ts'
import { CALLBACK, createWalkInIssuer, type Registered, type WalkInIssuer } from '../parties/walk_in.ts'

const CHALLENGE = challengeOf(VERIFIER)
const WEB = 'https://claude.example/api/callback'
const SCHEME = 'com.example.app:/callback'
const URIS = [CALLBACK, WEB, SCHEME]

/** What becomes of a login. */
type Outcome = 'in' | 'denied' | 'required' | 'broken' | 'elsewhere'

/** An issuer whose logins end as they are told to, and a browser of which every answer is kept. */
function setUp() {
  let outcome: Outcome = 'in'
  const authenticate = async (): Promise<Person | Response> => {
    if (outcome === 'denied') throw new OAuthError('access_denied', 'no')
    if (outcome === 'required') throw new OAuthError('login_required', 'no')
    if (outcome === 'broken') throw new OAuthError('server_error', 'no')
    if (outcome === 'elsewhere') return Response.redirect('https://login.example/', 303)
    return { sub: 'alice', auth_time: NOW }
  }
  const issuer = createWalkInIssuer({ authenticate, openid: {} })
  const answers: { readonly response: Response; readonly page: string }[] = []
  const browser = createBrowser(async (request) => {
    const response = await issuer.ask(request)
    answers.push({ response, page: await response.clone().text() })
    return response
  })
  const ends = (next: Outcome): void => {
    outcome = next
  }
  return { issuer, browser, answers, ends }
}

/** Returns where an answer takes a browser by itself; nothing where it stays. */
function takesTo({ headers }: Response, page: string): readonly string[] {
  const [refresh = ''] = [/http-equiv="refresh" content="[^"]*url=([^"]*)"/i.exec(page)?.[1]]
  const posts = page.includes('<script') ? [`a script: ${/<form[^>]*action="([^"]*)"/.exec(page)?.[1]}`] : []
  return [headers.get('location') ?? '', headers.get('refresh') ?? '', refresh, ...posts].filter((one) => one !== '')
}

const isOurs = (uri: string): boolean => uri.startsWith(`${ISSUER}/`) || uri === 'https://login.example/'

/** Goes wherever the issuer sends the browser, as long as that is the issuer. */
async function walk(browser: WalkInIssuer['browser'], url: string): Promise<string> {
  let [response, page] = [await browser.get(url), '']
  for (let steps = 0; steps < 5 && response.headers.get('location')?.startsWith(ISSUER); steps++)
    response = await browser.get(response.headers.get('location') ?? '')
  page = await response.text()
  return page
}

const odd = (...values: readonly (string | undefined)[]) => constantFrom(undefined, ...values)
const requests = record({
  response_type: constantFrom('code', 'code', 'code', 'token', 'code id_token', undefined),
  response_mode: odd('query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt', 'fragment', 'web_message'),
  scope: constantFrom('read', 'read', 'write mail', 'nothing', 'openid', 'a  b', 'offline_access', undefined),
  resource: odd(API, `${API}/`, 'https://other.example', `${API} https://api2.example`, 'none'),
  state: odd('xyz', 'a'.repeat(5000), '"><script>'),
  prompt: odd('none', 'login', 'consent', 'select_account', 'login consent', 'none login', 'create'),
  max_age: odd('0', '1', '99999', 'x'),
  code_challenge: constantFrom(CHALLENGE, CHALLENGE, undefined, 'short'),
  code_challenge_method: constantFrom('S256', 'S256', 'plain', undefined),
  nonce: odd('n', 'n'.repeat(600)),
  claims: odd('{}', '{', '{"userinfo":{"email":null}}'),
  id_token_hint: odd('none'),
  login_hint: odd('alice', '\u202e'),
  request: odd('none'),
  request_uri: odd('urn:ietf:params:oauth:request_uri:none', WEB),
  authorization_details: odd('[]', '[{"type":"x"}]'),
  dpop_jkt: odd('x'),
})
const cases = record({
  changes: requests,
  twice: option(constantFrom('state', 'scope', 'response_mode', 'prompt', 'redirect_uri', 'client_id')),
  uri: constantFrom(...URIS),
  way: constantFrom('get', 'post', 'push'),
  outcome: constantFrom<Outcome>('in', 'in', 'denied', 'required', 'broken', 'elsewhere'),
  decision: constantFrom('deny', 'switch', 'forged', 'none'),
})

describe('before a person has said yes to a client that walked in', () => {
  // promise: W03
  it('no answer takes a browser to it, whatever is asked, and however the login ends', {
    timeout: 60_000,
  }, async () => {
    const { issuer, browser, answers, ends } = setUp()
    const clients = await Promise.all(
      ['none', 'client_secret_basic'].map((method) =>
        issuer.register({ redirect_uris: URIS, token_endpoint_auth_method: method, client_name: 'Wanderer' }),
      ),
    )
    let count = 0
    let untold = 0
    await holds(
      asyncProperty(cases, async ({ changes, twice, uri, way, outcome, decision }) => {
        const client = clients[count++ % 2] as Registered
        ends(outcome)
        if (outcome !== 'in') browser.cookies.clear()
        answers.length = 0
        const form = formOf({ client_id: client.client_id, redirect_uri: uri, ...(changes as Changes) })
        if (twice !== null) form.append(twice, form.get(twice) ?? 'x')
        let page = ''
        if (way === 'post') {
          const posted = await browser.post(`${ISSUER}/authorize`, Object.fromEntries(form))
          const at = posted.headers.get('location')
          page = at?.startsWith(ISSUER) ? await walk(browser, at) : await posted.text()
        } else if (way === 'push') {
          const pushed = await issuer.ask(
            new Request(`${ISSUER}/par`, {
              method: 'POST',
              headers: { 'content-type': 'application/x-www-form-urlencoded' },
              body: `${form}&client_secret=${client.client_secret ?? ''}`,
            }),
          )
          const { request_uri } = (await pushed.json()) as { request_uri?: string }
          const named = { client_id: client.client_id, request_uri, prompt: changes.prompt }
          page = await walk(browser, `${ISSUER}/authorize?${formOf(named)}`)
        } else page = await walk(browser, `${ISSUER}/authorize?${form}`)
        const consent = hiddenField(page, 'consent')
        if (consent !== '') {
          const said = { consent: decision === 'forged' ? `${consent.slice(0, -2)}AA` : consent, decision }
          if (decision !== 'none')
            await browser.post(`${ISSUER}/consent`, { ...said, decision: decision.replace('forged', 'allow') })
        }
        for (const { response, page: text } of answers) {
          expect(takesTo(response, text).filter((to) => !isOurs(to))).toEqual([])
          if (text.includes('Nothing was allowed')) untold++
        }
      }),
      { numRuns: 400 },
    )
    // Most of what is asked is such that a configured client would be told.
    expect(untold).toBeGreaterThan(50)
  })

  it.each<readonly [string, Changes, Outcome, string]>([
    ['what is malformed', { response_type: 'token' }, 'in', 'unsupported_response_type'],
    ['what nobody may have', { scope: 'nothing' }, 'in', 'invalid_scope'],
    ['what is not to be asked', { prompt: 'none' }, 'in', 'login_required'],
    ['a login that is denied', {}, 'denied', 'access_denied'],
    ['a login that there will not be', {}, 'required', 'login_required'],
  ])('%s is a page with where the answer would go, and a way there', async (_, changes, outcome, error) => {
    for (const [uri, place] of [
      [CALLBACK, 'an app on this device'],
      [WEB, 'claude.example'],
      [SCHEME, 'an app on this device'],
    ] as const) {
      const { issuer, browser, ends } = setUp()
      const client = await issuer.register({ redirect_uris: [uri], client_name: 'Wanderer' })
      ends(outcome)
      const asked = { redirect_uri: uri, client_id: client.client_id, response_type: 'code', state: 's"s' }
      const pkce = { code_challenge: CHALLENGE, code_challenge_method: 'S256' }
      const page = await walk(browser, `${ISSUER}/authorize?${formOf({ ...asked, ...pkce, ...changes })}`)
      expect(page).toContain('Nothing was allowed')
      expect(page).toContain(`Back to <bdi>${place}</bdi>`)
      expect(page).not.toContain('Wanderer')
      const link = (/class="button" href="([^"]*)"/.exec(page)?.[1] ?? '').replaceAll('&amp;', '&')
      const { searchParams } = new URL(link)
      expect(link.startsWith(uri)).toBe(true)
      expect([searchParams.get('error'), searchParams.get('state'), searchParams.get('iss')]).toEqual([
        error,
        's"s',
        ISSUER,
      ])
    }
  })

  it.each(['query', 'form_post', 'query.jwt', 'form_post.jwt'])(
    '“Deny” is such a page too, with mode %s',
    async (mode) => {
      const { register, authorize, question, browser } = createWalkInIssuer()
      const client = await register()
      const page = await (await question(client, { response_mode: mode })).text()
      const denied = await browser.post(`${ISSUER}/consent`, {
        consent: hiddenField(page, 'consent'),
        decision: 'deny',
      })
      const text = await denied.text()
      expect([denied.status, takesTo(denied, text)]).toEqual([200, []])
      expect(text).toContain('Back to <bdi>an app on this device</bdi>')
      if (mode.startsWith('form_post')) {
        expect(text).toContain(`<form class="single" method="post" action="${CALLBACK}">`)
        expect(denied.headers.get('content-security-policy')).not.toContain('script-src')
      } else expect(text).toContain(`href="${CALLBACK}?`)
      // Whoever says yes goes on by itself: a pressed “Allow” is a yes to where it leads.
      const back = await authorize(client, { response_mode: 'query' })
      expect(back.searchParams.get('code')).toMatch(/./)
    },
  )

  it('nothing that may pass is said to be over: the page offers the same once more', async () => {
    const { issuer, browser } = setUp()
    const client = await issuer.register({ redirect_uris: [WEB] })
    const broken = createWalkInIssuer({ authenticate: async () => Promise.reject(new Error('down')) })
    const { client_id } = await broken.register({ redirect_uris: [WEB] })
    const response = await broken.question({ client_id }, { redirect_uri: WEB })
    expect([response.status, takesTo(response, await response.clone().text())]).toEqual([500, []])
    expect(await response.text()).toContain('Try again')
    expect([client.client_id === client_id, browser.cookies.size]).toEqual([false, 0])
  })

  it.each<readonly [string, Changes]>([
    ['unsupported_response_type', { response_type: 'token id_token' }],
    ['invalid_scope', { scope: 'nothing' }],
    ['consent_required', { prompt: 'none' }],
  ])('of one by a document, too: %s is a page with its host', async (error, changes) => {
    const issuer = createDocumentIssuer()
    const uri = 'https://client.example/cb'
    issuer.publish({ redirect_uris: [uri] })
    await issuer.question(CLIENT, { redirect_uri: uri })
    const response = await issuer.question(CLIENT, { redirect_uri: uri, ...changes })
    const page = await response.text()
    expect(takesTo(response, page)).toEqual([])
    // What is not worth a fetch is not worth an answer to the client either: nobody knows where that is.
    if (error === 'unsupported_response_type') expect([response.status, page.includes(uri)]).toEqual([400, false])
    else {
      expect([response.status, page.includes(`<code>${error}</code>`)]).toEqual([200, true])
      expect(page).toContain('Back to <bdi>client.example</bdi>')
    }
  })

  it('a logout leads nowhere: it has no address for that', async () => {
    const { issuer, browser } = setUp()
    const { client_id } = await issuer.register({ redirect_uris: [WEB], post_logout_redirect_uris: [WEB] })
    for (const asked of [{ client_id, post_logout_redirect_uri: WEB }, { client_id }]) {
      const response = await browser.get(`${ISSUER}/logout?${formOf(asked)}`)
      const page = await response.text()
      expect(takesTo(response, page)).toEqual([])
      expect(page).not.toContain('claude.example')
    }
  })

  it('a configured client is told by a redirect, as ever', async () => {
    const web = { redirect_uris: [WEB], grant_types: ['authorization_code'], resources: [API], scopes: ['read'] }
    const { question } = createWalkInIssuer({ clients: { web } })
    const response = await question({ client_id: 'web' }, { redirect_uri: WEB, scope: 'nothing' })
    expect(response.headers.get('location')).toContain(`${WEB}?error=invalid_scope`)
  })
})

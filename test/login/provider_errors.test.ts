import { beforeEach, describe, expect, it } from 'vitest'
import { type LogEntry, readBindings, type UpstreamOptions, upstreamLogin } from '../../src/index.ts'
import { ISSUER, NOW, testIssuer } from '../fixtures.ts'
import { bareLine } from '../parties/bare_line.ts'
import { authorizeUrl, createBrowser } from '../parties/person.ts'

const PROVIDER = 'https://idp.example'

/** What a provider says that nobody is to hear. */
const CANARY = 'canary-9f2b'

let now = NOW
beforeEach(() => {
  now = NOW
})

/** What a provider answers at its token endpoint, or for its metadata. */
type Answer = () => Response | Promise<Response>

/** Returns an answer of JSON. */
const json =
  (status: number, body: unknown): Answer =>
  () =>
    Response.json(body, { status })

/** Returns an answer by which a provider refuses, and says more than it should. */
const refusal = (status: number, error: unknown): Answer => json(status, { error, error_description: CANARY })

/** Returns a login at a provider that answers so, in a browser that came back from it with a code. */
async function comeBack(token: Answer, options: Partial<UpstreamOptions> = {}, metadata?: Answer) {
  const lines: LogEntry[] = []
  const asked: Request[] = []
  const endpoints = {
    issuer: PROVIDER,
    authorization_endpoint: `${PROVIDER}/authorize`,
    token_endpoint: `${PROVIDER}/token`,
    jwks_uri: `${PROVIDER}/jwks`,
  }
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    if (url.endsWith('/openid-configuration')) return (metadata ?? json(200, endpoints))()
    asked.push(new Request(url, init))
    return token()
  }
  const login = { issuer: PROVIDER, clientId: 'bulla', clientSecret: 'wrong', fetch, ...options }
  const authenticate = upstreamLogin(login as UpstreamOptions)
  const issuer = testIssuer({ authenticate, now: () => now, log: (entry) => lines.push(entry) })
  const browser = createBrowser((request) => issuer.fetch(request))
  const first = await browser.get(authorizeUrl())
  const state = new URL(first.headers.get('location') ?? 'none:').searchParams.get('state')
  const callback = `${ISSUER}/login/callback?state=${state}`
  const response = first.status === 303 ? await browser.get(`${callback}&code=made-up`) : first
  return { response, page: await response.text(), line: bareLine(lines.at(-1)), asked, browser, callback, lines }
}

describe('an error at the token endpoint of a provider', () => {
  it.each<readonly [string, number, string]>([
    ['invalid_grant', 400, 'status 400'],
    ['invalid_grant', 500, 'status 500'],
    ['invalid_grant', 200, 'status 200'],
    ['invalid_request', 400, 'status 400'],
  ])('%s with status %i is what a Back key makes: a page to try again, and no alarm', async (word, status, detail) => {
    const { response, page, line } = await comeBack(refusal(status, word))
    expect(response.status).toBe(400)
    expect(page).toContain('The login did not work')
    expect(page).toContain(`href="${authorizeUrl().replaceAll('&', '&amp;')}"`)
    expect(line).toEqual({
      level: 'warn',
      event: 'login',
      code: 'login_failed',
      detail: `token endpoint: ${word}, ${detail}`,
    })
  })

  it.each<readonly [string, number]>([
    ['invalid_client', 401],
    ['invalid_client', 400],
    ['unauthorized_client', 400],
    ['unsupported_grant_type', 400],
    ['invalid_scope', 400],
  ])('%s with status %i is for the operator, whose log has the word: no moment mends it', async (word, status) => {
    const { response, page, line } = await comeBack(refusal(status, word))
    expect(response.status).toBe(500)
    expect(page).toContain('The operator finds in the log what it was')
    expect(page).not.toContain('in a moment')
    const detail = `token endpoint: ${word}, status ${status}`
    expect(line).toEqual({ level: 'error', event: 'login', code: 'server_error', detail })
  })

  it.each<readonly [string, Answer, 'server_error' | 'temporarily_unavailable', string]>([
    ['a word that is none of RFC 6749', refusal(400, CANARY), 'server_error', 'status 400'],
    ['the name of something that every object has', refusal(400, 'constructor'), 'server_error', 'status 400'],
    ['a list of words', refusal(400, ['invalid_grant']), 'server_error', 'status 400'],
    ['no JSON', () => new Response(CANARY, { status: 403 }), 'server_error', 'status 403'],
    ['a list', json(401, []), 'server_error', 'status 401'],
    ['nothing at the place', json(404, {}), 'server_error', 'status 404'],
    ['its own failure', refusal(500, 'server_error'), 'temporarily_unavailable', 'status 500'],
    ['too much to do', refusal(429, 'slow_down'), 'temporarily_unavailable', 'status 429'],
    ['a gateway', () => new Response(CANARY, { status: 502 }), 'temporarily_unavailable', 'status 502'],
    [
      'an error that is too long to be read',
      refusal(503, 'a'.repeat(100_000)),
      'temporarily_unavailable',
      'status 503',
    ],
  ])('that is %s is told by its status alone', async (_, answer, code, detail) => {
    const { response, page, line } = await comeBack(answer)
    const isLasting = code === 'server_error'
    expect(response.status).toBe(isLasting ? 500 : 503)
    expect(page).toContain(isLasting ? 'The operator finds in the log' : 'Please try again in a moment')
    expect(line).toEqual({ level: 'error', event: 'login', code, detail: `token endpoint: ${detail}` })
  })

  it('is never told in the words of the provider: not to the person, not to the log', async () => {
    for (const answer of [refusal(400, CANARY), refusal(400, 'invalid_grant'), refusal(401, 'invalid_client')]) {
      const { page, lines } = await comeBack(answer)
      expect(page + JSON.stringify(lines)).not.toContain(CANARY)
    }
  })

  it('is waited for: a provider that takes three seconds has not failed', async () => {
    const slow: Answer = () =>
      new Promise((resolve) => setTimeout(() => resolve(refusal(400, 'invalid_grant')() as Response), 3000))
    expect((await comeBack(slow)).line?.detail).toBe('token endpoint: invalid_grant, status 400')
  })
})

describe('metadata of a provider', () => {
  it.each<readonly [string, Answer, string]>([
    ['that are nowhere', json(404, {}), 'discovery: status 404'],
    ['of another issuer', json(200, { issuer: 'https://other.example' }), 'the metadata names another issuer'],
    [
      'without a token endpoint',
      json(200, { issuer: PROVIDER, authorization_endpoint: `${PROVIDER}/authorize` }),
      'the metadata: "token_endpoint" expected an https URL of a public host',
    ],
  ])('%s are for the operator to mend: nobody is told to try again in a moment', async (_, metadata, detail) => {
    const { response, page, line } = await comeBack(json(200, {}), {}, metadata)
    expect([response.status, line]).toEqual([500, { level: 'error', event: 'login', code: 'server_error', detail }])
    expect(page).toContain('The operator finds in the log what it was')
  })
})

describe('an issuer proves itself to its provider', () => {
  const basic = `Basic ${btoa('bulla:s%2Bcret')}`

  it.each<readonly [string, Partial<UpstreamOptions>, string | null, string | null, string | null]>([
    ['by Basic, form-encoded, as it is usual', {}, basic, null, null],
    ['by Basic, when told to', { tokenEndpointAuthMethod: 'client_secret_basic' }, basic, null, null],
    [
      'in the body, where the provider does not decode Basic',
      { tokenEndpointAuthMethod: 'client_secret_post' },
      null,
      'bulla',
      's+cret',
    ],
    ['not at all without a secret', { clientSecret: undefined }, null, 'bulla', null],
    ['not at all when told so', { clientSecret: undefined, tokenEndpointAuthMethod: 'none' }, null, 'bulla', null],
  ])('%s', async (_, options, authorization, id, secret) => {
    const { asked } = await comeBack(refusal(400, 'invalid_grant'), { clientSecret: 's+cret', ...options })
    const form = new URLSearchParams(await asked[0]?.text())
    const shown = [asked[0]?.headers.get('authorization'), form.get('client_id'), form.get('client_secret')]
    expect(shown).toEqual([authorization, id, secret])
  })

  it.each<readonly [Partial<UpstreamOptions>, string]>([
    [{ tokenEndpointAuthMethod: 'private_key_jwt' as never }, '"LOGIN.token_endpoint_auth_method" expected'],
    [{ tokenEndpointAuthMethod: 'none' }, 'expected no LOGIN_CLIENT_SECRET beside it'],
    [
      { tokenEndpointAuthMethod: 'client_secret_post', clientSecret: undefined },
      'expected a LOGIN_CLIENT_SECRET beside it',
    ],
  ])('not by %o', (options, message) => {
    expect(() => upstreamLogin({ issuer: PROVIDER, clientId: 'bulla', clientSecret: 'x', ...options })).toThrow(message)
  })
})

describe('a provider on a private host', () => {
  const HOSTS = ['https://sso.corp.internal/realms/x', 'https://keycloak:8443', 'https://10.0.0.7', 'https://[fd00::7]']

  it.each(HOSTS)('%s is taken where the settings say so, and nowhere else', async (issuer) => {
    const metadata = json(200, {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
    })
    const { line, asked } = await comeBack(
      refusal(400, 'invalid_grant'),
      { issuer, isPrivateHostAllowed: true },
      metadata,
    )
    expect([asked[0]?.url, line?.code]).toEqual([`${issuer}/token`, 'login_failed'])
    expect(() => upstreamLogin({ issuer, clientId: 'bulla' })).toThrow('"LOGIN.issuer" expected')
  })

  it.each(['http://sso.corp.internal', 'http://10.0.0.7', 'https://a:b@10.0.0.7'])('is never %s', (issuer) => {
    expect(() => upstreamLogin({ issuer, clientId: 'bulla', isPrivateHostAllowed: true })).toThrow('"LOGIN.issuer"')
  })

  it.each(['https://10.0.0.8/token', 'https://169.254.169.254/', 'https://localhost/token', 'http://10.0.0.7/token'])(
    'may not lead on to %s: it is that host alone',
    async (token_endpoint) => {
      const issuer = 'https://10.0.0.7'
      const named = { issuer, authorization_endpoint: `${issuer}/a`, token_endpoint, jwks_uri: `${issuer}/jwks` }
      const { response, asked } = await comeBack(
        json(200, {}),
        { issuer, isPrivateHostAllowed: true },
        json(200, named),
      )
      expect([response.status, asked]).toEqual([500, []])
    },
  )

  it.each<readonly [string, Record<string, unknown>]>([
    ['a provider', { type: 'openid', issuer: 'https://sso.internal', client_id: 'bulla' }],
    [
      'an own page',
      {
        type: 'page',
        url: 'https://sso.internal/login',
        issuer: 'x',
        jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: '', alg: 'EdDSA' }] },
      },
    ],
  ])('is a setting: LOGIN.private_host of %s', (_, login) => {
    const read = (LOGIN: unknown) => readBindings({ ISSUER, GUARD: 'none', LOGIN })
    expect(read({ ...login, private_host: true }).authenticate).toBeTypeOf('function')
    expect(() => read(login)).toThrow('expected an https URL of a public host')
    expect(() => read({ ...login, private_host: false })).toThrow('expected an https URL of a public host')
    expect(() => read({ ...login, private_host: 'yes' })).toThrow('"LOGIN.private_host" expected true or false')
  })

  it('and the way to prove oneself to it are read from the settings', () => {
    const login = { type: 'openid', issuer: PROVIDER, client_id: 'bulla' }
    const read = (changes: object, LOGIN_CLIENT_SECRET?: string) => () =>
      readBindings({ ISSUER, GUARD: 'none', LOGIN: { ...login, ...changes }, LOGIN_CLIENT_SECRET })
    expect(read({ token_endpoint_auth_method: 'client_secret_post' }, 'x')).not.toThrow()
    expect(read({ token_endpoint_auth_method: 'client_secret_post' })).toThrow('LOGIN_CLIENT_SECRET')
    expect(read({ token_endpoint_auth_methods: 'none' })).toThrow('did you mean "token_endpoint_auth_method"')
  })
})

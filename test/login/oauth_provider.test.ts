import { describe, expect, it } from 'vitest'
import {
  type LogEntry,
  type LoginProvider,
  loginProviders,
  type OAuthProviderOptions,
  oauthProvider,
  type Person,
} from '../../src/index.ts'
import type { Transaction } from '../../src/login/authenticate.ts'
import { ISSUER, NOW, testIssuer } from '../fixtures.ts'
import { authorizeUrl, createBrowser } from '../parties/person.ts'

const SITE = 'https://hub.example'

/** Stands in all that the provider says; nobody is to read it in an error. */
const CANARY = 'canary-71c0'

const TRANSACTION: Transaction = {
  issuer: ISSUER,
  step: 'begin',
  state: 'sealed',
  provider: 'hub',
  callback: `${ISSUER}/login/callback/hub`,
  secret: 's'.repeat(43),
  clientName: 'An app',
  begunAt: NOW,
  isFresh: false,
  maxAge: undefined,
  isChoosing: false,
  isCreating: false,
  loginHint: undefined,
  acrValues: undefined,
  uiLocales: undefined,
  handsOver: undefined,
  now: NOW,
}

/** What the provider answers: JSON, or what is put together by hand. */
type Answer = object | (() => Response)

/** A provider, what it was asked, and who logs in there. */
function setUp(answers: Readonly<Record<string, Answer>> = {}, changes: Partial<OAuthProviderOptions> = {}) {
  const asked: { readonly url: string; readonly request: Request; readonly body: URLSearchParams }[] = []
  const known: Record<string, Answer> = {
    '/token': { access_token: `${CANARY}-1`, token_type: 'bearer', scope: 'read:user,user:email' },
    '/user': {
      id: 583231,
      login: 'octocat',
      name: 'Octo Cat',
      avatar_url: 'https://hub.example/1.png',
      email: 'o@cat.example',
    },
    ...answers,
  }
  const provider = oauthProvider({
    label: 'Hub',
    authorizationEndpoint: `${SITE}/authorize`,
    tokenEndpoint: `${SITE}/token`,
    userinfoEndpoint: `${SITE}/user`,
    clientId: 'bulla',
    clientSecret: 'hush',
    scope: 'read:user user:email',
    claims: { sub: 'id', name: 'name', preferred_username: 'login', picture: 'avatar_url', email: 'email' },
    async fetch(url, init) {
      const request = new Request(url, init)
      asked.push({
        url,
        request,
        body: new URLSearchParams(new TextDecoder().decode(await request.clone().arrayBuffer())),
      })
      const answer = known[new URL(url).pathname] ?? (() => new Response(null, { status: 404 }))
      return typeof answer === 'function' ? (answer as () => Response)() : Response.json(answer)
    },
    ...changes,
  })
  return { provider, asked }
}

/** Sends somebody there, and returns where the browser goes. */
async function leave(provider: LoginProvider, changes: Partial<Transaction> = {}): Promise<URL> {
  const went = await provider.authenticate(new Request(`${ISSUER}/authorize`), { ...TRANSACTION, ...changes })
  return new URL((went as Response).headers.get('location') ?? 'none:')
}

/** Lets the browser come back. */
async function comeBack(provider: LoginProvider, changes: Partial<Transaction> = {}, answer = 'code=c0de') {
  const request = new Request(`${TRANSACTION.callback}?state=sealed&${answer}`)
  return (await provider.authenticate(request, { ...TRANSACTION, step: 'continue', ...changes })) as Person
}

describe('a provider that speaks OAuth 2.0 without ID tokens', () => {
  it('is asked for a code with PKCE, and told by userinfo whose token it is (RFC 7636 §4)', async () => {
    const { provider, asked } = setUp()
    const { searchParams } = await leave(provider)
    expect(Object.fromEntries(searchParams)).toEqual({
      response_type: 'code',
      client_id: 'bulla',
      redirect_uri: `${ISSUER}/login/callback/hub`,
      scope: 'read:user user:email',
      state: 'sealed',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    expect(await comeBack(provider)).toEqual({
      sub: 'hub|583231',
      name: 'octocat',
      claims: {
        name: 'Octo Cat',
        preferred_username: 'octocat',
        email: 'o@cat.example',
        picture: 'https://hub.example/1.png',
      },
    })
    expect(Object.fromEntries(asked[0]?.body ?? [])).toEqual({
      grant_type: 'authorization_code',
      code: 'c0de',
      redirect_uri: `${ISSUER}/login/callback/hub`,
      code_verifier: 's'.repeat(43),
      client_id: 'bulla',
      client_secret: 'hush',
    })
    expect(asked[1]?.request.headers.get('authorization')).toBe(`Bearer ${CANARY}-1`)
    expect(asked[1]?.request.headers.get('user-agent')).toBe('bulla')
  })

  it('asks for what is handed over beside its own, each once, and what it wants for refresh tokens then alone', async () => {
    const { provider } = setUp(
      {},
      {
        authorizationParameters: { audience: 'api' },
        handOverScope: 'offline_access',
        handOverParameters: { access_type: 'offline' },
      },
    )
    const { searchParams } = await leave(provider)
    expect(searchParams.get('scope')).toBe('read:user user:email')
    expect(searchParams.get('audience')).toBe('api')
    expect(searchParams.get('access_type')).toBeNull()
    const handing = await leave(provider, { handsOver: { scope: ['repo', 'read:user'] } })
    expect(handing.searchParams.get('scope')).toBe('read:user user:email repo offline_access')
    expect(handing.searchParams.get('audience')).toBe('api')
    expect(handing.searchParams.get('access_type')).toBe('offline')
  })

  it('is told to let the person choose an account only where it knows that, and who is meant by its own word', async () => {
    const asked = { isChoosing: true, loginHint: 'octocat' }
    const plain = await leave(setUp().provider, asked)
    expect(plain.searchParams.get('prompt')).toBeNull()
    expect(plain.searchParams.get('login_hint')).toBe('octocat')
    const github = setUp({}, { promptValuesSupported: ['select_account'], loginHintParameter: 'login' })
    const { searchParams } = await leave(github.provider, asked)
    expect(searchParams.get('prompt')).toBe('select_account')
    expect(searchParams.get('login')).toBe('octocat')
    expect(searchParams.get('login_hint')).toBeNull()
    expect((await leave(github.provider, { isCreating: true })).searchParams.get('prompt')).toBeNull()
    const newcomer = { isChoosing: true, isCreating: true }
    expect((await leave(github.provider, newcomer)).searchParams.get('prompt')).toBe('select_account')
    const open = setUp({}, { promptValuesSupported: ['select_account', 'create'] })
    expect((await leave(open.provider, newcomer)).searchParams.get('prompt')).toBe('create')
    const both = setUp({}, { promptValuesSupported: ['select_account'], handOverParameters: { prompt: 'consent' } })
    const handing = await leave(both.provider, { isChoosing: true, handsOver: { scope: [] } })
    expect(handing.searchParams.get('prompt')).toBe('select_account consent')
  })

  it('gives its tokens to nobody but whom they are handed over to', async () => {
    const { provider } = setUp()
    expect(await comeBack(provider)).not.toHaveProperty('tokens')
    const { tokens } = await comeBack(provider, { handsOver: { scope: ['repo'] } })
    expect(tokens).toEqual({ accessToken: `${CANARY}-1`, scope: ['read:user', 'user:email'] })
  })

  it.each<readonly [string, object, object]>([
    ['commas', { scope: 'repo,gist' }, { scope: ['repo', 'gist'] }],
    ['spaces', { scope: 'repo gist' }, { scope: ['repo', 'gist'] }],
    ['an empty text: nothing', { scope: '' }, { scope: [] }],
    [
      'no word: what was asked for (RFC 6749 §5.1)',
      { scope: undefined },
      { scope: ['read:user', 'user:email', 'repo'] },
    ],
    ['when it ends', { expires_in: 28_800 }, { expiresAt: NOW + 28_800 }],
    ['when it ends, as a text', { expires_in: '28800' }, { expiresAt: NOW + 28_800 }],
    ['no instant', { expires_in: 'soon' }, {}],
    ['a refresh token', { refresh_token: 'ghr_1' }, { refreshToken: 'ghr_1' }],
    ['what is no refresh token', { refresh_token: { a: 1 } }, {}],
  ])('reads of its token answer %s', async (_, members, expected) => {
    const token = { access_token: 'gho_1', token_type: 'Bearer', scope: 'repo', ...members }
    const { tokens } = await comeBack(setUp({ '/token': token }).provider, { handsOver: { scope: ['repo'] } })
    expect(tokens).toEqual({ accessToken: 'gho_1', scope: ['repo'], ...expected })
  })

  it.each<readonly [string, Partial<Transaction>, string, string]>([
    ['no code', {}, 'session_state=1', 'the answer has no code'],
    ['no iss of one that sends it (RFC 9207 §2.4)', {}, 'code=c0de', 'the answer is of another issuer'],
    ['the iss of another', {}, 'code=c0de&iss=https://evil.example', 'the answer is of another issuer'],
  ])('logs nobody in by an answer with %s', async (_, changes, answer, message) => {
    const { provider, asked } = setUp({}, message.includes('issuer') ? { issuer: SITE } : {})
    await expect(comeBack(provider, changes, answer)).rejects.toMatchObject({ code: 'login_failed', message })
    expect(asked).toEqual([])
  })

  it('takes an answer with its own iss', async () => {
    const { provider } = setUp({}, { issuer: SITE })
    expect((await comeBack(provider, {}, `code=c0de&iss=${SITE}`)).sub).toBe('hub|583231')
  })

  it.each<readonly [string, string]>([
    ['access_denied', 'access_denied'],
    ['application_suspended', 'server_error'],
    ['redirect_uri_mismatch', 'server_error'],
  ])('tells the app of the error %s in place of a code, by its own word %s', async (error, code) => {
    const answer = comeBack(setUp().provider, {}, `error=${error}&error_description=${CANARY}`)
    await expect(answer).rejects.toMatchObject({
      code,
      isForClient: true,
      message: `who logs people in answered ${error}`,
    })
  })

  it('has no people without a name of its own among several', async () => {
    const login = comeBack(setUp().provider, { provider: undefined })
    await expect(login).rejects.toMatchObject({ code: 'server_error' })
  })
})

describe('what the token endpoint of such a provider refuses', () => {
  const refuse = (status: number, error: string): Answer => {
    return () => Response.json({ error, error_description: CANARY, error_uri: `https://${CANARY}.example` }, { status })
  }

  it.each<readonly [string, number, string]>([
    ['bad_verification_code', 200, 'login_failed'],
    ['unverified_user_email', 200, 'login_failed'],
    ['incorrect_client_credentials', 200, 'server_error'],
    ['redirect_uri_mismatch', 200, 'server_error'],
    ['invalid_grant', 400, 'login_failed'],
    ['invalid_client', 401, 'server_error'],
  ])('%s with status %i is %s, and the log hears its word alone', async (word, status, code) => {
    const login = comeBack(setUp({ '/token': refuse(status, word) }).provider)
    await expect(login).rejects.toMatchObject({ code, message: `token endpoint: ${word}, status ${status}` })
  })

  it.each<readonly [string, Answer, string, string]>([
    ['an error nobody knows, with status 200', refuse(200, CANARY), 'server_error', 'the answer has no bearer token'],
    ['an error nobody knows', refuse(400, CANARY), 'server_error', 'status 400'],
    ['no token', {}, 'server_error', 'the answer has no bearer token'],
    [
      'a token of another type',
      { access_token: CANARY, token_type: 'mac' },
      'server_error',
      'the answer has no bearer',
    ],
    ['no type', { access_token: CANARY }, 'server_error', 'the answer has no bearer token'],
    ['a token with a line in it', { access_token: `${CANARY}\n`, token_type: 'bearer' }, 'server_error', 'no bearer'],
    ['a token of 4,097', { access_token: 'x'.repeat(4097), token_type: 'bearer' }, 'server_error', 'no bearer token'],
    ['a form', () => new Response(`access_token=${CANARY}`), 'temporarily_unavailable', 'another media type'],
    ['a failure', () => Response.json({}, { status: 502 }), 'temporarily_unavailable', 'status 502'],
  ])('%s logs nobody in', async (_, token, code, detail) => {
    const error = await comeBack(setUp({ '/token': token }).provider).catch((error: unknown) => error)
    expect(error).toMatchObject({ code, message: expect.stringContaining(detail) })
    expect(String(error)).not.toContain(CANARY)
  })
})

describe('what such a provider says in an error', () => {
  it.each<readonly [string, Readonly<Record<string, Answer>>, string, number]>([
    ['its token endpoint', { '/token': { error: 'bad_verification_code', error_description: CANARY } }, 'code=c', 400],
    ['its token endpoint, in other words', { '/token': { error: CANARY, error_description: CANARY } }, 'code=c', 500],
    ['its userinfo', { '/user': () => Response.json({ message: CANARY }, { status: 401 }) }, 'code=c', 500],
    ['its addresses', { '/emails': { message: CANARY } }, 'code=c', 500],
    ['who somebody is', { '/user': { id: { canary: CANARY }, login: CANARY } }, 'code=c', 400],
    ['the browser', {}, `error=${CANARY}&error_description=${CANARY}`, 303],
  ])('is found in no page and in no log: %s', async (_, answers, answer, status) => {
    const lines: LogEntry[] = []
    const { provider } = setUp(answers, { emailsEndpoint: `${SITE}/emails` })
    const issuer = testIssuer({
      authenticate: loginProviders({ hub: provider }),
      now: () => NOW,
      log: (entry) => lines.push(entry),
    })
    const browser = createBrowser((request) => issuer.fetch(request))
    const first = await browser.get(authorizeUrl())
    const state = new URL(first.headers.get('location') ?? 'none:').searchParams.get('state')
    const response = await browser.get(`${ISSUER}/login/callback/hub?state=${state}&${answer}`)
    const page = `${response.headers.get('location')}${await response.text()}`
    expect([response.status, lines.length > 0]).toEqual([status, true])
    expect(`${page}${JSON.stringify(lines)}`).not.toContain(CANARY)
  })
})

describe('the userinfo of such a provider', () => {
  it.each<readonly [string, Answer, string, string]>([
    ['nobody', { login: CANARY }, 'login_failed', 'userinfo: there is no id at "claims.sub"'],
    ['a refusal', () => Response.json({ message: CANARY }, { status: 401 }), 'server_error', 'userinfo: status 401'],
    ['a failure', () => Response.json({ message: CANARY }, { status: 500 }), 'temporarily_unavailable', 'status 500'],
    ['a list', [{ id: 1 }], 'temporarily_unavailable', 'userinfo: no JSON object'],
    ['a page', () => new Response(CANARY), 'temporarily_unavailable', 'userinfo: another media type'],
    ['too much', { id: 1, bio: 'x'.repeat(70_000) }, 'temporarily_unavailable', 'userinfo: too long'],
    ['a way elsewhere', () => Response.redirect('https://evil.example/'), 'temporarily_unavailable', 'a redirect'],
  ])('logs nobody in by %s', async (_, user, code, detail) => {
    const error = await comeBack(setUp({ '/user': user }).provider).catch((error: unknown) => error)
    expect(error).toMatchObject({ code, message: expect.stringContaining(detail) })
    expect(String(error)).not.toContain(CANARY)
  })
})

describe('the addresses that such a provider tells beside', () => {
  const claims = { sub: 'id', preferred_username: 'login', email: 'email' }
  const emailsEndpoint = `${SITE}/emails`
  const tell = async (emails: Answer) =>
    (await comeBack(setUp({ '/emails': emails }, { emailsEndpoint, claims }).provider)).claims

  it('are asked for with the same token, and the primary one counts, if it is verified', async () => {
    const list = [
      { email: 'old@cat.example', primary: false, verified: true },
      { email: 'new@cat.example', primary: true, verified: true, visibility: null },
    ]
    const { provider, asked } = setUp({ '/emails': list }, { emailsEndpoint, claims })
    const person = await comeBack(provider)
    expect(person.claims).toMatchObject({ email: 'new@cat.example', email_verified: true })
    expect(asked[2]?.request.headers.get('authorization')).toBe(`Bearer ${CANARY}-1`)
    expect(asked[2]?.request.headers.get('user-agent')).toBe('bulla')
  })

  it.each<readonly [string, Answer]>([
    ['the primary one is not verified', [{ email: 'new@cat.example', primary: true, verified: false }]],
    ['none is primary', [{ email: 'new@cat.example', primary: false, verified: true }]],
    ['a text says so', [{ email: 'new@cat.example', primary: true, verified: 'true' }]],
    ['a text says that it is primary', [{ email: 'new@cat.example', primary: 'true', verified: true }]],
    ['there is none', []],
    ['they are none', [null, 7, 'a', { email: 3, primary: true, verified: true }]],
    ['the token may not read them', () => Response.json({ message: CANARY }, { status: 404 })],
    ['the app may not read them', () => Response.json({ message: CANARY }, { status: 403 })],
  ])('prove nothing where %s', async (_, emails) => {
    expect(await tell(emails)).toEqual({ preferred_username: 'octocat', email: 'o@cat.example' })
  })

  it.each<readonly [string, Answer, string, string]>([
    ['no list', { message: CANARY }, 'server_error', 'emails: no list'],
    ['a refusal', () => Response.json([], { status: 401 }), 'server_error', 'emails: status 401'],
    ['a failure', () => Response.json([], { status: 503 }), 'temporarily_unavailable', 'emails: status 503'],
  ])('log nobody in by %s', async (_, emails, code, message) => {
    await expect(tell(emails)).rejects.toMatchObject({ code, message })
  })
})

describe('tokens of such a provider', () => {
  const TOKENS = { accessToken: 'gho_1', refreshToken: `${CANARY}-r1`, scope: ['repo'], expiresAt: NOW }

  it('are refreshed (RFC 6749 §6), with the refresh token that comes next', async () => {
    const token = { access_token: 'gho_2', token_type: 'bearer', refresh_token: 'ghr_2', expires_in: 60, scope: 'repo' }
    const { provider, asked } = setUp({ '/token': token })
    expect(await provider.refresh?.(TOKENS, NOW + 9)).toEqual({
      accessToken: 'gho_2',
      refreshToken: 'ghr_2',
      expiresAt: NOW + 69,
      scope: ['repo'],
    })
    expect(Object.fromEntries(asked[0]?.body ?? [])).toEqual({
      grant_type: 'refresh_token',
      refresh_token: `${CANARY}-r1`,
      client_id: 'bulla',
      client_secret: 'hush',
    })
  })

  it('keep the refresh token, and their scope, where the answer says none', async () => {
    const { provider } = setUp({ '/token': { access_token: 'gho_2', token_type: 'bearer' } })
    expect(await provider.refresh?.(TOKENS, NOW)).toEqual({
      accessToken: 'gho_2',
      refreshToken: `${CANARY}-r1`,
      scope: ['repo'],
    })
  })

  it.each<readonly [string, number, string]>([
    ['invalid_grant', 400, 'invalid_grant'],
    ['bad_refresh_token', 200, 'invalid_grant'],
    ['incorrect_client_credentials', 200, 'server_error'],
    ['invalid_client', 401, 'server_error'],
    ['invalid_request', 400, 'server_error'],
    ['unknown', 503, 'temporarily_unavailable'],
  ])('are not refreshed where it says %s with status %i: %s', async (error, status, code) => {
    const refusal = (): Response => Response.json({ error, error_description: CANARY }, { status })
    const refreshed = setUp({ '/token': refusal })
      .provider.refresh?.(TOKENS, NOW)
      .catch((error: unknown) => error)
    expect(await refreshed).toMatchObject({ code })
    expect(String(await refreshed)).not.toContain(CANARY)
  })

  it('that came without a refresh token cannot be had anew', async () => {
    const { provider, asked } = setUp()
    const refreshed = provider.refresh?.({ accessToken: 'gho_1', scope: [] }, NOW)
    await expect(refreshed).rejects.toMatchObject({ code: 'invalid_grant' })
    expect(asked).toEqual([])
  })

  const revocationEndpoint = `${SITE}/revoke`

  it('live on there, unless the operator wants otherwise', () => {
    expect(setUp({}, { revocationEndpoint }).provider.revoke).toBeUndefined()
  })

  it('are ended there by a form (RFC 7009 §2.1)', async () => {
    const { provider, asked } = setUp({ '/revoke': {} }, { revocationEndpoint, isRevokedAtProvider: true })
    await provider.revoke?.(TOKENS, NOW)
    expect(asked.map(({ body }) => [body.get('token'), body.get('client_secret')])).toEqual([
      [`${CANARY}-r1`, 'hush'],
      ['gho_1', 'hush'],
    ])
  })

  const github: Partial<OAuthProviderOptions> = {
    revocationEndpoint: `${SITE}/applications/{client_id}/token`,
    revocationMethod: 'delete',
    isRevokedAtProvider: true,
  }

  it.each([204, 404])('are ended as GitHub does it, which answers %i', async (status) => {
    const path = '/applications/bulla/token'
    const { provider, asked } = setUp({ [path]: () => new Response(null, { status }) }, github)
    await provider.revoke?.(TOKENS, NOW)
    const [one] = asked
    expect(one?.url).toBe(`${SITE}${path}`)
    expect(one?.request.method).toBe('DELETE')
    expect(one?.request.headers.get('authorization')).toBe(`Basic ${btoa('bulla:hush')}`)
    expect(one?.request.headers.get('user-agent')).toBe('bulla')
    expect(await one?.request.json()).toEqual({ access_token: 'gho_1' })
  })

  it.each<readonly [number, string]>([
    [401, 'server_error'],
    [422, 'server_error'],
    [500, 'temporarily_unavailable'],
  ])('may live on where it answers %i: %s', async (status, code) => {
    const answer = (): Response => Response.json({ message: CANARY }, { status })
    const { provider } = setUp({ '/applications/bulla/token': answer }, github)
    await expect(provider.revoke?.(TOKENS, NOW)).rejects.toMatchObject({
      code,
      message: `revocation endpoint: status ${status}`,
    })
  })
})

describe('the options of such a provider', () => {
  it.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
    ['no label', { label: '' }, '"LOGIN.label" expected 1 to 64 characters that can be seen'],
    ['an endpoint by http', { tokenEndpoint: 'http://hub.example/t' }, '"LOGIN.token_endpoint" expected an https URL'],
    ['an endpoint on this machine', { userinfoEndpoint: 'http://localhost/u' }, '"LOGIN.userinfo_endpoint" expected'],
    ["an endpoint in a network of one's own", { emailsEndpoint: 'https://10.0.0.1/e' }, '"LOGIN.emails_endpoint"'],
    ['an endpoint that is missing', { authorizationEndpoint: undefined }, '"LOGIN.authorization_endpoint" expected'],
    ['a sub that is given again', { claims: { sub: 'login' } }, '"LOGIN.claims.sub" expected the path of an id'],
    ["the protocol's parameter", { authorizationParameters: { state: 'x' } }, 'expected parameters beside the'],
    ["the protocol's parameter", { handOverParameters: { redirect_uri: 'x' } }, 'expected parameters beside the'],
    ["the protocol's parameter", { loginHintParameter: 'scope' }, "expected parameters beside the protocol's own"],
    ['a prompt that is not known', { promptValuesSupported: ['none'] }, '"LOGIN.prompt_values_supported[0]" expected'],
    ['a scope of two spaces', { scope: 'a  b' }, '"LOGIN.scope" expected scope tokens, with spaces between'],
    ['a secret and no use for it', { tokenEndpointAuthMethod: 'none' }, 'expected no LOGIN_CLIENT_SECRET beside it'],
    [
      'no place to end tokens',
      { isRevokedAtProvider: true },
      '"LOGIN.revoke_at_provider" expected "revocation_endpoint"',
    ],
    [
      'an option that is not there',
      { clientID: 'x' },
      '"oauthProvider" has no setting "clientID"; did you mean "clientId"?',
    ],
    ['words that nobody sees', { scopeDescriptions: { repo: '\u200b' } }, '"LOGIN.scope_descriptions" expected'],
  ])('are refused with %s', (_, changes, message) => {
    expect(() => setUp({}, changes as Partial<OAuthProviderOptions>)).toThrow(message)
  })
})

import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { type OpenidProviderOptions, openidProvider, type Transaction } from '../../src/index.ts'
import type { Person } from '../../src/login/authenticate.ts'
import { nonceOf } from '../../src/login/person.ts'
import { readLoginProvider } from '../../src/login/provider_registration.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { upstreamSubject } from '../../src/protocol/subject.ts'
import { ISSUER, NOW } from '../fixtures.ts'

const PROVIDER = 'https://idp.example'
const CALLBACK = `${ISSUER}/login/callback/acme`
const [ONE, TWO] = ['1111-aaaa', '2222-bbbb']
const TEMPLATE = `${PROVIDER}/{tenantid}/v2.0`
const issuerOf = (tenant: string): string => TEMPLATE.replace('{tenantid}', tenant)

/** What a provider says that nobody is to hear. */
const CANARY = 'canary-71c4'

type Json = Readonly<Record<string, unknown>>

const pairs = new Map<string, { readonly privateKey: CryptoKey; readonly jwk: JWK }>()
beforeAll(async () => {
  for (const kid of ['1', '2']) {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    pairs.set(kid, { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256' } })
  }
})

/** Returns a login under way. */
function transactionOf(changes: Partial<Transaction> = {}): Transaction {
  return {
    issuer: ISSUER,
    step: 'continue',
    state: 'sealed',
    provider: 'acme',
    callback: CALLBACK,
    secret: 'a'.repeat(43),
    clientName: 'App',
    begunAt: NOW,
    isFresh: false,
    isChoosing: false,
    isCreating: false,
    maxAge: undefined,
    loginHint: undefined,
    acrValues: undefined,
    uiLocales: undefined,
    handsOver: undefined,
    now: NOW,
    ...changes,
  }
}

/** What a provider says. */
interface Conduct {
  readonly claims?: Json
  readonly kid?: string
  /** What its keys say beside. */
  readonly keys?: Readonly<Record<string, Json>>
  readonly metadata?: Json
  readonly answer?: Json
  readonly userinfo?: Json
  /** What it answers at its token endpoint, or where tokens are ended, in place of that. */
  readonly instead?: (form: URLSearchParams) => Response
}

/** Returns a login at a provider that does so, and what it was asked. */
function behind(conduct: Conduct = {}, options: Partial<OpenidProviderOptions> = {}) {
  const asked: Request[] = []
  const forms: URLSearchParams[] = []
  const { keys = { 1: {}, 2: {} } } = conduct
  let [nonce, issuer] = ['', options.tenants === undefined ? PROVIDER : TEMPLATE]
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    const request = new Request(url, init)
    asked.push(request)
    if (url.endsWith('/openid-configuration')) {
      if (options.tenants?.length === 1) issuer = url.replace('/.well-known/openid-configuration', '')
      return Response.json({
        issuer,
        authorization_endpoint: `${PROVIDER}/authorize`,
        token_endpoint: `${PROVIDER}/token`,
        revocation_endpoint: `${PROVIDER}/revoke`,
        end_session_endpoint: `${PROVIDER}/logout?x=y`,
        userinfo_endpoint: `${PROVIDER}/userinfo`,
        jwks_uri: `${PROVIDER}/jwks`,
        ...conduct.metadata,
      })
    }
    if (url.endsWith('/jwks'))
      return Response.json({ keys: Object.entries(keys).map(([id, more]) => ({ ...pairs.get(id)?.jwk, ...more })) })
    if (url.endsWith('/userinfo'))
      return conduct.userinfo === undefined ? new Response(null, { status: 404 }) : Response.json(conduct.userinfo)
    const form = new URLSearchParams(await request.text())
    forms.push(form)
    if (conduct.instead !== undefined) return conduct.instead(form)
    if (url.endsWith('/revoke')) return new Response(null, { status: 200 })
    const claims = { iss: PROVIDER, aud: 'bulla', sub: '7', nonce, iat: NOW, exp: NOW + 60, ...conduct.claims }
    const { kid = '1' } = conduct
    const { privateKey } = pairs.get(kid) ?? {}
    const id_token = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey as CryptoKey)
    return Response.json({ access_token: 'at', token_type: 'Bearer', id_token, ...conduct.answer })
  }
  const all = { issuer, clientId: 'bulla', clientSecret: 's', label: 'Acme', fetch, ...options }
  const provider = openidProvider(all)
  return {
    provider,
    asked,
    forms,
    /** Begins a login, and returns what the provider is asked. */
    async begin(changes: Partial<Transaction> = {}): Promise<Json> {
      const response = await provider.authenticate(new Request(ISSUER), transactionOf({ step: 'begin', ...changes }))
      return Object.fromEntries(new URL((response as Response).headers.get('location') ?? 'none:').searchParams)
    },
    /** Comes back with an answer. */
    async finish(changes: Partial<Transaction> = {}, answer: Readonly<Record<string, string>> = {}): Promise<Person> {
      const transaction = transactionOf(changes)
      nonce ||= nonceOf(transaction)
      const query = new URLSearchParams({ state: 'sealed', code: 'c', ...answer })
      return (await provider.authenticate(new Request(`${CALLBACK}?${query}`), transaction)) as Person
    },
  }
}

/** Returns what an ID token of a tenant says. */
const of = (tenant: string, changes: Json = {}): Json => ({ iss: issuerOf(tenant), tid: tenant, ...changes })

describe('a person of an OpenID provider among several', () => {
  it('is called by what the settings call it and the id there; by the name of before where the settings say so', async () => {
    expect((await behind().finish()).sub).toBe('acme|7')
    expect((await behind({}, { subject: 'name' }).finish()).sub).toBe('acme|7')
    expect((await behind({}, { subject: 'digest' }).finish()).sub).toBe(upstreamSubject(PROVIDER, '7'))
  })

  it('is of one tenant: two tenants whose people have one sub are two persons, by a digest too', async () => {
    const tenants = [ONE, TWO]
    const keys = { 1: { issuer: TEMPLATE } }
    const subs = async (options: Partial<OpenidProviderOptions>): Promise<readonly string[]> =>
      Promise.all(
        tenants.map(async (one) => (await behind({ claims: of(one), keys }, { tenants, ...options }).finish()).sub),
      )
    expect(await subs({})).toEqual([`acme|${ONE}|7`, `acme|${TWO}|7`])
    expect(await subs({ subject: 'digest' })).toEqual(tenants.map((one) => upstreamSubject(issuerOf(one), '7')))
  })

  it.each<[string, Conduct, Readonly<Record<string, string>>?]>([
    ['of a tenant that is not in the list', { claims: of('3333-cccc') }],
    [
      'of a tenant that is not in the list, by a key of its own',
      { claims: of('3333-cccc', { tid: undefined }), keys: { 1: { issuer: issuerOf('3333-cccc') } } },
    ],
    ['of the template itself', { claims: of(ONE, { iss: TEMPLATE }) }],
    ['of an issuer that only looks like a tenant', { claims: of(ONE, { iss: `https://other.example/${ONE}/v2.0` }) }],
    ['of one tenant, by an issuer of another', { claims: of(ONE, { tid: TWO }) }],
    ['of an issuer, without a tenant', { claims: of(ONE, { tid: undefined }) }],
    ['signed by a key of another tenant', { claims: of(ONE), keys: { 1: { issuer: issuerOf(TWO) } } }],
    ['signed by a key that is nobody’s', { claims: of(ONE), keys: { 1: {} } }],
    ['signed by a key of all, which another kid claims', { claims: of(ONE), keys: { 2: { issuer: TEMPLATE } } }],
    ['behind an answer of another tenant', { claims: of(ONE) }, { iss: issuerOf(TWO) }],
    ['behind an answer of no tenant', { claims: of(ONE) }, { iss: TEMPLATE }],
  ])('is nobody with an ID token %s', async (_, conduct, answer) => {
    const login = behind({ keys: { 1: { issuer: TEMPLATE } }, ...conduct }, { tenants: [ONE, TWO] })
    await expect(login.finish({}, answer)).rejects.toMatchObject({ code: 'login_failed' })
  })

  it('whose answer is of no tenant of the list is nobody, and the code is shown to no one', async () => {
    const login = behind({ claims: of(ONE) }, { tenants: [ONE, TWO] })
    await expect(login.finish({}, { iss: issuerOf('3333-cccc') })).rejects.toMatchObject({ code: 'login_failed' })
    expect(login.forms).toEqual([])
  })

  it('is known by keys that are their tenant’s alone, and the answer may say the tenant’s issuer', async () => {
    const keys = { 1: { issuer: issuerOf(ONE) }, 2: { issuer: issuerOf(TWO) } }
    const conduct = { claims: of(ONE), keys, kid: '1' }
    const login = behind(conduct, { tenants: [ONE, TWO] })
    expect((await login.finish({}, { iss: issuerOf(ONE) })).sub).toBe(`acme|${ONE}|7`)
    Object.assign(conduct, { claims: of(TWO), kid: '2' })
    expect((await login.finish({}, { iss: issuerOf(TWO) })).sub).toBe(`acme|${TWO}|7`)
    Object.assign(conduct, { kid: '1' })
    await expect(login.finish()).rejects.toMatchObject({ code: 'login_failed' })
    expect(login.asked[0]?.url).toBe(`${PROVIDER}/common/v2.0/.well-known/openid-configuration`)
  })

  it('of the only tenant is sent to that tenant’s own pages, which its own metadata name', async () => {
    const login = behind({ claims: of(ONE) }, { tenants: [ONE] })
    expect((await login.finish()).sub).toBe(`acme|${ONE}|7`)
    expect(login.asked[0]?.url).toBe(`${PROVIDER}/${ONE}/v2.0/.well-known/openid-configuration`)
  })

  it('is nobody of a provider whose metadata are not of the template', async () => {
    const login = behind({ metadata: { issuer: issuerOf(ONE) }, claims: of(ONE) }, { tenants: [ONE, TWO] })
    await expect(login.finish()).rejects.toMatchObject({ code: 'server_error' })
  })

  it('has no auth_time of a provider that cannot prove it', async () => {
    const claims = { auth_time: NOW - 5 }
    const [told, untold] = [behind({ claims }), behind({ claims }, { authTime: 'none' })]
    expect([told.provider.tellsAuthTime, (await told.finish()).auth_time]).toEqual([true, NOW - 5])
    expect(untold.provider.tellsAuthTime).toBe(false)
    expect(await untold.finish()).not.toHaveProperty('auth_time')
  })

  it('is nobody by a code of another login: its nonce is another, and its verifier not this one’s', async () => {
    const login = behind()
    await login.finish({ secret: 'b'.repeat(43) })
    await expect(login.finish()).rejects.toMatchObject({ code: 'login_failed' })
    expect(login.forms.map((form) => form.get('code_verifier'))).toEqual(['b'.repeat(43), 'a'.repeat(43)])
  })

  it('is nobody by an answer without its issuer, where the metadata promise it, or with another (RFC 9207)', async () => {
    const promise = { metadata: { authorization_response_iss_parameter_supported: true } }
    await expect(behind(promise).finish()).rejects.toMatchObject({ code: 'login_failed' })
    await expect(behind(promise).finish({}, { iss: 'https://x.example' })).rejects.toMatchObject({
      code: 'login_failed',
    })
    expect((await behind(promise).finish({}, { iss: PROVIDER })).sub).toBe('acme|7')
  })
})

describe('an answer that a provider posts', () => {
  const user = JSON.stringify({ name: { firstName: 'Ada', lastName: 'Lovelace' }, email: 'ada@evil.example' })

  it('is asked for, and brings a name to be shown, and nothing else: it came through the browser', async () => {
    const login = behind({}, { responseMode: 'form_post' })
    expect([login.provider.isPosted, await login.begin()]).toEqual([
      true,
      expect.objectContaining({ response_mode: 'form_post' }),
    ])
    const person = await login.finish({}, { user })
    expect(person).toMatchObject({ sub: 'acme|7', name: 'Ada Lovelace' })
    expect(JSON.stringify(person.claims)).not.toMatch(/Ada|evil/)
  })

  it.each<[string, Json, string, string | null]>([
    ['a name that is signed', { email: 'ada@work.example' }, user, 'ada@work.example'],
    ['no JSON', {}, '{', null],
    ['a text', {}, '"Ada"', null],
    ['null', {}, 'null', null],
    ['names that are no texts', {}, '{"name":{"firstName":{},"lastName":["x"]}}', null],
    ['a name that nobody can read', {}, '{"name":{"firstName":"A\\u202eb"}}', null],
    ['half a name', {}, '{"name":{"lastName":"Lovelace"}}', 'Lovelace'],
  ])('with %s is no obstacle, and no other name', async (_, claims, beside, name) => {
    const login = behind({ claims }, { responseMode: 'form_post' })
    expect(await login.finish({}, { user: beside })).toMatchObject({ sub: 'acme|7', name })
  })

  it('is not asked for otherwise, and a name beside is not read then', async () => {
    const login = behind()
    expect([login.provider.isPosted, (await login.begin())['response_mode']]).toEqual([false, undefined])
    expect((await login.finish({}, { user })).name).toBe(null)
  })
})

describe('what a provider is asked', () => {
  it.each<[string, Partial<Transaction>, Json]>([
    ['prompt=create, where it does not say that it knows that,', { isCreating: true }, {}],
    ['prompt=create, and a new login,', { isCreating: true, isFresh: true }, { prompt: 'login', max_age: '0' }],
    ['prompt=select_account', { isChoosing: true }, { prompt: 'select_account' }],
    ['prompt=login', { isFresh: true }, { prompt: 'login', max_age: '0' }],
    ['ui_locales', { uiLocales: 'de fr' }, { ui_locales: 'de fr' }],
    ['login_hint', { loginHint: 'ada' }, { login_hint: 'ada' }],
    ['acr_values', { acrValues: 'gold' }, { acr_values: 'gold' }],
  ])('is %s as the client wishes it, and nothing that nobody wished', async (_, wish, expected) => {
    const usual = await behind().begin()
    expect(Object.keys(usual).toSorted()).toEqual([
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'nonce',
      'redirect_uri',
      'response_type',
      'scope',
      'state',
    ])
    expect(await behind().begin(wish)).toEqual({ ...usual, ...expected })
  })

  it.each<[string, Partial<Transaction>, string[], string]>([
    ['to let somebody make an account, where it says that it can', { isCreating: true }, ['login', 'create'], 'create'],
    ['for a login in place of what it says that it does not know', { isChoosing: true }, ['none', 'login'], 'login'],
    ['to let somebody choose, where it says that it can', { isChoosing: true }, ['select_account'], 'select_account'],
  ])('is %s (Initiating User Registration via OpenID Connect §5)', async (_, wish, prompts, expected) => {
    const metadata = { prompt_values_supported: prompts }
    expect((await behind({ metadata }).begin(wish))['prompt']).toBe(expected)
  })

  it.each<[string, Partial<Transaction>, string[], string[]]>([
    ['for a login, where the settings say that it does not know select_account,', { isChoosing: true }, [], ['login']],
    ['by what the settings say, not by its metadata', { isCreating: true }, ['create'], ['create']],
  ])('is asked %s', async (_, wish, promptValuesSupported, expected) => {
    const metadata = { prompt_values_supported: ['select_account'] }
    const asked = [await behind({ metadata }, { promptValuesSupported }).begin(wish)]
    expect(asked.map(({ prompt }) => prompt)).toEqual(expected)
  })

  it('has beside it what that provider needs, always or where tokens are handed over, and never in place of ours', async () => {
    const login = behind(
      {},
      {
        scope: 'openid email',
        authorizationParameters: { hd: 'acme.example', login_hint: 'nobody' },
        handOverParameters: { access_type: 'offline', prompt: 'consent' },
        handOverScope: 'offline_access',
      },
    )
    const usual = await login.begin({ loginHint: 'ada' })
    expect(usual).toMatchObject({ hd: 'acme.example', login_hint: 'ada', scope: 'openid email' })
    expect([usual['access_type'], usual['prompt']]).toEqual([undefined, undefined])
    const handsOver = { scope: ['drive', 'email'] }
    expect(await login.begin({ handsOver, isChoosing: true })).toMatchObject({
      access_type: 'offline',
      prompt: 'select_account consent',
      scope: 'openid email drive offline_access',
      code_challenge: challengeOf('a'.repeat(43)),
    })
  })
})

describe('the tokens of a provider', () => {
  const handsOver = { scope: ['drive'] }

  it('come with the person where they are handed over, and nowhere else', async () => {
    const answer = { refresh_token: 'rt', expires_in: 3600, scope: 'openid drive' }
    expect(await behind({ answer }).finish()).not.toHaveProperty('tokens')
    expect((await behind({ answer }).finish({ handsOver })).tokens).toEqual({
      accessToken: 'at',
      refreshToken: 'rt',
      expiresAt: NOW + 3600,
      scope: ['openid', 'drive'],
    })
  })

  it.each<[string, Json, Json]>([
    ['commas', { scope: 'repo,gist' }, { scope: ['repo', 'gist'] }],
    ['less than was asked for', { scope: 'openid' }, { scope: ['openid'] }],
    ['none at all', { scope: '' }, { scope: [] }],
    ['no word of it', {}, { scope: ['openid', 'drive'] }],
    ['an end as a text', { expires_in: '60', scope: '' }, { expiresAt: NOW + 60, scope: [] }],
    ['an end that is none', { expires_in: -1, scope: '' }, { scope: [] }],
  ])('have the scope and the end that the provider says: %s', async (_, answer, expected) => {
    expect((await behind({ answer }).finish({ handsOver })).tokens).toEqual({ accessToken: 'at', ...expected })
  })

  it.each<[string, Json]>([
    ['none', { access_token: undefined }],
    ['one that stands in no header', { access_token: 'a\nb' }],
    ['one of another type', { token_type: 'DPoP' }],
  ])('that nobody could use are no login: %s', async (_, answer) => {
    await expect(behind({ answer }).finish({ handsOver })).rejects.toMatchObject({ code: 'server_error' })
  })

  const held = { accessToken: 'old', refreshToken: 'rt', scope: ['drive'] }

  it.each<[string, Json, Json]>([
    [
      'that rotate',
      { refresh_token: 'rt2', expires_in: 60 },
      { refreshToken: 'rt2', expiresAt: NOW + 60, scope: ['drive'] },
    ],
    ['that stay', {}, { refreshToken: 'rt', scope: ['drive'] }],
    ['for less', { scope: 'x' }, { refreshToken: 'rt', scope: ['x'] }],
  ])('are renewed by refresh tokens %s', async (_, more, expected) => {
    const instead = (): Response => Response.json({ access_token: 'new', token_type: 'bearer', ...more })
    const { provider, forms, asked } = behind({ instead })
    expect(await provider.refresh?.(held, NOW)).toEqual({ accessToken: 'new', ...expected })
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({ grant_type: 'refresh_token', refresh_token: 'rt' })
    expect(asked.at(-1)?.headers.get('authorization')).toBe(`Basic ${btoa('bulla:s')}`)
  })

  it.each<[string, () => Response, string]>([
    [
      'it ended them',
      () => Response.json({ error: 'invalid_grant', error_description: CANARY }, { status: 400 }),
      'invalid_grant',
    ],
    ['it does not know this client', () => Response.json({ error: 'invalid_client' }, { status: 401 }), 'server_error'],
    ['it says something of its own', () => Response.json({ error: CANARY }, { status: 400 }), 'server_error'],
    ['it is down', () => new Response(CANARY, { status: 503 }), 'temporarily_unavailable'],
    [
      'it redirects',
      () => new Response(null, { status: 302, headers: { location: PROVIDER } }),
      'temporarily_unavailable',
    ],
    ['it sends a page', () => new Response(CANARY), 'temporarily_unavailable'],
    ['it never stops', () => Response.json({ error: CANARY.repeat(10_000) }), 'temporarily_unavailable'],
    ['it gives none', () => Response.json({ error: CANARY }), 'server_error'],
  ])('are not renewed where %s, and nothing of its words is told', async (_, instead, code) => {
    const { provider, forms } = behind({ instead })
    const error = await provider.refresh?.(held, NOW).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code })
    expect(String((error as Error).message)).not.toContain(CANARY)
    expect(forms).toHaveLength(1)
  })

  it('without a refresh token are not renewed, and the provider is not asked', async () => {
    const { provider, asked } = behind()
    const error = await provider.refresh?.({ accessToken: 'old', scope: [] }, NOW).catch((thrown: unknown) => thrown)
    expect([error, asked]).toEqual([expect.objectContaining({ code: 'invalid_grant' }), []])
  })

  it('are ended there where the operator wants it: both, by the client’s own proof (RFC 7009)', async () => {
    expect(behind().provider.revoke).toBeUndefined()
    const { provider, forms, asked } = behind({}, { isRevokedAtProvider: true })
    await provider.revoke?.(held, NOW)
    expect(forms.map((form) => Object.fromEntries(form))).toEqual([
      { token: 'rt', token_type_hint: 'refresh_token' },
      { token: 'old', token_type_hint: 'access_token' },
    ])
    expect(asked.at(-1)?.headers.get('authorization')).toBe(`Basic ${btoa('bulla:s')}`)
  })

  it.each<[string, () => Response, string | undefined]>([
    ['says that one was ended before', () => Response.json({ error: 'invalid_token' }, { status: 400 }), undefined],
    ['does not know this client', () => Response.json({ error: 'invalid_client' }, { status: 401 }), 'server_error'],
    ['is down', () => new Response(CANARY, { status: 503 }), 'temporarily_unavailable'],
    [
      'redirects',
      () => new Response(null, { status: 302, headers: { location: PROVIDER } }),
      'temporarily_unavailable',
    ],
  ])('are ended, or it is said that they may live on, where it %s', async (_, instead, code) => {
    const { provider, forms } = behind({ instead }, { isRevokedAtProvider: true })
    const error = await provider.revoke?.(held, NOW).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect((error as { code?: string } | undefined)?.code).toBe(code)
    expect(forms).toHaveLength(2)
  })

  it('live on where its metadata name no place to end them, and that is said', async () => {
    const { provider } = behind(
      { metadata: { revocation_endpoint: 'http://10.0.0.1/' } },
      { isRevokedAtProvider: true },
    )
    await expect(provider.revoke?.(held, NOW)).rejects.toMatchObject({ code: 'server_error' })
  })
})

describe('a session at a provider', () => {
  const back = { location: `${ISSUER}/logout`, state: 'sealed' }

  it('ends where its metadata say, and the browser comes back (RP-Initiated Logout §2)', async () => {
    expect(behind().provider.endSession).toBeUndefined()
    const { provider } = behind({}, { logout: 'provider' })
    const url = new URL((await provider.endSession?.(back, NOW)) ?? 'none:')
    expect([url.origin + url.pathname, Object.fromEntries(url.searchParams)]).toEqual([
      `${PROVIDER}/logout`,
      { x: 'y', client_id: 'bulla', post_logout_redirect_uri: back.location, state: 'sealed' },
    ])
  })

  it('goes on where they do not say, and that is said', async () => {
    const { provider } = behind({ metadata: { end_session_endpoint: undefined } }, { logout: 'provider' })
    await expect(provider.endSession?.(back, NOW)).rejects.toMatchObject({ code: 'server_error' })
  })
})

describe('a table of the settings', () => {
  it.each<[Json, Json]>([
    [{ provider: 'google' }, { label: 'Google', isPosted: false, tellsAuthTime: false }],
    [{ provider: 'apple' }, { label: 'Apple', isPosted: true, tellsAuthTime: false }],
    [{ provider: 'gitlab' }, { label: 'GitLab', isPosted: false, tellsAuthTime: true }],
    [
      { provider: 'microsoft', tenants: [ONE] },
      { label: 'Microsoft', isPosted: false, tellsAuthTime: false },
    ],
    [
      { type: 'openid', issuer: PROVIDER, logout: 'provider', revoke_at_provider: true },
      { label: 'Acme', endSession: expect.any(Function), revoke: expect.any(Function) },
    ],
  ])('%o is an OpenID provider, as it is', (table, expected) => {
    const read = readLoginProvider('acme', { client_id: 'x', ...table }, { secret: 's', isLoopbackAllowed: false })
    expect(read).toMatchObject({ refresh: expect.any(Function), ...expected })
  })

  it('says of which table a fault is', () => {
    const read = (table: Json) => () =>
      readLoginProvider('acme', { client_id: 'x', ...table }, { secret: 's', isLoopbackAllowed: false })
    expect(read({ provider: 'microsoft' })).toThrow('"LOGIN.acme.issuer" expected "tenants" beside it')
    expect(read({ type: 'openid', issuer: PROVIDER, response_mode: 'query' })).toThrow('"LOGIN.acme.response_mode"')
  })
})

it.each<[Json, string]>([
  [{ label: '' }, '"LOGIN.label" expected'],
  [{ subject: 'email' }, '"LOGIN.subject" expected "name" or "digest"'],
  [{ authTime: 'maybe' }, '"LOGIN.auth_time" expected "none"'],
  [{ responseMode: 'fragment' }, '"LOGIN.response_mode" expected "form_post"'],
  [{ tenants: [ONE] }, '"LOGIN.tenants" expected an issuer with {tenantid} beside it'],
  [{ issuer: TEMPLATE }, '"LOGIN.issuer" expected "tenants" beside it'],
  [{ issuer: TEMPLATE, tenants: [] }, '"LOGIN.tenants" expected the ids'],
  [{ issuer: TEMPLATE, tenants: ['common'] }, '"LOGIN.tenants[0]" expected the id of a tenant'],
  [{ issuer: TEMPLATE, tenants: ['a|b'] }, '"LOGIN.tenants[0]" expected the id of a tenant'],
  [{ issuer: TEMPLATE, tenants: [ONE, ONE] }, '"LOGIN.tenants" expected each text once'],
  [{ issuer: 'https://{tenantid}.example/{tenantid}', tenants: [ONE] }, '"LOGIN.'],
  [{ scope: 'email' }, '"LOGIN.scope" expected a scope with openid'],
  [{ authorizationParameters: { nonce: 'x' } }, "expected parameters beside the protocol's own"],
  [{ handOverParameters: { state: 'x' } }, "expected parameters beside the protocol's own"],
  [{ scopeDescriptions: { drive: '' } }, '"LOGIN.scope_descriptions" expected'],
  [{ isRevokedAtProvider: 'yes' }, '"LOGIN.revoke_at_provider" expected true or false'],
  [{ logout: 'here' }, '"LOGIN.logout" expected "provider"'],
  [{ tenant: ONE }, 'did you mean "tenants"'],
])('a provider is not made with %o', (changes, message) => {
  const options = { issuer: PROVIDER, clientId: 'bulla', label: 'Acme', ...changes }
  expect(() => openidProvider(options as unknown as OpenidProviderOptions)).toThrow(message)
})

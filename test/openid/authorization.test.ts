import { describe, expect, it } from 'vitest'
import { createIssuer } from '../../src/index.ts'
import type { Person, Transaction } from '../../src/login/authenticate.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { API, basic, ISSUER, NOW, secretHash } from '../fixtures.ts'
import {
  ALICE,
  claimsOf,
  createProvider,
  type Provider,
  type ProviderChanges,
  RP,
  RP_CALLBACK,
  RP_SECRET,
} from '../parties/openid_provider.ts'
import { type Changes, formOf, goesTo, hiddenField, VERIFIER } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'

const SALT = Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 37) % 256)).toString('base64url')

/** Returns the error of an answer, or that there is a code. */
async function outcome(provider: Provider, changes: Changes): Promise<string> {
  const { searchParams, protocol, pathname } = await provider.authorize(changes)
  return searchParams.get('error') ?? (searchParams.has('code') ? 'code' : `${protocol}${pathname}`)
}

/** A provider whose person can change, and that counts its logins. */
function setUp(changes: ProviderChanges = {}) {
  const logins: Transaction[] = []
  const who: { person: Person } = { person: { sub: 'alice', auth_time: NOW, claims: ALICE } }
  const provider = createProvider({
    authenticate: async (_, transaction) => {
      logins.push(transaction)
      return who.person
    },
    ...changes,
  })
  const login = (person: Partial<Person>): void => {
    who.person = { ...who.person, ...person }
  }
  return { provider, logins, login }
}

describe('id_token_hint', () => {
  it.each([
    ['public', {}],
    ['pairwise', { subject_type: 'pairwise', sector_identifier: 'rp' } as const],
  ])(
    'of the person who is logged in is met by the session; subjects are %s (OpenID Connect Core §3.1.2.1)',
    async (_, rp) => {
      const { provider, logins } = setUp({ rp, pairwiseSalt: SALT })
      const { id_token } = await provider.login()
      expect(await outcome(provider, { id_token_hint: id_token, prompt: 'none' })).toBe('code')
      expect(logins).toHaveLength(1)
    },
  )

  it('of somebody else asks for a login, which only that person meets; with prompt=none it is login_required', async () => {
    const { provider, logins, login } = setUp()
    const { id_token } = await provider.login()
    login({ sub: 'bob' })
    await provider.login({ prompt: 'select_account' })
    expect(await outcome(provider, { id_token_hint: id_token, prompt: 'none' })).toBe('login_required')
    expect(await outcome(provider, { id_token_hint: id_token })).toBe('login_required')
    login({ sub: 'alice' })
    const answer = await provider.login({ id_token_hint: id_token })
    expect([claimsOf(answer.id_token)['sub'], logins.length]).toEqual(['alice', 4])
  })

  it.each([
    ['of another client', async (provider: Provider) => (await provider.login({ client_id: 'other' })).id_token],
    ['that was changed', async (provider: Provider) => `${(await provider.login()).id_token?.slice(0, -2)}AA`],
    ['that is an access token', async (provider: Provider) => (await provider.login()).access_token],
    ['that is nothing', async () => 'x'],
    [
      'without a signature',
      async (provider: Provider) => {
        const [, payload] = (await provider.login()).id_token?.split('.') ?? []
        return `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`
      },
    ],
  ])('%s is invalid_request', async (_, hintOf) => {
    const { provider } = setUp({ clients: { other: { ...OTHER } } })
    expect(await outcome(provider, { id_token_hint: await hintOf(provider) })).toBe('invalid_request')
  })

  it('is taken after it has expired', async () => {
    let at = NOW
    const { provider } = setUp({ now: () => at })
    const { id_token } = await provider.login()
    at += 3000
    expect(await outcome(provider, { id_token_hint: id_token, prompt: 'none' })).toBe('code')
  })
})

const OTHER = {
  secret_hash: secretHash(RP_SECRET),
  grant_types: ['authorization_code'],
  redirect_uris: ['https://rp.example/cb'],
  scopes: ['openid', 'profile', 'email'],
}

describe('the claims parameter', () => {
  it('asks for claims one by one, each where it is to be told, and consent is asked for those too (OpenID Connect Core §5.5)', async () => {
    const provider = createProvider({ rp: { id_token_claims: false } })
    const claims = JSON.stringify({
      userinfo: { name: { essential: true }, nobody_knows: null },
      id_token: { email: null, auth_time: { essential: true } },
    })
    const answer = await provider.login({ scope: 'openid', claims })
    const { name, email, phone_number, auth_time } = claimsOf(answer.id_token)
    expect([name, email, phone_number, auth_time]).toEqual([undefined, ALICE.email, undefined, NOW])
    expect(await (await provider.userinfo(answer.access_token)).json()).toEqual({ sub: 'alice', name: ALICE.name })
  })

  it('asks for nothing that the client’s own scopes do not reach: no scope of the operator’s is passed by (consent = "skip", too)', async () => {
    const claims = JSON.stringify({
      userinfo: { address: null, favourite: null },
      id_token: { email: null, favourite: null },
    })
    const openid = { claims: ['name', 'email', 'email_verified', 'address', 'favourite'] }
    const provider = createProvider({
      openid,
      person: { claims: { ...ALICE, favourite: 'tea' } },
      rp: { scopes: ['openid', 'profile'], consent: 'skip' },
    })
    const answer = await provider.login({ scope: 'openid', claims })
    const { email, favourite } = claimsOf(answer.id_token)
    expect([email, favourite]).toEqual([undefined, 'tea'])
    expect(await (await provider.userinfo(answer.access_token)).json()).toEqual({ sub: 'alice', favourite: 'tea' })
  })

  it('asks the person again where it asks for more than they agreed to', async () => {
    const provider = createProvider()
    await provider.authorize({ scope: 'openid' })
    expect(await outcome(provider, { scope: 'openid', prompt: 'none' })).toBe('code')
    const claims = JSON.stringify({ userinfo: { email: null } })
    expect(await outcome(provider, { scope: 'openid', prompt: 'none', claims })).toBe('consent_required')
  })

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['a place that is no object', '{"userinfo":[]}'],
    ['a claim that is no object', '{"id_token":{"name":"x"}}'],
    ['values that are no list', '{"id_token":{"sub":{"values":"alice"}}}'],
    ['more than 1,024 characters', JSON.stringify({ userinfo: { x: null }, y: 'z'.repeat(1024) })],
  ])('is invalid_request when it has %s', async (_, claims) => {
    expect(await outcome(createProvider(), { claims })).toBe('invalid_request')
  })

  it('passes over what is not known, and is nothing to a request without openid', async () => {
    const provider = createProvider({ rp: { resources: [API], scopes: ['openid', 'read'] } })
    const claims = '{"userinfo":{"__proto__":null,"sub":null},"verified":1,"id_token":{"toString":null}}'
    expect(await outcome(provider, { claims, scope: 'openid' })).toBe('code')
    expect(await outcome(provider, { claims: '{', scope: 'read' })).toBe('code')
  })

  it.each([
    ['value', { value: 'alice' }, 'code'],
    ['values', { values: ['bob', 'alice'] }, 'code'],
    ['value of another', { value: 'bob' }, 'login_required'],
    ['values without anybody', { values: [] }, 'login_required'],
    ['value that is no text', { value: 7 }, 'login_required'],
  ])('holds sub to a %s', async (_, sub, expected) => {
    const { provider } = setUp()
    expect(await outcome(provider, { claims: JSON.stringify({ id_token: { sub } }) })).toBe(expected)
    expect(await outcome(provider, { claims: JSON.stringify({ userinfo: { sub } }) })).toBe(expected)
  })

  it('holds acr to its values where it is essential: a login that has none of them is told to the client', async () => {
    const { provider, login, logins } = setUp()
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ['gold', 'silver'] } } })
    login({ acr: 'bronze' })
    expect(await outcome(provider, { claims })).toBe('unmet_authentication_requirements')
    login({ acr: 'silver' })
    const answer = await provider.login({ claims })
    expect([claimsOf(answer.id_token)['acr'], logins.length]).toEqual(['silver', 2])
    expect(await outcome(provider, { claims, prompt: 'none' })).toBe('code')
    const voluntary = JSON.stringify({ id_token: { acr: { values: ['gold'] } } })
    expect(await outcome(provider, { claims: voluntary, prompt: 'none' })).toBe('code')
  })
})

describe('a question that was open meanwhile', () => {
  /** Asks for consent, and returns what a yes gives, once something has happened. */
  async function answerLater(provider: Provider, changes: Changes, meanwhile: () => unknown): Promise<string> {
    const page = await askConsent(provider, { scope: 'openid email', prompt: 'consent', ...changes })
    await meanwhile()
    const consent = hiddenField(page, 'consent')
    const answered = await provider.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    const to = new URL(goesTo(await answered.text()) || `page:${answered.status}`)
    return to.origin === ISSUER
      ? `asked again: ${to.searchParams.get('prompt')}`
      : to.searchParams.has('code')
        ? 'code'
        : to.href
  }

  it('gives no code of a login that has become older than max_age: the person is asked anew', async () => {
    let at = NOW
    const { provider } = setUp({ now: () => at })
    await provider.authorize({ scope: 'openid' })
    const wait = (seconds: number) => () => {
      at += seconds
    }
    expect(await answerLater(provider, { max_age: '100' }, wait(50))).toBe('code')
    expect(await answerLater(provider, { max_age: '100' }, wait(51))).toBe('asked again: consent')
  })

  it('gives no code of a login in another context than the essential one, though it is the same session', async () => {
    const { provider, login } = setUp()
    login({ acr: 'gold' })
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ['gold'] } } })
    const inAnotherTab = async () => {
      login({ acr: 'bronze' })
      await provider.authorize({ scope: 'openid', prompt: 'login' })
    }
    expect(await answerLater(provider, { claims }, inAnotherTab)).toBe('asked again: consent')
    login({ acr: 'gold' })
    expect(await answerLater(provider, { claims }, () => provider.authorize({ prompt: 'login' }))).toBe('code')
  })
})

describe('auth_time', () => {
  const UNKNOWN = { authenticate: async () => ({ sub: 'alice', claims: ALICE }) }

  it.each<[string, Changes, ProviderChanges['rp']]>([
    ['max_age', { max_age: '600' }, {}],
    ['prompt=login', { prompt: 'login' }, {}],
    ['default_max_age', {}, { default_max_age: 600 }],
    ['require_auth_time', {}, { require_auth_time: true }],
    ['an essential claim', { claims: '{"id_token":{"auth_time":{"essential":true}}}' }, {}],
  ])('that nobody tells is login_required where it is needed for %s', async (_, changes, rp = {}) => {
    expect(await outcome(createProvider({ ...UNKNOWN, rp }), changes)).toBe('login_required')
    const provider = createProvider({ rp })
    const answer = await provider.login(changes)
    expect(claimsOf(answer.id_token)['auth_time']).toBe(NOW)
  })

  it('that nobody tells is not in an ID token that can do without', async () => {
    const answer = await createProvider(UNKNOWN).login()
    expect(Object.keys(claimsOf(answer.id_token))).not.toContain('auth_time')
  })

  it('may be as old as default_max_age says, and a request’s own max_age comes before that; nobody is sent in circles', async () => {
    let at = NOW
    const { provider, logins, login } = setUp({ now: () => at, rp: { default_max_age: 60 } })
    await provider.login()
    at += 50
    expect(await outcome(provider, { prompt: 'none' })).toBe('code')
    at += 50
    expect(await outcome(provider, { prompt: 'none' })).toBe('login_required')
    expect(await outcome(provider, { prompt: 'none', max_age: '120' })).toBe('code')
    // The login says that it was made 80 seconds ago, which the clocks’ tolerance lets pass.
    login({ auth_time: at - 80 })
    expect([await outcome(provider, {}), logins.length]).toEqual(['code', 2])
  })
})

describe('a login that was made for a pushed request', () => {
  const ANY_CALLBACK = 'https://any.example/cb'

  /** Logs mallory in for a pushed request, then somebody in another tab, of whom less is asked; returns where the request goes on. */
  async function twoTabs(pushed: Changes, rp: ProviderChanges['rp'], other: Omit<Person, 'sub'>): Promise<string> {
    const any = { ...RP, consent: 'skip', redirect_uris: [ANY_CALLBACK] } as const
    const mallory: Person = { sub: 'mallory', auth_time: NOW }
    let person = mallory
    const provider = createProvider({
      authenticate: async () => person,
      rp: { consent: 'skip', ...rp },
      clients: { any },
    })
    const request = { response_type: 'code', redirect_uri: RP_CALLBACK, scope: 'openid', ...pushed }
    const proof = { code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256' }
    const headers = { authorization: basic('rp', RP_SECRET) }
    const form = formRequest('/par', undefined, { ...request, ...proof, client_id: 'rp' }, headers)
    const { request_uri = '' } = (await (await provider.ask(form)).json()) as { request_uri?: string }
    const first = await provider.browser.get(`${ISSUER}/authorize?${formOf({ client_id: 'rp', request_uri })}`)
    person = { sub: 'alice', ...other }
    expect(await outcome(provider, { prompt: 'select_account', client_id: 'any', redirect_uri: ANY_CALLBACK })).toBe(
      'code',
    )
    person = mallory
    const { status, headers: told } = await provider.browser.get(first.headers.get('location') ?? '')
    expect(status).toBe(303)
    return told.get('location') ?? ''
  }

  it.each<[string, Changes, ProviderChanges['rp'], Omit<Person, 'sub'>]>([
    ['prompt=login', { prompt: 'login' }, {}, { auth_time: NOW - 3600 }],
    ['max_age', { max_age: '600' }, {}, { auth_time: NOW - 3600 }],
    ['default_max_age', {}, { default_max_age: 600 }, { auth_time: NOW - 3600 }],
    ['require_auth_time', {}, { require_auth_time: true }, {}],
  ])('is not met by another one since, of which nobody asked for %s', async (_, pushed, rp, other) => {
    expect(await twoTabs(pushed, rp, other)).toMatch(`${ISSUER}/authorize?`)
    expect(await twoTabs(pushed, rp, { auth_time: NOW })).toMatch(`${RP_CALLBACK}?code=`)
  })
})

describe('a request for a login', () => {
  it('hands acr_values, ui_locales and login_hint to whoever logs the person in, and asks for a choice of accounts', async () => {
    const { provider, logins } = setUp()
    await provider.authorize({ acr_values: 'gold silver', ui_locales: 'de en', login_hint: 'al', display: 'popup' })
    await provider.authorize({ prompt: 'select_account' })
    expect(logins[0]).toMatchObject({
      acrValues: 'gold silver',
      uiLocales: 'de en',
      loginHint: 'al',
      isChoosing: false,
      isFresh: false,
    })
    expect(logins[1]).toMatchObject({ isChoosing: true, isFresh: false, maxAge: undefined })
    expect(logins).toHaveLength(2)
  })
})

describe('pkce = "optional"', () => {
  const RP = { pkce: 'optional', resources: [API], scopes: ['openid', 'profile', 'read'] } as const
  const BARE = { code_challenge: undefined, code_challenge_method: undefined }
  const redeem = (provider: Provider, code: string | null, code_verifier?: string) =>
    provider.token({ grant_type: 'authorization_code', code: code ?? '', code_verifier })

  it('lets a request for the person alone come without a challenge', async () => {
    const provider = createProvider({ rp: RP })
    const { searchParams } = await provider.authorize({ ...BARE, scope: 'openid profile' })
    expect((await redeem(provider, searchParams.get('code'))).id_token).toBeDefined()
  })

  it.each<[string, Changes]>([
    ['an API’s scope beside it', { scope: 'openid read' }],
    ['an API’s scope alone', { scope: 'read' }],
    ['an API named', { scope: 'openid', resource: API }],
    ['half a challenge', { scope: 'openid', code_challenge_method: 'S256' }],
    ['a method that is none', { scope: 'openid', code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' }],
  ])('is not for a request with %s', async (_, changes) => {
    expect(await outcome(createProvider({ rp: RP }), { ...BARE, ...changes })).toBe('invalid_request')
  })

  it('is for clients that have it alone', async () => {
    expect(await outcome(createProvider(), BARE)).toBe('invalid_request')
  })

  it('does not let a challenge be stripped, nor a verifier be added (RFC 9700 §2.1.1)', async () => {
    const provider = createProvider({ rp: RP })
    const held = await provider.authorize({ scope: 'openid' })
    expect((await redeem(provider, held.searchParams.get('code'))).error).toBe('invalid_request')
    expect((await redeem(provider, held.searchParams.get('code'), 'x'.repeat(43))).error).toBe('invalid_grant')
    const bare = await provider.authorize({ ...BARE, scope: 'openid' })
    expect((await redeem(provider, bare.searchParams.get('code'), VERIFIER)).error).toBe('invalid_grant')
    // Nothing was spent by that.
    expect((await redeem(provider, bare.searchParams.get('code'))).id_token).toBeDefined()
  })
})

describe('consent', () => {
  it('says a sentence for each scope, of what is known of the person, and which account', async () => {
    const provider = createProvider({
      openid: { scopes: { work: ['badge_number'] } },
      rp: { scopes: [...(RP.scopes ?? []), 'work'] },
    })
    const scope = 'openid profile email address phone offline_access'
    const page = await askConsent(provider, { scope, claims: '{"userinfo":{"badge_number":null}}' })
    for (const words of [
      'Know that it is you',
      'See your name, user name, picture and language',
      'See your e-mail address',
      'See your postal address',
      'See your phone number',
      'Go on after you have logged out',
      'See your badge number',
      'even after you log out',
      '<p class="account"><bdi>alice</bdi>',
    ])
      expect(page).toContain(words)
    expect(page).not.toContain('/userinfo')
  })

  it('of a person of whom nothing is known says what the scope is for', async () => {
    const page = await askConsent(createProvider({ person: { claims: {} } }), { scope: 'openid profile' })
    expect(page).toContain('<li>See your name and picture</li>')
  })

  it('is remembered, and the page of what was allowed says what each app was told', async () => {
    const provider = createProvider()
    await provider.authorize({ scope: 'openid profile email' })
    const page = await (await provider.browser.get(`${ISSUER}/apps`)).text()
    expect(page).toContain(
      '<dt>Was told</dt><dd>who you are, and your name, user name, picture, language and e-mail address</dd>',
    )
    for (const absent of ['<dt>Where</dt>', '<dt>What</dt>', '<dt>How long</dt>']) expect(page).not.toContain(absent)
    await provider.authorize({ scope: 'openid offline_access' })
    const after = await (await provider.browser.get(`${ISSUER}/apps`)).text()
    expect(after).toContain('<dt>How long</dt><dd>even after you log out</dd>')
  })
})

async function askConsent(provider: Provider, changes: Changes): Promise<string> {
  const { browser } = provider
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'rp',
    redirect_uri: 'https://rp.example/cb',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...(changes as Readonly<Record<string, string>>),
  })
  let response = await browser.get(`${ISSUER}/authorize?${query}`)
  while (response.status === 303) response = await browser.get(response.headers.get('location') ?? '')
  return response.text()
}

describe('an issuer that is no OpenID provider', () => {
  it('knows none of these parameters, and asks for no more than before', async () => {
    const issuer = createIssuer({
      issuer: ISSUER,
      keyRing: undefined,
      resources: {},
      clients: {},
      log: () => {},
      now: () => NOW,
    })
    expect((await issuer.request(`${ISSUER}/userinfo`)).status).toBe(404)
  })
})

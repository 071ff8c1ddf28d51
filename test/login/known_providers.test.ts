import { describe, expect, it } from 'vitest'
import type { Transaction } from '../../src/login/authenticate.ts'
import { KNOWN_PROVIDER_NAMES, knownMembers } from '../../src/login/known_providers.ts'
import { readLoginProvider } from '../../src/login/provider_registration.ts'
import { ISSUER, NOW } from '../fixtures.ts'

const AROUND = { secret: 'hush', isLoopbackAllowed: false }

/** What a table of each has at the least. */
const LEAST: Readonly<Record<string, object>> = { microsoft: { tenants: ['7b21'] } }

const read = (name: string, table: object, around: object = {}) =>
  readLoginProvider(name, { client_id: 'bulla', ...LEAST[name], ...table }, { ...AROUND, ...around })

/** Returns what is wrong with a table, a fault a line. */
function faultsOf(name: string, table: object, around: object = {}): readonly string[] {
  try {
    read(name, table, around)
    return []
  } catch (error) {
    return (error as Error).message.split('\n')
  }
}

const TRANSACTION: Transaction = {
  issuer: ISSUER,
  step: 'begin',
  state: 'sealed',
  provider: undefined,
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

const GITHUB_PLACES = {
  authorization_endpoint: 'https://code.example/login/oauth/authorize',
  token_endpoint: 'https://code.example/login/oauth/access_token',
  userinfo_endpoint: 'https://code.example/api/v3/user',
  emails_endpoint: 'https://code.example/api/v3/user/emails',
  revocation_endpoint: 'https://code.example/api/v3/applications/{client_id}/token',
}

describe('a provider that is known by name', () => {
  it.each(KNOWN_PROVIDER_NAMES)('%s needs a client_id and a secret, and tells people what it is called', (provider) => {
    const { label, scopeDescriptions, refresh, revoke } = read(provider, { provider })
    expect(label).toMatch(/^[A-Z][A-Za-z]+$/)
    expect(scopeDescriptions?.size).toBeGreaterThan(2)
    expect([typeof refresh, typeof revoke]).toEqual(['function', 'undefined'])
    expect(faultsOf(provider, { provider, client_id: undefined })).toContainEqual(
      expect.stringContaining(`"LOGIN.${provider}.client_id" expected a text`),
    )
  })

  it.each(KNOWN_PROVIDER_NAMES)('%s has words for all that its own scope lets somebody do', (provider) => {
    const { scope, scope_descriptions: words } = knownMembers(provider) as { scope: string; scope_descriptions: object }
    expect(Object.keys(words)).toEqual(expect.arrayContaining(scope.split(' ')))
  })

  it.each(KNOWN_PROVIDER_NAMES)('%s ends tokens with the grant where the operator wants that', (provider) => {
    expect(typeof read(provider, { provider, revoke_at_provider: true }).revoke).toBe('function')
  })

  it.each([
    ['github', false, false],
    ['google', false, false],
    ['microsoft', false, false],
    ['apple', false, true],
    ['gitlab', true, false],
    ['discord', false, false],
  ])('%s tells when somebody logged in: %s; it posts its answer: %s', (provider, tells, isPosted) => {
    const { tellsAuthTime, isPosted: posts = false } = read(provider, { provider })
    expect([tellsAuthTime, posts]).toEqual([tells, isPosted])
  })

  it('tells when somebody logged in where the operator had it do so', () => {
    expect(read('microsoft', { provider: 'microsoft', auth_time: 'told' }).tellsAuthTime).toBe(true)
  })

  it.each<readonly [string, string, string, Readonly<Record<string, string>>]>([
    ['google', 'https://accounts.google.com', 'openid', { access_type: 'offline', prompt: 'consent' }],
    ['microsoft', 'https://login.microsoftonline.com/7b21/v2.0', 'openid offline_access', {}],
    ['apple', 'https://appleid.apple.com', 'openid', { response_mode: 'form_post' }],
    ['gitlab', 'https://gitlab.com', 'openid', {}],
    ['github', 'https://github.com/login/oauth/authorize', 'openid', {}],
    ['discord', 'https://discord.com/oauth2/authorize', 'openid', {}],
  ])(
    '%s is asked where it is, for what an API is handed, and for a refresh token then',
    async (name, at, scope, more) => {
      const asked: string[] = []
      const fetch = async (url: string): Promise<Response> => {
        asked.push(url)
        const [issuer = ''] = url.split('/.well-known/')
        const endpoints = { authorization_endpoint: issuer, token_endpoint: issuer, jwks_uri: issuer }
        return Response.json({ issuer, ...endpoints })
      }
      const provider = read(name, { provider: name, scope: 'openid' }, { fetch })
      const handsOver = { scope: ['things'] }
      const went = await provider.authenticate(new Request(`${ISSUER}/authorize`), {
        ...TRANSACTION,
        provider: name,
        handsOver,
      })
      const { origin, pathname, searchParams } = new URL((went as Response).headers.get('location') ?? 'none:')
      expect(`${origin}${pathname}`.replace(/\/$/, '')).toBe(at)
      expect(asked).toEqual(/authorize$/.test(at) ? [] : [`${at}/.well-known/openid-configuration`])
      expect((searchParams.get('scope') ?? '').split(' ').toSorted()).toEqual(`${scope} things`.split(' ').toSorted())
      expect(Object.fromEntries(searchParams)).toMatchObject({ code_challenge_method: 'S256', ...more })
      const plain = await provider.authenticate(new Request(`${ISSUER}/authorize`), { ...TRANSACTION, provider: name })
      const { searchParams: usual } = new URL((plain as Response).headers.get('location') ?? 'none:')
      expect([usual.get('scope'), usual.get('access_type'), usual.get('prompt')]).toEqual(['openid', null, null])
    },
  )

  it('can be called otherwise, ask for something else, and say in other words what that is', () => {
    const words = { repo: 'do everything with your code' }
    const { label, scopeDescriptions } = read('code', {
      provider: 'github',
      label: 'Our code',
      scope: '',
      scope_descriptions: words,
    })
    expect(label).toBe('Our code')
    expect(scopeDescriptions?.get('repo')).toBe('do everything with your code')
    expect(scopeDescriptions?.get('read:user')).toBe('read your profile')
  })

  it.each<readonly [string, object, string]>([
    ['github', { claims: { sub: 'login' } }, '"LOGIN.github.claims" is not set where "provider" is: it is known'],
    ['github', { type: 'oauth' }, '"LOGIN.github.type" is not set where "provider" is: it is known'],
    ['google', { issuer: 'https://evil.example' }, '"LOGIN.google.issuer" is not set where "provider" is: it is known'],
    ['google', { auth_time: 'told' }, '"LOGIN.google.auth_time" is not set where "provider" is: it is known'],
    ['discord', { token_endpoint: 'https://evil.example/t' }, '"LOGIN.discord.token_endpoint" is not set where'],
    [
      'github',
      { token_endpoint: 'https://code.example/t' },
      '"LOGIN.github" expected all of authorization_endpoint, token_endpoint, userinfo_endpoint, emails_endpoint, revocation_endpoint, or none',
    ],
    ['github', { provider: 'gihub' }, '"LOGIN.github.provider" expected "github" or "google" or "microsoft" or'],
    ['github', { provider: 'toString' }, '"LOGIN.github.provider" expected "github" or'],
    ['github', { tenants: ['a'] }, '"LOGIN.github" has no setting "tenants"; it knows: type, '],
    ['microsoft', { tenants: undefined }, '"LOGIN.microsoft.issuer" expected "tenants" beside it'],
    ['github', { auth_time: 'told' }, '"LOGIN.github.auth_time" expected "none", got another text'],
  ])('%s is refused with %j', (name, table, message) => {
    expect(faultsOf(name, { provider: name, ...table })).toContainEqual(expect.stringContaining(message))
  })

  it('is a provider, and no type: a fault says so', () => {
    const fault = '"LOGIN.gh.type" expected "openid" or "oauth" or "page"; did you mean provider = "github"?'
    expect(faultsOf('gh', { type: 'github', client_id: 'bulla' })).toEqual([fault])
    expect(faultsOf('gh', { client_id: 'bulla' })).toEqual([
      '"LOGIN.gh" expected "type", or "provider" for one that is known by name',
    ])
  })

  it("can be an installation of one's own, where there are such: all of it, or nothing", () => {
    expect(faultsOf('code', { provider: 'github', ...GITHUB_PLACES })).toEqual([])
    expect(faultsOf('code', { provider: 'gitlab', issuer: 'https://gitlab.code.example' })).toEqual([])
  })

  it.each([
    ['github', { token_endpoint_auth_method: 'none' }, 'LOGIN_CLIENT_SECRET_CODE'],
    ['gitlab', { token_endpoint_auth_method: 'none' }, 'LOGIN_CLIENT_SECRET_CODE'],
  ])('has a secret of the name in the settings: a fault with %s says which', (provider, table, secret) => {
    expect(faultsOf('code', { provider, ...table })).toEqual([
      `"LOGIN.code.token_endpoint_auth_method" expected no ${secret} beside it`,
    ])
  })
})

describe('a table with type "oauth"', () => {
  const TABLE = {
    type: 'oauth',
    authorization_endpoint: 'https://hub.example/authorize',
    token_endpoint: 'https://hub.example/token',
    userinfo_endpoint: 'https://hub.example/user',
    claims: { sub: 'data.id' },
  }

  it('is called by its name where it says nothing else', () => {
    expect(read('our_hub', TABLE)).toMatchObject({ label: 'Our hub', tellsAuthTime: false })
  })

  it.each<readonly [object, readonly string[]]>([
    [
      { claims: { sub: 'user.email' } },
      ['"LOGIN.hub.claims.sub" expected the path of an id that is never given again'],
    ],
    [{ claims: undefined }, ['"LOGIN.hub.claims" expected an object, got nothing']],
    [{ auth_time: 'told' }, ['"LOGIN.hub.auth_time" expected "none", got another text']],
    [{ jwks: {} }, ['"LOGIN.hub" has no setting "jwks"; it knows: type, ']],
    [{ subject: 'digest' }, ['"LOGIN.hub" has no setting "subject"; it knows: type, ']],
    [
      { userinfo_endpoint: 'https://10.0.0.1/user' },
      ['"LOGIN.hub.userinfo_endpoint" expected an https URL of a public host'],
    ],
    [
      { token_endpoint: 'http://hub.example/token', scope: 7 },
      [
        '"LOGIN.hub.token_endpoint" expected an https URL',
        '"LOGIN.hub.scope" expected scope tokens, with spaces between',
      ],
    ],
  ])('says all that is wrong with it, and where: %j', (changes, faults) => {
    expect(faultsOf('hub', { ...TABLE, ...changes })).toEqual(faults.map((fault) => expect.stringContaining(fault)))
  })

  it('may be on hosts that are not public where that is said, by https alone', () => {
    const inside = {
      ...TABLE,
      authorization_endpoint: 'https://hub.corp/authorize',
      token_endpoint: 'https://10.0.0.1/token',
      private_host: true,
    }
    expect(faultsOf('hub', inside)).toEqual([])
    expect(faultsOf('hub', { ...inside, token_endpoint: 'http://10.0.0.1/token' })).toHaveLength(1)
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LoginProvider, Person, ProviderTokens } from '../../src/index.ts'
import type { Transaction } from '../../src/login/authenticate.ts'
import { readLoginProvider } from '../../src/login/provider_registration.ts'
import { NOW } from '../fixtures.ts'
import { type PlainServer, startPlainServer } from '../parties/providers/plain_server.ts'
import { CANARY, CLIENT_ID, CLIENT_SECRET } from '../parties/providers/provider_party.ts'

const ISSUER = 'http://localhost:8787'

let now = NOW
/** As GitHub's OAuth apps, and as GitHub Apps, whose tokens end and rotate. */
let fixed: PlainServer
let rotating: PlainServer
beforeAll(async () => {
  const common = { callback: `${ISSUER}/login/callback`, now: () => now }
  fixed = await startPlainServer(common)
  rotating = await startPlainServer({ ...common, isRotating: true })
})
afterAll(async () => Promise.all([fixed.stop(), rotating.stop()]))
beforeEach(() => {
  now = NOW
  fixed.misbehave({})
})

/** The provider that is known as GitHub, where such a server is. */
function hub({ url }: PlainServer, changes: object = {}, secret: string = CLIENT_SECRET): LoginProvider {
  const table = {
    provider: 'github',
    client_id: CLIENT_ID,
    authorization_endpoint: `${url}/login/oauth/authorize`,
    token_endpoint: `${url}/login/oauth/access_token`,
    userinfo_endpoint: `${url}/api/user`,
    emails_endpoint: `${url}/api/user/emails`,
    revocation_endpoint: `${url}/api/applications/{client_id}/token`,
    ...changes,
  }
  return readLoginProvider('github', table, { secret, isLoopbackAllowed: true })
}

function transactionOf(changes: Partial<Transaction> = {}): Transaction {
  return {
    issuer: ISSUER,
    step: 'begin',
    state: 'sealed',
    provider: 'github',
    callback: `${ISSUER}/login/callback/github`,
    secret: 's'.repeat(43),
    clientName: 'An app',
    begunAt: now,
    isFresh: false,
    maxAge: undefined,
    isChoosing: false,
    isCreating: false,
    loginHint: undefined,
    acrValues: undefined,
    uiLocales: undefined,
    handsOver: { scope: ['repo'] },
    now,
    ...changes,
  }
}

/** Sends somebody there, who logs in, and returns where they come back. */
async function go(provider: LoginProvider, login = 'alice', transaction = transactionOf()): Promise<string> {
  const went = (await provider.authenticate(new Request(`${ISSUER}/authorize`), transaction)) as Response
  const body = new URLSearchParams({ login, decision: 'allow' })
  const location = went.headers.get('location') ?? ''
  const there = await fetch(location, { method: 'POST', body, redirect: 'manual' })
  return there.headers.get('location') ?? ''
}

async function comeBack(provider: LoginProvider, url: string, changes: Partial<Transaction> = {}): Promise<Person> {
  const transaction = transactionOf({ step: 'continue', ...changes })
  return (await provider.authenticate(new Request(url), transaction)) as Person
}

const logIn = async (provider: LoginProvider, login?: string) => comeBack(provider, await go(provider, login))

describe('a plain OAuth server, over real HTTP', () => {
  it('logs people in by its id, with the address that is primary and verified, and gives a token that acts for them', async () => {
    const { tokens, ...person } = await logIn(hub(fixed))
    expect(person).toEqual({
      sub: 'github|583231',
      name: 'alice',
      claims: {
        name: 'alice of the plain provider',
        preferred_username: 'alice',
        picture: 'https://avatars.example/u/583231',
        email: 'alice@plain.example',
        email_verified: true,
      },
    })
    expect(tokens).toMatchObject({ scope: ['read:user', 'user:email', 'repo'] })
    expect(tokens).not.toHaveProperty('expiresAt')
    expect(await fixed.actsFor(tokens?.accessToken ?? '')).toBe('583231')
    expect(fixed.last.accept).toContain('application/json')
  })

  it('logs in without an address who has none that is verified, and who may not be asked for it', async () => {
    fixed.misbehave({ emails: [{ email: 'alice@plain.example', primary: true, verified: false }] })
    expect((await logIn(hub(fixed))).claims).not.toHaveProperty('email')
    fixed.misbehave({})
    expect((await logIn(hub(fixed, { scope: 'read:user' }))).claims).not.toHaveProperty('email')
  })

  it.each<readonly [string, () => Promise<unknown>, string, string]>([
    [
      'a code that was used',
      async () => {
        const provider = hub(fixed)
        const url = await go(provider)
        await comeBack(provider, url)
        return comeBack(provider, url)
      },
      'login_failed',
      'token endpoint: bad_verification_code, status 200',
    ],
    [
      'a code of a login that another browser began (RFC 7636)',
      async () => comeBack(hub(fixed), await go(hub(fixed)), { secret: 't'.repeat(43) }),
      'login_failed',
      'token endpoint: bad_verification_code, status 200',
    ],
    [
      'a code that was given for the callback of another provider',
      async () => comeBack(hub(fixed), await go(hub(fixed)), { callback: `${ISSUER}/login/callback/other` }),
      'server_error',
      'token endpoint: redirect_uri_mismatch, status 200',
    ],
    [
      'another secret',
      async () => logIn(hub(fixed, {}, 'wrong')),
      'server_error',
      'token endpoint: incorrect_client_credentials, status 200',
    ],
    [
      'nobody',
      async () => {
        fixed.misbehave({ user: { id: null, login: CANARY } })
        return logIn(hub(fixed))
      },
      'login_failed',
      'userinfo: there is no id at "claims.sub"',
    ],
    [
      'a server that is down',
      async () => {
        fixed.misbehave({ isDown: true })
        return logIn(hub(fixed))
      },
      'temporarily_unavailable',
      'token endpoint: status 503',
    ],
  ])('logs nobody in by %s', async (_, login, code, message) => {
    await expect(login()).rejects.toMatchObject({ code, message })
  })

  it('refreshes tokens that rotate, each once, and says when they have ended', async () => {
    const provider = hub(rotating)
    const first = (await logIn(provider, 'bob')).tokens as ProviderTokens
    expect(first).toMatchObject({ expiresAt: NOW + 28_800, scope: [] })
    now = NOW + 28_800
    const second = await provider.refresh?.(first, now)
    expect(second).toMatchObject({ expiresAt: NOW + 57_600, refreshToken: expect.stringContaining(CANARY) })
    expect(second?.refreshToken).not.toBe(first.refreshToken)
    expect(rotating.seen.get(first.refreshToken ?? '')).toBe(1)
    await expect(provider.refresh?.(first, now)).rejects.toMatchObject({
      code: 'invalid_grant',
      message: 'token endpoint: bad_refresh_token, status 200',
    })
  })

  it('ends the token that it is told to, and no other, where the operator wants that', async () => {
    const provider = hub(fixed, { revoke_at_provider: true })
    const [one, other] = [await logIn(provider, 'carol'), await logIn(provider, 'carol')]
    await provider.revoke?.(one.tokens as ProviderTokens, now)
    expect(await fixed.actsFor(one.tokens?.accessToken ?? '')).toBeUndefined()
    expect(await fixed.actsFor(other.tokens?.accessToken ?? '')).toBe('583233')
    // What has ended is ended.
    await provider.revoke?.(one.tokens as ProviderTokens, now)
  })
})

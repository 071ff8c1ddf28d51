import Provider from 'oidc-provider'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type LoginProvider, openidProvider, type ProviderTokens, type Transaction } from '../../src/index.ts'
import type { Person } from '../../src/login/authenticate.ts'
import { ISSUER } from '../fixtures.ts'
import { serve } from '../parties/providers/provider_party.ts'
import { createVisitor, type Visitor } from '../parties/visitor.ts'

const CALLBACK = `${ISSUER}/login/callback/acme`
const BACK = `${ISSUER}/logout`
const now = (): number => Math.floor(Date.now() / 1000)

/** npm's oidc-provider over real HTTP: it posts its answers, rotates its refresh tokens, ends tokens and sessions. */
describe('with oidc-provider, which is one of several', () => {
  let place: Awaited<ReturnType<typeof serve>>
  let provider: LoginProvider
  /** The forms that came to the callback. */
  let posted: URLSearchParams[] = []
  let visitor: Visitor

  beforeAll(async () => {
    place = await serve((origin) =>
      new Provider(origin, {
        clients: [
          {
            client_id: 'bulla',
            client_secret: 'acme-secret',
            redirect_uris: [CALLBACK],
            post_logout_redirect_uris: [BACK],
            grant_types: ['authorization_code', 'refresh_token'],
          },
        ],
        cookies: { keys: ['cookie-key'] },
        features: { revocation: { enabled: true } },
        pkce: { required: () => true },
        scopes: ['openid', 'profile', 'drive'],
        claims: { openid: ['sub'], profile: ['name'] },
        conformIdTokenClaims: false,
        issueRefreshToken: () => true,
        rotateRefreshToken: true,
        expiresWithSession: () => false,
        findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, name: `${id} there` }) }),
      }).callback(),
    )
    provider = openidProvider({
      label: 'Acme',
      issuer: place.url,
      clientId: 'bulla',
      clientSecret: 'acme-secret',
      scope: 'openid profile',
      responseMode: 'form_post',
      logout: 'provider',
      isRevokedAtProvider: true,
      isLoopbackAllowed: true,
    })
  })
  afterAll(() => place?.stop())
  beforeEach(() => {
    posted = []
    visitor = createVisitor({
      async ask(request) {
        if (!request.url.startsWith(ISSUER)) return fetch(request)
        if (request.method === 'POST') posted.push(new URLSearchParams(await request.text()))
        return new Response('')
      },
    })
  })

  /** Sends the person there, who comes back with an answer; returns the transaction that it is for. */
  async function sendThere(
    wishes: Partial<Transaction> = {},
  ): Promise<{ readonly transaction: Transaction; readonly back: Request }> {
    const begun = now()
    const transaction: Transaction = {
      issuer: ISSUER,
      step: 'begin',
      state: 'sealed',
      provider: 'acme',
      callback: CALLBACK,
      secret: 'a'.repeat(43),
      clientName: 'App',
      begunAt: begun,
      isFresh: false,
      isChoosing: false,
      isCreating: false,
      maxAge: undefined,
      loginHint: undefined,
      acrValues: undefined,
      uiLocales: undefined,
      handsOver: { scope: ['drive'] },
      now: begun,
      ...wishes,
    }
    const sent = (await provider.authenticate(new Request(ISSUER), transaction)) as Response
    const { url } = await visitor.visit(sent.headers.get('location') ?? 'none:')
    expect(url.href).toBe(CALLBACK)
    const back = new Request(`${CALLBACK}?${posted.at(-1)}`)
    return { transaction: { ...transaction, step: 'continue', now: now() }, back }
  }

  /** Sends the person there, and takes the person back. */
  async function logIn(): Promise<Person> {
    const { transaction, back } = await sendThere()
    return (await provider.authenticate(back, transaction)) as Person
  }

  /** Tells whether the provider's API takes an access token. */
  async function isTaken({ accessToken }: ProviderTokens): Promise<boolean> {
    return (await fetch(`${place.url}/me`, { headers: { authorization: `Bearer ${accessToken}` } })).ok
  }

  /** Returns the tokens that a person brings. */
  async function tokensOf(): Promise<ProviderTokens> {
    const { tokens } = await logIn()
    if (tokens === undefined) throw new Error('there are no tokens')
    return tokens
  }

  it('a person logs in there, and the answer that it posts says who it is', async () => {
    const person = await logIn()
    expect(person).toMatchObject({ sub: 'acme|alice', name: 'alice there' })
    expect(Object.fromEntries(posted[0] ?? [])).toEqual({
      code: expect.any(String),
      state: 'sealed',
      iss: place.url,
    })
    expect(person.tokens).toMatchObject({ scope: expect.arrayContaining(['openid', 'profile', 'drive']) })
    expect(person.tokens?.expiresAt).toBeGreaterThan(now())
  })

  it('a code of one login, given to another, is no login: it is bound to the secret of its own (RFC 7636)', async () => {
    await sendThere()
    const code = posted[0]?.get('code') ?? ''
    const { transaction } = await sendThere({ secret: 'b'.repeat(43) })
    const forged = new Request(`${CALLBACK}?${new URLSearchParams({ state: 'sealed', iss: place.url, code })}`)
    await expect(provider.authenticate(forged, transaction)).rejects.toMatchObject({
      code: 'login_failed',
      message: 'token endpoint: invalid_grant, status 400',
    })
  })

  it('tokens are renewed there, each refresh token once: one that was used ends them', async () => {
    const first = await tokensOf()
    const second = await provider.refresh?.(first, now())
    expect(second?.refreshToken).not.toBe(first.refreshToken)
    expect([second?.scope, await isTaken(second ?? first)]).toEqual([first.scope, true])
    await expect(provider.refresh?.(first, now())).rejects.toMatchObject({ code: 'invalid_grant' })
  })

  it('tokens are ended there, both of them', async () => {
    const tokens = await tokensOf()
    expect(await isTaken(tokens)).toBe(true)
    await provider.revoke?.(tokens, now())
    expect(await isTaken(tokens)).toBe(false)
    await expect(provider.refresh?.(tokens, now())).rejects.toMatchObject({ code: 'invalid_grant' })
    // Whoever ends them again has nothing to fear.
    await provider.revoke?.(tokens, now())
  })

  it('a session ends there, and the browser comes back with the state: then somebody has to log in anew', async () => {
    await logIn()
    const steps = async (): Promise<readonly string[]> => {
      const seen: string[] = []
      const sent = (await provider.authenticate(new Request(ISSUER), {
        ...({ step: 'begin', state: 's', provider: 'acme', callback: CALLBACK, secret: 'b'.repeat(43) } as Transaction),
        now: now(),
      })) as Response
      await visitor.visit(sent.headers.get('location') ?? 'none:', (url) => {
        seen.push(url.pathname)
        return url
      })
      return seen.filter((path) => path.startsWith('/interaction/'))
    }
    expect(await steps()).toEqual([])
    const { url } = await visitor.visit((await provider.endSession?.({ location: BACK, state: 'back' }, now())) ?? '')
    expect(url.href).toBe(`${BACK}?state=back`)
    expect(await steps()).not.toEqual([])
  })
})

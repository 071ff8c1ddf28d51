import { describe, expect, it } from 'vitest'
import { type LoginProvider, type OAuthProviderOptions, oauthProvider, type Person } from '../../src/index.ts'
import type { Transaction } from '../../src/login/authenticate.ts'
import { ISSUER, NOW } from '../fixtures.ts'

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
      asked.push({ url, request, body: new URLSearchParams(await request.clone().text()) })
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
})

/**
 * Login at an OpenID Connect provider: authorization code, PKCE, nonce, and the issuer in the answer (OpenID Connect Core §3.1,
 * RFC 7636, RFC 9207). Nothing is stored: all proofs derive from the sealed transaction.
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { challengeOf } from '../protocol/pkce.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import { providerSubject, upstreamSubject } from '../protocol/subject.ts'
import { createRemoteDocument, type Fetch } from '../remote/document.ts'
import type { AssertionClaims } from '../token/assertion.ts'
import type { LoginProvider, Person, Transaction } from './authenticate.ts'
import { openIdToken } from './id_token.ts'
import { readCode, readLoginAnswer } from './login_answer.ts'
import { askLogin, nameOf, nonceOf, readPerson } from './person.ts'
import { type Provider, readProvider, take } from './provider.ts'
import { readProviderClaims } from './provider_claims.ts'
import type { ProviderAuthMethod, ProviderClient } from './provider_client.ts'
import type { AskedBeside } from './provider_options.ts'
import { endTokens } from './provider_revocation.ts'
import { redeem, redeemRefreshToken } from './provider_token.ts'
import type { Tenants } from './tenants.ts'
import { readTokenAnswer } from './token_answer.ts'
import { fetchUserinfo } from './userinfo.ts'

/** What is known of the provider, checked. */
export interface OpenidClient {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly method: ProviderAuthMethod | undefined
  /** What each login asks for, and beside where tokens are handed over. */
  readonly asked: AskedBeside
  readonly isUserinfoTold: boolean
  readonly algorithms: readonly string[]
  readonly isLoopbackAllowed: boolean
  readonly privateHost: string | undefined
  readonly fetch: Fetch
  /** Whether people are called by a digest, though the provider is one of several. */
  readonly isDigest?: boolean
  /** Where the issuer is a template. */
  readonly tenants?: Tenants | undefined
  /** Whether it proves when somebody logged in. Default true. */
  readonly tellsAuthTime?: boolean
  /** Whether it posts its answer. Default false. */
  readonly isPosted?: boolean
  /** The values of `prompt` that it knows beside `login`. Default: what its metadata list. */
  readonly prompts?: readonly string[] | undefined
}

/** What can be done at an OpenID provider. */
export type OpenidLogin = Required<Pick<LoginProvider, 'authenticate' | 'refresh' | 'revoke' | 'endSession'>>

/**
 * Returns the name that comes beside the answer where somebody first logs in, as Apple posts it. It went through the browser: no more
 * hangs on it than what people are shown as their account.
 */
function nameBeside(parameters: Parameters): string | undefined {
  try {
    const { name } = JSON.parse(parameters.get('user') ?? '{}') as { name?: Readonly<Record<string, unknown>> }
    return nameOf({
      name: [name?.['firstName'], name?.['lastName']].filter((one) => typeof one === 'string').join(' '),
    })
  } catch {
    return undefined
  }
}

/**
 * Returns what is asked of a provider about a login, as far as it knows that, for it may refuse all else: people can make an account
 * where they log in, too, and take another one. `create` is what it must say that it knows.
 */
function askKnown(transaction: Transaction, prompts: Provider['prompts']): ReturnType<typeof askLogin> {
  const asked = askLogin(prompts?.includes('create') ? transaction : { ...transaction, isCreating: false })
  const isUnknown = asked.prompt === 'select_account' && prompts?.includes('select_account') === false
  return isUnknown ? { ...asked, prompt: 'login' } : asked
}

/** Returns the logins at an OpenID provider. */
export function createOpenidLogin(known: OpenidClient): OpenidLogin {
  const { issuer, clientId, clientSecret, algorithms, isLoopbackAllowed, privateHost, fetch, tenants } = known
  const { isUserinfoTold, tellsAuthTime = true, isPosted = false } = known
  const { scopeFor, parametersFor } = known.asked
  const place = (tenants?.place ?? issuer).replace(/\/$/, '')
  const discovery = createRemoteDocument(`${place}/.well-known/openid-configuration`, fetch)
  const rules = { issuer: tenants?.issuer ?? issuer, isLoopbackAllowed, privateHost }
  let read: { readonly metadata: string; readonly provider: Provider } | undefined

  /** Returns the provider; its keys are kept as long as its metadata stay the same. */
  async function discover(now: number): Promise<Provider> {
    const json = take('discovery', await discovery.get(now))
    const metadata = JSON.stringify(json)
    if (read?.metadata !== metadata) read = { metadata, provider: readProvider(json, rules, fetch) }
    return read.provider
  }

  /** Returns who asks at the token endpoint. */
  function client({ isBasic }: Provider): ProviderClient {
    const method = clientSecret === undefined ? 'none' : isBasic ? 'client_secret_basic' : 'client_secret_post'
    return { clientId, clientSecret, method: known.method ?? method }
  }

  async function begin(transaction: Transaction): Promise<Response> {
    const { authorizationEndpoint, prompts } = await discover(transaction.now)
    const { state, callback, secret } = transaction
    const { prompt, ...asked } = askKnown(transaction, known.prompts ?? prompts)
    const wishes = Object.entries(asked).filter(([, wish]) => wish !== undefined)
    const location = addParameters(authorizationEndpoint, {
      ...parametersFor(transaction, prompt),
      response_type: 'code',
      response_mode: isPosted ? 'form_post' : undefined,
      client_id: clientId,
      redirect_uri: callback,
      scope: scopeFor(transaction).join(' '),
      state,
      nonce: nonceOf(transaction),
      code_challenge: challengeOf(secret),
      code_challenge_method: 'S256',
      ...Object.fromEntries(wishes),
    })
    return new Response(null, { status: 303, headers: { Location: location } })
  }

  /** Tells whether an answer is of this provider. */
  function isOwn(iss: string | undefined, { isIssuerSent }: Provider): boolean {
    if (iss === undefined) return !isIssuerSent
    return tenants === undefined ? iss === issuer : tenants.tenantOf(iss) !== undefined
  }

  /** Opens an ID token: of a template whose it is comes of its own `iss`, and `tid` must be the same tenant. */
  async function open(idToken: unknown, { jwks }: Provider, now: number): Promise<AssertionClaims> {
    const rule = { issuer, clientId, algorithms, jwks }
    if (tenants === undefined) return openIdToken(idToken, rule, now)
    const own = tenants.issuerOf(idToken)
    const claims = await openIdToken(idToken, { ...rule, issuer: own, keysOf: tenants.keysOf(own) }, now)
    if (claims['tid'] !== tenants.tenantOf(own))
      throw refusal('login_failed', 'provider_answer', 'the ID token is of one tenant, and its issuer another')
    return claims
  }

  /** Returns who somebody is here. */
  function subjectOf(sub: string, { iss = issuer }: AssertionClaims, { provider }: Transaction): string {
    if (provider === undefined || known.isDigest) return upstreamSubject(iss as string, sub)
    return providerSubject(provider, tenants === undefined ? sub : `${tenants.tenantOf(iss)}|${sub}`)
  }

  async function finish(request: Request, transaction: Transaction): Promise<Person> {
    const { now, handsOver } = transaction
    const provider = await discover(now)
    const parameters = readLoginAnswer(new URL(request.url).search)
    const code = readCode(parameters, (iss) => isOwn(iss, provider))
    const answer = await redeem(provider.tokenEndpoint, code, transaction, client(provider), fetch)
    const claims = await open(answer['id_token'], provider, now)
    if (parameters.get('iss') !== undefined && parameters.get('iss') !== claims['iss'])
      throw refusal('login_failed', 'provider_answer', 'the answer is of another issuer')
    const { auth_time, ...person } = readPerson(claims, transaction)
    const name = person.name ?? (isPosted ? nameBeside(parameters) : undefined)
    const ask = (): Promise<AssertionClaims> => fetchUserinfo(provider.userinfoEndpoint, answer, person.sub, fetch)
    // On a name alone nothing hangs.
    const askForName = (): Promise<AssertionClaims> => ask().catch(() => ({}))
    const more = isUserinfoTold ? await ask() : name === undefined ? await askForName() : {}
    return {
      ...person,
      ...(auth_time !== undefined && tellsAuthTime ? { auth_time } : {}),
      sub: subjectOf(person.sub, claims, transaction),
      // The subject tells people nothing.
      name: name ?? nameOf(more) ?? null,
      // What is signed counts.
      claims: readProviderClaims(isUserinfoTold ? { ...more, ...claims } : claims),
      ...(handsOver === undefined ? {} : { tokens: readTokenAnswer(answer, scopeFor(transaction), now) }),
    }
  }

  return {
    authenticate: async (request, transaction) =>
      transaction.step === 'begin' ? begin(transaction) : finish(request, transaction),

    async refresh({ refreshToken, scope: granted }, now) {
      if (refreshToken === undefined)
        throw refusal('invalid_grant', 'provider_tokens', 'the provider gave no refresh token')
      const provider = await discover(now)
      const answer = await redeemRefreshToken(provider.tokenEndpoint, refreshToken, client(provider), fetch)
      return { refreshToken, ...readTokenAnswer(answer, granted, now) }
    },

    async revoke(tokens, now) {
      const provider = await discover(now)
      if (provider.revocationEndpoint === undefined)
        throw refusal('server_error', 'provider_answer', 'the metadata name no revocation_endpoint that may be asked')
      await endTokens(provider.revocationEndpoint, tokens, client(provider), fetch)
    },

    async endSession({ location, state }, now) {
      const { endSessionEndpoint } = await discover(now)
      if (endSessionEndpoint === undefined)
        throw refusal('server_error', 'provider_answer', 'the metadata name no end_session_endpoint that may be asked')
      return addParameters(endSessionEndpoint, { client_id: clientId, post_logout_redirect_uri: location, state })
    },
  }
}

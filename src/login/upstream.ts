/**
 * Login at an upstream OpenID Connect provider: authorization code, PKCE, nonce, and the issuer in the answer
 * (OpenID Connect Core §3.1, RFC 7636, RFC 9207). Nothing is stored: all proofs derive from the sealed transaction.
 *
 * @module
 */

import { checkBoolean, checkChoice, checkFunctions, checkMembers, checkText, checkTexts } from '../../keys/check.ts'
import { readAll } from '../../keys/faults.ts'
import { TokenError } from '../jose/error.ts'
import { OAuthError } from '../protocol/error.ts'
import { challengeOf } from '../protocol/pkce.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import { checkRemoteUrl } from '../protocol/remote_url.ts'
import { upstreamSubject } from '../protocol/subject.ts'
import { createRemoteDocument, type Fetch, type RemoteDocument } from '../remote/document.ts'
import { type AssertionClaims, CLOCK_TOLERANCE, isKeyMissing, openAssertion } from '../token/assertion.ts'
import { checkNoError, readLoginAnswer } from './answered_error.ts'
import type { Authenticate, Person, Transaction } from './authenticate.ts'
import { askLogin, nameOf, nonceOf, readPerson } from './person.ts'
import { type Provider, readProvider, take } from './provider.ts'
import { readProviderClaims } from './provider_claims.ts'
import type { ProviderAuthMethod, ProviderClient } from './provider_client.ts'
import { redeem } from './provider_token.ts'
import { fetchUserinfo } from './userinfo.ts'

/** What is to be known of the provider. */
export interface UpstreamOptions {
  /** Its issuer URL: `/.well-known/openid-configuration` below it tells the rest. */
  readonly issuer: string
  /** The `client_id` that it gave you, for the redirect URI `<your issuer>/login/callback`. */
  readonly clientId: string
  /** The secret that it gave you. Default: none, a public client. */
  readonly clientSecret?: string | undefined
  /**
   * How the secret is shown to it. Default: `"client_secret_basic"`, form-encoded as RFC 6749 §2.3.1 has it, unless its metadata
   * know others alone; then, and for one that takes Basic without decoding it, `"client_secret_post"`. `"none"`, the default
   * without a secret, is for a public client.
   */
  readonly tokenEndpointAuthMethod?: ProviderAuthMethod
  /** What is asked for; must hold `openid`. Default `"openid"`. */
  readonly scope?: string
  /**
   * Whether its userinfo is a source of the person's claims, beside the ID token: asked once at each login, of the same subject,
   * or nobody is logged in. Default false: it is asked for a name of the account alone, where the ID token has none.
   */
  readonly userinfo?: boolean
  /** The algorithms by which it may sign ID tokens. Default: RS256, PS256, ES256, EdDSA, Ed25519. */
  readonly algorithms?: readonly string[]
  /** Whether it may be on this very machine, by http. Default false. */
  readonly isLoopbackAllowed?: boolean
  /** Whether its host need not be a public one, by https; what it names must be there too, or public. Default false. */
  readonly isPrivateHostAllowed?: boolean
  /** Default: the platform's. */
  readonly fetch?: Fetch
}

const OPTIONS: Readonly<Record<keyof UpstreamOptions, true>> = {
  issuer: true,
  clientId: true,
  clientSecret: true,
  tokenEndpointAuthMethod: true,
  scope: true,
  userinfo: true,
  algorithms: true,
  isLoopbackAllowed: true,
  isPrivateHostAllowed: true,
  fetch: true,
}

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']

/** Seconds that an ID token may be old. */
const LONGEST_LIFE = 600

/** Checks that an ID token was issued to us (OpenID Connect Core §3.1.3.7). */
function checkParty({ aud, azp }: AssertionClaims, clientId: string): void {
  const isManifold = Array.isArray(aud) && aud.length > 1
  if ((isManifold && azp === undefined) || (azp !== undefined && azp !== clientId)) {
    throw new OAuthError('login_failed', 'the ID token was issued to another party')
  }
}

/** Checks that there is a secret where one is shown, and none where it is not. */
function checkMethod({ tokenEndpointAuthMethod: method, clientSecret }: UpstreamOptions): void {
  if (method === undefined) return
  checkChoice('LOGIN.token_endpoint_auth_method', method, ['client_secret_basic', 'client_secret_post', 'none'])
  if ((method === 'none') !== (clientSecret === undefined))
    throw new TypeError(
      `"LOGIN.token_endpoint_auth_method" expected ${method === 'none' ? 'no' : 'a'} LOGIN_CLIENT_SECRET beside it`,
    )
}

/**
 * Returns a login at an OpenID Connect provider.
 *
 * @throws {TypeError | RangeError} when an option is missing, unknown or of a wrong type
 */
export function upstreamLogin(options: UpstreamOptions): Authenticate {
  checkMembers('upstreamLogin', options as unknown)
  const { issuer, clientId, clientSecret, scope = 'openid', algorithms = ALGORITHMS } = options
  const { isLoopbackAllowed = false, isPrivateHostAllowed = false, userinfo: isUserinfoTold = false } = options
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  const privateHost = isPrivateHostAllowed && URL.canParse(issuer) ? new URL(issuer).hostname : undefined
  readAll({
    members: () => checkMembers('upstreamLogin', options as unknown, Object.keys(OPTIONS)),
    fetch: () => checkFunctions(options, ['fetch']),
    isLoopbackAllowed: () => checkBoolean('LOGIN.isLoopbackAllowed', isLoopbackAllowed),
    privateHost: () => checkBoolean('LOGIN.private_host', isPrivateHostAllowed),
    issuer: () => checkRemoteUrl('LOGIN.issuer', issuer, isLoopbackAllowed, privateHost),
    clientId() {
      if (typeof clientId !== 'string' || clientId === '') throw new TypeError('"LOGIN.client_id" expected a text')
    },
    clientSecret() {
      if (clientSecret !== undefined) checkText('LOGIN_CLIENT_SECRET', clientSecret, /./, 'the secret')
    },
    method: () => checkMethod(options),
    scope() {
      checkText('LOGIN.scope', scope, /^/, 'a text')
      if (!scope.split(' ').includes('openid')) throw new RangeError('"LOGIN.scope" expected a scope with openid')
    },
    userinfo: () => checkBoolean('LOGIN.userinfo', isUserinfoTold),
    algorithms() {
      const known = /^(?:RS|PS|ES)(?:256|384|512)$|^Ed25519$|^EdDSA$/
      checkTexts('LOGIN.algorithms', algorithms, known, ALGORITHMS.join(' or '))
    },
  })
  const discovery = createRemoteDocument(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, fetch)
  const rules = { issuer, isLoopbackAllowed, privateHost }
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
    const usual = clientSecret === undefined ? 'none' : isBasic ? 'client_secret_basic' : 'client_secret_post'
    return { clientId, clientSecret, method: options.tokenEndpointAuthMethod ?? usual }
  }

  async function begin(transaction: Transaction): Promise<Response> {
    const { authorizationEndpoint } = await discover(transaction.now)
    const { state, callback, secret } = transaction
    const location = addParameters(authorizationEndpoint, {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: callback,
      scope,
      state,
      nonce: nonceOf(transaction),
      code_challenge: challengeOf(secret),
      code_challenge_method: 'S256',
      ...askLogin(transaction),
    })
    return new Response(null, { status: 303, headers: { Location: location } })
  }

  async function openIdToken(idToken: string, now: number, jwks: RemoteDocument): Promise<AssertionClaims> {
    const expected = {
      issuer,
      audience: clientId,
      algorithms,
      required: ['sub', 'nonce'],
      now,
      clockTolerance: CLOCK_TOLERANCE,
      longestLife: LONGEST_LIFE,
    }
    const open = async (isLacking: boolean): Promise<AssertionClaims> =>
      openAssertion(idToken, take('keys', await jwks.get(now, isLacking)), expected)
    try {
      return await open(false).catch((error: unknown) => (isKeyMissing(error) ? open(true) : Promise.reject(error)))
    } catch (cause) {
      throw cause instanceof TokenError ? new OAuthError('login_failed', `ID token: ${cause.code}`, { cause }) : cause
    }
  }

  async function finish(request: Request, transaction: Transaction): Promise<Person> {
    const provider = await discover(transaction.now)
    const parameters = readLoginAnswer(new URL(request.url).search)
    parameters.checkOnce()
    const iss = parameters.get('iss')
    if (iss === undefined ? provider.isIssuerSent : iss !== issuer)
      throw new OAuthError('login_failed', 'the answer is of another issuer')
    checkNoError(parameters)
    const code = parameters.get('code')
    if (code === undefined) throw new OAuthError('login_failed', 'the answer has no code')
    const answer = await redeem(provider.tokenEndpoint, code, transaction, client(provider), fetch)
    const { id_token } = answer
    if (typeof id_token !== 'string') throw new OAuthError('login_failed', 'the token answer has no ID token')
    const claims = await openIdToken(id_token, transaction.now, provider.jwks)
    checkParty(claims, clientId)
    const person = readPerson(claims, transaction)
    const ask = (): Promise<AssertionClaims> => fetchUserinfo(provider.userinfoEndpoint, answer, person.sub, fetch)
    // On a name alone nothing hangs.
    const askForName = (): Promise<AssertionClaims> => ask().catch(() => ({}))
    const more = isUserinfoTold ? await ask() : person.name === undefined ? await askForName() : {}
    return {
      ...person,
      sub: upstreamSubject(issuer, person.sub),
      // The subject is a digest, which nobody knows again.
      name: person.name ?? nameOf(more) ?? null,
      // What is signed counts.
      claims: readProviderClaims(isUserinfoTold ? { ...more, ...claims } : claims),
    }
  }

  return (request, transaction) => (transaction.step === 'begin' ? begin(transaction) : finish(request, transaction))
}

/**
 * Login at an upstream OpenID Connect provider: authorization code, PKCE, nonce, and the issuer in the answer
 * (OpenID Connect Core §3.1, RFC 7636, RFC 9207). Nothing is stored: all proofs derive from the sealed transaction.
 *
 * @module
 */

import { checkBoolean, checkFunctions, checkMembers, checkText, checkTexts } from '../../keys/check.ts'
import { digestLabels } from '../../keys/digest.ts'
import { OAuthError } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'
import { challengeOf } from '../protocol/pkce.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import {
  checkRemoteUrl,
  createRemoteDocument,
  type Fetch,
  type Fetched,
  fetchJson,
  type RemoteDocument,
} from '../remote.ts'
import { type AssertionClaims, CLOCK_TOLERANCE, isKeyMissing, openAssertion } from '../token/assertion.ts'
import { TokenError } from '../token/error.ts'
import type { Authenticate, Person, Transaction } from './authenticate.ts'
import { askFreshness, nonceOf, readPerson } from './person.ts'

/** What is to be known of the provider. */
export interface UpstreamOptions {
  /** Its issuer URL: `/.well-known/openid-configuration` below it tells the rest. */
  readonly issuer: string
  /** The `client_id` that it gave you, for the redirect URI `<your issuer>/login/callback`. */
  readonly clientId: string
  /** The secret that it gave you. Default: none, a public client. */
  readonly clientSecret?: string | undefined
  /** What is asked for; must hold `openid`. Default `"openid"`. */
  readonly scope?: string
  /** The algorithms by which it may sign ID tokens. Default: RS256, PS256, ES256, EdDSA, Ed25519. */
  readonly algorithms?: readonly string[]
  /** Whether it may be on this very machine, by http. Default false. */
  readonly isLoopbackAllowed?: boolean
  /** Default: the platform's. */
  readonly fetch?: Fetch
}

/** What of the provider's metadata is used (OpenID Connect Discovery §3). */
interface Provider {
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly isIssuerSent: boolean
  readonly isBasic: boolean
  readonly jwks: RemoteDocument
}

const OPTIONS: Readonly<Record<keyof UpstreamOptions, true>> = {
  issuer: true,
  clientId: true,
  clientSecret: true,
  scope: true,
  algorithms: true,
  isLoopbackAllowed: true,
  fetch: true,
}

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']

/** Seconds that an ID token may be old. */
const LONGEST_LIFE = 600

/**
 * Returns who a provider's user is here: derived from issuer and subject together, never from an e-mail address
 * (OpenID Connect Core §5.7).
 */
export function subjectOf(iss: string, sub: string): string {
  return digestLabels('sub', iss, sub)
}

function readProvider(metadata: Readonly<Record<string, unknown>>, options: UpstreamOptions, fetch: Fetch): Provider {
  const { issuer, isLoopbackAllowed = false } = options
  if (metadata['issuer'] !== issuer) throw new OAuthError('login_failed', 'the metadata names another issuer')
  const { authorization_endpoint, token_endpoint, jwks_uri, token_endpoint_auth_methods_supported: methods } = metadata
  try {
    checkRemoteUrl('authorization_endpoint', authorization_endpoint, isLoopbackAllowed)
    checkRemoteUrl('token_endpoint', token_endpoint, isLoopbackAllowed)
    checkRemoteUrl('jwks_uri', jwks_uri, isLoopbackAllowed)
  } catch (cause) {
    throw new OAuthError('login_failed', 'the metadata names a URL that is not to be used', { cause })
  }
  return {
    authorizationEndpoint: authorization_endpoint,
    tokenEndpoint: token_endpoint,
    isIssuerSent: metadata['authorization_response_iss_parameter_supported'] === true,
    isBasic: !Array.isArray(methods) || methods.includes('client_secret_basic'),
    jwks: createRemoteDocument(jwks_uri, fetch),
  }
}

/** Returns what came from elsewhere; what did not come may come later. */
function take(what: string, fetched: Fetched): Readonly<Record<string, unknown>> {
  if (fetched.ok) return fetched.json
  throw new OAuthError('temporarily_unavailable', `${what}: ${fetched.detail}`)
}

/** Checks that an ID token was issued to us (OpenID Connect Core §3.1.3.7). */
function checkParty({ aud, azp }: AssertionClaims, clientId: string): void {
  const isManifold = Array.isArray(aud) && aud.length > 1
  if ((isManifold && azp === undefined) || (azp !== undefined && azp !== clientId)) {
    throw new OAuthError('login_failed', 'the ID token was issued to another party')
  }
}

/**
 * Returns a login at an OpenID Connect provider.
 *
 * @throws {TypeError | RangeError} when an option is missing, unknown or of a wrong type
 */
export function upstreamLogin(options: UpstreamOptions): Authenticate {
  checkMembers('upstreamLogin', options as unknown, Object.keys(OPTIONS))
  const { issuer, clientId, clientSecret, scope = 'openid', algorithms = ALGORITHMS } = options
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  checkFunctions(options, ['fetch'])
  checkBoolean('LOGIN.isLoopbackAllowed', options.isLoopbackAllowed ?? false)
  checkRemoteUrl('LOGIN.issuer', issuer, options.isLoopbackAllowed ?? false)
  if (typeof clientId !== 'string' || clientId === '') throw new TypeError('"LOGIN.client_id" expected a text')
  if (clientSecret !== undefined) checkText('LOGIN_CLIENT_SECRET', clientSecret, /./, 'the secret')
  checkText('LOGIN.scope', scope, /^/, 'a text')
  checkTexts('LOGIN.algorithms', algorithms, /^(?:RS|PS|ES)(?:256|384|512)$|^Ed25519$|^EdDSA$/, ALGORITHMS.join(' or '))
  if (!scope.split(' ').includes('openid')) throw new RangeError('"LOGIN.scope" expected a scope with openid')
  const discovery = createRemoteDocument(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, fetch)
  let read: { readonly metadata: string; readonly provider: Provider } | undefined

  /** Returns the provider; its keys are kept as long as its metadata stay the same. */
  async function discover(now: number): Promise<Provider> {
    const json = take('discovery', await discovery.get(now))
    const metadata = JSON.stringify(json)
    if (read?.metadata !== metadata) read = { metadata, provider: readProvider(json, options, fetch) }
    return read.provider
  }

  async function begin(transaction: Transaction): Promise<Response> {
    const { authorizationEndpoint } = await discover(transaction.now)
    const { state, callback, secret, loginHint } = transaction
    const location = addParameters(authorizationEndpoint, {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: callback,
      scope,
      state,
      nonce: nonceOf(transaction),
      code_challenge: challengeOf(secret),
      code_challenge_method: 'S256',
      ...askFreshness(transaction),
      login_hint: loginHint,
    })
    return new Response(null, { status: 303, headers: { Location: location } })
  }

  async function redeem(code: string, transaction: Transaction, { tokenEndpoint, isBasic }: Provider): Promise<string> {
    const { callback, secret } = transaction
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      code_verifier: secret,
    })
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' }
    if (clientSecret !== undefined && isBasic) {
      const [id, secretText] = [clientId, clientSecret].map((half) => new URLSearchParams({ half }).toString().slice(5))
      headers['authorization'] = `Basic ${btoa(`${id}:${secretText}`)}`
    } else {
      form.set('client_id', clientId)
      if (clientSecret !== undefined) form.set('client_secret', clientSecret)
    }
    const fetched = await fetchJson(tokenEndpoint, fetch, { method: 'POST', headers, body: form.toString() })
    const { id_token } = take('token endpoint', fetched)
    if (typeof id_token !== 'string') throw new OAuthError('login_failed', 'the token answer has no ID token')
    return id_token
  }

  async function openIdToken(idToken: string, now: number, jwks: RemoteDocument): Promise<AssertionClaims> {
    const rules = {
      issuer,
      audience: clientId,
      algorithms,
      required: ['sub', 'nonce'],
      now,
      clockTolerance: CLOCK_TOLERANCE,
      longestLife: LONGEST_LIFE,
    }
    const open = async (isLacking: boolean): Promise<AssertionClaims> =>
      openAssertion(idToken, take('keys', await jwks.get(now, isLacking)), rules)
    try {
      return await open(false).catch((error: unknown) => (isKeyMissing(error) ? open(true) : Promise.reject(error)))
    } catch (cause) {
      throw cause instanceof TokenError ? new OAuthError('login_failed', `ID token: ${cause.code}`, { cause }) : cause
    }
  }

  async function finish(request: Request, transaction: Transaction): Promise<Person> {
    const provider = await discover(transaction.now)
    const parameters = readParameters(new URL(request.url).search)
    parameters.checkOnce()
    const iss = parameters.get('iss')
    if (iss === undefined ? provider.isIssuerSent : iss !== issuer)
      throw new OAuthError('login_failed', 'the answer is of another issuer')
    if (parameters.get('error') !== undefined)
      throw new OAuthError('login_failed', 'the provider answered with an error')
    const code = parameters.get('code')
    if (code === undefined) throw new OAuthError('login_failed', 'the answer has no code')
    const idToken = await redeem(code, transaction, provider)
    const claims = await openIdToken(idToken, transaction.now, provider.jwks)
    checkParty(claims, clientId)
    const person = readPerson(claims, transaction)
    return { ...person, sub: subjectOf(issuer, person.sub) }
  }

  return (request, transaction) => (transaction.step === 'begin' ? begin(transaction) : finish(request, transaction))
}

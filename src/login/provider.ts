/**
 * What is known of a provider (OpenID Connect Discovery §3), and what it means when it does not answer as it should.
 *
 * @module
 */

import { type OAuthErrorCode, refusal } from '../protocol/error.ts'
import type { Reason } from '../protocol/reasons.ts'
import { checkRemoteUrl } from '../protocol/remote_url.ts'
import { createRemoteDocument, type Fetch, type Fetched, type RemoteDocument } from '../remote/document.ts'

/** What of the provider's metadata is used. */
export interface Provider {
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly isIssuerSent: boolean
  readonly isBasic: boolean
  /** The values of `prompt` that it knows, where it says so (Initiating User Registration via OpenID Connect §5). */
  readonly prompts: readonly unknown[] | undefined
  /** Where there is one that may be asked: nobody needs it to log in. */
  readonly userinfoEndpoint: string | undefined
  /** Where tokens are ended, and sessions, if there is such a place that may be asked. */
  readonly revocationEndpoint: string | undefined
  readonly endSessionEndpoint: string | undefined
  readonly jwks: RemoteDocument
}

/** Which provider it has to be, and where it may be. */
export interface ProviderRules {
  readonly issuer: string
  readonly isLoopbackAllowed: boolean
  /** The host that need not be a public one. */
  readonly privateHost: string | undefined
}

/** Returns a URL that may be asked, or nothing. */
function readOptional(url: unknown, { isLoopbackAllowed, privateHost }: ProviderRules): string | undefined {
  try {
    checkRemoteUrl('url', url, isLoopbackAllowed, privateHost)
    return url
  } catch {
    return undefined
  }
}

/**
 * Reads a provider's metadata.
 *
 * @throws {OAuthError} `server_error` when they are of another issuer, or name a URL that must not be used: it takes an
 * operator to mend that
 */
export function readProvider(
  metadata: Readonly<Record<string, unknown>>,
  rules: ProviderRules,
  fetch: Fetch,
): Provider {
  const { issuer, isLoopbackAllowed, privateHost } = rules
  if (metadata['issuer'] !== issuer)
    throw refusal('server_error', 'provider_answer', 'the metadata names another issuer')
  const { authorization_endpoint, token_endpoint, jwks_uri, token_endpoint_auth_methods_supported: methods } = metadata
  const { prompt_values_supported: prompts } = metadata
  try {
    checkRemoteUrl('authorization_endpoint', authorization_endpoint, isLoopbackAllowed, privateHost)
    checkRemoteUrl('token_endpoint', token_endpoint, isLoopbackAllowed, privateHost)
    checkRemoteUrl('jwks_uri', jwks_uri, isLoopbackAllowed, privateHost)
  } catch (cause) {
    throw refusal('server_error', 'provider_answer', `the metadata: ${(cause as RangeError).message}`, { cause })
  }
  return {
    authorizationEndpoint: authorization_endpoint,
    tokenEndpoint: token_endpoint,
    isIssuerSent: metadata['authorization_response_iss_parameter_supported'] === true,
    isBasic: !Array.isArray(methods) || methods.includes('client_secret_basic'),
    prompts: Array.isArray(prompts) ? prompts : undefined,
    userinfoEndpoint: readOptional(metadata['userinfo_endpoint'], rules),
    revocationEndpoint: readOptional(metadata['revocation_endpoint'], rules),
    endSessionEndpoint: readOptional(metadata['end_session_endpoint'], rules),
    jwks: createRemoteDocument(jwks_uri, fetch),
  }
}

/** Returns why a provider that answers with an error gives nothing; of a word that nobody knows the operator has to find out. */
export function reasonOfProvider(meaning: OAuthErrorCode | undefined): Reason {
  if (meaning === 'temporarily_unavailable') return 'provider_down'
  return meaning === undefined || meaning === 'server_error' ? 'provider_refused' : 'provider_denied'
}

/** Statuses that ask for patience, though others of their hundred say that the asker is wrong (RFC 9110 §15.5, RFC 6585 §4). */
const PASSING: readonly number[] = [408, 425, 429]

/**
 * Returns what came from elsewhere.
 *
 * @throws {OAuthError} `temporarily_unavailable` for what may come later; `server_error` when the provider does not want us,
 * and will not in a moment
 */
export function take(what: string, fetched: Fetched): Readonly<Record<string, unknown>> {
  if (fetched.ok) return fetched.json
  const { status = 0, detail } = fetched
  const isRefused = status >= 400 && status < 500 && !PASSING.includes(status)
  throw refusal(
    isRefused ? 'server_error' : 'temporarily_unavailable',
    isRefused ? 'provider_refused' : 'provider_down',
    `${what}: ${detail}`,
  )
}

/**
 * The token endpoint of a provider: a code, or a refresh token → its answer, or what its error means here (RFC 6749 §4.1.3, §5.2,
 * §6).
 *
 * @module
 */

import { genericTokenEndpointRequest } from 'oauth4webapi'
import { type OAuthErrorCode, refusal } from '../protocol/error.ts'
import { type Fetch, fetchJson } from '../remote/document.ts'
import type { Transaction } from './authenticate.ts'
import { reasonOfProvider, take } from './provider.ts'
import { idOf, type ProviderClient, proofOf, sentBy } from './provider_client.ts'

/** What a provider answers. */
type Answer = Readonly<Record<string, unknown>>

/** Milliseconds that an answer may take: some look somebody up in a directory of theirs meanwhile. */
const PATIENCE = 5000

/**
 * What a provider's error means: who presses "Back" or reloads brings a code that is spent, and so nobody was logged in; for all
 * else the operator is needed. Other words, and other texts of the provider's, are not passed on, to the log neither.
 */
const ERRORS: ReadonlyMap<unknown, OAuthErrorCode> = new Map<unknown, OAuthErrorCode>([
  ['invalid_grant', 'login_failed'],
  // Some say so of a code that somebody made up: strangers raise no alarm.
  ['invalid_request', 'login_failed'],
  ['invalid_client', 'server_error'],
  ['unauthorized_client', 'server_error'],
  ['unsupported_grant_type', 'server_error'],
  ['invalid_scope', 'server_error'],
  // GitHub's own, with status 200.
  ['bad_verification_code', 'login_failed'],
  ['unverified_user_email', 'login_failed'],
  ['incorrect_client_credentials', 'server_error'],
  ['redirect_uri_mismatch', 'server_error'],
])

/** What it means of a refresh token: these are ended, and who logs in again has new ones; for all else the operator is needed. */
const REFRESH_ERRORS: ReadonlyMap<unknown, OAuthErrorCode> = new Map<unknown, OAuthErrorCode>([
  ...[...ERRORS.keys()].map((word) => [word, 'server_error'] as const),
  ['invalid_grant', 'invalid_grant'],
  ['bad_refresh_token', 'invalid_grant'],
])

/** Asks a token endpoint: what comes is bounded and read as all that comes from elsewhere. */
async function ask(
  token_endpoint: string,
  [grantType, parameters]: readonly [string, Record<string, string>],
  client: ProviderClient,
  fetch: Fetch,
  errors: ReadonlyMap<unknown, OAuthErrorCode>,
): Promise<Answer> {
  const server = { issuer: token_endpoint, token_endpoint }
  const send: Fetch = (_, init) =>
    genericTokenEndpointRequest(server, idOf(client), proofOf(client), grantType, parameters, sentBy(fetch, init))
  const fetched = await fetchJson(token_endpoint, send, {}, { patience: PATIENCE, isErrorRead: true })
  const word = fetched.json?.['error']
  const meaning = errors.get(word)
  if (meaning === undefined) return take('token endpoint', fetched)
  const { detail } = fetched.ok ? { detail: 'status 200' } : fetched
  throw refusal(meaning, reasonOfProvider(meaning), `token endpoint: ${word}, ${detail}`)
}

/**
 * Redeems a code, and returns the token answer.
 *
 * @throws {OAuthError} `login_failed` when the code is not good (any more); `server_error` when the provider does not take this
 * issuer as its client; `temporarily_unavailable` when it may work later
 */
export function redeem(
  tokenEndpoint: string,
  code: string,
  { callback, secret }: Transaction,
  client: ProviderClient,
  fetch: Fetch,
): Promise<Answer> {
  const parameters = { code, redirect_uri: callback, code_verifier: secret }
  return ask(tokenEndpoint, ['authorization_code', parameters], client, fetch, ERRORS)
}

/**
 * Redeems a refresh token, and returns the token answer.
 *
 * @throws {OAuthError} `invalid_grant` when the provider ended it; `server_error` when it does not take this issuer as its client;
 * `temporarily_unavailable` when it may work later
 */
export function redeemRefreshToken(
  tokenEndpoint: string,
  refreshToken: string,
  client: ProviderClient,
  fetch: Fetch,
): Promise<Answer> {
  return ask(tokenEndpoint, ['refresh_token', { refresh_token: refreshToken }], client, fetch, REFRESH_ERRORS)
}

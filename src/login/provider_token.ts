/**
 * The token endpoint of a provider: a code → its answer, or what its error means here (RFC 6749 §4.1.3, §5.2).
 *
 * @module
 */

import { OAuthError, type OAuthErrorCode } from '../protocol/error.ts'
import { type Fetch, fetchJson } from '../remote/document.ts'
import type { Transaction } from './authenticate.ts'
import { take } from './provider.ts'

/** How an issuer proves itself to its provider (RFC 6749 §2.3.1). */
export type ProviderAuthMethod = 'client_secret_basic' | 'client_secret_post' | 'none'

/** Who asks. */
export interface ProviderClient {
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly method: ProviderAuthMethod
}

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
])

/** Returns the headers and the parameters by which a client proves itself. */
function prove({ clientId, clientSecret = '', method }: ProviderClient): {
  readonly headers: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, string>>
} {
  if (method === 'client_secret_basic') {
    const [id, secret] = [clientId, clientSecret].map((half) => new URLSearchParams({ half }).toString().slice(5))
    return { headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` }, parameters: {} }
  }
  const secret = method === 'none' ? {} : { client_secret: clientSecret }
  return { headers: {}, parameters: { client_id: clientId, ...secret } }
}

/**
 * Redeems a code, and returns the token answer.
 *
 * @throws {OAuthError} `login_failed` when the code is not good (any more); `server_error` when the provider does not take this
 * issuer as its client; `temporarily_unavailable` when it may work later
 */
export async function redeem(
  tokenEndpoint: string,
  code: string,
  { callback, secret }: Transaction,
  client: ProviderClient,
  fetch: Fetch,
): Promise<Readonly<Record<string, unknown>>> {
  const { headers, parameters } = prove(client)
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      code_verifier: secret,
      ...parameters,
    }).toString(),
  }
  const fetched = await fetchJson(tokenEndpoint, fetch, init, { patience: PATIENCE, isErrorRead: true })
  const word = fetched.json?.['error']
  const meaning = ERRORS.get(word)
  if (meaning === undefined) return take('token endpoint', fetched)
  const { detail } = fetched.ok ? { detail: 'status 200' } : fetched
  throw new OAuthError(meaning, `token endpoint: ${word}, ${detail}`)
}

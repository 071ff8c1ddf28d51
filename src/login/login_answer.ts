/**
 * What a browser brings back from a login: a code, or an error, and what the client is told of that (RFC 6749 §4.1.2, OpenID
 * Connect Core §3.1.2.6).
 *
 * @module
 */

import { type OAuthErrorCode, refusal } from '../protocol/error.ts'
import { type Parameters, readParameters } from '../protocol/parameters.ts'
import { reasonOfProvider } from './provider.ts'

/** What each error means for a client of ours: who asked for what there was this issuer, and not the client. */
const ERRORS: ReadonlyMap<string | undefined, OAuthErrorCode> = new Map<string, OAuthErrorCode>([
  ['access_denied', 'access_denied'],
  ['consent_required', 'access_denied'],
  // Of two that have words of their own for it.
  ['user_cancelled_authorize', 'access_denied'],
  ['user_cancelled_login', 'access_denied'],
  ['login_required', 'login_required'],
  ['interaction_required', 'login_required'],
  ['account_selection_required', 'login_required'],
  ['temporarily_unavailable', 'temporarily_unavailable'],
  ['server_error', 'server_error'],
  ['invalid_request', 'server_error'],
  ['invalid_request_object', 'server_error'],
  ['invalid_request_uri', 'server_error'],
  ['invalid_scope', 'server_error'],
  ['registration_not_supported', 'server_error'],
  ['request_not_supported', 'server_error'],
  ['request_uri_not_supported', 'server_error'],
  ['unauthorized_client', 'server_error'],
  ['unmet_authentication_requirements', 'server_error'],
  ['unsupported_response_type', 'server_error'],
  // GitHub's own.
  ['application_suspended', 'server_error'],
  ['redirect_uri_mismatch', 'server_error'],
])

/**
 * Reads what a browser brings back from a login, without what an error is in words: nobody reads it here, and not all who write
 * it do so in UTF-8.
 *
 * @throws {OAuthError} `invalid_request` as `readParameters`
 */
export function readLoginAnswer(query: string): Parameters {
  const isRead = (parameter: string): boolean => !/^error_(?:description|uri)=/.test(parameter)
  return readParameters(query.replace(/^\?/, '').split('&').filter(isRead).join('&'))
}

/**
 * Checks that what came back is no error. Nothing of its words is passed on: anybody can write them.
 *
 * @throws {OAuthError} what the client is told, when it is one
 */
export function checkNoError(parameters: Parameters): void {
  const error = parameters.get('error')
  if (error === undefined) return
  const code = ERRORS.get(error)
  const detail = `who logs people in answered ${code === undefined ? 'with an error that is not known' : error}`
  throw refusal(code ?? 'server_error', reasonOfProvider(code), detail, { isForClient: true })
}

/**
 * Returns the code that came back.
 *
 * @param isOwn tells whether the answer is of the provider by its `iss` (RFC 9207 §2.4), be there one or not
 * @throws {OAuthError} `login_failed`; what the client is told, when it is an error
 */
export function readCode(parameters: Parameters, isOwn: (iss: string | undefined) => boolean): string {
  parameters.checkOnce()
  if (!isOwn(parameters.get('iss'))) throw refusal('login_failed', 'provider_answer', 'the answer is of another issuer')
  checkNoError(parameters)
  const code = parameters.get('code')
  if (code === undefined) throw refusal('login_failed', 'provider_answer', 'the answer has no code')
  return code
}

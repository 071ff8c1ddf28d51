/**
 * How a request wants somebody to be asked, and how old a login may be: `prompt` and `max_age` (OpenID Connect Core §3.1.2.1).
 *
 * @module
 */

import type { ClaimsRequest } from '../openid/claims_request.ts'
import { refusal } from '../protocol/error.ts'
import type { OpenidClient } from '../registration/clients/client_openid.ts'

/**
 * What the person must be asked, or must not (OpenID Connect Core §3.1.2.1); and that it is an account to make (Initiating User
 * Registration via OpenID Connect §4.1).
 */
export type Prompt = 'none' | 'login' | 'consent' | 'select_account' | 'create'

/** The values of `prompt`, as the metadata lists them. */
export const PROMPTS: readonly Prompt[] = ['none', 'login', 'consent', 'select_account', 'create']

/**
 * Reads `prompt`.
 *
 * @throws {OAuthError} `invalid_request` when a value is unknown, or `none` is not alone
 */
export function readPrompt(prompt: string | undefined): ReadonlySet<Prompt> {
  const values = prompt === undefined ? [] : prompt.split(' ')
  const known = PROMPTS.filter((value) => values.includes(value))
  if (values.some((value) => !known.some((one) => one === value))) {
    throw refusal('invalid_request', 'malformed', 'prompt has an unknown value')
  }
  if (known.includes('none') && known.length > 1)
    throw refusal('invalid_request', 'malformed', 'prompt has none and more')
  return new Set(known)
}

/** A `max_age` that every login meets of which is known when it was. Seconds. */
export const ANY_AGE = 999_999_999

/** Returns the seconds since the login at the most where a request says nothing: what the client registered (Registration §2). */
export function usualMaxAge(
  { defaultMaxAge, requiresAuthTime }: OpenidClient,
  { needsAuthTime }: ClaimsRequest,
): number | undefined {
  return defaultMaxAge ?? (requiresAuthTime || needsAuthTime ? ANY_AGE : undefined)
}

/**
 * Returns the seconds since the login at the most: what is asked, or else what the client registered.
 *
 * @throws {OAuthError} `invalid_request`
 */
export function readMaxAge(
  maxAge: string | undefined,
  client: OpenidClient,
  claims: ClaimsRequest,
  isOpenid: boolean,
): number | undefined {
  if (maxAge === undefined) return isOpenid ? usualMaxAge(client, claims) : undefined
  if (!/^(0|[1-9][0-9]{0,8})$/.test(maxAge)) throw refusal('invalid_request', 'malformed', 'max_age is no whole number')
  return Number(maxAge)
}

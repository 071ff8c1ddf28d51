/**
 * What a provider's token endpoint answers → its tokens (RFC 6749 §5.1).
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import type { ProviderTokens } from './authenticate.ts'

/** What goes into a header (RFC 6750 §2.1), and into a form: bounded, for all of it is sealed and kept. */
const ACCESS_TOKEN = /^[\x21-\x7e]{1,4096}$/
const REFRESH_TOKEN = /^[\x20-\x7e]{1,4096}$/

function isOf(pattern: RegExp, value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value)
}

/** Returns for how many seconds; some write them as a text. */
function readExpiresIn(value: unknown): number | undefined {
  const seconds = isOf(/^\d{1,10}$/, value) ? Number(value) : value
  return typeof seconds === 'number' && seconds >= 0 && seconds <= 1e10 ? Math.floor(seconds) : undefined
}

/**
 * Reads a token answer.
 *
 * @param asked the scope that it is of where the answer does not say (RFC 6749 §5.1, §6)
 * @param now Unix seconds
 * @throws {OAuthError} `server_error` when there is no bearer token in it, or one that nobody could send
 */
export function readTokenAnswer(
  { access_token, token_type, refresh_token, expires_in, scope }: Readonly<Record<string, unknown>>,
  asked: readonly string[],
  now: number,
): ProviderTokens {
  if (!isOf(ACCESS_TOKEN, access_token) || !isOf(/^bearer$/i, token_type))
    throw refusal('server_error', 'provider_answer', 'token endpoint: the answer has no bearer token')
  const seconds = readExpiresIn(expires_in)
  return {
    accessToken: access_token,
    ...(isOf(REFRESH_TOKEN, refresh_token) ? { refreshToken: refresh_token } : {}),
    ...(seconds === undefined ? {} : { expiresAt: now + seconds }),
    // GitHub has commas between them.
    scope: typeof scope === 'string' ? scope.split(/[\s,]+/).filter((token) => token !== '') : asked,
  }
}

/**
 * What a provider gave, held to what can be kept, and shown to it again.
 *
 * @module
 */

import { isProviderToken } from '../token/claims.ts'
import type { ProviderTokens } from './authenticate.ts'

/** Bytes that all of it may have as JSON: with whose it is, it fits into an envelope. */
const MOST_TOKENS = 4500

/** Returns what is wrong with what a provider gave, for the log, without a word of it; nothing where it is good. */
export function faultOfTokens(tokens: ProviderTokens): string | undefined {
  const { accessToken, refreshToken } = tokens
  if (!isProviderToken(accessToken)) return 'the access token of the provider has characters that no bearer token has'
  if (refreshToken !== undefined && !/^[\x20-\x7e]+$/.test(refreshToken))
    return 'the refresh token of the provider has characters that none has'
  const size = new TextEncoder().encode(JSON.stringify(tokens)).length
  return size > MOST_TOKENS ? `the tokens of the provider have ${size} bytes, and may have ${MOST_TOKENS}` : undefined
}

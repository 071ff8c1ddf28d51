/**
 * The UserInfo endpoint of a provider: what it tells of the person of an ID token (OpenID Connect Core §5.3).
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import { type Fetch, fetchJson } from '../remote/document.ts'
import { take } from './provider.ts'

/**
 * Returns what a provider tells, by a token answer of its own, of the very person that its ID token names (§5.3.2). In 2.5 seconds.
 *
 * This does NOT read signed answers.
 *
 * @throws {OAuthError} `login_failed` when it tells of somebody else, or does not say of whom; `server_error` when the provider
 * has nobody to ask, gave no bearer token, or refuses it; `temporarily_unavailable` when it may work later
 */
export async function fetchUserinfo(
  userinfoEndpoint: string | undefined,
  { access_token, token_type }: Readonly<Record<string, unknown>>,
  sub: string,
  fetch: Fetch,
): Promise<Readonly<Record<string, unknown>>> {
  if (userinfoEndpoint === undefined)
    throw refusal('server_error', 'provider_answer', 'the metadata name no userinfo_endpoint that may be asked')
  if (typeof access_token !== 'string' || typeof token_type !== 'string' || token_type.toLowerCase() !== 'bearer')
    throw refusal('server_error', 'provider_answer', 'userinfo: the token answer has no bearer token')
  const init = { headers: { authorization: `Bearer ${access_token}` } }
  const told = take('userinfo', await fetchJson(userinfoEndpoint, fetch, init))
  if (told['sub'] !== sub) throw refusal('login_failed', 'provider_answer', 'userinfo: it tells of another subject')
  return told
}

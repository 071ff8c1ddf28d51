/**
 * The UserInfo endpoint of a provider: what it tells of the person of an ID token (OpenID Connect Core §5.3).
 *
 * @module
 */

import { type Fetch, fetchJson } from '../remote/document.ts'

/**
 * Returns what a provider tells, by a token answer of its own, of the very person that its ID token names; nothing where it
 * tells nothing, or of somebody else (§5.3.2). It never fails: what it tells is shown, and nothing hangs on it. In 2.5 seconds.
 *
 * This does NOT read signed answers.
 */
export async function fetchUserinfo(
  userinfoEndpoint: string | undefined,
  { access_token, token_type }: Readonly<Record<string, unknown>>,
  sub: string,
  fetch: Fetch,
): Promise<Readonly<Record<string, unknown>>> {
  const isBearer = typeof access_token === 'string' && String(token_type).toLowerCase() === 'bearer'
  if (userinfoEndpoint === undefined || !isBearer) return {}
  const fetched = await fetchJson(userinfoEndpoint, fetch, { headers: { authorization: `Bearer ${access_token}` } })
  return fetched.ok && fetched.json['sub'] === sub ? fetched.json : {}
}

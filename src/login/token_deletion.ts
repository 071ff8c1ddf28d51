/**
 * How GitHub ends an access token: by `DELETE`, where others have a revocation endpoint (RFC 7009).
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import { type Fetch, fetchText } from '../remote/document.ts'
import type { ProviderTokens } from './authenticate.ts'
import { take } from './provider.ts'
import type { ProviderClient } from './provider_client.ts'

/** Statuses that say that the token is none any more: it was deleted (204), or there is no such token. */
const GONE: readonly unknown[] = [204, 404]

/**
 * Ends the access token of a login, and no other. In 2.5 seconds.
 *
 * @param url with `{client_id}` where the `client_id` goes
 * @throws {OAuthError} `server_error`, `temporarily_unavailable` when it may live on
 */
export async function deleteToken(
  url: string,
  { accessToken }: ProviderTokens,
  { clientId, clientSecret }: ProviderClient,
  fetch: Fetch,
): Promise<void> {
  if (clientSecret === undefined)
    throw refusal('server_error', 'provider_refused', 'revocation endpoint: there is no secret')
  const headers = {
    accept: 'application/json',
    authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}`,
    'content-type': 'application/json',
    'user-agent': 'bulla',
  }
  const init = { method: 'DELETE', headers, body: JSON.stringify({ access_token: accessToken }) }
  const fetched = await fetchText(url.replace('{client_id}', encodeURIComponent(clientId)), fetch, init, { type: /^/ })
  if (fetched.ok || GONE.includes(fetched.status)) return
  take('revocation endpoint', fetched)
}

/**
 * The revocation endpoint of a provider: tokens that it gave → their end there (RFC 7009).
 *
 * @module
 */

import { revocationRequest } from 'oauth4webapi'
import { type Fetch, fetchText, readJson } from '../remote/document.ts'
import type { ProviderTokens } from './authenticate.ts'
import { take } from './provider.ts'
import { idOf, type ProviderClient, proofOf, sentBy } from './provider_client.ts'

/** Tells whether an answer says that a token is none any more: RFC 7009 §2.2 has status 200 for that, and some have an error. */
function isGone(text: string | undefined): boolean {
  const json = text === undefined ? undefined : readJson(text)
  return typeof json === 'object' && json['error'] === 'invalid_token'
}

/**
 * Ends the tokens of a login at a provider: the refresh token, if there is one, and the access token. Each in 2.5 seconds.
 *
 * @throws {OAuthError} `server_error`, `temporarily_unavailable` when one of them may live on
 */
export async function endTokens(
  revocationEndpoint: string,
  { accessToken, refreshToken }: ProviderTokens,
  client: ProviderClient,
  fetch: Fetch,
): Promise<void> {
  const server = { issuer: revocationEndpoint, revocation_endpoint: revocationEndpoint }
  const end = async (token: string, token_type_hint: string): Promise<void> => {
    const hint = { additionalParameters: { token_type_hint } }
    const send: Fetch = (_, init) =>
      revocationRequest(server, idOf(client), proofOf(client), token, { ...hint, ...sentBy(fetch, init) })
    const fetched = await fetchText(revocationEndpoint, send, {}, { type: /^/, isErrorRead: true })
    if (!fetched.ok && !isGone(fetched.text)) take('revocation endpoint', fetched)
  }
  // The access token is tried though the refresh token could not be ended: whatever ends is less that lives on.
  const ends = await Promise.allSettled([
    ...(refreshToken === undefined ? [] : [end(refreshToken, 'refresh_token')]),
    end(accessToken, 'access_token'),
  ])
  for (const one of ends) if (one.status === 'rejected') throw one.reason
}

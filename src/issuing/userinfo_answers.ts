/**
 * What the userinfo endpoint answers where its client wants it signed (OpenID Connect Core §5.3.2).
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import type { Claims } from '../openid/told_claims.ts'
import type { Client } from '../registration/clients/client.ts'

/** `typ` of such an answer: nobody can take it for an ID token, nor we for a hint (RFC 8725 §3.11). */
const USERINFO_TYP = 'userinfo+jwt'

/**
 * Signs what a client is told of a person, for that client alone; nothing where it did not ask for a signature.
 *
 * @throws {OAuthError} `temporarily_unavailable` when no key signs as the client wants it
 */
export async function signUserinfo(
  { settings, sign }: EndpointContext,
  claims: Claims,
  client: Client,
  now: number,
): Promise<string | undefined> {
  const { userinfoAlg: alg } = client.openid
  if (alg === undefined) return undefined
  return sign({ ...claims, iss: settings.issuer, aud: client.id }, USERINFO_TYP, alg, now)
}

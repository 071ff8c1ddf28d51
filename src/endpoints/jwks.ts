/**
 * `GET /jwks`: the issuer's public signing keys, as a JWK Set (RFC 7517 §5).
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { type Answer, answerError } from '../http/respond.ts'
import type { PublicKeys } from '../issuing/public_keys.ts'

/** Returns the answer of `GET /jwks`. */
export async function createJwksAnswer({ log, now: clock }: EndpointContext, publicKeys: PublicKeys): Promise<Answer> {
  try {
    const now = clock()
    const headers = {
      'Content-Type': 'application/jwk-set+json',
      'Cache-Control': `public, max-age=${publicKeys.maxAge(now)}`,
    }
    return { status: 200, headers, body: JSON.stringify({ keys: await publicKeys.told(now) }) }
  } catch (error) {
    return answerError(error, { event: 'jwks', log })
  }
}

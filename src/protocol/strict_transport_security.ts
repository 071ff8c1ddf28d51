/**
 * How long browsers are to come by TLS alone, and to which hosts (HSTS, RFC 6797 §6.1).
 *
 * @module
 */

import { checkText } from '../../keys/check.ts'
import { isLoopback } from '../../keys/identifier.ts'

/** A year, and this host alone: what stands below it, or beside it on a preload list, is others' to bind. */
export const USUAL_STRICT_TRANSPORT_SECURITY = 'max-age=31536000'

const POLICY = /^max-age=[0-9]{1,10}(?:; includeSubDomains(?:; preload)?)?$/

/**
 * Reads what every answer says of it. Nothing on this very machine by https: all that is developed here shares its host.
 *
 * @throws {TypeError} when it is no text
 * @throws {RangeError} when it is no policy
 */
export function readStrictTransportSecurity(
  issuer: string,
  policy: unknown = USUAL_STRICT_TRANSPORT_SECURITY,
): string | undefined {
  const expected = '"max-age=…" in seconds, perhaps with "; includeSubDomains", or that and "; preload", behind it'
  checkText('strictTransportSecurity', policy, POLICY, expected)
  return issuer.startsWith('https:') && isLoopback(issuer) ? undefined : policy
}

/**
 * Why an assertion is not good, in the words of events (RFC 7523 §3).
 *
 * @module
 */

import type { TokenErrorCode } from '../jose/explain.ts'
import type { Reason } from '../protocol/reasons.ts'

/** What is not named here is wrong with its form. */
const REASON_OF: Partial<Readonly<Record<TokenErrorCode, Reason>>> = {
  key: 'assertion_signature',
  signature: 'assertion_signature',
  issuer: 'assertion_audience',
  audience: 'assertion_audience',
  expired: 'assertion_expired',
  early: 'assertion_expired',
  lifetime: 'assertion_expired',
  unavailable: 'remote_down',
}

/** Returns why an assertion that does not open is not good. */
export function reasonOfAssertion(code: TokenErrorCode): Reason {
  return REASON_OF[code] ?? 'assertion_malformed'
}

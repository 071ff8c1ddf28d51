/**
 * `GET /healthz`: whether the issuer can work, and each root's state and age; nothing secret.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { type Answer, answerJson } from '../http/respond.ts'
import type { PublicKeys } from '../issuing/public_keys.ts'

/**
 * Returns the answer of `GET /healthz`: 503 where nothing can be sealed. What some clients or resources ask for and no key can do
 * is said beside 200, for all others are served.
 */
export function createHealthAnswer({ keyRing, now }: EndpointContext, publicKeys: PublicKeys): Answer {
  const at = now()
  const status = keyRing.status(at)
  if (status.status !== 'ok') return answerJson(503, status)
  const missing = publicKeys.missing(at)
  return answerJson(200, { ...status, ...(missing.length > 0 ? { missing } : {}) })
}

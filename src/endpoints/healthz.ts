/**
 * `GET /healthz`: whether the issuer can work, and each root's state and age; nothing secret.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { type Answer, answerJson } from '../http/respond.ts'

/** Returns the answer of `GET /healthz`: 503 where nothing can be sealed. */
export function createHealthAnswer({ keyRing, now }: EndpointContext): Answer {
  const status = keyRing.status(now())
  return answerJson(status.status === 'ok' ? 200 : 503, status)
}

/**
 * The face of `bulla/verifier/hono`: a resource server in Hono, in one line.
 *
 * @module
 */

import type { MiddlewareHandler } from 'hono'
import { createVerifier, type Demand, type Entitlement, type ResourceServerOptions } from './index.ts'

export type { ResourceServerOptions } from './index.ts'

/** What a handler behind the middleware finds: `c.get('entitlement')`. */
export interface ResourceServerEnv {
  Variables: { entitlement: Entitlement }
}

/**
 * Lets in requests with a live access token that has the scope; all others get the answer of RFC 6750.
 *
 * @throws {TypeError | RangeError} as `createVerifier`
 */
export function resourceServer(options: ResourceServerOptions): MiddlewareHandler<ResourceServerEnv> {
  const verifier = 'verifier' in options ? options.verifier : createVerifier(options)
  const demand: Demand = options.scope === undefined ? {} : { scope: options.scope }
  return async function resourceServerMiddleware(c, next) {
    const verification = await verifier.verify(c.req.raw, demand)
    if (!verification.ok) return verification.response
    c.set('entitlement', verification.entitlement)
    return next()
  }
}

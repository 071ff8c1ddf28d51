/**
 * The face of `bulla/verifier/express`: a resource server in Express, or any other of Node's `(request, response, next)`.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createVerifier, type Demand, type Entitlement, type ResourceServerOptions } from './index.ts'

/** A request behind the middleware. */
export interface EntitledRequest extends IncomingMessage {
  /** What its token entitles it to. */
  entitlement?: Entitlement
}

/** A middleware as Express takes it. */
export type ExpressMiddleware = (
  request: EntitledRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Lets in requests with a live access token that has the scope, with `request.entitlement`; all others get the answer of
 * RFC 6750.
 *
 * @throws {TypeError | RangeError} as `createVerifier`
 */
export function resourceServer(options: ResourceServerOptions): ExpressMiddleware {
  const verifier = 'verifier' in options ? options.verifier : createVerifier(options)
  const demand: Demand = options.scope === undefined ? {} : { scope: options.scope }
  return function resourceServerMiddleware(request, response, next) {
    verifier.verify(request, demand).then((verification) => {
      if (!verification.ok) {
        const { status, headers } = verification.response
        return response.writeHead(status, Object.fromEntries(headers)).end()
      }
      request.entitlement = verification.entitlement
      return next()
    }, next)
  }
}

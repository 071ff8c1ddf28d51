/**
 * The face of `bulla/verifier/express`: a resource server in Express, or any other of Node's `(request, response, next)`.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createVerifier, type Demand, type Entitlement, type ResourceServerOptions } from './index.ts'

declare global {
  namespace Express {
    /** What @types/express makes its requests of. */
    interface Request {
      /** What the request's token entitles it to, behind the middleware. */
      entitlement?: Entitlement
    }
  }
}

/** What the middleware uses of a request. */
export interface EntitledRequest extends IncomingMessage {
  /** The URL as it came, where routers take off what they are mounted at. */
  originalUrl?: string
  /** What the request's token entitles it to, behind the middleware. */
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
 * RFC 6750. What fails beside goes to `next`.
 *
 * @throws {TypeError | RangeError} as `createVerifier`
 */
export function resourceServer(options: ResourceServerOptions): ExpressMiddleware {
  const verifier = 'verifier' in options ? options.verifier : createVerifier(options)
  const demand: Demand = options.scope === undefined ? {} : { scope: options.scope }

  /** Tells whether the request is let in; if not, it has been answered. */
  async function admit(request: EntitledRequest, response: ServerResponse): Promise<boolean> {
    const { method, originalUrl: url = request.url } = request
    // Of two Authorization headers Node's `headers` has the first. HTTP/2 has no `headersDistinct`.
    const headers = request.headersDistinct ?? request.headers
    const verification = await verifier.verify({ method, url, headers }, demand)
    if (verification.ok) {
      request.entitlement = verification.entitlement
      return true
    }
    response.statusCode = verification.response.status
    for (const [name, value] of verification.response.headers) response.setHeader(name, value)
    response.end()
    return false
  }

  return function resourceServerMiddleware(request, response, next) {
    admit(request, response).then((isIn) => {
      if (isIn) next()
    }, next)
  }
}

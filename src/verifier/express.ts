/**
 * The face of `bulla/verifier/express`: a resource server in Express, or any other of Node's `(request, response, next)`.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Entitlement } from '../token/entitlement.ts'
import { certificateOfSocket } from './certificate.ts'
import { type ResourceServerOptions, readResourceServer } from './resource_server.ts'

export type { Entitlement } from '../token/entitlement.ts'
export { entitlementOf } from './resource_server.ts'

declare global {
  namespace Express {
    /** What @types/express makes its requests of. */
    interface Request {
      /** What the request's token entitles it to, behind the middleware: where it must be there, `entitlementOf(request)`. */
      entitlement?: Entitlement
    }
  }
}

/** What the middleware uses of a request. */
export interface EntitledRequest extends IncomingMessage {
  /** The URL as it came, where routers take off what they are mounted at. */
  originalUrl?: string
  /** `https` behind a trusted proxy that says so. */
  readonly protocol?: string
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
 * RFC 6750 or RFC 9449. What fails beside goes to `next`.
 *
 * @throws {TypeError | RangeError} as `createVerifier`; and when the scope is none, or an option goes with no verifier
 */
export function resourceServer(options: ResourceServerOptions<IncomingMessage>): ExpressMiddleware {
  const { verifier, demand, certificate } = readResourceServer(options, ({ socket }) => certificateOfSocket(socket))

  /** Tells whether the request is let in; if not, it has been answered. */
  async function admit(request: EntitledRequest, response: ServerResponse): Promise<boolean> {
    const { method, originalUrl, url, rawHeaders, socket } = request
    const scheme = request.protocol ?? ('encrypted' in socket ? 'https' : 'http')
    const shown = { method, url: originalUrl ?? url, headers: rawHeaders, scheme, certificate: certificate(request) }
    const verification = await verifier.verify({ ...shown, native: request }, demand)
    if (verification.ok) {
      request.entitlement = verification.entitlement
      if (verification.nonce !== undefined) response.setHeader('DPoP-Nonce', verification.nonce)
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

/**
 * The face of `bulla/verifier/express`: a resource server in Express, or any other of Node's `(request, response, next)`.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { certificateOfSocket } from './certificate.ts'
import { createVerifier, type Demand, type Entitlement, type ResourceServerOptions } from './index.ts'

/** A request behind the middleware. */
export interface EntitledRequest extends IncomingMessage {
  /** What its token entitles it to. */
  entitlement?: Entitlement
}

/** What Express adds to a request. */
interface ExpressRequest extends EntitledRequest {
  /** `https` behind a trusted proxy that says so. */
  readonly protocol?: string
  /** The path before a router took from it. */
  readonly originalUrl?: string
}

/** Returns the URL of a request, as far as it tells: a client sees another where a proxy stands between (`baseUrl`). */
function urlOf({ protocol, originalUrl, url = '/', headers, socket }: ExpressRequest): string {
  const path = originalUrl ?? url
  const scheme = protocol ?? ('encrypted' in socket ? 'https' : 'http')
  return path.startsWith('/') ? `${scheme}://${headers.host}${path}` : path
}

/** A middleware as Express takes it. */
export type ExpressMiddleware = (
  request: EntitledRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Lets in requests with a live access token that has the scope, with `request.entitlement`; all others get the answer of
 * RFC 6750 or RFC 9449.
 *
 * @throws {TypeError | RangeError} as `createVerifier`
 */
export function resourceServer(options: ResourceServerOptions<IncomingMessage>): ExpressMiddleware {
  const verifier = 'verifier' in options ? options.verifier : createVerifier(options)
  const demand: Demand = options.scope === undefined ? {} : { scope: options.scope }
  const { certificate = ({ socket }) => certificateOfSocket(socket) } = options
  return function resourceServerMiddleware(request, response, next) {
    const { method, headers } = request
    const shown = { method, url: urlOf(request), headers, certificate: certificate(request) }
    verifier.verify(shown, demand).then((verification) => {
      if (!verification.ok) {
        const { status, headers } = verification.response
        return response.writeHead(status, Object.fromEntries(headers)).end()
      }
      request.entitlement = verification.entitlement
      if (verification.nonce !== undefined) response.setHeader('DPoP-Nonce', verification.nonce)
      return next()
    }, next)
  }
}

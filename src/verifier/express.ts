/**
 * The face of `bulla/verifier/express`: a resource server in Express, or any other of Node's `(request, response, next)`.
 *
 * @see docs/start/resource-servers.md#express
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Entitlement } from '../token/entitlement.ts'
import type { AnswerHeaders, ServerAnswer } from './answer.ts'
import { certificateOfSocket } from './certificate.ts'
import { besideOwn } from './cors.ts'
import { createDescription } from './description.ts'
import type { ResourceDescription } from './metadata.ts'
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
  /** What a parser before the middleware read of the body. */
  readonly body?: unknown
  /** What the request's token entitles it to, behind the middleware. */
  entitlement?: Entitlement
}

/** A middleware as Express takes it. */
export type ExpressMiddleware = (
  request: EntitledRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/** A middleware that tells of the resource server, and where it does so: the option `resourceMetadata`. */
export type ExpressDescription = ExpressMiddleware & { readonly url: string }

function setHeaders(response: ServerResponse, headers: AnswerHeaders): void {
  for (const [name, value] of Object.entries(besideOwn(headers, (known) => response.getHeader(known))))
    response.setHeader(name, value)
}

function send(response: ServerResponse, { status, headers, body }: ServerAnswer): void {
  response.statusCode = status
  setHeaders(response, headers)
  response.end(body)
}

/**
 * Lets in requests with a live access token that has the scope, with `request.entitlement`; all others get the answer of
 * RFC 6750 or RFC 9449. What fails beside goes to `next`.
 *
 * @throws {TypeError | RangeError} as `createVerifier`; and when the scope is none, or an option goes with no verifier
 * @example
 * import { readFileSync } from 'node:fs'
 * import { entitlementOf, resourceServer } from 'bulla/verifier/express'
 * import express from 'express'
 *
 * const keys = readFileSync('keys.json', 'utf8')
 * const site = { issuer: 'https://auth.example.com', resource: 'https://api.example.com', keys }
 * const app = express()
 * app.use('/notes', resourceServer({ ...site, scope: 'notes:read' }))
 * app.get('/notes', (request, response) => response.json({ hello: entitlementOf(request).sub }))
 */
export function resourceServer(options: ResourceServerOptions<EntitledRequest>): ExpressMiddleware {
  const admit = readResourceServer(options, ({ socket }) => certificateOfSocket(socket))

  /** Tells whether the request is let in; if not, it has been answered. */
  async function isAdmitted(request: EntitledRequest, response: ServerResponse): Promise<boolean> {
    const { method, originalUrl, url, rawHeaders, socket } = request
    const scheme = request.protocol ?? ('encrypted' in socket ? 'https' : 'http')
    const shown = { method, url: originalUrl ?? url, headers: rawHeaders, scheme, native: request }
    const { entitlement, headers, answer } = await admit(request, shown)
    if (answer !== undefined) {
      send(response, answer)
      return false
    }
    request.entitlement = entitlement
    setHeaders(response, headers)
    return true
  }

  return function resourceServerMiddleware(request, response, next) {
    isAdmitted(request, response).then((isIn) => {
      if (isIn) next()
    }, next)
  }
}

/**
 * Tells of the resource server (RFC 9728), at the path that belongs to its URL and at the root; use it before all routers, at no
 * path of its own.
 *
 * @throws {TypeError | RangeError} as `describeResource`
 * @example
 * import { describe } from 'bulla/verifier/express'
 * import express from 'express'
 *
 * const app = express()
 * app.use(describe({ resource: 'https://api.example.com', issuer: 'https://auth.example.com' }))
 */
export function describe(description: ResourceDescription): ExpressDescription {
  const { url, answer } = createDescription(description)
  const middleware: ExpressMiddleware = (request, response, next) => {
    const { method, originalUrl, rawHeaders } = request
    const told = answer({ method, url: originalUrl ?? request.url, headers: rawHeaders })
    if (told === undefined) next()
    else send(response, told)
  }
  return Object.assign(middleware, { url })
}

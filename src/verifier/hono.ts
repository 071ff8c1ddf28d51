/**
 * The face of `bulla/verifier/hono`: a resource server in Hono, in one line.
 *
 * @module
 */

import type { Context, Env, Input, MiddlewareHandler, Next } from 'hono'
import { certificateOfSocket, certificateOfWorkers } from './certificate.ts'
import type { Entitlement } from './index.ts'
import { type ResourceServerOptions as CommonResourceServerOptions, readResourceServer } from './resource_server.ts'

/** What the middleware is made from. */
export type ResourceServerOptions = CommonResourceServerOptions<Context>

/** What a handler behind the middleware finds: `c.get('entitlement')`. */
export interface ResourceServerEnv {
  Variables: { entitlement: Entitlement }
}

/**
 * A middleware as Hono takes it; and, called by a middleware or handler of yours with its own context, one that does not mind
 * what else that context knows.
 */
export type ResourceServerMiddleware = (<E extends Env, P extends string, I extends Input>(
  c: Context<E, P, I>,
  next: Next,
) => Promise<Response | undefined>) &
  MiddlewareHandler<ResourceServerEnv>

/** Returns the certificate of a request: of Workers', or of `@hono/node-server`'s. */
function certificateOf({ req, env }: Context): string | undefined {
  const { incoming } = (env ?? {}) as { readonly incoming?: { readonly socket?: object } }
  return certificateOfWorkers(req.raw) ?? certificateOfSocket(incoming?.socket)
}

/**
 * Lets in requests with a live access token that has the scope; all others get the answer of RFC 6750 or RFC 9449.
 *
 * @throws {TypeError | RangeError} as `createVerifier`; and when the scope is none, or an option goes with no verifier
 */
export function resourceServer(options: ResourceServerOptions): ResourceServerMiddleware {
  const { verifier, demand, certificate } = readResourceServer(options, certificateOf)
  return async function resourceServerMiddleware(c: Context, next: Next): Promise<Response | undefined> {
    const { method, url, headers } = c.req.raw
    const verification = await verifier.verify({ method, url, headers, certificate: certificate(c) }, demand)
    if (!verification.ok) return verification.response
    c.set('entitlement', verification.entitlement)
    await next()
    if (verification.nonce !== undefined) c.header('DPoP-Nonce', verification.nonce)
    return undefined
  }
}

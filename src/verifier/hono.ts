/**
 * The face of `bulla/verifier/hono`: a resource server in Hono, in one line.
 *
 * @module
 */

import type { Context, Env, Input, MiddlewareHandler, Next } from 'hono'
import type { Entitlement } from '../token/entitlement.ts'
import { certificateOfSocket, certificateOfWorkers } from './certificate.ts'
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

/** Returns the URL of a request, as it came. */
function urlOf({ req, env }: Context): string {
  const { incoming } = (env ?? {}) as { readonly incoming?: { readonly url?: unknown } }
  const { url } = req.raw
  const target = incoming?.url
  const bare = (text: string): string => text.replace(/[?#].*$/s, '')
  // What @hono/node-server had to resolve is shown as it came, which no proof is for: a target is a path (RFC 9112 §3.2.1).
  return typeof target === 'string' && !bare(url).endsWith(bare(target)) ? target : url
}

/**
 * Lets in requests with a live access token that has the scope; all others get the answer of RFC 6750 or RFC 9449.
 *
 * @throws {TypeError | RangeError} as `createVerifier`; and when the scope is none, or an option goes with no verifier
 */
export function resourceServer(options: ResourceServerOptions): ResourceServerMiddleware {
  const { verifier, demand, certificate } = readResourceServer(options, certificateOf)
  return async function resourceServerMiddleware(c: Context, next: Next): Promise<Response | undefined> {
    const { method, headers } = c.req.raw
    const shown = { method, url: urlOf(c), headers, certificate: certificate(c), native: c }
    const verification = await verifier.verify(shown, demand)
    if (!verification.ok) return verification.response
    c.set('entitlement', verification.entitlement)
    await next()
    if (verification.nonce !== undefined) c.header('DPoP-Nonce', verification.nonce)
    return undefined
  }
}

/**
 * The face of `bulla/verifier/hono`: a resource server in Hono, in one line.
 *
 * @see docs/start/resource-servers.md
 *
 * @module
 */

import type { Context, Env, Input, MiddlewareHandler, Next } from 'hono'
import type { Entitlement } from '../token/entitlement.ts'
import { type AnswerHeaders, type ServerAnswer, toResponse } from './answer.ts'
import { certificateOfSocket, certificateOfWorkers } from './certificate.ts'
import { besideOwn } from './cors.ts'
import { createDescription } from './description.ts'
import type { ResourceDescription } from './metadata.ts'
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

/** A middleware that tells of the resource server, and where it does so: the option `resourceMetadata`. */
export type ResourceDescriptionMiddleware = MiddlewareHandler & { readonly url: string }

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
  const bare = (text: string): string => text.replace(/[?#].*/s, '')
  // What @hono/node-server had to resolve is shown as it came, which no proof is for: a target is a path (RFC 9112 §3.2.1).
  return typeof target === 'string' && !bare(url).endsWith(bare(target)) ? target : url
}

/** Sets headers beside those that the answer of a context has so far. Returns them. */
function setHeaders(c: Context, headers: AnswerHeaders): AnswerHeaders {
  const beside = besideOwn(headers, (name) => c.res.headers.get(name))
  for (const [name, value] of Object.entries(beside)) c.header(name, value)
  return beside
}

/** Returns an answer. What stands at its context Hono sets over it, so that it stands there too. */
function send(c: Context, answer: ServerAnswer): Response {
  return toResponse({ ...answer, headers: setHeaders(c, answer.headers) })
}

/**
 * Lets in requests with a live access token that has the scope; all others get the answer of RFC 6750 or RFC 9449.
 *
 * @throws {TypeError | RangeError} as `createVerifier`; and when the scope is none, or an option goes with no verifier
 * @example
 * import { readFileSync } from 'node:fs'
 * import { resourceServer } from 'bulla/verifier/hono'
 * import { Hono } from 'hono'
 *
 * const keys = readFileSync('keys.json', 'utf8')
 * const site = { issuer: 'https://auth.example.com', resource: 'https://api.example.com', keys }
 * const app = new Hono()
 *   .use('/notes', resourceServer({ ...site, scope: 'notes:read' }))
 *   .get('/notes', (c) => c.json({ hello: c.get('entitlement').sub }))
 */
export function resourceServer(options: ResourceServerOptions): ResourceServerMiddleware {
  const admit = readResourceServer(options, certificateOf)
  return async function resourceServerMiddleware(c: Context, next: Next): Promise<Response | undefined> {
    const { method, headers } = c.req.raw
    const admission = await admit(c, { method, url: urlOf(c), headers, native: c })
    if (admission.answer !== undefined) return send(c, admission.answer)
    c.set('entitlement', admission.entitlement)
    await next()
    setHeaders(c, admission.headers)
    return undefined
  }
}

/**
 * Tells of the resource server (RFC 9728), at the path that belongs to its URL and at the root; use it before all routes, at no
 * path of its own.
 *
 * @throws {TypeError | RangeError} as `describeResource`
 * @example
 * import { describe } from 'bulla/verifier/hono'
 * import { Hono } from 'hono'
 *
 * const description = describe({ resource: 'https://api.example.com', issuer: 'https://auth.example.com' })
 * const app = new Hono().use(description)
 */
export function describe(description: ResourceDescription): ResourceDescriptionMiddleware {
  const { url, answer } = createDescription(description)
  const middleware: MiddlewareHandler = async (c, next) => {
    const told = answer(c.req.raw)
    if (told === undefined) return next()
    return send(c, told)
  }
  return Object.assign(middleware, { url })
}

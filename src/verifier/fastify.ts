/**
 * The face of `bulla/verifier/fastify`: a resource server in Fastify, as a hook.
 *
 * @module
 */

import {
  createVerifier,
  type Demand,
  type Entitlement,
  type RequestHeaders,
  type ResourceServerOptions,
} from './index.ts'

/** What the hook uses of a request of Fastify's. */
export interface FastifyRequestLike {
  readonly method: string
  /** The URL as it came, where `rewriteUrl` made another of it. */
  readonly originalUrl: string
  readonly raw: { readonly headers: RequestHeaders; readonly headersDistinct?: RequestHeaders }
  /** What the request's token entitles it to, once the hook has let it in. */
  entitlement?: Entitlement
}

/** What the hook uses of a reply of Fastify's. */
export interface FastifyReplyLike {
  code(status: number): this
  headers(headers: Record<string, string>): this
  send(body?: unknown): this
}

/** An `onRequest` or `preHandler` hook as Fastify takes it. */
export type FastifyHook = (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>

/**
 * Lets in requests with a live access token that has the scope, with `request.entitlement`; all others get the answer of
 * RFC 6750. What fails beside goes to the error handler.
 *
 * For TypeScript, `declare module 'fastify' { interface FastifyRequest { entitlement?: Entitlement } }` tells handlers.
 *
 * @throws {TypeError | RangeError} as `createVerifier`
 */
export function resourceServer(options: ResourceServerOptions): FastifyHook {
  const verifier = 'verifier' in options ? options.verifier : createVerifier(options)
  const demand: Demand = options.scope === undefined ? {} : { scope: options.scope }
  return async function resourceServerHook(request, reply) {
    const { method, originalUrl: url, raw } = request
    // Of two Authorization headers Node's `headers` has the first. HTTP/2 and `inject` have no `headersDistinct`.
    const headers = raw.headersDistinct ?? raw.headers
    const verification = await verifier.verify({ method, url, headers }, demand)
    if (!verification.ok) {
      const { status, headers } = verification.response
      return reply.code(status).headers(Object.fromEntries(headers)).send()
    }
    request.entitlement = verification.entitlement
    return undefined
  }
}

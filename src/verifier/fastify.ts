/**
 * The face of `bulla/verifier/fastify`: a resource server in Fastify, as a hook.
 *
 * @module
 */

/// <reference types="fastify" preserve="true" />

import { certificateOfSocket } from './certificate.ts'
import type { Entitlement, RequestHeaders } from './index.ts'
import { type ResourceServerOptions, readResourceServer } from './resource_server.ts'

export type { Entitlement } from '../token/entitlement.ts'
export { entitlementOf } from './resource_server.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request's token entitles it to, behind the hook: where it must be there, `entitlementOf(request)`. */
    entitlement?: Entitlement
  }
}

/** What the hook uses of a request of Fastify's. */
export interface FastifyRequestLike {
  readonly method: string
  /** The URL as it came, where `rewriteUrl` made another of it. */
  readonly originalUrl: string
  /** `https` behind a trusted proxy that says so. */
  readonly protocol?: string
  readonly raw: {
    readonly headers: RequestHeaders
    readonly rawHeaders?: readonly string[]
    readonly socket?: object
  }
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
 * RFC 6750 or RFC 9449. What fails beside goes to the error handler.
 *
 * @throws {TypeError | RangeError} as `createVerifier`; and when the scope is none, or an option goes with no verifier
 */
export function resourceServer(options: ResourceServerOptions<FastifyRequestLike>): FastifyHook {
  const { verifier, demand, certificate } = readResourceServer(options, ({ raw }) => certificateOfSocket(raw.socket))
  return async function resourceServerHook(request, reply) {
    const { method, originalUrl: url, protocol: scheme = 'http', raw } = request
    const shown = { method, url, headers: raw.rawHeaders ?? raw.headers, scheme, certificate: certificate(request) }
    const verification = await verifier.verify({ ...shown, native: raw }, demand)
    if (!verification.ok) {
      const { status, headers } = verification.response
      return reply.code(status).headers(Object.fromEntries(headers)).send()
    }
    request.entitlement = verification.entitlement
    if (verification.nonce !== undefined) reply.headers({ 'DPoP-Nonce': verification.nonce })
    return undefined
  }
}

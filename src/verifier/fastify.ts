/**
 * The face of `bulla/verifier/fastify`: a resource server in Fastify, as a hook.
 *
 * @see docs/start/resource-servers.md#fastify
 *
 * @module
 */

/// <reference types="fastify" preserve="true" />

import type { AnswerHeaders, ServerAnswer } from './answer.ts'
import { certificateOfSocket } from './certificate.ts'
import { besideOwn } from './cors.ts'
import { createDescription } from './description.ts'
import type { Entitlement, RequestHeaders } from './index.ts'
import type { ResourceDescription } from './metadata.ts'
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
  /** What was read of the body, where the hook is `preHandler`. */
  readonly body?: unknown
  /** What the request's token entitles it to, once the hook has let it in. */
  entitlement?: Entitlement
}

/** What the hook uses of a reply of Fastify's. */
export interface FastifyReplyLike {
  /** Sets the status. */
  code(status: number): this
  /** Returns a header that was set. */
  getHeader(name: string): unknown
  /** Sets headers. */
  headers(headers: Record<string, string>): this
  /** Sends the answer. */
  send(body?: unknown): this
}

/** An `onRequest` or `preHandler` hook as Fastify takes it. */
export type FastifyHook = (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>

/** A hook that tells of the resource server, and where it does so: the option `resourceMetadata`. */
export type FastifyDescription = FastifyHook & { readonly url: string }

function setHeaders(reply: FastifyReplyLike, headers: AnswerHeaders): FastifyReplyLike {
  return reply.headers(besideOwn(headers, (name) => reply.getHeader(name)))
}

/** Sends bytes: to a text Fastify would add a charset, which JSON has not. */
function send(reply: FastifyReplyLike, { status, headers, body }: ServerAnswer): unknown {
  return setHeaders(reply.code(status), headers).send(new TextEncoder().encode(body))
}

/**
 * Lets in requests with a live access token that has the scope, with `request.entitlement`; all others get the answer of
 * RFC 6750 or RFC 9449. What fails beside goes to the error handler.
 *
 * @throws {TypeError | RangeError} as `createVerifier`; and when the scope is none, or an option goes with no verifier
 * @example
 * import { readFileSync } from 'node:fs'
 * import { entitlementOf, resourceServer } from 'bulla/verifier/fastify'
 * import fastify from 'fastify'
 *
 * const keys = readFileSync('keys.json', 'utf8')
 * const site = { issuer: 'https://auth.example.com', resource: 'https://api.example.com', keys }
 * const onRequest = resourceServer({ ...site, scope: 'notes:read' })
 * const app = fastify()
 * app.get('/notes', { onRequest }, async (request) => ({ hello: entitlementOf(request).sub }))
 */
export function resourceServer(options: ResourceServerOptions<FastifyRequestLike>): FastifyHook {
  const admit = readResourceServer(options, ({ raw }) => certificateOfSocket(raw.socket))
  return async function resourceServerHook(request, reply) {
    const { method, originalUrl: url, protocol: scheme = 'http', raw } = request
    const shown = { method, url, headers: raw.rawHeaders ?? raw.headers, scheme, native: raw }
    const { entitlement, headers, answer } = await admit(request, shown)
    if (answer !== undefined) return send(reply, answer)
    request.entitlement = entitlement
    setHeaders(reply, headers)
    return undefined
  }
}

/**
 * Tells of the resource server (RFC 9728), at the path that belongs to its URL and at the root: an `onRequest` hook of the whole
 * application.
 *
 * @throws {TypeError | RangeError} as `describeResource`
 * @example
 * import { describe } from 'bulla/verifier/fastify'
 * import fastify from 'fastify'
 *
 * const app = fastify()
 * app.addHook('onRequest', describe({ resource: 'https://api.example.com', issuer: 'https://auth.example.com' }))
 */
export function describe(description: ResourceDescription): FastifyDescription {
  const { url, answer } = createDescription(description)
  const hook: FastifyHook = async ({ method, originalUrl, raw }, reply) => {
    const told = answer({ method, url: originalUrl, headers: raw.headers })
    return told === undefined ? undefined : send(reply, told)
  }
  return Object.assign(hook, { url })
}

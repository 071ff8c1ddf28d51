/**
 * The face of `bulla/verifier/fetch`: a resource server as a `fetch` handler, where there is no framework: in Workers, Deno, Bun, Node.
 *
 * @see docs/start/resource-servers.md
 *
 * @module
 */

import type { Entitlement } from '../token/entitlement.ts'
import { type AnswerHeaders, toResponse } from './answer.ts'
import { certificateOfWorkers } from './certificate.ts'
import { besideOwn } from './cors.ts'
import { createDescription } from './description.ts'
import type { ResourceDescription } from './metadata.ts'
import { type ResourceServerOptions, readResourceServer } from './resource_server.ts'

export type { Entitlement } from '../token/entitlement.ts'

/** Answers a request that was let in. */
export type EntitledHandler = (request: Request, entitlement: Entitlement) => Response | Promise<Response>

/** Has a request answered: by the handler if it is let in, else by itself. */
export type FetchResourceServer = (request: Request, handle: EntitledHandler) => Promise<Response>

/** Answers requests for the metadata, and no others; and where they are: the option `resourceMetadata`. */
export type FetchDescription = ((request: Request) => Response | undefined) & { readonly url: string }

/** Returns a response with these headers too; its own are kept. What `fetch` gave cannot be written to. */
function withHeaders(response: Response, headers: AnswerHeaders): Response {
  const more = Object.entries(besideOwn(headers, (name) => response.headers.get(name)))
  if (more.length === 0) return response
  const answer = new Response(response.body, response)
  for (const [name, value] of more) answer.headers.set(name, value)
  return answer
}

/**
 * Lets in requests with a live access token that has the scope; all others get the answer of RFC 6750 or RFC 9449. What the
 * handler throws goes through.
 *
 * @throws {TypeError | RangeError} as `createVerifier`; and when the scope is none, or an option goes with no verifier
 * @example
 * import { resourceServer } from 'bulla/verifier/fetch'
 *
 * export default {
 *   fetch(request: Request, env: { readonly KEYS: string }): Promise<Response> {
 *     const site = { issuer: 'https://auth.example.com', resource: 'https://api.example.com', keys: env.KEYS }
 *     const admit = resourceServer({ ...site, scope: 'notes:read' })
 *     return admit(request, (_, entitlement) => Response.json({ hello: entitlement.sub }))
 *   },
 * }
 */
export function resourceServer(options: ResourceServerOptions<Request>): FetchResourceServer {
  const admit = readResourceServer(options, certificateOfWorkers)
  return async (request, handle) => {
    const { method, url, headers } = request
    const admission = await admit(request, { method, url, headers, native: request })
    if (admission.answer !== undefined) return toResponse(admission.answer)
    return withHeaders(await handle(request, admission.entitlement), admission.headers)
  }
}

/**
 * Tells of the resource server (RFC 9728), at the path that belongs to its URL and at the root. Ask it first.
 *
 * @throws {TypeError | RangeError} as `describeResource`
 * @example
 * import { describe } from 'bulla/verifier/fetch'
 *
 * const description = describe({ resource: 'https://api.example.com', issuer: 'https://auth.example.com' })
 *
 * export function handle(request: Request): Response {
 *   return description(request) ?? new Response('nothing here', { status: 404 })
 * }
 */
export function describe(description: ResourceDescription): FetchDescription {
  const { url, answer } = createDescription(description)
  return Object.assign(
    (request: Request) => {
      const told = answer(request)
      return told === undefined ? undefined : toResponse(told)
    },
    { url },
  )
}

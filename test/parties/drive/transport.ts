/**
 * How the drive reaches an issuer that stands behind what ends TLS for it, as a proxy does, or a platform: by its own connection for
 * each request, so that of several processes another is asked each time.
 *
 * @module
 */

import { request as requestOf } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Ask } from '../person.ts'

/** Statuses that have no body (Fetch Standard). */
const BODILESS: readonly number[] = [101, 204, 205, 304]

/** Returns an answer as it came; `Set-Cookie` may stand there several times. */
export function answerOf(
  status: number,
  headers: readonly (readonly [string, string])[],
  body: Buffer | string,
): Response {
  const answer = new Response(BODILESS.includes(status) ? null : new Uint8Array(Buffer.from(body)), { status })
  for (const [name, value] of headers) answer.headers.append(name, value)
  return answer
}

/** What a proxy tells of a request: by which host and scheme it was asked for. */
export function forwarded(request: Request): { readonly path: string; readonly headers: Record<string, string> } {
  const { host, protocol, pathname, search } = new URL(request.url)
  const headers = { ...Object.fromEntries(request.headers), host, 'x-forwarded-proto': protocol.slice(0, -1) }
  return { path: pathname + search, headers }
}

/** Asks what listens to a port of this machine. */
export function askAt(port: number): (...call: Parameters<Ask>) => Promise<Response> {
  return async (request) => {
    const { path, headers } = forwarded(request)
    const { method } = request
    const body = Buffer.from(await request.arrayBuffer())
    const sent = body.length > 0 ? { ...headers, 'content-length': String(body.length) } : headers
    return new Promise((resolve, reject) => {
      const call = requestOf(
        { host: '127.0.0.1', port, path, method, headers: sent, agent: false },
        async (response) => {
          const { statusCode = 0, rawHeaders } = response
          const pairs = rawHeaders.flatMap((name, at) =>
            at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [],
          )
          resolve(answerOf(statusCode, pairs, await buffer(response)))
        },
      )
      call.once('error', reject).end(body)
    })
  }
}

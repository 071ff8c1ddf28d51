/**
 * The issuer on Vercel's edge: there are no sockets, so Redis is asked by HTTP, as Upstash speaks.
 *
 * @module
 */

import { handle } from 'hono/vercel'
import { createIssuer, readBindings } from '../../../src/index.ts'
import { createRedisGuard, createRedisRevocations, type SendCommand } from '../../../src/stores/index.ts'
import { schemeOf } from '../../parties/drive/scheme.ts'

/** What whoever makes the bundle puts in its place. */
declare const BINDINGS: Readonly<Record<string, unknown>>
declare const REDIS: { readonly url: string; readonly token: string }
declare function addEventListener(
  type: 'fetch',
  listener: (event: { readonly request: Request; respondWith(answer: Response | Promise<Response>): void }) => void,
): void

const headers = { authorization: `Bearer ${REDIS.token}` }
const send: SendCommand = async (command) => {
  const answer = await fetch(REDIS.url, { method: 'POST', headers, body: JSON.stringify(command) })
  const { result, error } = (await answer.json()) as { result?: unknown; error?: string }
  if (error !== undefined) throw new Error(error)
  return result
}
const stores = { guard: createRedisGuard({ send }), revocations: createRedisRevocations({ send }) }
const answer = handle(createIssuer({ ...readBindings(BINDINGS), ...stores, scheme: schemeOf }))
addEventListener('fetch', (event) => event.respondWith(answer(event.request)))

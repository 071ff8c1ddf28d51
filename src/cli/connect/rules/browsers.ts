/**
 * What clients in a browser need beside the rest: that pages of other origins may ask, and read (Fetch §3.2).
 *
 * @module
 */

import type { Reply } from './answer.ts'
import { type Finding, warns } from './finding.ts'

/** An origin that a client in a browser has: the inspector's. */
export const ORIGIN = 'http://localhost:6274'

/** Returns the headers of the question that a browser asks before a request. */
export function preflight(method: string, headers: readonly string[]): Readonly<Record<string, string>> {
  return {
    origin: ORIGIN,
    'access-control-request-method': method,
    'access-control-request-headers': [...headers].sort().join(','),
  }
}

/** Returns the names in a list of them, in lower case. */
function namesIn(list = ''): readonly string[] {
  return list.split(',').map((name) => name.trim().toLowerCase())
}

/** Tells whether a page of that origin may read an answer. */
function isReadable(reply: Reply): boolean {
  return reply.ok && ['*', ORIGIN].includes(reply.headers['access-control-allow-origin'] ?? '')
}

/** Tells whether a browser that asked before may go on; `*` does not stand for `Authorization`. */
export function isAllowed(reply: Reply, headers: readonly string[]): boolean {
  if (!reply.ok || reply.status < 200 || reply.status > 299 || !isReadable(reply)) return false
  const allowed = namesIn(reply.headers['access-control-allow-headers'])
  return headers.every((name) => allowed.includes(name) || (allowed.includes('*') && name !== 'authorization'))
}

/** Tells whether a page sees the challenge of a 401. */
export function isChallengeSeen(reply: Reply): boolean {
  if (!reply.ok || !isReadable(reply)) return false
  const exposed = namesIn(reply.headers['access-control-expose-headers'])
  return exposed.includes('*') || exposed.includes('www-authenticate')
}

/** Tells whether a page may read a document. */
export function isDocumentSeen(reply: Reply): boolean {
  return isReadable(reply) && reply.ok && reply.status === 200
}

/** Returns what clients in a browser lack at a server: what was looked at, and whether it is fine. */
export function judgeBrowsers(
  party: 'api' | 'issuer',
  seen: readonly (readonly [string, boolean])[],
): readonly Finding[] {
  const lacking = seen.filter(([, isFine]) => !isFine).map(([what]) => what)
  if (lacking.length === 0) return []
  const who = party === 'api' ? 'API' : 'issuer'
  const mend =
    party === 'api'
      ? 'Answer OPTIONS before the token is checked, allow Authorization, Content-Type and MCP-Protocol-Version, and expose WWW-Authenticate.'
      : 'Allow any origin at these addresses, with Content-Type and MCP-Protocol-Version.'
  return [
    warns(
      party,
      `${party}_cors`,
      `Clients in a browser cannot use the ${who}: it does not let pages of other origins have ${lacking.join(', ')}.`,
      mend,
    ),
  ]
}

/**
 * Which pushed requests a browser has opened while their request URIs lived: it may open them again afterwards, for a page
 * is reloaded whenever its reader likes.
 *
 * @module
 */

import type { Context } from 'hono'
import { digestLabels } from '../../keys/digest.ts'
import type { Cookies } from '../http/cookies.ts'
import type { Pushed } from './authorization_request.ts'

/** How many are known at once: as many tabs. */
const MOST = 8

/** The pushed requests that the browsers which ask have opened. */
export interface OpenedRequests {
  has(c: Context, pushed: Pushed): boolean
  note(c: Context, pushed: Pushed): void
}

/** Names a request. Nobody but the issuer can: the name that it comes from is sealed in the request URI. */
function markOf({ jti }: Pushed): string {
  return digestLabels('opened', jti).slice(0, 22)
}

/** Returns what browsers have opened. */
export function createOpenedRequests(cookies: Cookies): OpenedRequests {
  const read = (c: Context): readonly string[] => (cookies.get(c, 'pushed') ?? '').split('.')
  return {
    has: (c, pushed) => read(c).includes(markOf(pushed)),
    note(c, pushed) {
      const [mark, known] = [markOf(pushed), read(c)]
      if (known[0] === mark) return
      const others = known.filter((one) => one !== mark && /^[A-Za-z0-9_-]{22}$/.test(one))
      cookies.set(c, 'pushed', [mark, ...others].slice(0, MOST).join('.'))
    },
  }
}

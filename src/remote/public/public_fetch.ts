/**
 * The fetch for URLs that strangers name. It reaches the public Internet alone.
 *
 * @module
 */

import { isStrangersUrl } from '../../protocol/remote_url.ts'
import type { Fetch } from '../document.ts'
import { createNodeFetch, createResolve } from './node_fetch.ts'
import { findIsPublic } from './public_address.ts'

/** Says why nothing is fetched. */
function refuse(code: string): never {
  throw new TypeError('fetch failed', { cause: { code } })
}

/** Returns the fetch of this runtime that reaches no private network. */
function findFetch(isLoopbackAllowed: boolean): Fetch {
  const isPublic = findIsPublic()
  if (isPublic !== undefined) return createNodeFetch({ isPublic, resolve: createResolve(), isLoopbackAllowed })
  // Workers run where there is no private network to reach.
  if (globalThis.navigator?.userAgent === 'Cloudflare-Workers') return (url, init) => globalThis.fetch(url, init)
  // Of any other nobody knows: it takes a fetch of the operator's.
  return async () => refuse('NO_PUBLIC_FETCH')
}

/**
 * Returns a fetch for URLs that strangers name: https on port 443 of a host with a public name.
 *
 * @param isLoopbackAllowed whether this very machine may be reached too, at any port: for development
 * @param own one in place of the runtime's: what it reaches is the operator's to know
 */
export function createPublicFetch(isLoopbackAllowed: boolean, own?: Fetch): Fetch {
  const fetch = own ?? findFetch(isLoopbackAllowed)
  return async (url, init) => (isStrangersUrl(url, isLoopbackAllowed) ? fetch(url, init) : refuse('NO_PUBLIC_NAME'))
}

/**
 * Where a request is for: its host and its path, apart (RFC 9112 §3.2, RFC 9110 §7.1, §7.2). Both are what a client writes:
 * none is believed that the server's own settings do not know.
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import { normalizeUri } from '../token/http_uri.ts'
import type { ReadRequest } from './request.ts'

/** A path as it came, and what stands behind it. No backslash, no fragment, nothing that is not visible ASCII. */
const TARGET = /^(\/[!"$->@-[\]-~]*)(?:\?[^#]*)?$/

/** Scheme and host of a URL, and the target: all before the fragment, which a `Request` keeps. */
const ABSOLUTE = /^(?<scheme>https?):\/\/(?<authority>[^/?#\\]*)(?<rest>[^#]*)/i

/** A segment that leads elsewhere, with whatever some server takes for its ends (RFC 3986 §5.2.4). */
const DOT_SEGMENT = /(?:\/|%2f|%5c)(?:\.|%2e){1,2}(?=$|\/|;|%2f|%5c|%3b)/i

/** A URL of this server, and whether requests must say that they are for its host. */
export interface Base {
  /** Origin and path before those of requests. */
  readonly url: string
  /** The hosts, in lower case, of which a request must name one and no other; nothing where a proxy stands between. */
  readonly hosts: readonly string[] | undefined
}

/**
 * Returns the URL that a server stands at: the one that it is told; else the origin of its resource, if that is an http(s)
 * URL.
 *
 * @throws {RangeError} when `baseUrl` is no http(s) URL without query, fragment and user
 */
export function baseOf(baseUrl: string | undefined, resource: string): Base | undefined {
  if (baseUrl !== undefined) {
    const isBase = normalizeUri(baseUrl) !== undefined && !/[?#]/.test(baseUrl) && !DOT_SEGMENT.test(baseUrl)
    if (!isBase) throw new RangeError('"baseUrl" expected a URL without query and fragment')
    return { url: baseUrl.replace(/\/$/, ''), hosts: undefined }
  }
  if (normalizeUri(resource) === undefined) return undefined
  const { protocol, origin, host, hostname, port } = new URL(resource)
  return { url: origin, hosts: [host, `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`] }
}

/** Tells whether all that a request says of scheme and host is the base's, and that it says both. */
function isAt(url: string, hosts: readonly string[], scheme: string | undefined, told: readonly string[]): boolean {
  return url.startsWith(`${scheme}://`) && told.length > 0 && told.every((host) => hosts.includes(host.toLowerCase()))
}

/**
 * Returns the URL that a proof for this request must name. Its path is the text that came: what a router made of it is of
 * the same text.
 *
 * @throws {TokenError} `proof_request` when it has no path, or one that may lead elsewhere; `proof_origin` when it is not for
 * the origin of this server, as far as it tells
 */
export function urlOf(request: ReadRequest, base: Base | undefined): string {
  const { scheme, authority, rest } = (request.isTarget ? undefined : ABSOLUTE.exec(request.url))?.groups ?? {}
  // A URL may leave its path out, if nothing stands where some would look for it (RFC 3986 §6.2.3).
  const path = TARGET.exec(rest === '' ? '/' : (rest ?? request.url))?.[1]
  if (path === undefined || DOT_SEGMENT.test(path)) throw new TokenError('proof_request')
  if (base === undefined) throw new TokenError('proof_origin')
  const { url, hosts } = base
  const told = [authority, request.header('host'), request.header(':authority')].filter((host) => host !== undefined)
  if (hosts !== undefined && !isAt(url, hosts, (scheme ?? request.scheme)?.toLowerCase(), told))
    throw new TokenError('proof_origin')
  return url + path
}

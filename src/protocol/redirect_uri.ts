/**
 * Redirect URIs: which may be registered, which one is meant, and how the answer is put on it (RFC 6749 §3.1.2,
 * RFC 8252 §7, RFC 9700 §4.1.3).
 *
 * @module
 */

import { hasHost } from '../../keys/identifier.ts'

/** `http` on a loopback host: host, port if any, and the rest. */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::([0-9]{1,5}))?(\/[^\s]*)?$/

/** A private-use scheme: with a dot, and a single slash (RFC 8252 §7.1). */
const PRIVATE_USE = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:\/(?!\/)/

/** Visible ASCII without what browsers and servers read differently: quotes, angles, backslash, fragment, caret, braces. */
const PLAIN = /^[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/

function hasDotSegments(path: string): boolean {
  return path.split(/[/?]/).some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment)) || path.includes('..;')
}

/**
 * Checks a redirect URI that is to be registered.
 *
 * Taken are `https`, `http` on `127.0.0.1`, `[::1]` or `localhost`, and private-use schemes with a dot; without user,
 * fragment, dot segments, or anything but plain visible ASCII, and in the form that a URL parser leaves alone. A `*` is refused
 * wherever it stands: URIs are compared as they are, and it would stand for nothing.
 *
 * @throws {RangeError} when it is any other
 */
export function checkRedirectUri(name: string, uri: string): void {
  const expected = `"${name}" expected https, http on a loopback host, or a private-use scheme with a dot, in plain form`
  if (uri.includes('*')) throw new RangeError(`"${name}" expected each URI written out: "*" stands for no other text`)
  if (!PLAIN.test(uri) || !URL.canParse(uri)) throw new RangeError(expected)
  const { protocol, username, password, href, pathname } = new URL(uri)
  const isKnown = protocol === 'https:' || LOOPBACK.test(uri) || PRIVATE_USE.test(uri)
  const isPlain = [uri, `${uri}/`].includes(href) || (protocol === 'https:' && href.replace('/?', '?') === uri)
  const isHosted = PRIVATE_USE.test(uri) || hasHost(uri)
  if (!isKnown || !isPlain || !isHosted || username + password !== '' || hasDotSegments(pathname))
    throw new RangeError(expected)
}

/** Tells whether a redirect URI leads to an app on the person's own device, which anybody there can pretend to be. */
export function isOnDevice(uri: string): boolean {
  return !uri.startsWith('https://')
}

/** Tells whether `presented` is `registered` but for the port of a loopback host (RFC 8252 §7.3). */
function isSameButPort(registered: string, presented: string): boolean {
  const [, host, , rest = ''] = LOOPBACK.exec(registered) ?? []
  const [, presentedHost, port = '0', presentedRest = ''] = LOOPBACK.exec(presented) ?? []
  return host !== undefined && host === presentedHost && Number(port) <= 65_535 && rest === presentedRest
}

/**
 * Tells whether a redirect URI is one of those that are registered: compared as texts (RFC 3986 §6.2.1), but that a
 * loopback host may have any port.
 */
export function isRegistered(presented: string, registered: readonly string[]): boolean {
  return registered.some((uri) => uri === presented || (PLAIN.test(presented) && isSameButPort(uri, presented)))
}

/** Returns the redirect URI with parameters added to its query, and nothing else of it changed (RFC 6749 §4.1.2). */
export function addParameters(uri: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  if (given.length === 0) return uri
  const separator = !uri.includes('?') ? '?' : /[?&]$/.test(uri) ? '' : '&'
  return uri + separator + new URLSearchParams(given).toString()
}

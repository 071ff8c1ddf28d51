/**
 * Redirect URIs: which may be registered, which one is meant, and how the answer is put on it (RFC 6749 §3.1.2,
 * RFC 8252 §7, RFC 9700 §4.1.3).
 *
 * @module
 */

import { isDeniedScheme } from './denied_schemes.ts'

/** The most characters that a redirect URI may have. */
const LONGEST = 512

/** `http` on a loopback host: host, port if any, and the rest. */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::([0-9]{1,5}))?(\/[^\s]*)?$/

/** A scheme of an app's own, with a path or with a host and a path (RFC 8252 §7.1): Cursor's is `cursor://anysphere.cursor-mcp/…`. */
const PRIVATE_USE = /^([a-z][a-z0-9+.-]+):\/(?:(?!\/)|\/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\/)/

/** The host of an `https` URL: a name, or an address as a URL parser writes it. No dot stands at its end, or beside another. */
const HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])$/

/** An address, as a URL parser writes it. */
const ADDRESS = /\[|\.[0-9]+$/

/** A name by which machines call themselves (RFC 6761 §6.3). */
const OWN_MACHINE = /(?:^|\.)localhost$/

/** Visible ASCII without what browsers and servers read differently: quotes, angles, backslash, fragment, caret, braces. */
const PLAIN = /^[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/

/** A percent sign that escapes nothing, or a control character. */
const BAD_ESCAPE = /%(?![0-9a-f]{2})|%[01][0-9a-f]|%7f/i

/** What answers add to a query (RFC 6749 §4.1.2, RFC 9207 §2, JARM §2.3.1): a client would find it twice, and may take the first. */
const ADDED: ReadonlySet<string> = new Set([
  'code',
  'state',
  'iss',
  'error',
  'error_description',
  'error_uri',
  'response',
])

/** Returns a parameter's name as those read it that take `code[]`, ` code` and `error.description` for others: PHP, and `qs` of Express. */
function readByOthers(name: string): string {
  return name.trim().replace(/\[.*/s, '').replaceAll(/[ .]/g, '_')
}

/** Tells whether a path leads upwards for somebody, who may take an escaped slash for one. A parser hides the `.` of `a:/.//b`. */
function hasDotSegments(uri: string): boolean {
  const path = uri.replace(/\?.*/s, '')
  return path.split(/\/|%2f|%5c/i).some((one) => /^(?:\.|%2e){1,2}(?:;|%3b|$)/i.test(one)) || path.includes('..;')
}

/** Returns what a redirect URI was expected to be, and is not; nothing where it may be registered. */
function faultOf(uri: string): string | undefined {
  if (uri.includes('*')) return 'each URI written out: "*" stands for no other text'
  if (uri.length > LONGEST) return `at most ${LONGEST} characters`
  const expected = 'https, http on a loopback host, or an app\'s own scheme with "/" or "//host/", in plain form'
  if (!PLAIN.test(uri) || BAD_ESCAPE.test(uri) || !URL.canParse(uri)) return expected
  const { protocol, username, password, hostname, href } = new URL(uri)
  const isWeb = protocol === 'https:' && HOST.test(hostname)
  const isOwn = PRIVATE_USE.test(uri) && !isDeniedScheme(protocol.slice(0, -1))
  const isPlain = [uri, `${uri}/`].includes(href) || (isWeb && href.replace('/?', '?') === uri)
  if (!(isWeb || isOwn || LOOPBACK.test(uri)) || !isPlain || username + password !== '' || hasDotSegments(uri))
    return expected
  const added = [...new URL(uri).searchParams.keys()].find((name) => ADDED.has(readByOthers(name)))
  return added === undefined ? undefined : `a query without what an answer adds: "${added}"`
}

/** Tells whether a redirect URI may be registered, as {@link checkRedirectUri} has it. */
export function mayBeRegistered(uri: string): boolean {
  return faultOf(uri) === undefined
}

/**
 * Checks that a redirect URI may be registered.
 *
 * Taken are `https`, `http` on `127.0.0.1`, `[::1]` or `localhost`, and schemes of an app's own, which `DENIED_SCHEMES` are not,
 * with `/` or `//host/`; without user, fragment, dot segments, or anything but plain visible ASCII, at most 512 characters, and in
 * the form that a URL parser leaves alone, and without a parameter in its query that an answer adds (RFC 6749 §3.1: none is there
 * twice). A `*` is refused wherever it stands: URIs are compared as they are, and it would stand
 * for nothing. What an `https` URL's host is is not checked: see {@link checkWalkInRedirectUri}.
 *
 * @throws {RangeError} when it is any other
 */
export function checkRedirectUri(name: string, uri: string): void {
  const fault = faultOf(uri)
  if (fault !== undefined) throw new RangeError(`"${name}" expected ${fault}`)
}

/** Where a client is that nobody has configured. */
export interface WalkInPlace {
  /** The issuer's URL: nobody else answers at its host. */
  readonly issuer: string
  /** The hosts that `https` redirect URIs may be on, at any port. Default: all. */
  readonly redirectHosts?: ReadonlySet<string> | undefined
}

/**
 * Checks a redirect URI of a client that nobody has configured: it may be registered, and with `https` its host is a name, of
 * another machine than the person's own, and not the issuer's. What is registered for long is checked so at every use.
 *
 * @throws {RangeError} when it is any other
 */
export function checkWalkInRedirectUri(name: string, uri: string, { issuer, redirectHosts }: WalkInPlace): void {
  checkRedirectUri(name, uri)
  if (isOnDevice(uri)) return
  const { hostname } = new URL(uri)
  if (ADDRESS.test(hostname) || OWN_MACHINE.test(hostname))
    throw new RangeError(`"${name}" expected https on a host with a name of its own`)
  if (hostname === new URL(issuer).hostname) throw new RangeError(`"${name}" expected another host than the issuer's`)
  if (redirectHosts?.has(hostname) === false)
    throw new RangeError(`"${name}" expected one of the hosts in "redirect_hosts"`)
}

/** Tells whether a redirect URI leads to an app on the person's own device, which anybody there can pretend to be. */
export function isOnDevice(uri: string): boolean {
  return !uri.startsWith('https://')
}

/** Tells whether `presented` is `registered` but for the port of a loopback host (RFC 8252 §7.3). */
function isSameButPort(registered: string, presented: string): boolean {
  const [, host, , rest = ''] = LOOPBACK.exec(registered) ?? []
  const [, presentedHost, port = '', presentedRest = ''] = LOOPBACK.exec(presented) ?? []
  return host !== undefined && host === presentedHost && Number(port) <= 65_535 && rest === presentedRest
}

/**
 * Tells whether a redirect URI is one of those that are registered: compared as texts (RFC 3986 §6.2.1), but that a
 * loopback host may have any port. What may not be registered any more is none of them.
 */
export function isRegistered(presented: string, registered: readonly string[]): boolean {
  const uri = registered.find((one) => one === presented || (PLAIN.test(presented) && isSameButPort(one, presented)))
  return uri !== undefined && mayBeRegistered(uri)
}

/** Returns the redirect URI with parameters added to its query, and nothing else of it changed (RFC 6749 §4.1.2). */
export function addParameters(uri: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  if (given.length === 0) return uri
  const separator = !uri.includes('?') ? '?' : /^[^?]*\?$|&$/.test(uri) ? '' : '&'
  return uri + separator + new URLSearchParams(given).toString()
}

/**
 * What issuers and resources are called: URIs. Issuers are compared letter by letter (RFC 8414 §2), resources by what the
 * letters mean (RFC 3986 §6.2): the spelling of the settings is the one that counts.
 *
 * @module
 */

import { checkText } from './check.ts'

/** Tells whether a URL is on this very machine: only then may an issuer be http, and have development fixtures. */
export function isLoopback(url: string): boolean {
  return URL.canParse(url) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
}

/** Tells whether a URL has the name or the address of a host; a pattern, such as `*.example.com`, names none. */
export function hasHost(url: string): boolean {
  // A bracket that was read as a URL is that of an IPv6 address.
  return URL.canParse(url) && /^[a-z0-9._-]+$|\[/.test(new URL(url).hostname)
}

/**
 * Checks that something is the URL of an issuer: https, or http on this very machine, in the one spelling that it has.
 *
 * @throws {TypeError} when it is no text
 * @throws {RangeError} when no issuer can be called so
 */
export function checkIssuer(name: string, issuer: unknown): asserts issuer is string {
  checkText(name, issuer, /^https?:\/\/[^\s?#]+$/, 'the URL of the issuer: https, without query or fragment')
  // An origin has no user, and so has what is compared.
  const { protocol, origin, pathname } = URL.canParse(issuer) ? new URL(issuer) : new URL('a:')
  if ((pathname === '/' ? origin : origin + pathname) !== issuer || issuer.endsWith('/') || !hasHost(issuer))
    throw new RangeError(`"${name}" expected a URL in its plain form: lower case, no user, no slash at the end`)
  if (protocol === 'http:' && !isLoopback(issuer))
    throw new RangeError(`"${name}" expected https; http only on localhost`)
}

/** Tells whether a text is an absolute URI without a fragment (RFC 8707 §2), in visible ASCII, and no pattern of hosts. */
export function isResourceUri(text: string): boolean {
  if (/^https?:/i.test(text) && !hasHost(text)) return false
  return /^[a-z][a-z0-9+.-]*:[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/i.test(text) && URL.canParse(text)
}

/**
 * Checks that something is the URI of a resource, as {@link isResourceUri} has it.
 *
 * @throws {TypeError} when it is no text
 * @throws {RangeError} when no resource can be called so
 */
export function checkResource(name: string, resource: unknown): asserts resource is string {
  const expected = 'the URI of the resource: absolute, without a fragment'
  checkText(name, resource, /^/, expected)
  if (!isResourceUri(resource)) throw new RangeError(`"${name}" expected ${expected}`)
}

/**
 * Returns an http(s) URI in the form that its equals share: scheme and host in lower case, the scheme's own port left out, an
 * empty path as `/` (RFC 3986 §6.2.2.1, §6.2.3). All else stays, and so does a URI of another scheme.
 */
function normalFormOf(uri: string): string {
  const authority = /^(https?:\/\/)((?:[^/?#]*@)?)([^/?#]*)\/?/i
  return uri.replace(authority, (_, scheme: string, user: string, host: string) => {
    const start = scheme.toLowerCase()
    return `${start}${user}${host.toLowerCase().replace(start === 'https://' ? /:443$/ : /:80$/, '')}/`
  })
}

/** Tells whether two URIs name one resource: `https://h` and `https://h/` do, `https://h/a` and `https://h/a/` do not. */
export function isSameResource(a: string, b: string): boolean {
  return normalFormOf(a) === normalFormOf(b)
}

/** Returns the one among these resources that a URI names, in their own spelling; nothing when it names none. */
export function findResource(resources: Iterable<string>, uri: string): string | undefined {
  if (resources instanceof Set && resources.has(uri)) return uri
  const form = normalFormOf(uri)
  for (const one of resources) if (normalFormOf(one) === form) return one
  return undefined
}

/**
 * Returns of these URIs, each taken once, which resource it names, as {@link findResource} does, by one look at the resources: a stranger
 * says how many URIs there are.
 */
export function findResources(resources: Iterable<string>, uris: Iterable<string>): readonly (string | undefined)[] {
  const known = new Map<string, string>()
  for (const one of resources) {
    const form = normalFormOf(one)
    known.set(form, known.get(form) ?? one)
    known.set(one, one)
  }
  return [...new Set(uris)].map((uri) => known.get(uri) ?? known.get(normalFormOf(uri)))
}

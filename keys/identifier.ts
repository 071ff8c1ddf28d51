/**
 * What issuers and resources are called: URIs that are compared letter by letter (RFC 8414 §2, RFC 8707 §2).
 *
 * @module
 */

import { checkText } from './check.ts'

/** Tells whether a URL is on this very machine: only then may an issuer be http, and have development fixtures. */
export function isLoopback(url: string): boolean {
  return URL.canParse(url) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
}

/**
 * Checks that something is the URL of an issuer: https, or http on this very machine, in the one spelling that it has.
 *
 * @throws {TypeError} when it is no text
 * @throws {RangeError} when no issuer can be called so
 */
export function checkIssuer(name: string, issuer: unknown): asserts issuer is string {
  checkText(name, issuer, /^https?:\/\/[^\s?#]+$/, 'the URL of an issuer: https, without query or fragment')
  if (!URL.canParse(issuer)) throw new RangeError(`"${name}" expected a URL`)
  const { protocol, origin, pathname, username, password } = new URL(issuer)
  const spelled = pathname === '/' ? origin : origin + pathname
  if (username + password !== '' || spelled !== issuer || issuer.endsWith('/'))
    throw new RangeError(`"${name}" expected a URL in its plain form: lower case, no user, no slash at the end`)
  if (protocol === 'http:' && !isLoopback(issuer))
    throw new RangeError(`"${name}" expected https; http only on localhost`)
}

/** Tells whether a text is an absolute URI without a fragment (RFC 8707 §2), in visible ASCII. */
export function isResourceUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/i.test(text) && URL.canParse(text)
}

/**
 * Checks that something is the URI of a resource, as {@link isResourceUri} has it.
 *
 * @throws {TypeError} when it is no text
 * @throws {RangeError} when no resource can be called so
 */
export function checkResource(name: string, resource: unknown): asserts resource is string {
  const expected = 'the URI of a resource: absolute, without a fragment'
  checkText(name, resource, /^/, expected)
  if (!isResourceUri(resource)) throw new RangeError(`"${name}" expected ${expected}`)
}

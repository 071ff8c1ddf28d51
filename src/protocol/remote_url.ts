/**
 * URLs that something is fetched from: a rule for what they may be, and no more. Whoever fetches is elsewhere.
 *
 * @module
 */

import { hasHost, isLoopback } from '../../keys/identifier.ts'

/** Hosts that lead to this machine or its own network, whatever the operator's name server says. */
function isInternal(hostname: string): boolean {
  // What has no dot is called so in its own network alone, or is an address of IPv6.
  return /^[\d.]+$|\.(?:localhost|local|internal|home\.arpa)$|^[^.]+$|\.$/.test(hostname)
}

/**
 * Checks a URL that something is to be fetched from: https on a host with a public name, without a user.
 *
 * @param isLoopbackAllowed whether http and https on this very machine will do too: for development
 * @param privateHost the one host without a public name that will do too, by https
 * @throws {RangeError} when it is any other
 */
export function checkRemoteUrl(
  name: string,
  url: unknown,
  isLoopbackAllowed: boolean,
  privateHost?: string,
): asserts url is string {
  const expected = `"${name}" expected an https URL of a public host`
  if (typeof url !== 'string' || !URL.canParse(url)) throw new RangeError(expected)
  const { protocol, hostname, username, password, hash } = new URL(url)
  const isKnown = hasHost(url) && (!isInternal(hostname) || hostname === privateHost)
  const isFine = (isLoopback(url) && isLoopbackAllowed) || (protocol === 'https:' && isKnown)
  if (!isFine || !['http:', 'https:'].includes(protocol) || username + password + hash !== '')
    throw new RangeError(expected)
}

/**
 * Tells whether a URL that a stranger named is one to fetch from: https on port 443 of a host with a public name, without user,
 * query or fragment, with a path, and written as a URL parser leaves it.
 *
 * This does NOT tell where the name leads: whoever fetches does.
 *
 * @param isLoopbackAllowed whether https on this very machine will do too, at any port: for development
 */
export function isStrangersUrl(url: string, isLoopbackAllowed: boolean): boolean {
  if (!/^https:\/\/[^?#\\]+$/.test(url) || !URL.canParse(url)) return false
  const { href, hostname, port, pathname, username, password } = new URL(url)
  if (href !== url || pathname === '/' || username + password !== '' || !hasHost(url)) return false
  return isLoopback(url) ? isLoopbackAllowed : port === '' && !isInternal(hostname)
}

/** Returns the host of a URL that need not be a public one: its own, where the operator says so. */
export function privateHostOf(url: unknown, isAllowed: unknown): string | undefined {
  return isAllowed === true && typeof url === 'string' && URL.canParse(url) ? new URL(url).hostname : undefined
}

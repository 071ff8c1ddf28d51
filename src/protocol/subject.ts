/**
 * Subjects: who a token is about. Those that nobody logged in as bear a prefix that no person's can have, so that none
 * can be taken for another (RFC 9700 §4.15).
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'

/**
 * Returns who the user of a provider is here: derived from issuer and subject together, letter by letter, and never from an
 * e-mail address (OpenID Connect Core §5.7).
 */
export function upstreamSubject(iss: string, sub: string): string {
  return digestLabels('sub', iss, sub)
}

/**
 * Returns who the user of one of several providers is here.
 *
 * @param provider what the settings call it: without a bar, so that no two providers give the same
 */
export function providerSubject(provider: string, id: string): string {
  return `${provider}|${id}`
}

/** Returns the subject of a client that acts for itself. */
export function clientSubject(id: string): string {
  return `client:${id}`
}

/** Returns the subject of a token that names nobody. */
export function anonymousSubject(id: string): string {
  return `anonymous:${id}`
}

/**
 * Returns the subject of somebody whom a trusted issuer vouches for.
 *
 * @param name what the settings call the issuer: without a colon, so that no two issuers give the same
 */
export function externalSubject(name: string, sub: string): string {
  return `external:${name}:${sub}`
}

/** Tells whether a subject is a client's, or nobody's: no one can be acted for by it. */
export function isImpersonal(sub: string): boolean {
  return /^(?:client|anonymous):/.test(sub)
}

/** Tells whether a subject is one that no person may log in as. */
export function isReservedSubject(sub: string): boolean {
  return isImpersonal(sub) || sub.startsWith('external:')
}

/** Tells whether a subject looks like one that was derived from a provider's issuer and subject. */
export function isDigestSubject(sub: string): boolean {
  return /^[\w-]{43}$/.test(sub)
}

/**
 * What a provider tells of a person, in the form that OpenID Connect Core §5.1 gives it: some write three claims otherwise, whoever
 * reads ours must not have to know that.
 *
 * @module
 */

import type { Claims } from '../openid/told_claims.ts'

/** An instant as RFC 3339 writes it. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/

/** Returns the truth of a text that is one (Apple, Cognito); all else as it stands there. */
function readTruth(value: unknown): unknown {
  return value === 'true' ? true : value === 'false' ? false : value
}

/** Returns the Unix seconds of an instant that is written out (Auth0); all else as it stands there. */
function readSeconds(value: unknown): unknown {
  if (typeof value !== 'string' || !INSTANT.test(value)) return value
  const seconds = Math.floor(Date.parse(value) / 1000)
  return Number.isNaN(seconds) ? value : seconds
}

const READERS: ReadonlyMap<string, (value: unknown) => unknown> = new Map([
  ['email_verified', readTruth],
  ['phone_number_verified', readTruth],
  ['updated_at', readSeconds],
])

/** Returns the claims of a provider, with these three as Core has them; what is not one of the forms above stays as it is. */
export function readProviderClaims(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, READERS.get(name)?.(value) ?? value]))
}

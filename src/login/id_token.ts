/**
 * ID tokens of a provider: a JWT → who logged in there, by its keys, for this issuer, in this transaction (OpenID Connect Core
 * §3.1.3.7).
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import { refusal } from '../protocol/error.ts'
import type { RemoteDocument } from '../remote/document.ts'
import { type AssertionClaims, CLOCK_TOLERANCE, isKeyMissing, openAssertion } from '../token/assertion.ts'
import { take } from './provider.ts'

/** Seconds that an ID token may be old. */
const LONGEST_LIFE = 600

/** What an ID token must be. */
export interface IdTokenRules {
  /** Whose it is, letter by letter. */
  readonly issuer: string
  readonly clientId: string
  readonly algorithms: readonly string[]
  readonly jwks: RemoteDocument
  /** Takes the keys of that issuer alone out of a JWK Set: the same object for the same set. Default: all are its own. */
  readonly keysOf?: (jwks: AssertionClaims) => object
}

/** Checks that an ID token was issued to us. */
function checkParty({ aud, azp }: AssertionClaims, clientId: string): void {
  const isManifold = Array.isArray(aud) && aud.length > 1
  if ((isManifold && azp === undefined) || (azp !== undefined && azp !== clientId)) {
    throw refusal('login_failed', 'provider_answer', 'the ID token was issued to another party')
  }
}

/**
 * Returns the claims of an ID token. The keys are asked for anew where one is missing.
 *
 * This does NOT check its nonce beyond that there is one: `readPerson` does.
 *
 * @throws {OAuthError} `login_failed` when it is not good; `temporarily_unavailable`, `server_error` when there are no keys
 */
export async function openIdToken(
  idToken: unknown,
  { issuer, clientId, algorithms, jwks, keysOf = (all) => all }: IdTokenRules,
  now: number,
): Promise<AssertionClaims> {
  if (typeof idToken !== 'string') throw refusal('login_failed', 'provider_answer', 'the token answer has no ID token')
  const expected = {
    issuer,
    audience: clientId,
    algorithms,
    required: ['sub', 'nonce'],
    now,
    clockTolerance: CLOCK_TOLERANCE,
    longestLife: LONGEST_LIFE,
  }
  const open = async (isLacking: boolean): Promise<AssertionClaims> =>
    openAssertion(idToken, keysOf(take('keys', await jwks.get(now, isLacking))), expected)
  try {
    const claims = await open(false).catch((error) => (isKeyMissing(error) ? open(true) : Promise.reject(error)))
    checkParty(claims, clientId)
    return claims
  } catch (cause) {
    throw cause instanceof TokenError
      ? refusal('login_failed', 'provider_answer', `ID token: ${cause.code}`, { cause })
      : cause
  }
}

/**
 * Proof key for code exchange: S256, and nothing else (RFC 7636).
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import { digestText, isEqual } from '../../keys/digest.ts'
import { refusal } from './error.ts'

/** The methods of a code challenge, as the metadata lists them. */
export const CODE_CHALLENGE_METHODS: readonly string[] = ['S256']

/** Returns the challenge of a verifier by S256 (RFC 7636 §4.2). */
export function challengeOf(verifier: string): string {
  return encodeBase64url(digestText(verifier))
}

/**
 * Reads a code challenge. The method must be given: without one it would be `plain` (RFC 7636 §4.3).
 *
 * @throws {OAuthError} `invalid_request`
 */
export function readChallenge(challenge: string | undefined, method: string | undefined): string {
  if (method !== 'S256') throw refusal('invalid_request', 'pkce', 'code_challenge_method is not S256')
  if (challenge === undefined || !/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    throw refusal('invalid_request', 'pkce', 'code_challenge is not 43 characters of base64url')
  }
  return challenge
}

/**
 * Checks a code verifier against the challenge (RFC 7636 §4.6), in constant time.
 *
 * @throws {OAuthError} `invalid_request` when it has not the form of one, `invalid_grant` when it is another
 */
export function checkVerifier(verifier: string, challenge: string): void {
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier))
    throw refusal('invalid_request', 'pkce', 'code_verifier is malformed')
  const encoder = new TextEncoder()
  if (!isEqual(encoder.encode(challenge), encoder.encode(challengeOf(verifier)))) {
    throw refusal('invalid_grant', 'pkce', 'code_verifier does not fit code_challenge')
  }
}

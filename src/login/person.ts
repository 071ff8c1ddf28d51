/**
 * Claims of a signed login → the person.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import { OAuthError } from '../protocol/error.ts'
import { visibleText } from '../protocol/visible.ts'
import { type AssertionClaims, CLOCK_TOLERANCE } from '../token/assertion.ts'
import type { Person, Transaction } from './authenticate.ts'

/** What may be shown as the name of a person: nothing with characters that nobody can see. */
export const PERSON_NAME: RegExp = visibleText(255)

/** Returns the nonce of a transaction: nobody who sees it learns the secret. */
export function nonceOf({ secret }: Transaction): string {
  return digestLabels('nonce', secret)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/**
 * Returns the person that the claims name, with `sub` as it stands there.
 *
 * @throws {OAuthError} `login_failed` when there is no subject, the nonce is another, or the login is older than was asked for
 */
export function readPerson(claims: AssertionClaims, transaction: Transaction): Person {
  const { sub, nonce, auth_time, acr, amr, name, preferred_username } = claims
  const { maxAge, now } = transaction
  if (!isText(sub) || sub.length > 255) throw new OAuthError('login_failed', 'the login has no subject')
  if (nonce !== nonceOf(transaction)) throw new OAuthError('login_failed', 'the login has another nonce')
  const at = Number.isSafeInteger(auth_time) ? (auth_time as number) : undefined
  if (maxAge !== undefined && (at === undefined || now - at > maxAge + CLOCK_TOLERANCE)) {
    throw new OAuthError('login_failed', 'the login is older than was asked for')
  }
  const shown = [preferred_username, name].filter(isText).find((text) => PERSON_NAME.test(text))
  const methods = Array.isArray(amr) ? amr.filter(isText) : []
  return {
    sub,
    auth_time: Math.min(at ?? now, now),
    ...(shown === undefined ? {} : { name: shown }),
    ...(isText(acr) ? { acr } : {}),
    ...(methods.length > 0 ? { amr: methods } : {}),
  }
}

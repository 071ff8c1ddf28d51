/**
 * The person that a login names: claims of a signed one → the person, and how new a login has to be, whoever vouches for it.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import { keepClaims } from '../openid/person_claims.ts'
import { refusal } from '../protocol/error.ts'
import { visibleText } from '../protocol/visible.ts'
import { type AssertionClaims, CLOCK_TOLERANCE } from '../token/assertion.ts'
import type { Person, Transaction } from './authenticate.ts'

/** What may be shown as the name of a person: nothing with characters that nobody can see. */
const NAME: RegExp = visibleText(255)

/** A context, and a method, of authentication: words and URIs for machines, in ASCII (RFC 6711, RFC 8176). */
const CONTEXT = /^[\x20-\x7e]{1,255}$/
const METHOD = /^[\x21-\x7e]{1,64}$/

/** How many methods of one login are told: RFC 8176 knows 21, and nobody logs in by all. */
const MOST_METHODS = 16

/** Returns the nonce of a transaction: nobody who sees it learns the secret. */
export function nonceOf({ secret }: Transaction): string {
  return digestLabels('nonce', secret)
}

/** The parameters by which a login is asked for elsewhere. */
type LoginParameter = 'prompt' | 'max_age' | 'login_hint' | 'acr_values' | 'ui_locales'

/**
 * Returns the parameters that ask for a login as the client wants it. One that must be new, or not too old, is asked for in a way
 * that has to be proved: who is asked for `max_age` must tell `auth_time` (OpenID Connect Core §3.1.2.1).
 */
export function askLogin(transaction: Transaction): Readonly<Record<LoginParameter, string | undefined>> {
  const { isFresh, isChoosing, isCreating, maxAge, loginHint, acrValues, uiLocales } = transaction
  const seconds = isFresh ? 0 : maxAge
  return {
    prompt: isCreating ? 'create' : isFresh ? 'login' : isChoosing ? 'select_account' : undefined,
    max_age: seconds === undefined ? undefined : String(seconds),
    login_hint: loginHint,
    acr_values: acrValues,
    ui_locales: uiLocales,
  }
}

/** Tells whether somebody can have logged in then, by a clock that may differ a little from ours. */
function isPast(instant: unknown, now: number): instant is number {
  return Number.isSafeInteger(instant) && (instant as number) >= 0 && (instant as number) <= now + CLOCK_TOLERANCE
}

/** How new a login has to be. */
type Newness = Pick<Transaction, 'begunAt' | 'isFresh' | 'maxAge' | 'now'>

/**
 * Tells whether a login is as new as was asked for: made since this one was begun, or, where it need not be new, `maxAge`
 * seconds ago at the most. What nobody tells is not proved.
 *
 * Whoever tells may have a clock that differs from ours by 30 seconds, so a login that was made so shortly before passes for
 * a new one.
 */
export function isNewEnough({ auth_time }: Person, { begunAt, isFresh, maxAge, now }: Newness): boolean {
  if (!isFresh && maxAge === undefined) return true
  if (auth_time === undefined) return false
  const isRecent = !isFresh && maxAge !== undefined && now - auth_time <= maxAge + CLOCK_TOLERANCE
  return isRecent || auth_time >= begunAt - CLOCK_TOLERANCE
}

/**
 * Checks that a login is as new as was asked for, as `isNewEnough` tells.
 *
 * @throws {OAuthError} `login_failed`; `login_required`, which the client hears, where trying again would not help
 */
export function checkFreshness(person: Person, transaction: Transaction): void {
  const { auth_time } = person
  if (auth_time !== undefined && !isPast(auth_time, transaction.now))
    throw refusal('login_failed', 'person_unfit', 'nobody can have logged in at that auth_time')
  if (isNewEnough(person, transaction)) return
  if (auth_time === undefined)
    throw refusal('login_required', 'login_age', 'the login must not be old, and nothing tells its auth_time')
  throw refusal('login_failed', 'login_age', 'the login is older than was asked for')
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/**
 * Returns by what a person is called in claims, so that they know their account again: one of the names, or an e-mail address
 * that nobody says to be unproved (OpenID Connect Core §5.1). What is blank, or cannot be read, is none.
 */
export function nameOf(claims: Readonly<Record<string, unknown>>): string | undefined {
  const { preferred_username, name, email, email_verified } = claims
  // Some write it as a text. What cannot be read says that it is not.
  const isProved = [undefined, null, true, 'true'].some((proved) => proved === email_verified)
  const names = [preferred_username, name, isProved ? email : undefined]
  return names.filter(isText).find((text) => NAME.test(text))
}

/** Returns the account as its person is shown it; nothing where there is nothing that would tell them. */
export function accountOf({ name, sub }: Person): string | undefined {
  if (name === null) return undefined
  return name ?? (NAME.test(sub) ? sub : undefined)
}

/**
 * Returns a person with what is known of one, and no more: each claim is of its type and bounded, for all of them have to fit
 * into a cookie, and into tokens. What is not is left out, for a claim that was cut would be another. Who has a name that cannot
 * be read is called by the subject; `null` stays.
 *
 * This does NOT check who may have the subject, nor how new the login is.
 *
 * @param told the names of the claims that may be told, where the issuer is an OpenID provider; else none are kept
 * @throws {OAuthError} `login_failed` when one of these cannot be kept as it is: who reads them has to rely on them
 */
export function boundPerson({ sub, auth_time, name, acr, amr, claims }: Person, told?: ReadonlySet<string>): Person {
  const isOf = (pattern: RegExp, value: unknown): boolean => typeof value === 'string' && pattern.test(value)
  const methods = Array.isArray(amr) ? amr.filter((one) => isOf(METHOD, one)).slice(0, MOST_METHODS) : []
  return {
    sub: isText(sub) ? sub : '',
    ...(auth_time === undefined ? {} : { auth_time }),
    ...(name === null || (name !== undefined && isOf(NAME, name)) ? { name } : {}),
    ...(acr !== undefined && isOf(CONTEXT, acr) ? { acr } : {}),
    ...(methods.length === 0 ? {} : { amr: methods }),
    ...(told === undefined ? {} : { claims: keepClaims(claims, told) }),
  }
}

/**
 * Returns the person that the claims name, with `sub` as it stands there, and what else they tell, unbounded. Where they do not
 * tell when, nobody knows.
 *
 * This does NOT check how new the login is: `checkFreshness` does.
 *
 * @throws {OAuthError} `login_failed` when there is no subject, or the nonce is another
 */
export function readPerson(claims: AssertionClaims, transaction: Transaction): Person {
  const { sub, nonce, auth_time, acr, amr } = claims
  const { now } = transaction
  if (!isText(sub) || sub.length > 255) throw refusal('login_failed', 'person_unfit', 'the login has no subject')
  if (nonce !== nonceOf(transaction)) throw refusal('login_failed', 'provider_answer', 'the login has another nonce')
  const person = {
    sub,
    ...(isPast(auth_time, now) ? { auth_time: Math.min(auth_time, now) } : {}),
    name: nameOf(claims),
    acr,
    amr,
  } as Person
  return { ...boundPerson(person), claims }
}

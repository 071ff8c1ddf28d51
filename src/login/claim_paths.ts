/**
 * Where a provider without ID tokens says who somebody is: paths into what its userinfo answers, and what stands at their ends.
 *
 * @module
 */

import { checkMembers, checkText } from '../../keys/check.ts'
import { readAll, readEach } from '../../keys/faults.ts'
import { refusal } from '../protocol/error.ts'
import { isVisible } from '../protocol/visible.ts'

/** The claims that have a path. */
const CLAIMS = ['sub', 'name', 'preferred_username', 'email', 'email_verified', 'picture'] as const

/**
 * Where each claim stands: names of members with dots between, and of a list the number of its element, from 0:
 * `data.user.id`, `emails.0.value`.
 */
export type ClaimPaths = { readonly sub: string } & Readonly<Partial<Record<(typeof CLAIMS)[number], string>>>

/** At most eight names of 64 characters: letters, digits, `_` and `-`. */
const PATH = /^[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,7}$/

/** What somebody is called, and how they are reached: who gives that up leaves it to the next. */
const GIVEN_AGAIN = /(?:login|name|nick|handle|slug|upn|phone|phone_?number)$/i
const MAIL = /mail/i

/** Checks that what a path leads to is never given to somebody else. */
function checkSub(name: string, path: string): void {
  const names = path.split('.').filter((part) => !/^\d+$/.test(part))
  if (names.some((part) => MAIL.test(part)) || GIVEN_AGAIN.test(names.at(-1) ?? ''))
    throw new RangeError(
      `"${name}" expected the path of an id that is never given again: who takes over a name or an address would be that person`,
    )
}

/**
 * Reads where the claims stand.
 *
 * @throws {TypeError | RangeError} when one is no path, is not known, or `sub` is missing or leads to what can be given again
 */
export function readClaimPaths(name: string, value: unknown): ClaimPaths {
  checkMembers(name, value)
  const expected = 'a path: names with dots between'
  readAll({
    members: () => checkMembers(name, value, CLAIMS),
    paths: () =>
      readEach(
        Object.entries(value).filter(([claim]) => claim !== 'sub'),
        ([claim, path]) => checkText(`${name}.${claim}`, path, PATH, expected),
      ),
    sub() {
      checkText(`${name}.sub`, value['sub'], PATH, expected)
      checkSub(`${name}.sub`, value['sub'])
    },
  })
  return value as ClaimPaths
}

/** Returns what stands at the end of a path; nothing where there is none. */
function follow(told: unknown, path: string | undefined): unknown {
  if (path === undefined) return undefined
  return path.split('.').reduce<unknown>((value, part) => {
    const isHeld = typeof value === 'object' && value !== null && Object.hasOwn(value, part)
    return isHeld ? (value as Readonly<Record<string, unknown>>)[part] : undefined
  }, told)
}

/** Characters that an id may have: with a provider's name and a bar before it, it is no longer than a subject may be. */
const LONGEST_ID = 200

/**
 * Returns who it is: a text, or a number that is the same when it is read as one.
 *
 * @throws {OAuthError} `login_failed`
 */
export function readId(told: Readonly<Record<string, unknown>>, { sub }: ClaimPaths): string {
  const id = follow(told, sub)
  // Some say 0 of nobody.
  if (typeof id === 'number' && Number.isSafeInteger(id) && id > 0) return String(id)
  if (typeof id === 'string' && id.length <= LONGEST_ID && /^\S+$/.test(id) && isVisible(id)) return id
  throw refusal('login_failed', 'provider_answer', 'userinfo: there is no id at "claims.sub"')
}

/** Returns what is told of the person. An address is proved only where the provider says so: what says nothing is left out. */
export function readToldClaims(
  told: Readonly<Record<string, unknown>>,
  paths: ClaimPaths,
): Readonly<Record<string, unknown>> {
  const texts = (['name', 'preferred_username', 'email', 'picture'] as const).map(
    (claim) => [claim, follow(told, paths[claim])] as const,
  )
  const claims = Object.fromEntries(texts.filter(([, value]) => typeof value === 'string' && value !== ''))
  const isVerified = follow(told, paths.email_verified)
  return claims['email'] === undefined || ![true, false, 'true', 'false'].includes(isVerified as boolean)
    ? claims
    : { ...claims, email_verified: String(isVerified) === 'true' }
}

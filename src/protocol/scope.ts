/**
 * Scopes: their grammar, and who may have which (RFC 6749 §3.3).
 *
 * @module
 */

import { readText } from '../../keys/check.ts'
import { refusal } from './error.ts'

/** One scope token: `%x21 / %x23-5B / %x5D-7E`, at least once. */
export const SCOPE_TOKEN: RegExp = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * Reads a `scope` parameter: tokens with one space between them.
 *
 * @returns the tokens, each once, in their order; nothing when the parameter is absent
 * @throws {OAuthError} `invalid_scope` when it does not obey the grammar
 */
export function readScope(scope: string | undefined): readonly string[] | undefined {
  if (scope === undefined) return undefined
  const tokens = scope.split(' ')
  if (!tokens.every((token) => SCOPE_TOKEN.test(token)))
    throw refusal('invalid_scope', 'scope', 'the scope is malformed')
  return [...new Set(tokens)]
}

/** What others call a scope: tokens of visible ASCII, for not all of them hold to our grammar. */
const SCOPE_TEXT = /^(?=.{0,2048}$)(?:[\x21-\x7e]+(?: [\x21-\x7e]+)*)?$/

/**
 * Reads a setting that holds the scope of somebody else's server, which may be empty: it goes to a login beside the request.
 *
 * @returns the tokens in their order
 * @throws {TypeError | RangeError} when it is none
 */
export function readScopeText(name: string, value: unknown): readonly string[] {
  return readText(name, value, SCOPE_TEXT, 'scope tokens, with spaces between, 2,048 characters at the most')
    .split(' ')
    .filter((token) => token !== '')
}

/**
 * Returns the scope to grant: what is asked for, if all of it is allowed; without a request, all that is allowed.
 *
 * @param isStrict whether more than is allowed is refused; else it is left out
 * @throws {OAuthError} `invalid_scope` when more is asked for than is allowed, or nothing is allowed, or left
 */
export function grantScope(
  requested: readonly string[] | undefined,
  allowed: readonly string[],
  isStrict: boolean,
): readonly string[] {
  const granted = isStrict ? (requested ?? allowed) : (requested ?? allowed).filter((token) => allowed.includes(token))
  if (granted.length === 0)
    throw refusal('invalid_scope', 'scope', 'the client has no scope at this resource, or none of it')
  if (!granted.every((token) => allowed.includes(token)))
    throw refusal('invalid_scope', 'scope', 'more scope than allowed')
  return granted
}

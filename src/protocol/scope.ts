/**
 * Scopes: their grammar, and who may have which (RFC 6749 §3.3).
 *
 * @module
 */

import { OAuthError } from './error.ts'

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
  if (!tokens.every((token) => SCOPE_TOKEN.test(token))) throw new OAuthError('invalid_scope', 'the scope is malformed')
  return [...new Set(tokens)]
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
    throw new OAuthError('invalid_scope', 'the client has no scope at this resource, or none of it')
  if (!granted.every((token) => allowed.includes(token)))
    throw new OAuthError('invalid_scope', 'more scope than allowed')
  return granted
}

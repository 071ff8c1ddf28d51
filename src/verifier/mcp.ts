/**
 * The face of `bulla/verifier/mcp`: access tokens for MCP's own SDK, whose middlewares take a verifier of tokens alone.
 *
 * The SDK's verifiers are shown a token and no request: nothing there proves a key, so that bound tokens are refused. The
 * middlewares of this package take them.
 *
 * @see docs/start/mcp-sdks.md
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import { carryProviderToken, type Entitlement } from '../token/entitlement.ts'
import { createVerifier, type VerifierOptions } from './create_verifier.ts'
import type { Verifier } from './verifier.ts'

export type { Entitlement } from '../token/entitlement.ts'

/** What the SDK hands to a tool's handler, as `authInfo`. */
export interface AuthInfo {
  /** The access token: pass it on to nobody. */
  token: string
  /** The client; an empty text in an anonymous token. */
  clientId: string
  scopes: string[]
  /** Until when, Unix seconds. */
  expiresAt: number
  /** The resource that the token is for. */
  resource: URL
  /** Who, and all else that the token says; `providerToken` by its name alone, and in no copy, JSON or log. */
  extra: Record<string, unknown> & Entitlement
}

/** What both versions of the SDK call `OAuthTokenVerifier`. */
export interface TokenVerifier {
  /**
   * Returns what a token entitles to.
   *
   * @throws what `invalidToken` returns, for a token that is not good: the SDK answers 401
   * @throws {TokenError} `unavailable`, when the keys or the revocations cannot be had: the SDK answers 500, and the client
   * keeps its tokens
   */
  verifyAccessToken(token: string): Promise<AuthInfo>
}

/** What a verifier of tokens needs beside a verifier or its options. */
export interface TokenVerifierDemand {
  /**
   * Returns the error by which the SDK knows a token that is not good, for it compares classes: of version 1 `(description) =>
   * new InvalidTokenError(description)`, of version 2 `(description) => new OAuthError(OAuthErrorCode.InvalidToken,
   * description)`. Needed: any other error would be a 500 to whoever has no good token.
   */
  readonly invalidToken: (description: string) => Error
}

/** A verifier that is there, or the options of one; what is about requests is not for it. */
export type TokenVerifierOptions = TokenVerifierDemand &
  (Omit<VerifierOptions, 'dpop' | 'baseUrl'> | { readonly verifier: Verifier })

const INVALID = 'The access token is invalid or has expired.'
const BOUND =
  'The access token is bound to a key: this server takes bearer tokens alone, so ask for one without DPoP and certificate.'

/**
 * Returns what the SDK hands to handlers, of a request that a middleware of this package let in.
 *
 * @param token the access token. Default: an empty text, since a handler has no use for it: passed on, it would be somebody
 * else's to use
 * @example
 * import { type Entitlement, toAuthInfo } from 'bulla/verifier/mcp'
 *
 * export function beside(entitlement: Entitlement): { authInfo: ReturnType<typeof toAuthInfo> } {
 *   return { authInfo: toAuthInfo(entitlement) }
 * }
 */
export function toAuthInfo(entitlement: Entitlement, token = ''): AuthInfo {
  const { client_id: clientId = '', scope, exp: expiresAt, aud } = entitlement
  const { providerToken } = entitlement
  const copy = { ...entitlement }
  const extra = providerToken === undefined ? copy : carryProviderToken(copy, providerToken)
  return { token, clientId, scopes: [...scope], expiresAt, resource: new URL(aud), extra }
}

/** Returns the verifier, and refuses what it would be given in vain. */
function verifierOf({ invalidToken, ...others }: TokenVerifierOptions): Verifier {
  if (typeof invalidToken !== 'function')
    throw new TypeError(
      '"invalidToken" expected a function that returns the error of the SDK, such as its InvalidTokenError',
    )
  for (const name of ['dpop', 'baseUrl'])
    if (name in others) throw new TypeError(`"${name}" is about requests, and the SDK shows tokens alone`)
  if (!('verifier' in others)) return createVerifier({ ...others, dpop: 'off' })
  const [unknown] = Object.keys(others).filter((name) => name !== 'verifier')
  if (unknown !== undefined)
    throw new TypeError(`"${unknown}" goes with no "verifier": it would have to be made from it`)
  if (typeof others.verifier?.verify !== 'function')
    throw new TypeError('"verifier" expected what createVerifier(…) returns')
  return others.verifier
}

/**
 * Makes what the SDK's `requireBearerAuth` takes as its `verifier`. Which scope is needed, that asks.
 *
 * @throws {TypeError | RangeError} as `createVerifier`; and when `invalidToken` is missing, or an option is about requests
 * @example
 * import { readFileSync } from 'node:fs'
 * import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
 * import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
 * import { tokenVerifier } from 'bulla/verifier/mcp'
 *
 * const verifier = tokenVerifier({
 *   issuer: 'https://auth.example.com',
 *   resource: 'https://api.example.com/mcp',
 *   keys: readFileSync('keys.json', 'utf8'),
 *   invalidToken: (description) => new InvalidTokenError(description),
 * })
 * const middleware = requireBearerAuth({ verifier, requiredScopes: ['notes:read'] })
 */
export function tokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { invalidToken } = options
  const verifier = verifierOf(options)
  return {
    async verifyAccessToken(token) {
      const verification = await verifier.verify(token)
      if (verification.ok) return toAuthInfo(verification.entitlement, token)
      const { code, reason } = verification
      // Whoever is told that a token is not good throws it away: that the server cannot tell is no reason to.
      if (code === 'temporarily_unavailable') throw new TokenError('unavailable')
      throw invalidToken(reason === 'confirmation' ? BOUND : INVALID)
    },
  }
}

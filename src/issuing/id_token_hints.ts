/**
 * ID tokens that come back as hints: whom a client means, in the issuer's own words (OpenID Connect Core §3.1.2.1, RP-Initiated
 * Logout §2). A hint opens nothing, and may be as old as the keys that the ring still gives.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { TokenError } from '../jose/error.ts'
import { keysByName } from '../jose/jwks.ts'
import { verifyClaims } from '../jose/signed.ts'
import { ID_TOKEN_TYP } from '../openid/openid.ts'

/** What an ID token says of whom it was made for. */
export interface Hint {
  /** The person, as the client calls them. */
  readonly sub: string
  /** The `client_id` of the client that was told. */
  readonly aud: string
  /** The session, as the client calls it. */
  readonly sid: string
  /** When it was signed. Unix seconds. */
  readonly iat: number
}

/** Opens hints. */
export interface IdTokenHints {
  /**
   * Returns what an ID token of this issuer says; nothing when it is none: too long, not signed by a key that the ring can give,
   * from the future, or encrypted, since its client alone can open that.
   *
   * This does NOT check whether it has expired, whose `aud` it is, and whether its person is logged in.
   *
   * @throws {OAuthError} `temporarily_unavailable` when the ring cannot be used
   */
  open(hint: string, now: number): Promise<Hint | undefined>
}

/** Returns what opens the hints of an issuer. */
export function createIdTokenHints({ settings, keyRing }: EndpointContext): IdTokenHints {
  const { issuer } = settings
  return {
    async open(hint, now) {
      const { signingKeys, skew } = keyRing.open(now)
      const keys = keysByName((kid) => signingKeys.named(kid, now))
      try {
        const { iss, sub, aud, sid, iat, exp } = (await verifyClaims(hint, ID_TOKEN_TYP, keys)).claims
        const isWhole = [sub, aud, sid].every((name) => typeof name === 'string') && typeof exp === 'number'
        if (iss !== issuer || !isWhole || typeof iat !== 'number' || iat > now + skew) return undefined
        return { sub: String(sub), aud: String(aud), sid: String(sid), iat }
      } catch (error) {
        if (error instanceof TokenError) return undefined
        throw error
      }
    },
  }
}

/**
 * The one noun that crosses the whole house.
 *
 * @module
 */

/** The key that a token is bound to (RFC 7800 §3.1): whoever shows the token must prove that it has the key. */
export interface Confirmation {
  /** SHA-256 thumbprint of a DPoP key (RFC 9449 §6.1). */
  readonly jkt?: string
  /** SHA-256 thumbprint of a client certificate (RFC 8705 §3.1). */
  readonly 'x5t#S256'?: string
}

/** Who acts for the subject (RFC 8693 §4.1), and for whom before. */
export interface Actor {
  readonly sub: string
  readonly iss?: string
  readonly client_id?: string
  readonly act?: Actor
}

/** One of the things that a person agreed to in detail (RFC 9396 §2). */
export interface AuthorizationDetail {
  readonly type: string
  readonly [member: string]: unknown
}

/**
 * Who may do what through which client at which resource, until when, bound to which key, with which extra facts.
 *
 * The members bear the names of the claims they become (RFC 9068 §2.2).
 */
export interface Entitlement {
  /** Who: a user, or `client:…` for a client that acts for itself. */
  readonly sub: string
  /** Through which client; nothing in an anonymous token. */
  readonly client_id: string | undefined
  /** At which resource: its URI. Exactly one. */
  readonly aud: string
  /** What: scope tokens, as a list, so that `includes` asks for a whole token. */
  readonly scope: readonly string[]
  /** Since when. Unix seconds. */
  readonly iat: number
  /** Until when. Unix seconds. */
  readonly exp: number
  /** Names this one token: 128 random bits, base64url. */
  readonly jti: string
  /** Ties all that one approval led to. */
  readonly gid?: string
  /** When the user logged in (RFC 9068 §2.2.1). Unix seconds. */
  readonly auth_time?: number
  /** How the user logged in (RFC 9068 §2.2.1). */
  readonly acr?: string
  /** By which methods the user logged in (RFC 9068 §2.2.1). */
  readonly amr?: readonly string[]
  /** The key that it is bound to. */
  readonly cnf?: Confirmation
  /** Who acts for `sub` (RFC 8693 §4.1). */
  readonly act?: Actor
  /** Who may come to act for `sub` (RFC 8693 §4.4). */
  readonly may_act?: Actor
  /** What in detail (RFC 9396 §9.1). */
  readonly authorization_details?: readonly AuthorizationDetail[]
  /**
   * The access token of the provider at which the person logged in: the resource acts for them there. The claim is `provider_token`.
   *
   * It is read by its name alone: no copy (`{ ...entitlement }`), JSON or log of an entitlement has it.
   */
  readonly providerToken?: string
  /** Facts that the operator added; never one of the above. */
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * Gives an entitlement the access token of a provider, and returns it: to be read by its name, and in no copy, JSON or log. Nobody who
 * answers with an entitlement, or writes it down, gives away what only the resource may have.
 */
export function carryProviderToken<Of extends object>(entitlement: Of, providerToken: string): Of {
  return Object.defineProperty(entitlement, 'providerToken', { value: providerToken })
}

/** An entitlement as it came out of an envelope. */
export interface Opened {
  readonly entitlement: Entitlement
  /** The kid of the key that vouches for it: the leaf's, or the signing key's. */
  readonly kid: string
  /** The kid of the leaf that it was sealed under; none where it was sealed to a key of the resource server's own. */
  readonly leaf: string | undefined
}

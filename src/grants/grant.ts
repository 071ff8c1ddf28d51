/**
 * The one shape of a grant type: it decides, and never issues.
 *
 * @module
 */

import type { Client } from '../protocol/client.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { Resource } from '../protocol/resource.ts'
import type { Entitlement } from '../token/entitlement.ts'

/** What a grant may look at beside the request. */
export interface GrantContext {
  /** Unix seconds; the same all through a request. */
  readonly now: number
  /** The resources of this issuer by their URI. */
  readonly resources: ReadonlyMap<string, Resource>
  /** Makes a name: 128 random bits, base64url. */
  readonly newId: () => string
}

/** What a grant decided: the entitlement that the client gets a token for. */
export interface Decision {
  readonly entitlement: Entitlement
}

/** A grant type (RFC 6749 §1.3). */
export interface Grant {
  /** The value of `grant_type`. */
  readonly type: string
  /**
   * Decides about a request of an authenticated client that may use this grant type.
   *
   * @throws {OAuthError} when the request is refused
   */
  decide(parameters: Parameters, client: Client, context: GrantContext): Decision | Promise<Decision>
}

/**
 * The one shape of a grant type: it decides, and never issues.
 *
 * @module
 */

import type { DetailTypes } from '../protocol/authorization_details.ts'
import type { Client } from '../protocol/client.ts'
import type { Pairwise } from '../protocol/pairwise.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { Resource } from '../protocol/resource.ts'
import type { Guard } from '../stores/guard.ts'
import type { Entitlement } from '../token/entitlement.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import type { Target } from '../token/revocations.ts'
import type { RefreshFacts } from './approval.ts'

/** What a grant may look at beside the request. */
export interface GrantContext {
  /** Unix seconds; the same all through a request. */
  readonly now: number
  /** The resources of this issuer by their URI. */
  readonly resources: ReadonlyMap<string, Resource>
  /** The types of authorization details of this issuer. */
  readonly detailTypes: DetailTypes
  /** How else an approval is called, at resources with pairwise subjects. */
  readonly pairwise: Pairwise
  /** Opens what the issuer sealed for itself. */
  readonly envelopes: PurposeEnvelopes
  /** The guard; nothing where the operator wrote that there is none. */
  readonly guard: Guard | undefined
  /** Tells whether something that was issued before has been revoked since. */
  readonly isRevoked: (target: Target) => Promise<boolean>
  /** Makes a name: 128 random bits, base64url. */
  readonly newId: () => string
}

/** What a grant decided. */
export interface Decision {
  /** What the client gets an access token for. */
  readonly entitlement: Entitlement
  /** What the client gets a refresh token for, if it gets one. */
  readonly refresh?: RefreshFacts
}

/** A grant type (RFC 6749 §1.3). */
export interface Grant {
  /** The value of `grant_type`. */
  readonly type: string
  /**
   * Decides about a request of an authenticated client that may use this grant type.
   *
   * All is read and checked before anything is spent: a request that is wrong in any way spends nothing.
   *
   * @throws {OAuthError} when the request is refused
   */
  decide(parameters: Parameters, client: Client, context: GrantContext): Decision | Promise<Decision>
}

/**
 * The one shape of a grant type: it decides, and never issues.
 *
 * @module
 */

import type { Openid } from '../openid/openid.ts'
import type { Claims } from '../openid/told_claims.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { Client } from '../registration/clients/client.ts'
import type { DetailTypes } from '../registration/details/authorization_details.ts'
import type { Pairwise } from '../registration/pairwise.ts'
import type { Resource } from '../registration/resource.ts'
import type { TrustedIssuer } from '../registration/trusted_issuer.ts'
import type { Assertions } from '../remote/signer_keys.ts'
import type { Guard } from '../stores/guard.ts'
import type { Confirmation, Entitlement, Opened } from '../token/entitlement.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import type { Target } from '../token/revocations.ts'
import type { Login, RefreshFacts } from './approval_facts.ts'
import type { KeptProviderTokens } from './provider_tokens.ts'

/** What opens what came of an approval: for the grants of a code and of a refresh token. */
export interface Approvals {
  /** Opens what the issuer sealed for itself. */
  readonly envelopes: PurposeEnvelopes
  /** How else an approval is called, at resources with pairwise subjects. */
  readonly pairwise: Pairwise
  /** The resources that people can let a client have. */
  readonly resources: ReadonlyMap<string, Resource>
  /** The issuer's own among them. */
  readonly userinfo: Resource | undefined
  /** What is told of persons. */
  readonly openid: Openid | undefined
  /** The tokens of providers that are kept for grants; nothing where no guard keeps any. */
  readonly providerTokens: KeptProviderTokens | undefined
}

/** What opens tokens that a client was given by others: for token exchange and for assertions. */
export interface Brought {
  /** The trusted issuers by their `iss`. */
  readonly trustedIssuers: ReadonlyMap<string, TrustedIssuer>
  /** Opens assertions of trusted issuers. */
  readonly assertions: Assertions
  /** Opens an access token for one of these resources that nobody but this issuer can have made; nothing when it is none. */
  readonly openOwn: (token: string, resources: Iterable<Resource>) => Promise<Opened | undefined>
  /** Tells whether the request proves the key that a token is bound to. */
  readonly isProved: (confirmation: Confirmation) => boolean
}

/** What a grant may look at beside the request. Each of ours says in its own types how much of it that is. */
export interface GrantContext {
  /** Unix seconds; the same all through a request. */
  readonly now: number
  /** Makes a name: 128 random bits, base64url. */
  readonly newId: () => string
  /** The issuer's URL. */
  readonly issuer: string
  /** The resources of this issuer by their URI. */
  readonly resources: ReadonlyMap<string, Resource>
  /** The types of authorization details of this issuer. */
  readonly detailTypes: DetailTypes
  /** The guard; nothing where the operator wrote that there is none. */
  readonly guard: Guard | undefined
  /**
   * The keys that the request proves to have; nothing when it proves none. The token endpoint binds to them what was
   * decided, unless the entitlement says otherwise; a grant only holds them against what an artefact is bound to.
   */
  readonly confirmation: Confirmation | undefined
  /** Tells whether something that was issued before has been revoked since. */
  readonly isRevoked: (target: Target) => Promise<boolean>
  readonly approvals: Approvals
  readonly brought: Brought
}

/** What a client is told of who logged in (OpenID Connect Core §2). */
export interface LoginFacts {
  /** Who, as the issuer calls the person. */
  readonly sub: string
  /** The session in which the person did. */
  readonly sid: string
  /** When, and how, as far as it is known. */
  readonly login: Login
  /** The request's, in the answer to a code alone. */
  readonly nonce?: string
  /** What else; without a value, what somebody is to be asked for. */
  readonly claims: Claims
  /** When it ends at the latest. Unix seconds. */
  readonly until: number
}

/** What a grant decided. */
export interface Decision {
  /** What the client gets an access token for. */
  readonly entitlement: Entitlement
  /**
   * The access token of a provider that its resource is handed, in that envelope and nowhere else: no hook sees it. Only where a person
   * let the client in: a grant type of your own that says one is refused.
   */
  readonly providerToken?: string
  /** What the client gets a refresh token for, if it gets one. */
  readonly refresh?: RefreshFacts
  /** The refresh token that the client has, where it stays as it is and is told again. */
  readonly refresh_token?: string
  /** What the client is told of who logged in, if it asked. */
  readonly login?: LoginFacts
  /** What the login gave, for the operator's own hook alone. */
  readonly person?: Claims
  /** What kind of token the client is told that it gets, where the grant type has a word for it (RFC 8693 §2.2.1). */
  readonly issued_token_type?: string
  /**
   * Spends what the decision was made from, where that is good once. It is called when all else is certain: the tokens are
   * sealed already, and are handed out if this does not throw. So a token that cannot be made burns nothing. Default: nothing is
   * spent.
   *
   * @throws {OAuthError} when it was spent before
   */
  readonly spend?: () => Promise<void>
}

/** A grant type (RFC 6749 §1.3). */
export interface Grant {
  /** The value of `grant_type`. */
  readonly type: string
  /**
   * Decides about a request of an authenticated client that may use this grant type.
   *
   * All is read and checked, and nothing spent: that is for `spend` of the decision, so that a request which is wrong in any
   * way, or cannot be answered, spends nothing.
   *
   * @throws {OAuthError} when the request is refused
   */
  decide(parameters: Parameters, client: Client, context: GrantContext): Decision | Promise<Decision>
}

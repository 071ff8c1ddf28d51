/**
 * An approval: what a person let a client have. A code carries it, and so does every refresh token that comes of it.
 *
 * @module
 */

import type { AskedClaims, Claims } from '../openid/told_claims.ts'
import { type PlacedDetail, resourcesOf } from '../registration/details/authorization_details.ts'
import type { Confirmation } from '../token/entitlement.ts'

/** What is known of a person's login. */
export interface Login {
  /** When the person logged in. Unix seconds. */
  readonly auth_time?: number
  readonly acr?: string
  readonly amr?: readonly string[]
}

/** What a person let a client have, until when. */
export interface Approval extends Login {
  /** The grant id: ties all that comes of this approval. */
  readonly gid: string
  /** The session in which it was given. */
  readonly sid: string
  readonly sub: string
  readonly client_id: string
  readonly scope: readonly string[]
  /** The URIs of the resources that the scope is for. */
  readonly resources: readonly string[]
  /** What in detail, and where. At least this, or a scope at a resource, is there. */
  readonly details?: readonly PlacedDetail[]
  /** The URIs of those resources that the person let be handed the token of a provider. Default: none. */
  readonly handed?: readonly string[]
  /** What may be told of the person: of what the login gave that alone which was asked for. */
  readonly claims?: Claims
  /** The claims that were asked for one by one. */
  readonly asked?: AskedClaims
  /** How a client by a document proved itself then: `none`, `jwks`, or the URL of its keys. Nothing for all others. */
  readonly client_proof?: string
  /** When it was given. Unix seconds. */
  readonly approved_at: number
  /** When it ends, and all that came of it. Unix seconds. */
  readonly grant_end: number
}

/** What a code carries. */
export interface CodeFacts extends Approval {
  readonly redirect_uri: string
  /** Nothing where the client may do without, and did. */
  readonly code_challenge?: string
  readonly nonce?: string
  /** The thumbprint of the DPoP key that alone may redeem it (RFC 9449 §10). */
  readonly dpop_jkt?: string
  /** When no other envelope of this code can be live any more, where there can be some. Unix seconds. */
  readonly until?: number
}

/** What a refresh token carries. */
export interface RefreshFacts extends Approval {
  /** How many refresh tokens came before it, where they rotate; else 0. */
  readonly generation: number
  /** The key of a public client that alone may use it: then it does not rotate (RFC 9449 §5, RFC 8705 §4). */
  readonly cnf?: Confirmation
}

/** Returns what is known of a login, and nothing else: nobody is told what nobody knows. */
export function loginOf({ auth_time, acr, amr }: Login): Login {
  return {
    ...(auth_time === undefined ? {} : { auth_time }),
    ...(acr === undefined ? {} : { acr }),
    ...(amr === undefined ? {} : { amr }),
  }
}

/** Returns what of the facts is the approval itself. */
export function approvalOf(facts: Approval): Approval {
  const { gid, sid, sub, client_id, scope, resources, details, handed, claims, asked, approved_at, grant_end } = facts
  const { client_proof } = facts
  const handing = handed === undefined ? {} : { handed }
  const what = { scope, resources, ...(details === undefined ? {} : { details }), ...handing }
  const told = { ...(claims === undefined ? {} : { claims }), ...(asked === undefined ? {} : { asked }) }
  const proved = client_proof === undefined ? {} : { client_proof }
  return { gid, sid, sub, client_id, ...what, ...told, ...loginOf(facts), ...proved, approved_at, grant_end }
}

/** Returns the URIs of all resources that tokens of an approval can be for. */
export function approvedResources({ resources, details = [] }: Approval): readonly string[] {
  return [...new Set([...resources, ...resourcesOf(details)])]
}

/**
 * Clients that walk in: nobody configured them, and nothing of them is stored (RFC 7591, OAuth Client ID Metadata Document).
 *
 * What they may have is the operator's policy, and never what they say of themselves.
 *
 * @module
 */

import type { Client, ClientAuthenticationMethod, WalkIn } from '../clients/client.ts'
import type { DynamicIds } from './dynamic_id.ts'

/** What clients may have that walk in, and who may: the setting `registration`, checked. */
export interface WalkInPolicy {
  /** The issuer's URL. */
  readonly issuer: string
  /** What each of them may have, and all that they have in common. */
  readonly template: Client
  /** The URI of the resource that a request means which names none; nothing where there are several, and none is the default. */
  readonly defaultResource: string | undefined
  /** Makes and opens the ids of those that register. Nothing where there are no keys: then none is known. */
  readonly ids: DynamicIds | undefined
  /** Whether clients can register. */
  readonly isRegistering: boolean
  /** Whether a URL can be a client's id. */
  readonly takesDocuments: boolean
  /** The hosts whose documents are taken; nothing: any public one. */
  readonly documentHosts: ReadonlySet<string> | undefined
  /** The hosts that https redirect URIs may have; nothing: any. */
  readonly redirectHosts: ReadonlySet<string> | undefined
  /** Ids, and hosts of documents, that may not walk in. */
  readonly blocked: ReadonlySet<string>
}

/** What a client says of itself. */
export interface WalkInMetadata extends Pick<WalkIn, 'kind'> {
  readonly id: string
  /** `''` where it has none. */
  readonly name: string
  readonly redirectUris: readonly string[]
  readonly authenticationMethods: readonly ClientAuthenticationMethod[]
  readonly grantTypes: readonly string[]
}

/** What proves it, beside that. */
export type WalkInProof = Partial<Pick<Client, 'secretHashes' | 'signer' | 'jwks'>>

/** Returns a client that walked in: what it says of itself, and what all of them may have. */
export function walkInClient(
  { kind, ...said }: WalkInMetadata,
  { template, defaultResource }: WalkInPolicy,
  proof: WalkInProof = {},
): Client {
  const grantTypes = new Set(said.grantTypes.filter((type) => template.grantTypes.has(type)))
  return { ...template, ...proof, ...said, grantTypes, walkIn: { kind, defaultResource } }
}

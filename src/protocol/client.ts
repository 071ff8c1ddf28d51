/**
 * Clients: who they are, and how a secret is compared (RFC 6749 §2).
 *
 * @module
 */

import { sha256 } from '@noble/hashes/sha2.js'

/** How a client can prove itself at the token endpoint (RFC 7591 §2); `none` is a public client, which cannot. */
export type ClientAuthenticationMethod = 'client_secret_basic' | 'client_secret_post' | 'none'

/** A client, as the issuer knows it. */
export interface Client {
  /** Its `client_id`. */
  readonly id: string
  /** The ways in which it may prove itself. */
  readonly authenticationMethods: readonly ClientAuthenticationMethod[]
  /** SHA-256 of each secret that it may use: one, or two while it changes them. */
  readonly secretHashes: readonly Uint8Array[]
  /** The grant types that it may use. */
  readonly grantTypes: ReadonlySet<string>
  /** The URIs of the resources that it may have tokens for. */
  readonly resources: ReadonlySet<string>
  /** The scope tokens that it may have. */
  readonly scopes: ReadonlySet<string>
  /** Whether its tokens name no client, at resources that take such tokens. */
  readonly anonymous: boolean
}

/** Tells whether a client cannot keep a secret (RFC 6749 §2.1). */
export function isPublic(client: Client): boolean {
  return client.authenticationMethods.includes('none')
}

/** Returns SHA-256 of a secret, the form in which it is kept: the secrets are random, so no slow hash is needed. */
export function hashSecret(secret: string): Uint8Array {
  return sha256(new TextEncoder().encode(secret))
}

/** Compares two texts of bytes in a time that depends on their lengths alone. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0)
  return difference === 0
}

const NO_SECRET = new Uint8Array(32)

/**
 * Tells whether `secret` is one of the client's. A client without secrets, or none at all, takes as long as one with.
 */
export function isSecretOf(client: Client | undefined, secret: string): boolean {
  const presented = hashSecret(secret)
  const hashes = client?.secretHashes ?? []
  const matches = (hashes.length === 0 ? [NO_SECRET] : hashes).map((hash) => isEqual(hash, presented))
  return hashes.length > 0 && matches.includes(true)
}

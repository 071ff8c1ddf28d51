/**
 * The one token that all rows are about, its issuer, and its keys.
 *
 * @module
 */

import { createKeyring, createRing, exportKeys, type Leaf, type Ring, writeKeys } from '../../keys/index.ts'
import { readySigningKey } from '../../src/jose/jwks.ts'
import { leafRecipient, recipientOf } from '../../src/jose/recipient.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { sealNested } from '../../src/token/nested.ts'

export const ISSUER = 'https://auth.example.com'
export const API = 'https://api.example.com'
export const PARTNER = 'https://partner.example.com'
export const LEDGER = 'https://ledger.example.com'

/** The key pair of the partner's API. It protects nothing. */
export const PARTNER_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'PV_hD9nE9VaSUpIx6jAuSeq3ZUTwzDtGjoM-E_ejWZA',
  y: 'fZrTDF_9fnWhd6SDJd_ZzCSdQjNz4cYyCmRXsXT8_hk',
  d: 'ACYncdJE2QsizLpv0_YeB-dkxXGVAfAM0DbctG5rFxw',
  alg: 'ECDH-ES',
  use: 'enc',
  kid: 'partner-1',
} as const

/** Now, once for the whole run. */
export const NOW: number = Math.floor(Date.now() / 1000)

/** Seconds that a token of the benchmark lives: longer than any run. */
export const LIFE = 3600

export const ring: Ring = createRing({ now: NOW - 60, key: crypto.getRandomValues(new Uint8Array(32)) })

/** What is said in every token, whatever seals it. */
export function entitlement(
  aud: string = API,
  scope: readonly string[] = ['orders:read', 'orders:write'],
): Entitlement {
  const names = { sub: 'client:billing', client_id: 'billing', jti: 'CFx6p0m0X_b2d84eI1o5-w' }
  return { ...names, aud, scope, iat: NOW, exp: NOW + LIFE, claims: {} }
}

/** The same as plain claims. */
export const CLAIMS = {
  iss: ISSUER,
  sub: 'client:billing',
  aud: API,
  client_id: 'billing',
  scope: 'orders:read orders:write',
  iat: NOW,
  exp: NOW + LIFE,
  jti: 'CFx6p0m0X_b2d84eI1o5-w',
}

/** All that is needed to open a direct token. */
export interface DirectToken {
  readonly token: string
  readonly leaf: Leaf
  /** What `bulla keys export` prints. */
  readonly keys: string
}

/** Seals a direct token by a ring. */
export async function directToken(of: Ring = ring, scope?: readonly string[]): Promise<DirectToken> {
  const leaves = createKeyring(of, ISSUER).leavesFor('access', API, 'A256GCM', LIFE)
  const leaf = leaves.sealing(NOW)
  if (leaf === undefined) throw new Error('no root is primary')
  const token = await sealDirect(entitlement(API, scope), ISSUER, leaves, NOW)
  return { token, leaf, keys: writeKeys(exportKeys(of, { issuer: ISSUER, resource: API, now: NOW })) }
}

/** All that is needed to open nested tokens. */
export interface NestedTokens {
  /** To the partner's own key. */
  readonly byKey: string
  /** Under the leaf of the ledger. */
  readonly byLeaf: string
  readonly leaf: Leaf
  readonly keys: string
  readonly jwks: { readonly keys: readonly Readonly<Record<string, string>>[] }
}

/** Seals nested tokens. */
export async function nestedTokens(): Promise<NestedTokens> {
  const keyring = createKeyring(ring, ISSUER)
  const signer = keyring.signingKeys.signing('ES256', NOW)
  const leaf = keyring.leavesFor('access', LEDGER, 'A256GCM', LIFE).sealing(NOW)
  if (signer === undefined || leaf === undefined) throw new Error('no root is primary')
  const { publicJwk } = await readySigningKey(signer)
  const partner = await recipientOf(PARTNER_KEY, 'A256GCM')
  return {
    byKey: await sealNested(entitlement(PARTNER), ISSUER, signer, partner),
    byLeaf: await sealNested(entitlement(LEDGER), ISSUER, signer, await leafRecipient(leaf)),
    leaf,
    keys: writeKeys(exportKeys(ring, { issuer: ISSUER, resource: LEDGER, now: NOW })),
    jwks: { keys: [publicJwk] },
  }
}

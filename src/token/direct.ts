/**
 * The `direct` envelope of an access token: encrypted under a leaf that the issuer and one resource server have.
 *
 * It is not an RFC 9068 token, which must be signed: whoever can open it can make it. Its `typ` is `at+jwe`.
 *
 * @module
 */

import type { Leaves } from '../../keys/index.ts'
import { TokenError } from '../jose/error.ts'
import { parseText, readText } from '../jose/strict_json.ts'
import type { Draw } from '../randomness.ts'
import { type CheckedClaims, checkClaims, type Expectations, entitlementOf, writeClaims } from './claims.ts'
import type { Entitlement, Opened } from './entitlement.ts'
import { openWith, type ReadyLeaves, sealEnvelope } from './envelope.ts'
import type { Before } from './opened_before.ts'
import { recogniseClaims } from './usual_claims.ts'

/** `typ` of a direct token. */
export const DIRECT_TYP = 'at+jwe'

/**
 * Seals an entitlement into an access token.
 *
 * @param leaves those of the entitlement's resource
 * @param now Unix seconds
 * @param draw gives the initialization vector. Default: it is drawn for itself
 * @throws {TokenError} `sealing` when no root is primary; `size` when the operator's claims make it too long
 */
export async function sealDirect(
  entitlement: Entitlement,
  issuer: string,
  leaves: Leaves,
  now: number,
  draw?: Draw,
): Promise<string> {
  const leaf = leaves.sealing(now)
  if (leaf === undefined) throw new TokenError('sealing')
  return sealEnvelope(writeClaims(entitlement, issuer), DIRECT_TYP, leaf, draw)
}

function readChecked(plaintext: Uint8Array | ArrayBuffer): CheckedClaims {
  const text = readText(plaintext) ?? ''
  const usual = recogniseClaims(text)
  if (usual !== undefined) return usual
  const claims = parseText(text)
  if (claims === undefined) throw new TokenError('payload')
  return checkClaims(claims)
}

/**
 * Opens an access token: at once where the platform decrypts at once.
 *
 * This does NOT check the scope, nor whether the token was revoked.
 *
 * @param leaves those of the expected resource
 * @param before tokens that were opened before; one that is good is kept there. Default: none
 * @throws {TokenError} with any code but `sealing` and `size`: at once, or in the promise
 */
export function openDirect(
  token: string,
  leaves: ReadyLeaves,
  expected: Expectations,
  before?: Before,
): Opened | Promise<Opened> {
  const known = before?.find(token)
  if (known !== undefined && leaves.opening(known.to, expected.now) === known.by)
    return { entitlement: entitlementOf(known.claims, expected), kid: known.kid, leaf: known.to }
  return openWith(token, DIRECT_TYP, leaves, expected.now, (plaintext, leaf) => {
    const claims = readChecked(plaintext)
    const entitlement = entitlementOf(claims, expected)
    const { kid } = leaf
    before?.keep(token, { claims, to: kid, by: leaf, kid })
    return { entitlement, kid, leaf: kid }
  })
}

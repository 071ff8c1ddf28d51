/**
 * The `nested` envelope of an access token: signed by the issuer, then encrypted to the resource server (RFC 9068,
 * RFC 7519 §11.2). Nobody but the issuer can make it, not even who can open it.
 *
 * @module
 */

import type { SigningKey } from '../../keys/index.ts'
import { LONGEST_ENVELOPE } from '../jose/canonical.ts'
import { decryptWith, type EncryptedOutside, encryptTo, readEncryptedOutside } from '../jose/encrypted.ts'
import { TokenError } from '../jose/error.ts'
import type { VerificationKey, VerificationKeys } from '../jose/jwks.ts'
import type { Recipient } from '../jose/recipient.ts'
import { signClaims, verifyClaims } from '../jose/signed.ts'
import type { Draw } from '../randomness.ts'
import { checkClaims, type Expectations, entitlementOf, writeClaims } from './claims.ts'
import type { Entitlement, Opened } from './entitlement.ts'
import type { Before } from './opened_before.ts'

/** `typ` of the signed part (RFC 9068 §2.1). */
const TYP = 'at+jwt'

/** `cty` of the envelope around it (RFC 7519 §5.2). */
const CTY = 'JWT'

/**
 * Seals an entitlement into a nested access token.
 *
 * @param draw gives the initialization vector, where that is ours to make. Default: it is drawn for itself
 * @throws {TokenError} `size` when the operator's claims make it too long
 */
export async function sealNested(
  entitlement: Entitlement,
  issuer: string,
  signer: SigningKey,
  to: Recipient,
  draw?: Draw,
): Promise<string> {
  const jws = await signClaims(writeClaims(entitlement, issuer), TYP, signer)
  const token = await encryptTo(to, CTY, jws, draw)
  if (token.length > LONGEST_ENVELOPE) throw new TokenError('size')
  return token
}

/**
 * Reads what a nested envelope says of itself. Nothing of it is proved.
 *
 * @throws {TokenError} `length`, `form`, `header`, `type`
 */
export function readNestedOutside(token: string): EncryptedOutside {
  return readEncryptedOutside(token, CTY)
}

/** What opens the outer envelope: by exactly this kid, at `now`. */
export type FindRecipient = (kid: string, now: number) => Promise<Recipient | undefined>

/** Returns the key of a recipient, the same for as long as it is known. */
function keyOf(to: Recipient | undefined): object | undefined {
  return to?.alg === 'dir' ? to.leaf : to
}

/** Returns the kid of the leaf that a recipient is, if it is one. */
function leafKidOf(to: Recipient | undefined): string | undefined {
  return to?.alg === 'dir' ? to.kid : undefined
}

/**
 * Opens a nested access token: decrypts, verifies the signature inside, and believes only what was signed.
 *
 * This does NOT check the scope, nor whether the token was revoked.
 *
 * @param before tokens that were opened before; one that is good is kept there. Default: none
 * @throws {TokenError} `signing_key` when the issuer's key is not known, which a newer JWK Set may mend; any other when
 * the token is not good
 */
export async function openNested(
  token: string,
  find: FindRecipient,
  keys: VerificationKeys,
  expected: Expectations,
  before?: Before,
): Promise<Opened> {
  const known = before?.find(token)
  if (known !== undefined) {
    const to = await find(known.to, expected.now)
    // A key that cannot be had is none: what becomes of the token then is found out as if it came for the first time.
    const signer = await keys.find(known.kid).catch(() => undefined)
    if (keyOf(to) === known.by && signer === known.signer)
      return { entitlement: entitlementOf(known.claims, expected), kid: known.kid, leaf: leafKidOf(to) }
  }
  const by: { to?: Recipient | undefined; signer?: VerificationKey | undefined } = {}
  const findOnce = async (kid: string): Promise<Recipient | undefined> => {
    by.to = await find(kid, expected.now)
    return by.to
  }
  const findSigner: VerificationKeys['find'] = async (kid) => {
    by.signer = await keys.find(kid)
    return by.signer
  }
  const jws = await decryptWith(findOnce, CTY, token)
  try {
    const { claims, kid } = await verifyClaims(jws, TYP, { find: findSigner })
    const checked = checkClaims(claims)
    const entitlement = entitlementOf(checked, expected)
    const [key, signer] = [keyOf(by.to), by.signer]
    if (before !== undefined && by.to !== undefined && key !== undefined && signer !== undefined)
      before.keep(token, { claims: checked, to: by.to.kid, by: key, kid, signer })
    return { entitlement, kid, leaf: leafKidOf(by.to) }
  } catch (error) {
    throw error instanceof TokenError && error.code === 'key' ? new TokenError('signing_key', { cause: error }) : error
  }
}

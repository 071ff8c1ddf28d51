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
import type { VerificationKeys } from '../jose/jwks.ts'
import type { Recipient } from '../jose/recipient.ts'
import { signClaims, verifyClaims } from '../jose/signed.ts'
import type { Draw } from '../randomness.ts'
import { type Expectations, readClaims, writeClaims } from './claims.ts'
import type { Entitlement, Opened } from './entitlement.ts'

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

/**
 * Opens a nested access token: decrypts, verifies the signature inside, and believes only what was signed.
 *
 * This does NOT check the scope, nor whether the token was revoked.
 *
 * @throws {TokenError} `signing_key` when the issuer's key is not known, which a newer JWK Set may mend; any other when
 * the token is not good
 */
export async function openNested(
  token: string,
  find: FindRecipient,
  keys: VerificationKeys,
  expected: Expectations,
): Promise<Opened> {
  let leaf: string | undefined
  const findOnce = async (kid: string): Promise<Recipient | undefined> => {
    const to = await find(kid, expected.now)
    leaf = to?.alg === 'dir' ? to.kid : undefined
    return to
  }
  const jws = await decryptWith(findOnce, CTY, token)
  try {
    const { claims, kid } = await verifyClaims(jws, TYP, keys)
    return { entitlement: readClaims(claims, expected), kid, leaf }
  } catch (error) {
    throw error instanceof TokenError && error.code === 'key' ? new TokenError('signing_key', { cause: error }) : error
  }
}

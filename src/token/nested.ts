/**
 * The `nested` envelope of an access token: signed by the issuer, then encrypted to the resource server (RFC 9068,
 * RFC 7519 §11.2). Nobody but the issuer can make it, not even who can open it.
 *
 * @module
 */

import { compactDecrypt } from 'jose/jwe/compact/decrypt'
import { CompactEncrypt } from 'jose/jwe/compact/encrypt'
import type { SigningKey } from '../../keys/index.ts'
import { LONGEST_ENVELOPE, readJwe } from './canonical.ts'
import { type Expectations, readClaims, writeClaims } from './claims.ts'
import type { Entitlement, Opened } from './entitlement.ts'
import { TokenError } from './error.ts'
import { readHeader } from './header.ts'
import type { VerificationKeys } from './jwks.ts'
import type { Recipient } from './recipient.ts'
import { signClaims, verifyClaims } from './signed.ts'

/** `typ` of the signed part (RFC 9068 §2.1). */
const TYP = 'at+jwt'

/**
 * Seals an entitlement into a nested access token.
 *
 * @throws {TokenError} `size` when the operator's claims make it too long
 */
export async function sealNested(
  entitlement: Entitlement,
  issuer: string,
  signer: SigningKey,
  to: Recipient,
): Promise<string> {
  const jws = await signClaims(writeClaims(entitlement, issuer), TYP, signer)
  const { alg, enc, kid, key } = to
  const token = await new CompactEncrypt(new TextEncoder().encode(jws))
    .setProtectedHeader({ alg, enc, kid, cty: 'JWT' })
    .encrypt(key)
  if (token.length > LONGEST_ENVELOPE) throw new TokenError('size')
  return token
}

/** What opens the outer envelope: by exactly this kid, at `now`. */
export type FindRecipient = (kid: string, now: number) => Promise<Recipient | undefined>

/** What a nested envelope says of itself before it is opened. */
export interface NestedOutside {
  readonly alg: string
  readonly enc: string
  readonly kid: string
  /** Whether there is an ephemeral key in the header. */
  readonly hasKey: boolean
  /** Whether there is an encrypted content key. */
  readonly hasEncryptedKey: boolean
}

/**
 * Reads what a nested envelope says of itself. Nothing of it is proved.
 *
 * @throws {TokenError} `length`, `form`, `header`, `type`
 */
export function readNestedOutside(token: string): NestedOutside {
  const { header, encryptedKey } = readJwe(token)
  const hasEncryptedKey = encryptedKey !== ''
  const hasKey = !hasEncryptedKey && isAgreed(header)
  const { alg, enc, kid, cty } = readHeader(header, ['alg', 'enc', 'kid', 'cty'], hasKey)
  if (cty !== 'JWT') throw new TokenError('type')
  return { alg, enc, kid, hasKey, hasEncryptedKey }
}

/** Takes the signed token out of its envelope: one key, found by its kid, tried once. */
async function decrypt(token: string, find: FindRecipient, now: number): Promise<string> {
  const said = readNestedOutside(token)
  const to = await find(said.kid, now)
  if (to === undefined) throw new TokenError('key')
  if (said.alg !== to.alg || said.enc !== to.enc || said.hasEncryptedKey !== (to.alg === 'RSA-OAEP-256'))
    throw new TokenError('algorithm')
  if (said.hasKey !== (to.alg === 'ECDH-ES')) throw new TokenError('header')
  try {
    const options = { keyManagementAlgorithms: [to.alg], contentEncryptionAlgorithms: [to.enc] }
    const { plaintext } = await compactDecrypt(token, to.key, options)
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plaintext)
  } catch (cause) {
    throw new TokenError('decryption', { cause })
  }
}

/** Tells whether a header has an ephemeral key; what it is, `readHeader` looks at. */
function isAgreed(header: string): boolean {
  return atob(header.replaceAll('-', '+').replaceAll('_', '/')).includes('"epk":')
}

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
  const jws = await decrypt(token, find, expected.now)
  try {
    const { claims, kid } = await verifyClaims(jws, TYP, keys)
    return { entitlement: readClaims(claims, expected), kid }
  } catch (error) {
    throw error instanceof TokenError && error.code === 'key' ? new TokenError('signing_key', { cause: error }) : error
  }
}

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
import { authenticatedOf, sealDir } from './dir.ts'
import type { Entitlement, Opened } from './entitlement.ts'
import { TokenError } from './error.ts'
import { readHeader } from './header.ts'
import type { VerificationKeys } from './jwks.ts'
import type { KeyRecipient, Recipient } from './recipient.ts'
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
  const { alg, enc, kid } = to
  const header = { alg, enc, kid, cty: 'JWT' }
  const token =
    to.alg === 'dir'
      ? await sealDir(header, jws, to.cipher)
      : await new CompactEncrypt(new TextEncoder().encode(jws)).setProtectedHeader(header).encrypt(to.key)
  if (token.length > LONGEST_ENVELOPE) throw new TokenError('size')
  return token
}

/** What opens the outer envelope: by exactly this kid, at `now`. */
export type FindRecipient = (kid: string, now: number) => Promise<Recipient | undefined>

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Returns what is in a JWE to a resource server's own key. */
async function openByKey(token: string, { alg, enc, key }: KeyRecipient): Promise<Uint8Array> {
  const options = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] }
  return (await compactDecrypt(token, key, options)).plaintext
}

/** Takes the signed token out of its envelope: one key, found by its kid, tried once. */
async function decrypt(token: string, find: FindRecipient, now: number): Promise<string> {
  const segments = readJwe(token)
  const { header, encryptedKey } = segments
  const hasKey = encryptedKey === '' && isAgreed(header)
  const said = readHeader(header, ['alg', 'enc', 'kid', 'cty'], hasKey)
  if (said.cty !== 'JWT') throw new TokenError('type')
  const to = await find(said.kid, now)
  if (to === undefined) throw new TokenError('key')
  if (said.alg !== to.alg || said.enc !== to.enc || (encryptedKey !== '') !== (to.alg === 'RSA-OAEP-256'))
    throw new TokenError('algorithm')
  if (hasKey !== (to.alg === 'ECDH-ES')) throw new TokenError('header')
  try {
    return utf8.decode(
      await (to.alg === 'dir' ? to.cipher.open(segments, authenticatedOf(header)) : openByKey(token, to)),
    )
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

/**
 * How long tokens are that say the same, by what seals or signs them; the signatures that no quantum computer forges
 * (FIPS 204), too.
 *
 * @module
 */

import { generateKeyPair, SignJWT } from 'jose'
import { CLAIMS, directToken, nestedTokens } from '../tokens.ts'

/** A token, and how long it is. */
export interface Length {
  readonly token: string
  readonly characters: number
  /** Whether all that it rests on stands against a quantum computer, as far as anybody knows. */
  readonly lasts: boolean
}

async function signedBy(alg: string): Promise<number> {
  const { privateKey } = await generateKeyPair(alg)
  const header = { alg, kid: `r1.20780.${alg.toLowerCase()}`, typ: 'at+jwt' }
  return (await new SignJWT(CLAIMS).setProtectedHeader(header).sign(privateKey)).length
}

/** Seals and signs one of each. */
export async function lengths(): Promise<readonly Length[]> {
  const { token } = await directToken()
  const { byLeaf, byKey } = await nestedTokens()
  const jwt = async (alg: string, lasts = false): Promise<Length> => ({
    token: `JWT, signed by ${alg}`,
    characters: await signedBy(alg),
    lasts,
  })
  return [
    { token: '`direct`', characters: token.length, lasts: true },
    { token: '`nested` under a leaf', characters: byLeaf.length, lasts: false },
    { token: '`nested` to a P-256 key', characters: byKey.length, lasts: false },
    await jwt('ES256'),
    await jwt('EdDSA'),
    await jwt('RS256'),
    await jwt('ML-DSA-44', true),
    await jwt('ML-DSA-65', true),
  ]
}

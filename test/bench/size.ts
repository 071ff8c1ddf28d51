/**
 * How long tokens are that say the same.
 *
 * @module
 */

import { CompactEncrypt, SignJWT } from 'jose'
import { importPeer } from './peers.ts'
import type { Row } from './report.ts'
import { CLAIMS, directToken, nestedTokens } from './tokens.ts'

async function keyPair(algorithm: object, usages: readonly string[]): Promise<CryptoKeyPair> {
  return (await crypto.subtle.generateKey(algorithm as never, false, usages as never)) as unknown as CryptoKeyPair
}

interface CryptoKeyPair {
  readonly privateKey: Parameters<SignJWT['sign']>[0]
  readonly publicKey: Parameters<CompactEncrypt['encrypt']>[0]
}

/** Compares lengths. */
export async function sizes(): Promise<readonly Row[]> {
  const direct = (await directToken()).token.length
  const nested = await nestedTokens()
  const plain = Buffer.byteLength(JSON.stringify(CLAIMS))
  const rsa = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' }
  const es256 = await keyPair({ name: 'ECDSA', namedCurve: 'P-256' }, ['sign', 'verify'])
  const rs256 = await keyPair({ name: 'RSASSA-PKCS1-v1_5', ...rsa }, ['sign', 'verify'])
  const oaep = await keyPair({ name: 'RSA-OAEP', ...rsa, hash: 'SHA-1' }, ['encrypt', 'decrypt'])
  const jwt = (alg: string, { privateKey }: CryptoKeyPair): Promise<string> =>
    new SignJWT(CLAIMS).setProtectedHeader({ alg, kid: 'r1.20780.es256', typ: 'at+jwt' }).sign(privateKey)
  const openIddict = await new CompactEncrypt(new TextEncoder().encode(await jwt('RS256', rs256)))
    .setProtectedHeader({ alg: 'RSA-OAEP', enc: 'A256CBC-HS512', kid: 'r1', typ: 'at+jwt', cty: 'JWT' })
    .encrypt(oaep.publicKey)
  const { seal, defaults } = await importPeer('iron-webcrypto')
  const iron: string = await seal(CLAIMS, 'a password of more than thirty-two characters', defaults)
  const row = (ours: string, length: number, beside: string, other: number): Row => ({
    group: 'size',
    ours,
    beside,
    figures: `${length} : ${other} characters`,
    ratio: other / length,
  })
  return [
    {
      group: 'size',
      ours: 'direct: characters beyond 4/3 of the JSON',
      beside: `${plain} bytes of JSON`,
      figures: `${direct} characters`,
      ratio: Math.ceil(direct - (plain * 4) / 3),
      unit: 'characters',
      bar: { atMost: 130 },
    },
    row('direct', direct, 'RFC 9068 JWT, ES256', (await jwt('ES256', es256)).length),
    row('direct', direct, 'iron-webcrypto', iron.length),
    row('direct', direct, 'as OpenIddict: RSA-OAEP around RS256', openIddict.length),
    row('nested, under a leaf', nested.byLeaf.length, 'as OpenIddict: RSA-OAEP around RS256', openIddict.length),
    row('nested, to a P-256 key', nested.byKey.length, 'as OpenIddict: RSA-OAEP around RS256', openIddict.length),
  ]
}

/**
 * Others' verifiers of JWTs in Node: the fastest by each kind of key, and the one that most have. Each checks what `direct` does:
 * issuer, audience and time.
 *
 * @module
 */

import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { atOnce, type Contender } from './measure.ts'
import { importPeer } from './peers.ts'
import { API, CLAIMS, ISSUER } from './tokens.ts'

/** A key pair as PEM, which is how these take one. */
interface Pair {
  readonly publicKey: string
  readonly privateKey: string
}

function written(pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }): Pair {
  return {
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

export const es256Pair = (): Pair => written(generateKeyPairSync('ec', { namedCurve: 'P-256' }))

/** Returns fast-jwt by HS256, ES256 and EdDSA, and with its cache and its own key for that. */
export async function fastJwt(): Promise<readonly Contender[]> {
  const { createSigner, createVerifier } = await importPeer('fast-jwt')
  const secret = randomBytes(32)
  const keys = {
    HS256: { privateKey: secret, publicKey: secret },
    ES256: es256Pair(),
    EdDSA: written(generateKeyPairSync('ed25519')),
  }
  const contender = (algorithm: keyof typeof keys, name: string, options: object): Contender => {
    const { privateKey, publicKey } = keys[algorithm]
    const token: string = createSigner({ key: privateKey, algorithm })(CLAIMS)
    const verify: (token: string) => unknown = createVerifier({
      key: publicKey,
      algorithms: [algorithm],
      allowedIss: ISSUER,
      allowedAud: API,
      requiredClaims: ['exp'],
      ...options,
    })
    return atOnce(name, () => verify(token))
  }
  return [
    contender('HS256', 'fast-jwt HS256', {}),
    contender('ES256', 'fast-jwt ES256', {}),
    contender('EdDSA', 'fast-jwt EdDSA', {}),
    contender('ES256', 'fast-jwt, cached', { cache: true }),
  ]
}

/** Returns jsonwebtoken by HS256. */
export async function jsonwebtoken(): Promise<Contender> {
  const { default: jwt } = await importPeer('jsonwebtoken')
  const secret = randomBytes(32)
  const token: string = jwt.sign(CLAIMS, secret, { algorithm: 'HS256' })
  const options = { algorithms: ['HS256'], issuer: ISSUER, audience: API }
  return atOnce('jsonwebtoken HS256', () => jwt.verify(token, secret, options))
}

/**
 * New RSA keys for the ring.
 *
 * @module
 */

import { generateKeyPairSync } from 'node:crypto'
import type { RsaJwk } from '../../keys/index.ts'

/** Returns a new RSA key of 2048 bits. */
export function makeRsaKey(): RsaJwk {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { kty: _, ...members } = privateKey.export({ format: 'jwk' })
  return members as unknown as RsaJwk
}

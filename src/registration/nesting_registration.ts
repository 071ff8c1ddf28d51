/**
 * What the operator says of a resource whose tokens are nested, and what becomes of it.
 *
 * @module
 */

import { type Members, readChoice } from '../../keys/check.ts'
import { readAll } from '../../keys/faults.ts'
import { SIGNING_ALGORITHMS } from '../../keys/index.ts'
import { checkRemoteUrl } from '../protocol/remote_url.ts'
import { readPublicKeys } from './public_keys.ts'
import type { Resource } from './resource.ts'

/** Reads how a nested token is signed, and to whom it is encrypted. */
export function readNesting(
  name: string,
  value: Members,
  isLoopbackAllowed: boolean,
): Pick<Resource, 'encryptionAlg' | 'signingAlg' | 'jwks' | 'jwksUri'> {
  const { envelope, encryption_alg = 'ECDH-ES', signing_alg = 'ES256', jwks, jwks_uri } = value
  const isNested = envelope === 'nested'
  const stray = ['encryption_alg', 'signing_alg', 'jwks', 'jwks_uri'].find(
    (member) => !isNested && value[member] !== undefined,
  )
  if (stray !== undefined) throw new TypeError(`"${name}.${stray}" goes with "envelope": "nested"`)
  return readAll({
    encryptionAlg: () => readChoice(`${name}.encryption_alg`, encryption_alg, ['ECDH-ES', 'RSA-OAEP-256', 'dir']),
    signingAlg: () => readChoice(`${name}.signing_alg`, signing_alg, SIGNING_ALGORITHMS),
    jwks: () => {
      const isKeyNeeded = isNested && encryption_alg !== 'dir'
      const given = [jwks, jwks_uri].filter((one) => one !== undefined).length
      if (given !== (isKeyNeeded ? 1 : 0))
        throw new TypeError(`"${name}" expected ${isKeyNeeded ? 'either "jwks" or "jwks_uri"' : 'no keys with "dir"'}`)
      return jwks === undefined ? [] : readPublicKeys(`${name}.jwks`, jwks)
    },
    jwksUri: () => {
      if (jwks_uri === undefined) return undefined
      checkRemoteUrl(`${name}.jwks_uri`, jwks_uri, isLoopbackAllowed)
      return jwks_uri
    },
  })
}

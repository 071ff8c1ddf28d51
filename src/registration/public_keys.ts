/**
 * Public keys as a setting has them.
 *
 * @module
 */

import { checkMembers, checkText, type Members } from '../../keys/check.ts'
import { readEach } from '../../keys/faults.ts'

/** Reads a JWK Set of public keys: a private or a shared key is never anybody's but its owner's. */
export function readPublicKeys(name: string, jwks: unknown): readonly Members[] {
  checkMembers(name, jwks, ['keys'])
  const { keys } = jwks
  if (!Array.isArray(keys) || keys.length === 0) throw new TypeError(`"${name}.keys" expected a list of keys`)
  readEach(keys, (key: unknown, index) => {
    checkMembers(`${name}.keys[${index}]`, key)
    checkText(`${name}.keys[${index}].kid`, key['kid'], /^[\x21-\x7e]{1,64}$/, '1 to 64 visible characters')
    if (key['d'] !== undefined || key['k'] !== undefined)
      throw new RangeError(`"${name}.keys[${index}]" expected a public key`)
  })
  return keys
}

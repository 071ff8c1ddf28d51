/**
 * Keys as `bulla keys export` prints them, held against what the verifier is for.
 *
 * @module
 */

import { checkText } from '../../keys/check.ts'
import { createLeaves, type Leaves, readKeys } from '../../keys/index.ts'
import type { CheckedOptions } from './verifier.ts'

/**
 * Returns the leaves of exported keys.
 *
 * @throws {TypeError | RangeError} when they are none, or for another issuer or resource
 */
export function leavesOfKeys(text: string, { issuer, resource, longestLife }: CheckedOptions): Leaves {
  checkText('keys', text, /\S/, 'what `bulla keys export` printed')
  const keys = readKeys(text)
  if (keys.issuer !== issuer) throw new RangeError('"keys" are of another issuer than "issuer" names')
  if (keys.resource !== resource) throw new RangeError('"keys" are for another resource than "resource" names')
  return createLeaves({ ...keys, longestLife })
}

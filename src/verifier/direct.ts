/**
 * The face of `bulla/verifier/direct`: a verifier for `direct` tokens and exported keys alone, as small as it gets.
 *
 * @module
 */

import { checkText } from '../../keys/check.ts'
import { createLeaves, type Leaves, readKeys } from '../../keys/index.ts'
import { openDirect } from '../token/direct.ts'
import {
  type CheckedOptions,
  type CommonOptions,
  checkOptions,
  createVerifierAround,
  type Verifier,
} from './verifier.ts'

export type { Entitlement } from '../token/entitlement.ts'
export type { CommonOptions, Demand, Verification, Verifier } from './verifier.ts'

/** All that a verifier of direct tokens is made from. */
export interface DirectVerifierOptions extends CommonOptions {
  /** What `bulla keys export` printed for this resource: a secret. */
  readonly keys: string
}

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

/**
 * Makes a verifier of direct tokens. It fetches nothing, and knows of no revocation.
 *
 * @throws {TypeError} when an option is of a wrong type
 * @throws {RangeError} when an option is out of bounds, or the keys are for another issuer or resource
 */
export function createDirectVerifier(options: DirectVerifierOptions): Verifier {
  const checked = checkOptions(options)
  const leaves = leavesOfKeys(options.keys, checked)
  return createVerifierAround((token, expected) => openDirect(token, leaves, expected), checked)
}

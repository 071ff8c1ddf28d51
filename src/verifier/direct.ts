/**
 * The face of `bulla/verifier/direct`: a verifier for `direct` tokens and exported keys alone, as small as it gets.
 *
 * @module
 */

import { openDirect } from '../token/direct.ts'
import { openersOfKeys } from './exported_keys.ts'
import { type CommonOptions, checkOptions, createVerifierAround, type Verifier } from './verifier.ts'

export type { Entitlement } from '../token/entitlement.ts'
export type { CommonOptions, Demand, Verification, Verifier } from './verifier.ts'

/** All that a verifier of direct tokens is made from. */
export interface DirectVerifierOptions extends CommonOptions {
  /** What `bulla keys export` printed for this resource: a secret. */
  readonly keys: string
}

/**
 * Makes a verifier of direct tokens. It fetches nothing, and knows of no revocation.
 *
 * @throws {TypeError} when an option is of a wrong type
 * @throws {RangeError} when an option is out of bounds, or the keys are for another issuer or resource
 */
export function createDirectVerifier(options: DirectVerifierOptions): Verifier {
  const checked = checkOptions(options)
  const leaves = openersOfKeys(options.keys, checked)
  return createVerifierAround((token, expected) => openDirect(token, leaves, expected), checked)
}

/**
 * The face of `bulla/verifier/direct`: a verifier for `direct` tokens and exported keys alone, as small as it gets.
 *
 * @see docs/reference/verifier.md
 *
 * @module
 */

import { checkFewMembers } from '../../keys/check.ts'
import { openDirect } from '../token/direct.ts'
import { createBefore } from '../token/opened_before.ts'
import { COMMON_OPTIONS, type CommonOptions, checkOptions } from './common_options.ts'
import { openersOfKeys } from './keys/exported_keys.ts'
import { createVerifierAround, type Verifier } from './verifier.ts'

export type { Entitlement } from '../token/entitlement.ts'
export type { CommonOptions } from './common_options.ts'
export type { Demand } from './demand.ts'
export type { Verification, Verifier } from './verifier.ts'

/** All that a verifier of direct tokens is made from. */
export interface DirectVerifierOptions extends CommonOptions {
  /** What `bulla keys export` printed for this resource: a secret. */
  readonly keys: string
}

const OPTIONS: Readonly<Record<keyof DirectVerifierOptions, true>> = { ...COMMON_OPTIONS, keys: true }

/**
 * Makes a verifier of direct tokens. It fetches nothing, and knows of no revocation.
 *
 * @throws {TypeError} when an option is of a wrong type, or one that it does not know, such as those of `createVerifier`
 * @throws {RangeError} when an option is out of bounds, or the keys are for another issuer or resource
 * @example
 * import { readFileSync } from 'node:fs'
 * import { createDirectVerifier } from 'bulla/verifier/direct'
 *
 * const verifier = createDirectVerifier({
 *   issuer: 'https://auth.example.com',
 *   resource: 'https://api.example.com',
 *   keys: readFileSync('keys.json', 'utf8'),
 * })
 *
 * export async function whoAsks(token: string): Promise<string | undefined> {
 *   const { entitlement } = await verifier.verify(token, { scope: 'notes:read' })
 *   return entitlement?.sub
 * }
 */
export function createDirectVerifier(options: DirectVerifierOptions): Verifier {
  checkFewMembers('createDirectVerifier', options, Object.keys(OPTIONS))
  const checked = checkOptions(options)
  const leaves = openersOfKeys(options.keys, checked)
  const before = createBefore(checked.keep)
  return createVerifierAround((token, expected) => openDirect(token, leaves, expected, before), checked)
}

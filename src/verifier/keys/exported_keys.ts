/**
 * Keys as `bulla keys export` prints them, held against what the verifier is for.
 *
 * @module
 */

import { checkText } from '../../../keys/check.ts'
import { isSameResource } from '../../../keys/identifier.ts'
import {
  createLeaves,
  createOpeningLeaves,
  type Leaves,
  type LeavesOptions,
  type NamesKey,
  namesKeysOf,
  type OpeningLeaves,
  readKeys,
} from '../../../keys/index.ts'
import type { ContentOpener } from '../../jose/content_encryption.ts'
import { deriveOpener } from '../../jose/content_opening.ts'
import type { CheckedOptions } from '../common_options.ts'

function read(text: string, { issuer, resource, longestLife }: CheckedOptions): LeavesOptions {
  checkText('keys', text, /\S/, 'what `bulla keys export` printed')
  const keys = readKeys(text)
  if (keys.issuer !== issuer)
    throw new RangeError(`"keys" are of another issuer, ${keys.issuer}, than "issuer" names, ${issuer}`)
  if (keys.resource !== resource) {
    const other = isSameResource(keys.resource, resource) ? 'the resource in another spelling' : 'another resource'
    throw new RangeError(
      `"keys" are for ${other}, ${keys.resource}, than "resource" names, ${resource}: the issuer's settings have the right one`,
    )
  }
  return { ...keys, longestLife }
}

/**
 * Returns the leaves of exported keys.
 *
 * @throws {TypeError | RangeError} when they are none, or for another issuer or resource
 */
export function leavesOfKeys(text: string, options: CheckedOptions): Leaves {
  return createLeaves(read(text, options))
}

/**
 * Returns the leaves of exported keys, each ready to open, and to do nothing else.
 *
 * @throws {TypeError | RangeError} as {@link leavesOfKeys}
 */
export function openersOfKeys(text: string, options: CheckedOptions): OpeningLeaves<ContentOpener> {
  return createOpeningLeaves(deriveOpener, read(text, options))
}

/**
 * Returns the names keys of exported keys.
 *
 * @throws {TypeError | RangeError} as {@link leavesOfKeys}
 */
export function namesKeysOfKeys(text: string, options: CheckedOptions): readonly NamesKey[] {
  return namesKeysOf(read(text, options).branches)
}

/**
 * What the operator says of a provider's token that an API is handed.
 *
 * @module
 */

import { checkText, type Members } from '../../keys/check.ts'
import { readScopeText } from '../protocol/scope.ts'
import type { HandOver } from './resource.ts'

/**
 * Reads what a resource is handed of a provider, if anything.
 *
 * This does NOT check that there is such a provider: `checkHandOvers` does.
 *
 * @throws {TypeError | RangeError} when a setting is of a wrong type, or goes without another
 */
export function readHandOver(name: string, value: Members): HandOver | undefined {
  const { provider_token, provider_scope = '', envelope, encryption_alg } = value
  if (provider_token === undefined) {
    if (value['provider_scope'] !== undefined)
      throw new TypeError(`"${name}.provider_scope" goes with "provider_token"`)
    return undefined
  }
  checkText(`${name}.provider_token`, provider_token, /./, 'what LOGIN calls a provider')
  const scope = readScopeText(`${name}.provider_scope`, provider_scope)
  if (envelope === 'nested' && encryption_alg === 'dir')
    throw new RangeError(`"${name}.provider_token" expected "direct", or tokens to a key of its own`)
  return { provider: provider_token, scope }
}

/**
 * Where a verifier has the keys by which it alone can tell who of its people was revoked.
 *
 * @module
 */

import type { CheckedOptions } from '../common_options.ts'
import type { FindNamesKeys, RevocationOptions } from '../revocations.ts'
import { namesKeysOfKeys } from './exported_keys.ts'
import type { RemoteKeys } from './remote_keys.ts'

/** What of a verifier's options says it. */
export interface NamesKeysOptions {
  readonly keys?: string | RemoteKeys
  readonly revocations?: RevocationOptions
}

/**
 * Returns where the names keys are found.
 *
 * @throws {TypeError} when there is no way to them, or one too many
 */
export function findNamesKeysOf({ keys, revocations }: NamesKeysOptions, checked: CheckedOptions): FindNamesKeys {
  if (keys !== undefined && revocations?.keys !== undefined)
    throw new TypeError('"revocations.keys" expected only beside "decryptionKeys": "keys" have what it needs')
  if (typeof keys === 'string') {
    const names = namesKeysOfKeys(keys, checked)
    return async () => names
  }
  const remote = keys ?? revocations?.keys
  if (remote === undefined)
    throw new TypeError(
      '"revocations.keys" expected remoteKeys(…) beside "decryptionKeys": without, nobody tells which persons were revoked',
    )
  return (now, isLacking) => remote.namesKeys(now, isLacking)
}

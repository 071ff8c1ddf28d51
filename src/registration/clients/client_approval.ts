/**
 * What the operator says of a client that matters when a person is asked (RFC 7591 §2).
 *
 * @module
 */

import { type Members, readBoolean, readChoice, readText, readTexts } from '../../../keys/check.ts'
import { readAll, readEach } from '../../../keys/faults.ts'
import { hasHost } from '../../../keys/identifier.ts'
import { checkRedirectUri, isOnDevice } from '../../protocol/redirect_uri.ts'
import { readVisible } from '../../protocol/visible.ts'
import { LONGEST_NAME } from '../own_words.ts'
import type { Client } from './client.ts'

function readRedirectUris(name: string, value: unknown, isNeeded: boolean): readonly string[] {
  const uris = readTexts(name, value, /^\S{1,512}$/, 'a URI of at most 512 characters')
  if (uris.length > 10) throw new RangeError(`"${name}" expected at most 10`)
  if (isNeeded && uris.length === 0) throw new RangeError(`"${name}" expected at least one, for authorization_code`)
  readEach(uris, (uri, index) => checkRedirectUri(`${name}[${index}]`, uri))
  return uris
}

function readHomePage(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined
  const url = readText(name, value, /^https:\/\/[\x21-\x7e]{1,500}$/, 'an https URL')
  if (!hasHost(url)) throw new RangeError(`"${name}" expected an https URL`)
  return url
}

/**
 * Reads what matters when a person is asked.
 *
 * @throws {TypeError | RangeError} all that is wrong with it
 */
export function readApprovalSettings(
  id: string,
  name: string,
  value: Members,
): Pick<Client, 'name' | 'uri' | 'redirectUris' | 'consent' | 'opensPopup'> {
  const { client_name = id.slice(0, 64), client_uri, redirect_uris = [], consent = 'ask', opens_popup = false } = value
  const { grant_types } = value
  const isAuthorizing = Array.isArray(grant_types) && grant_types.includes('authorization_code')
  const read = readAll({
    name: () => readVisible(`${name}.client_name`, client_name, LONGEST_NAME),
    uri: () => readHomePage(`${name}.client_uri`, client_uri),
    redirectUris: () => readRedirectUris(`${name}.redirect_uris`, redirect_uris, isAuthorizing),
    consent: () => readChoice(`${name}.consent`, consent, ['ask', 'skip']),
    opensPopup: () => readBoolean(`${name}.opens_popup`, opens_popup),
  })
  if (consent === 'skip' && read.redirectUris.some(isOnDevice)) {
    throw new RangeError(`"${name}.consent" expected "ask": an app on a device can be pretended to be`)
  }
  return read
}

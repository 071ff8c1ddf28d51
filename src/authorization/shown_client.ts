/**
 * What a person is told of a client.
 *
 * @module
 */

import { isOnDevice } from '../protocol/redirect_uri.ts'

/** Returns where an answer goes, as a person can read it. */
export function placeOf(redirectUri: string): string {
  return isOnDevice(redirectUri) ? 'an app on this device' : new URL(redirectUri).host
}

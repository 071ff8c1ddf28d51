/**
 * Where answers may go to clients that walked in: asked when they register, and again at every use, so that a stricter release
 * holds for those that are older.
 *
 * @module
 */

import { checkRedirectUri, isOnDevice } from '../../protocol/redirect_uri.ts'
import type { WalkInPolicy } from './walk_in.ts'

/** Characters that a redirect URI may have. */
const LONGEST_REDIRECT_URI = 512

/** Tells whether answers may go there. */
export function mayRedirectTo(uri: string, { redirectHosts }: Pick<WalkInPolicy, 'redirectHosts'>): boolean {
  try {
    if (uri.length > LONGEST_REDIRECT_URI) return false
    checkRedirectUri('redirect_uri', uri)
    return isOnDevice(uri) || redirectHosts === undefined || redirectHosts.has(new URL(uri).hostname)
  } catch {
    return false
  }
}

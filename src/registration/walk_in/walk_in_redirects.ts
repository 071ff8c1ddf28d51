/**
 * Where answers may go to clients that walked in: asked when they register, and again at every use, so that a stricter release
 * holds for those that are older.
 *
 * @module
 */

import { checkWalkInRedirectUri } from '../../protocol/redirect_uri.ts'
import type { WalkInPolicy } from './walk_in.ts'

/** Tells whether answers may go there. */
export function mayRedirectTo(uri: string, policy: Pick<WalkInPolicy, 'issuer' | 'redirectHosts'>): boolean {
  try {
    checkWalkInRedirectUri('redirect_uri', uri, policy)
    return true
  } catch {
    return false
  }
}

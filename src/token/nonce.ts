/**
 * Nonces for DPoP proofs (RFC 9449 §8): the time, sealed. Whoever sealed one knows how old it is, and keeps nothing.
 *
 * @module
 */

import type { Leaves } from '../../keys/index.ts'
import { TokenError } from '../jose/error.ts'
import { openPurpose, sealPurpose } from './purpose.ts'

/** Seconds that a nonce is taken; from the half of it on, a new one is given beside the answer. */
export const NONCE_LIFE = 300

/** Seconds by which the clocks of the servers with the same keys may differ. */
const SKEW = 60

/** Nonces of one server, or of several with the same keys. They are nobody's own: every client may have the same. */
export interface Nonces {
  /**
   * Returns a nonce of now.
   *
   * @throws {TokenError} `sealing` when no root is primary
   */
  give(now: number): Promise<string>
  /**
   * Checks a nonce that came back, and tells whether it is time for a new one.
   *
   * @throws {TokenError} `proof_nonce` when it is none of ours, or too old, or there is none
   */
  checkAge(nonce: string | undefined, now: number): Promise<{ readonly isOld: boolean }>
}

/**
 * Returns nonces.
 *
 * @param leavesAt returns the leaves of the purpose `nonce` at an instant
 */
export function createNonces(leavesAt: (now: number) => Leaves): Nonces {
  return {
    // The initialization vector tells nonces apart: a name adds nothing.
    give: async (now) => sealPurpose('nonce', { jti: 'nonce', iat: now, exp: now + NONCE_LIFE }, leavesAt(now), now),
    async checkAge(nonce, now) {
      if (nonce === undefined) throw new TokenError('proof_nonce')
      try {
        const { iat } = await openPurpose('nonce', nonce, leavesAt(now), now, SKEW)
        return { isOld: now - iat > NONCE_LIFE / 2 }
      } catch (cause) {
        throw cause instanceof TokenError ? new TokenError('proof_nonce', { cause }) : cause
      }
    },
  }
}

/**
 * One moment: what is revoked in it, and whom that hits.
 *
 * @module
 */

import type { RevocationEvent } from '../stores/revocations.ts'
import type { Target } from '../token/revocations.ts'

/** What the cases of revocations are made with, of one moment. */
export interface Moment {
  readonly now: number
  readonly event: (value: string, changes?: Partial<RevocationEvent>) => RevocationEvent
  readonly target: (sub: string, iat?: number) => Pick<Target, 'sub' | 'client_id' | 'iat'>
}

/** Returns what one moment is asked with. */
export function momentOf(now: number): Moment {
  return {
    now,
    event: (value, changes = {}) => ({ kind: 'sub', value, at: now, until: now + 600, keep: now + 3600, ...changes }),
    target: (sub, iat = now) => ({ sub, client_id: 'app', iat }),
  }
}

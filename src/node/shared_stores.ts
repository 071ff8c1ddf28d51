/**
 * What many processes share, be it in a file or behind a network.
 *
 * @module
 */

import type { SharedGuard, SharedRevocations } from '../stores/index.ts'

/** What many processes share, until it is closed: beside `close` settings of `createIssuer`. */
export interface OpenStores {
  readonly guard: SharedGuard
  readonly revocations: SharedRevocations
  /** Closes what was opened. */
  close(): Promise<void>
}

/** What a list of revocations has to say of a store: its guard has said so. */
export const silent = (): void => {}

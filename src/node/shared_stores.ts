/**
 * What many processes share, be it in a file or behind a network.
 *
 * @module
 */

import type { SharedGuard } from '../stores/index.ts'
import type { Revocations } from '../stores/revocations.ts'

/** What many processes share, until it is closed: beside `close` settings of `createIssuer`. */
export interface OpenStores {
  readonly guard: SharedGuard
  readonly revocations?: Revocations
  close(): Promise<void>
}

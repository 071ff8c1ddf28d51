/**
 * What many processes share, be it in a file or behind a network.
 *
 * @module
 */

import type { SharedGuard } from '../stores/index.ts'
import type { Revocations } from '../stores/revocations.ts'

/** What many processes share, until it is closed. */
export interface OpenStores {
  /** What it is called for who reads of it, without an address: `Redis`. */
  readonly name: string
  readonly guard: SharedGuard
  readonly revocations?: Revocations
  close(): Promise<void>
}

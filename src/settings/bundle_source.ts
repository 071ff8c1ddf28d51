/**
 * Where settings that come sealed are read, and how they are.
 *
 * @module
 */

import type { Reason } from '../protocol/reasons.ts'

/** Reads sealed settings from where they lie; nothing when there are none. What it throws is logged by its name alone. */
export type ReadBundle = () => Promise<string | undefined>

/** Where sealed settings lie. */
export type SettingsBundle = ReadBundle | { readonly read: ReadBundle }

/** How sealed settings are. Instants are Unix seconds. */
export interface BundleStatus {
  /** The number of those that are in force; nothing until some were read. */
  readonly seq?: number
  readonly issued_at?: number
  /** The kid of the root by which they were sealed. */
  readonly root?: string
  /** When they were last read, and good. */
  readonly read_at?: number
  /** When their root goes: from then on nobody can read them any more. */
  readonly opens_until?: number
  /** Why what lies there now is not taken, and since when that is so. */
  readonly refused?: { readonly reason: Reason; readonly since: number }
}

/** Returns what reads sealed settings. */
export function readerOf(bundle: SettingsBundle): ReadBundle {
  return typeof bundle === 'function' ? bundle : () => bundle.read()
}

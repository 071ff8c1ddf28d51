/**
 * What can be wrong with a store that many processes share, in words of ours: the store's own never go out.
 *
 * @module
 */

import type { Reason } from '../protocol/reasons.ts'

/**
 * Why a store did not do it: it was too late; nobody knows whether it heard; it said no; it has no room; it is a copy that takes
 * nothing; its tables are missing; too many wanted the same; it is not set up for what it is used for; its clock is another.
 */
export type StoreReason = Extract<
  Reason,
  | 'late'
  | 'connection'
  | 'refused_by_server'
  | 'memory_full'
  | 'readonly_replica'
  | 'schema'
  | 'contention'
  | 'settings'
  | 'clock'
>

/**
 * A store that did not do what it was asked; its message is for the operator.
 *
 * @example
 * import { type SharedGuard, StoreError } from 'bulla/stores'
 *
 * export async function isThere(guard: SharedGuard): Promise<boolean> {
 *   try {
 *     await guard.ready()
 *     return true
 *   } catch (error) {
 *     if (error instanceof StoreError) console.error(error.reason, error.message)
 *     return false
 *   }
 * }
 */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly reason: StoreReason

  constructor(reason: StoreReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

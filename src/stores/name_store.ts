/**
 * What a store does that keeps names, and compares and swaps.
 *
 * @module
 */

import type { Attempt } from './store_calls.ts'

/** What became of a swap, and what lies there where it is another. */
export type Swapped =
  | { readonly outcome: 'swapped' }
  | { readonly outcome: 'late' }
  | { readonly outcome: 'ended' }
  | { readonly outcome: 'other'; readonly there: string | undefined }

/**
 * What a store does: each of these is atomic, whoever else asks. Names are 43 characters, and no name of one kind is one of another.
 *
 * `unless` are names of families: where one of them has ended nothing is done, and the answer is `ended`. Only where they lie elsewhere
 * they are asked before, and never beside.
 */
export interface NameStore {
  /** Puts a value where nothing is: `first` also where just that value is. `expiresAt`: Unix seconds until which it must be kept. */
  claim(
    name: string,
    value: string,
    expiresAt: number,
    attempt: Attempt,
    unless?: readonly string[],
  ): Promise<'first' | 'taken' | 'ended' | 'late'>
  /** Returns what lies there. */
  read(name: string): Promise<string | undefined>
  /** Puts `after` where `before` is, or `after` is already; for no `before`, where nothing is. It is kept until the later end of both. */
  replace(
    name: string,
    before: string | undefined,
    after: string,
    expiresAt: number,
    attempt: Attempt,
    unless?: readonly string[],
  ): Promise<Swapped>
  /** Puts a number where a lower one is, or nothing, and returns the highest: it is kept for ever. */
  raise(name: string, number: number, attempt: Attempt): Promise<number | 'late'>
}

/**
 * Why something was refused: the closed list of words.
 *
 * @module
 */

import { REASONS } from '../../src/protocol/reasons.ts'
import { tableOf } from './table.ts'

/** Each reason, and what it means. */
export function reasons(): string {
  return tableOf(
    ['`reason`', 'what it means'],
    Object.entries(REASONS).map(([word, meaning]) => [`\`${word}\``, meaning]),
  )
}

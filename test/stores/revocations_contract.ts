/**
 * What every list of revocations must do, asked of ours a hundred at once.
 *
 * @module
 */

import { it } from 'vitest'
import type { Revocations } from '../../src/index.ts'
import { revocationsContract as everyList } from '../../src/testing/index.ts'

/** Runs the contract that everybody's list is asked. `disturb` restarts what may be restarted. */
export function revocationsContract(create: () => Revocations, disturb: () => Promise<void>): void {
  for (const { name, run } of everyList(create, { disturb, callers: 100 })) it(name, run)
}

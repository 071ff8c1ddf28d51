/**
 * One drive through an issuer over HTTP: every grant, what is refused, and what must be remembered. Whatever runtime, and however many
 * processes stand behind one address, all of it holds.
 *
 * @module
 */

import type { Ask } from '../person.ts'
import { DOORS } from './doors.ts'
import { GRANTS } from './grants.ts'
import { MEMORY } from './memory.ts'
import type { Step } from './step.ts'

/** The steps, in their order. */
export const STEPS: readonly Step[] = [...DOORS, ...GRANTS, ...MEMORY]

/** The promises of the steps that need one memory. */
export const NEED_ONE_MEMORY: readonly string[] = MEMORY.map(([promise]) => promise)

/** A step that was not as promised. */
export interface Failure {
  readonly promise: string
  readonly error: string
}

/** Drives, one step after the other; returns what was not as promised. */
export async function drive(ask: Ask): Promise<readonly Failure[]> {
  const failures: Failure[] = []
  for (const [promise, run] of STEPS) {
    try {
      await run(ask)
    } catch (error) {
      failures.push({ promise, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    }
  }
  return failures
}

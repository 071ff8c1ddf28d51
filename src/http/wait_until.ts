/**
 * What goes on after the answer: a worker is kept awake for it, where the platform lets us; elsewhere nobody need be.
 *
 * @module
 */

import type { Context } from 'hono'
import type { WaitUntil } from '../wait_until.ts'

/** What a platform hands over beside the request, as far as it keeps a worker awake. */
export type Execution = Pick<Context['executionCtx'], 'waitUntil'>

/** Returns what keeps a worker awake; where there is none, as in Node, a process goes on by itself. */
export function waitUntilBy(execution: () => Execution | undefined): WaitUntil {
  return (promise) => {
    try {
      const given = execution()
      if (given !== undefined) return given.waitUntil(promise)
    } catch {
      // Hono throws where nobody handed over an execution context.
    }
    void promise.catch(() => undefined)
  }
}

/** Returns what keeps a worker awake after the answer of an app. */
export function waitUntilOf(c: Context): WaitUntil {
  return waitUntilBy(() => c.executionCtx)
}

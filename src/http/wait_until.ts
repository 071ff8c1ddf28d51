/**
 * What goes on after the answer: a worker is kept awake for it, where the platform lets us; elsewhere nobody need be.
 *
 * @module
 */

import type { Context } from 'hono'
import type { WaitUntil } from '../wait_until.ts'

/** Returns what keeps a worker awake; where there is none, as in Node, a process goes on by itself. */
export function waitUntilOf(c: Context): WaitUntil {
  return (promise) => {
    try {
      c.executionCtx.waitUntil(promise)
    } catch {
      // Hono throws where nobody handed over an execution context.
      void promise.catch(() => undefined)
    }
  }
}

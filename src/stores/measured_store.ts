/**
 * A store whose calls are measured.
 *
 * @module
 */

import type { Measure, MeasuredStore } from '../trace.ts'

/** Returns the same store; each call is a part that is measured. `store` is a plain object of methods. */
export function measureStore<Store extends object>(part: MeasuredStore, store: Store, measure: Measure): Store {
  const calls = Object.entries(store as Readonly<Record<string, (...of: unknown[]) => Promise<unknown>>>)
  return Object.fromEntries(
    calls.map(([operation, call]) => [
      operation,
      (...of: unknown[]) => measure({ part, operation }, () => call(...of)),
    ]),
  ) as Store
}

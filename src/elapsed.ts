/**
 * How much time has passed, by a clock that can be set.
 *
 * @module
 */

/**
 * Tells whether so many seconds have passed since an instant.
 *
 * An instant that is still to come was told by a clock that has been set back since: how much has passed nobody knows, and
 * it counts as enough.
 */
export function hasElapsed(since: number, seconds: number, now: number): boolean {
  const elapsed = now - since
  return elapsed < 0 || elapsed >= seconds
}

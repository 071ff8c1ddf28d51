/**
 * A line of the log as it is for every request: the rest can be compared to the letter.
 *
 * @module
 */

import type { LogEntry } from '../../src/index.ts'

/** Returns a line without the name of its request, and without the word for programs; those have tests of their own. */
export function bareLine(line: LogEntry | undefined): Omit<LogEntry, 'request' | 'reason'> | undefined {
  if (line === undefined) return undefined
  const { request: _request, reason: _reason, ...bare } = line
  return bare
}

/**
 * The log: what exactly was wrong, for the operator alone.
 *
 * @module
 */

import { visibleJson } from './protocol/visible.ts'

/** One line of the log. It never holds a token, a secret, a key or a value of the request. */
export interface LogEntry {
  readonly level: 'info' | 'warn' | 'error'
  /** What happened, as one word. */
  readonly event: string
  /** The error code, where it is one. */
  readonly code?: string
  /** The client that it was about, where one was proved or found. */
  readonly client?: string
  /** What the settings call the provider at which somebody logs in, of several. */
  readonly provider?: string
  /** Why a store did not do what it was asked, as one word of a closed list: `late`, `connection`, …; see docs/reference/errors.md. */
  readonly reason?: string
  /** The id of the request, as its answer bears it in `Request-Id`. */
  readonly request?: string
  /** What exactly was wrong, for the operator. */
  readonly detail?: string
}

/** Takes a line of the log. */
export type Log = (entry: LogEntry) => void

/** Writes a line of JSON on the console. */
export const writeLog: Log = (entry) => console[entry.level](visibleJson(entry))

/**
 * Writes a history, line by line, and counts what it writes.
 *
 * @module
 */

import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { Line } from './history.ts'

/** Writes a history. */
export interface Recorder {
  /** Milliseconds since the history began. */
  now(): number
  write(line: Line): void
  /** How many lines there are of each kind, and of each kind with each status: `token`, `token 200`. */
  readonly counts: ReadonlyMap<string, number>
  /** Tells whether the last answer that somebody heard was none, or no. */
  isInVain(by: string): boolean
  /** Settles when all is in the file. */
  end(): Promise<void>
}

/** Begins a history in a new file. */
export function createRecorder(file: string): Recorder {
  const began = performance.now()
  const stream = createWriteStream(file, { flags: 'wx' })
  const counts = new Map<string, number>()
  const inVain = new Set<string>()
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)
  return {
    counts,
    isInVain: (by) => inVain.has(by),
    now: () => Math.round(performance.now() - began),
    write(line) {
      stream.write(`${JSON.stringify(line)}\n`)
      count(line.what === 'fault' ? `fault ${line.fault}` : line.what)
      if (!('status' in line)) return
      count(`${line.what} ${line.status}`)
      if (line.status >= 200 && line.status < 400 && line.error === undefined) inVain.delete(line.by)
      else if (line.what !== 'token' || !line.isThief) inVain.add(line.by)
    },
    async end() {
      stream.end()
      await finished(stream)
    },
  }
}

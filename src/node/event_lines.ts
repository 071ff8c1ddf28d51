/**
 * Events as lines on the console of a process: those of one turn of its loop in one write, for each is a call of the system.
 *
 * @module
 */

import type { IssuerEvent } from '../events/event.ts'
import { visibleJson } from '../protocol/visible.ts'

let lines: string[] = []
let isAwaitingEnd = false

function write(): void {
  if (lines.length === 0) return
  const text = lines.join('\n')
  lines = []
  console.log(text)
}

/** Writes an event as `writeEvent` of Workers does: at the end of the turn, or of the process. */
export function writeEventLines(event: IssuerEvent): void {
  if (lines.push(visibleJson(event)) > 1) return
  setImmediate(write)
  if (isAwaitingEnd) return
  isAwaitingEnd = true
  process.once('exit', write)
}

/**
 * Events out of what a process or a Worker writes: lines of JSON, or what `wrangler tail --format json` makes of them.
 *
 * @module
 */

import { EVENT_TYPES, type IssuerEvent } from '../../events/event.ts'

/** Characters that something of several lines may have: what is longer is no tail of ours. */
const LONGEST = 1_000_000

const TYPES: ReadonlySet<unknown> = new Set(EVENT_TYPES)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Tells whether this is an event by what each has; of what else is in it anything may have been written. */
function isEvent(value: unknown): value is IssuerEvent {
  if (!isMembers(value) || !TYPES.has(value['type'])) return false
  const { id, time, outcome } = value
  return (
    [id, outcome].every((one) => typeof one === 'string') && typeof time === 'string' && !Number.isNaN(Date.parse(time))
  )
}

/** Returns the events in something that was written: itself, or what a Worker wrote on its console meanwhile. */
function eventsIn(value: unknown): readonly IssuerEvent[] {
  if (isEvent(value)) return [value]
  const logs = isMembers(value) && Array.isArray(value['logs']) ? value['logs'] : []
  const messages = logs.flatMap((log) => (isMembers(log) ? log['message'] : []))
  return messages.map((message) => (typeof message === 'string' ? parse(message) : message)).filter(isEvent)
}

/** Returns what takes lines, one after the other, and gives the events that end with each. */
export function createEventReader(): (line: string) => readonly IssuerEvent[] {
  let open: string[] | undefined
  let length = 0
  return (line) => {
    if (line === '{') [open, length] = [[], 0]
    if (open === undefined) return line.startsWith('{') ? eventsIn(parse(line)) : []
    open.push(line)
    length += line.length
    if (line !== '}' && length <= LONGEST) return []
    const whole = open.join('\n')
    open = undefined
    return eventsIn(parse(whole))
  }
}

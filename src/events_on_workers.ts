/**
 * Where events go that a Worker's bindings name: a Queue, a dataset of Analytics Engine, or the log.
 *
 * @module
 */

import { checkMethods } from '../keys/check.ts'
import type { IssuerEvent, OnEvent } from './events/event.ts'
import { visibleJson } from './protocol/visible.ts'

/** A Queue as Workers bind it. */
export interface EventQueue {
  send(message: IssuerEvent): Promise<unknown>
}

/** A dataset of Analytics Engine as Workers bind it. */
export interface EventDataset {
  writeDataPoint(point: {
    readonly indexes: readonly string[]
    readonly blobs: readonly string[]
    readonly doubles: readonly number[]
  }): void
}

/** Writes an event as a line of JSON on the console, where the log is: what has `type` and `id` is an event. */
export const writeEvent: OnEvent = (event) => console.log(visibleJson(event))

/** Returns what stands in an event's row: `index1` is the type, `double1` a one to be counted, `double2` milliseconds. */
function pointOf(event: IssuerEvent): Parameters<EventDataset['writeDataPoint']>[0] {
  const { type, outcome, reason = '', client = '', grant = '', resource = '', colo = '', ms = 0 } = event
  return { indexes: [type], blobs: [outcome, reason, client, grant, resource, colo], doubles: [1, ms] }
}

function isDataset(binding: EventQueue | EventDataset): binding is EventDataset {
  return typeof (binding as Partial<EventDataset>).writeDataPoint === 'function'
}

/**
 * Returns what takes events, as `EVENTS` says: a Queue each as JSON, a dataset a row of each. Without it the console has a line
 * for each; with `"none"` nobody is told.
 *
 * @throws {TypeError | RangeError} when it is something else
 */
export function readEvents(binding: EventQueue | EventDataset | string | undefined): OnEvent | undefined {
  if (binding === undefined) return writeEvent
  if (binding === 'none') return undefined
  if (typeof binding === 'string')
    throw new RangeError('"EVENTS" expected a Queue, a dataset of Analytics Engine, or "none"')
  if (isDataset(binding)) return (event) => binding.writeDataPoint(pointOf(event))
  checkMethods('EVENTS', binding, ['send'], 'a Queue, a dataset of Analytics Engine, or "none",')
  return async (event) => void (await binding.send(event))
}

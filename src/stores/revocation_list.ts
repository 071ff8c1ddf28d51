/**
 * What becomes of something that is revoked, in every list of revocations: it is written, or much of the same becomes one
 * event, or it is refused, before the list is longer than verifiers take.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import { type Bundle, hashRevoked, MOST_EVENTS } from '../token/revocations.ts'
import type { Addition, Outcome, RevocationEvent } from './revocations.ts'

/** Events that there may be of a group before one takes the place of them all. */
export const MOST_OF_A_GROUP = 8

/** Events that there may be on the word of one client that proved itself. */
export const MOST_OF_A_CLIENT = 2000

/** From so many events on the operator is warned. */
export const HALF: number = MOST_EVENTS / 2

/** Returns how long the list may become by what somebody revokes: the rest is for what comes first. */
function longestBy(by: Addition['by']): number {
  if (by === 'operator') return MOST_EVENTS
  // What people were given, and give back, goes before what a client says of tokens that nobody else stands for.
  return by === 'approval' ? MOST_EVENTS * 0.9 : HALF
}

/** An event as it is kept. */
export interface Row extends Omit<RevocationEvent, 'value'> {
  readonly hash: string
}

/** The memory of a list. Each call is one synchronous stretch, and so is all that `addTo` does with it. */
export interface EventTable {
  readonly salt: string
  /** Tells whether an event is there that can hit something at `now`. */
  has(row: Row, now: number): boolean
  /** Returns how many events can hit something at `now`: of one tag, or of all; of all it may be more, never fewer. */
  count(now: number, tag?: string): number
  /** Takes out the events of a tag, and returns the last instants of them, of none zero, and the tags of all. */
  take(tag: string): Taken
  /** Writes an event with its tags; one that is there only ever reaches further, and keeps its own if it hits anything at `now`. */
  put(row: Row, tags: readonly string[], now: number): void
}

/** What was taken out of a list. */
export interface Taken extends Pick<Row, 'until' | 'keep'> {
  readonly tags: readonly string[]
}

/** Returns the tag of the narrower events that an event takes the place of. */
export function groupOf({ kind, hash }: Pick<Row, 'kind' | 'hash'>): string {
  return `in ${kind} ${hash}`
}

/** What stands between a group and an instant, in the tag that says until when what was issued is dead by the group's event. */
const UNTIL = ' until '

/** Tells whether events are ever asked for by a tag. */
export function isAsked(tag: string): boolean {
  return !tag.includes(UNTIL)
}

/** Returns the last instant that tags name of a group; of none, zero. */
function lastOf(tags: readonly string[], group: string): number {
  const head = `${group}${UNTIL}`
  return Math.max(0, ...tags.flatMap((tag) => (tag.startsWith(head) ? Number(tag.slice(head.length)) : [])))
}

/** Returns tags, each once, and of the instants of a group just the last: what comes again and again stays as long as it was. */
export function mergeTags(tags: readonly string[]): readonly string[] {
  const asked = [...new Set(tags.filter(isAsked))]
  return asked.flatMap((tag) => {
    const last = lastOf(tags, tag)
    return last === 0 ? [tag] : [tag, `${tag}${UNTIL}${last}`]
  })
}

/** Adds to a list: the rule itself, for every list. */
export function addTo(table: EventTable, addition: Addition, now: number): Outcome {
  const { within = [], by } = addition
  const { salt } = table
  const rows = [addition, ...within].map(
    ({ kind, value, at, until, keep }): Row => ({ kind, hash: hashRevoked(salt, kind, value), at, until, keep }),
  )
  /** What each row stands for when it takes the place of narrower ones; the first takes nobody's. */
  const groups = rows.map(groupOf)
  const sizes = groups.map((group, index) => (index === 0 ? 0 : table.count(now, group)))
  /** Tells whether every broader group stays small when this row is written in place of all that is in its own. */
  const isEnough = (_: Row, level: number): boolean =>
    sizes.slice(level + 1).every((size) => size - (sizes[level] ?? 0) < MOST_OF_A_GROUP)
  const [first] = rows
  const isKnown = first !== undefined && table.has(first, now)
  const level = isKnown ? 0 : rows.findIndex(isEnough)
  const row = rows[level]
  if (row === undefined) throw new RangeError('nothing is revoked')
  const client = typeof by === 'object' ? [`by ${digestLabels(salt, by.client).slice(0, 16)}`] : []
  const growth = (table.has(row, now) ? 0 : 1) - (sizes[level] ?? 0)
  const before = table.count(now)
  if (growth > 0 && before >= longestBy(by)) return { added: false, why: 'the list is full' }
  if (growth > 0 && client.some((tag) => table.count(now, tag) >= MOST_OF_A_CLIENT))
    return { added: false, why: 'the client has revoked too much' }
  const replaced: Taken = level === 0 ? { ...row, tags: [] } : table.take(groups[level] ?? '')
  const [until, keep] = [Math.max(row.until, replaced.until), Math.max(row.keep, replaced.keep)]
  // The clock of whoever wrote a narrower one may be ahead of this one.
  const ats = rows.map(({ at }, index) => Math.max(at, lastOf(replaced.tags, groups[index] ?? '')))
  const broader = groups.flatMap((group, index) => (index > level ? [group, `${group}${UNTIL}${ats[index]}`] : []))
  table.put({ ...row, at: ats[level] ?? row.at, until, keep }, [...broader, ...client], now)
  return { added: true, isHalf: before < HALF && before + growth >= HALF }
}

/** Returns events as a bundle has them. */
export function groupEvents(rows: readonly Pick<Row, 'kind' | 'hash' | 'at'>[]): Bundle['events'] {
  const events: Record<string, Record<string, number>> = {}
  for (const { kind, hash, at } of rows) {
    const instants = events[kind] ?? {}
    instants[hash] = at
    events[kind] = instants
  }
  return events
}

/**
 * The events of a list of revocations, in the memory of one process.
 *
 * @module
 */

import { hasElapsed } from '../elapsed.ts'
import { type EventTable, isAsked, mergeTags, type Row } from './revocation_list.ts'

/** Seconds between two clean-ups. */
const TIDY_EVERY = 60

/** An event in memory. */
export interface Kept extends Row {
  readonly tags: readonly string[]
}

/** Events in memory, each there once. */
export interface EventMemory<Event extends Kept> {
  get(of: Pick<Row, 'kind' | 'hash'>): Event | undefined
  /** Writes an event in place of the one that is there. */
  write(event: Event): void
  drop(event: Event): void
  /** Returns the events that bear a tag. */
  tagged(tag: string): readonly Event[]
  /** Returns the events that can hit something. */
  live(now: number, what: 'access tokens' | 'anything', isElse: boolean): readonly Event[]
  size(): number
  /** Drops the events that have long been over, once a minute, and returns them: those that were so a minute ago, too. */
  tidy(now: number): readonly Event[]
  /** Runs one synchronous stretch, and takes back all that it did. */
  undone<Answer>(run: () => Answer): Answer
}

/** Returns a memory without events. */
export function createEventMemory<Event extends Kept>(): EventMemory<Event> {
  const events = new Map<string, Event>()
  const names = new Map<string, Set<string>>()
  let tidiedAt = Number.NEGATIVE_INFINITY
  /** What was there before each change, as long as changes are to be taken back. */
  let before: { readonly name: string; readonly event: Event | undefined }[] | undefined

  function put(name: string, event: Event | undefined): void {
    const known = events.get(name)
    before?.push({ name, event: known })
    for (const tag of known?.tags ?? []) {
      const tagged = names.get(tag)
      tagged?.delete(name)
      if (tagged?.size === 0) names.delete(tag)
    }
    if (event === undefined) events.delete(name)
    else events.set(name, event)
    for (const tag of event?.tags.filter(isAsked) ?? []) names.set(tag, (names.get(tag) ?? new Set()).add(name))
  }
  const nameOf = ({ kind, hash }: Pick<Row, 'kind' | 'hash'>): string => `${kind} ${hash}`

  return {
    get: (of) => events.get(nameOf(of)),
    write: (event) => put(nameOf(event), event),
    drop: (event) => put(nameOf(event), undefined),
    tagged: (tag) =>
      [...(names.get(tag) ?? [])].flatMap((name) => {
        const event = events.get(name)
        return event === undefined ? [] : [event]
      }),
    live: (now, what, isElse) =>
      [...events.values()].filter(({ until, keep }) =>
        what === 'anything' ? keep > now && (!isElse || keep > until) : until > now,
      ),
    size: () => events.size,
    tidy(now) {
      if (!hasElapsed(tidiedAt, TIDY_EVERY, now)) return []
      // A clock that was ahead for a moment may not cost what lives.
      const limit = Math.min(now, tidiedAt) - 2 * TIDY_EVERY
      tidiedAt = now
      const over = [...events.values()].filter(({ keep }) => keep <= limit)
      for (const event of over) put(nameOf(event), undefined)
      return over
    },
    undone(run) {
      const changes: NonNullable<typeof before> = []
      before = changes
      try {
        return run()
      } finally {
        before = undefined
        for (const { name, event } of changes.reverse()) put(name, event)
      }
    },
  }
}

/**
 * Returns a memory as the rule of all lists knows it.
 *
 * @param finish makes of an event, and of the one that was there, what is kept; `isFold`: it takes the place of narrower ones
 */
export function tableOf<Event extends Kept>(
  salt: string,
  memory: EventMemory<Event>,
  finish: (event: Kept, known: Event | undefined, isFold: boolean) => Event,
): EventTable {
  let isFold = false
  return {
    salt,
    has: (row, now) => (memory.get(row)?.keep ?? 0) > now,
    count: (now, tag) =>
      tag === undefined ? memory.size() : memory.tagged(tag).filter(({ keep }) => keep > now).length,
    take(tag) {
      const taken = memory.tagged(tag)
      for (const event of taken) memory.drop(event)
      isFold = true
      const last = (of: 'until' | 'keep'): number => Math.max(0, ...taken.map((event) => event[of]))
      return { until: last('until'), keep: last('keep'), tags: taken.flatMap(({ tags }) => tags) }
    },
    put(row, tags, now) {
      const known = memory.get(row)
      // Of one that is over nothing depends on whether it was tidied away yet.
      const own = known !== undefined && known.keep > now ? known.tags : []
      const further = (of: 'at' | 'until' | 'keep'): number => Math.max(row[of], known?.[of] ?? 0)
      const [at, until, keep] = [further('at'), further('until'), further('keep')]
      const event = { ...row, at, until, keep, tags: mergeTags([...tags, ...own]) }
      memory.write(finish(event, known, isFold))
      isFold = false
    },
  }
}

/**
 * Revocations in the memory of one process: for development, tests, and an issuer that is one process and never two.
 *
 * @module
 */

import { checkText } from '../../keys/check.ts'
import { hasElapsed } from '../elapsed.ts'
import { addTo, type EventTable, groupEvents, type Row } from './revocation_list.ts'
import type { Revocations } from './revocations.ts'

/** Seconds between two clean-ups. */
const TIDY_EVERY = 60

/** An event in memory. */
interface Kept extends Row {
  readonly tags: readonly string[]
}

/** Returns the memory of a list. */
function createTable(salt: string, events: Map<string, Kept>): EventTable {
  const tagged = new Map<string, Set<string>>()
  let tidiedAt = Number.NEGATIVE_INFINITY

  function drop(name: string): void {
    for (const tag of events.get(name)?.tags ?? []) {
      const names = tagged.get(tag)
      names?.delete(name)
      if (names?.size === 0) tagged.delete(tag)
    }
    events.delete(name)
  }

  function tidy(now: number): void {
    if (!hasElapsed(tidiedAt, TIDY_EVERY, now)) return
    tidiedAt = now
    for (const [name, { keep }] of events) if (keep <= now - 2 * TIDY_EVERY) drop(name)
  }

  return {
    salt,
    has: ({ kind, hash }, now) => (events.get(`${kind} ${hash}`)?.keep ?? 0) > now,
    count(now, tag) {
      tidy(now)
      if (tag === undefined) return events.size
      return [...(tagged.get(tag) ?? [])].filter((name) => (events.get(name)?.keep ?? 0) > now).length
    },
    take(tag) {
      const names = [...(tagged.get(tag) ?? [])]
      const last = { until: 0, keep: 0 }
      for (const name of names) {
        const { until = 0, keep = 0 } = events.get(name) ?? {}
        last.until = Math.max(last.until, until)
        last.keep = Math.max(last.keep, keep)
        drop(name)
      }
      return last
    },
    put(row, tags) {
      const name = `${row.kind} ${row.hash}`
      const known = events.get(name)
      const [at, until, keep] = (['at', 'until', 'keep'] as const).map((of) => Math.max(row[of], known?.[of] ?? 0))
      const all = [...new Set([...tags, ...(known?.tags ?? [])])]
      events.set(name, { ...row, at: at ?? 0, until: until ?? 0, keep: keep ?? 0, tags: all })
      for (const tag of all) tagged.set(tag, (tagged.get(tag) ?? new Set()).add(name))
    },
  }
}

/**
 * Returns revocations that end with the process. A new list says so, by its epoch: verifiers take it in place of the old one,
 * and what was revoked before and still lives counts again.
 *
 * @param clock returns Unix milliseconds. Default: the clock
 */
export function createMemoryRevocations(salt: string, clock: () => number = () => Date.now()): Revocations {
  checkText('salt', salt, /./, 'a text of your own')
  const events = new Map<string, Kept>()
  const table = createTable(salt, events)
  const epoch = clock()
  let seq = 0
  return {
    // An issuer of 0.1.0 does not tell the time.
    async add(addition, now = Math.floor(clock() / 1000)) {
      const outcome = addTo(table, addition, now)
      if (outcome.added) seq++
      return outcome
    },
    async read(now, what, isElse = false) {
      const isLive = ({ until, keep }: Row): boolean =>
        what === 'anything' ? keep > now && (!isElse || keep > until) : until > now
      return { epoch, seq, salt, events: groupEvents([...events.values()].filter(isLive)) }
    },
  }
}

/**
 * What people are called in events.
 *
 * @module
 */

import { readChoice } from '../../keys/check.ts'

/** `"hash"` calls them by a pseudonym of the ring, another with each root; `"plain"` as tokens do; `"none"` not at all. */
export type EventSubjects = 'hash' | 'plain' | 'none'

/** Returns what a subject is called in events; nothing where it is not to be told. */
export type NameSubject = (subject: string) => string | undefined

/**
 * Reads the setting. Default `"hash"`.
 *
 * @throws {TypeError | RangeError} when it is none of the three
 */
export function readEventSubjects(name: string, value: unknown = 'hash'): EventSubjects {
  return readChoice(name, value, ['hash', 'plain', 'none'])
}

/** Returns what names subjects. `hash` gives the pseudonym; nothing where there is no key for it. */
export function createNameSubject(subjects: EventSubjects, hash: NameSubject): NameSubject {
  if (subjects === 'hash') return hash
  return (subject) => (subjects === 'plain' ? subject : undefined)
}

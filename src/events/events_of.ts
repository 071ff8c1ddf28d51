/**
 * Which issuer tells by what: for whoever serves it, and knows of it what it does not.
 *
 * @module
 */

import type { Events } from './events.ts'

const known = new WeakMap<object, Events>()

/** Keeps by what an issuer tells, and returns the issuer. */
export function tellingBy<Issuer extends object>(issuer: Issuer, events: Events): Issuer {
  known.set(issuer, events)
  return issuer
}

/** Returns by what an issuer tells; nothing for what is none of ours. */
export function eventsOf(issuer: object): Events | undefined {
  return known.get(issuer)
}

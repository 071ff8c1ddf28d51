/**
 * What was revoked: one list, from which the bundle for all verifiers is made.
 *
 * @module
 */

import { checkText } from '../../keys/check.ts'
import type { Log } from '../log.ts'
import { type Bundle, hashRevoked, isRevoked, type RevocationKind, type Target } from '../token/revocations.ts'
import { createDeadline } from './deadline.ts'

/** Something that is revoked from now on. */
export interface RevocationEvent {
  readonly kind: RevocationKind
  readonly value: string
  /** What was issued until then is dead. Unix seconds. */
  readonly at: number
  /** How long an access token that it could hit can live. Unix seconds. */
  readonly until: number
  /** How long anything else that it could hit can live, a refresh token or a session; at least `until`. Unix seconds. */
  readonly keep: number
}

/**
 * The list of revocations.
 *
 * What `add` has taken is in every later `read`, whatever is restarted in between; `seq` grows with each. What cannot be
 * written or read throws.
 */
export interface Revocations {
  add(event: RevocationEvent): Promise<void>
  /** Returns the events that can still hit something at `now`: an access token, or anything. */
  read(now: number, what: 'access tokens' | 'anything'): Promise<Bundle>
}

/** Returns revocations in the memory of one process: for development and tests. They end with the process. */
export function createMemoryRevocations(salt: string): Revocations {
  checkText('salt', salt, /./, 'a text of your own')
  const events = new Map<string, Omit<RevocationEvent, 'value'> & { readonly hash: string }>()
  let seq = 0
  return {
    async add({ kind, value, ...times }) {
      const hash = hashRevoked(salt, kind, value)
      const known = events.get(`${kind} ${hash}`) ?? times
      const [at, until, keep] = (['at', 'until', 'keep'] as const).map((name) => Math.max(times[name], known[name]))
      events.set(`${kind} ${hash}`, { kind, hash, at: at ?? 0, until: until ?? 0, keep: keep ?? 0 })
      seq++
    },
    async read(now, what) {
      const live = [...events.values()].filter(({ until, keep }) => (what === 'anything' ? keep : until) > now)
      return { seq, salt, events: groupEvents(live) }
    },
  }
}

/** Returns events as a bundle has them. */
export function groupEvents(
  rows: readonly { readonly kind: string; readonly hash: string; readonly at: number }[],
): Bundle['events'] {
  const events: Record<string, Record<string, number>> = {}
  for (const { kind, hash, at } of rows) events[kind] = Object.assign(events[kind] ?? {}, { [hash]: at })
  return events
}

/** Returns revocations that answer in time, or are `temporarily_unavailable`. */
export function revocationsWithDeadline(revocations: Revocations, log: Log): Revocations {
  const within = createDeadline('revocations', log)
  return {
    add: (event) => within(() => revocations.add(event)),
    read: (now, what) => within(() => revocations.read(now, what)),
  }
}

/** The issuer's own look at the revocations, a few seconds old at the most. */
export interface RevocationView {
  /** Tells whether something was revoked. */
  hits(target: Target, now: number): Promise<boolean>
}

/** Seconds that the issuer's own look may be old. */
const VIEW_AGE = 5

/** Returns the issuer's own look at the revocations; without any, nothing is ever revoked. */
export function createRevocationView(revocations: Revocations | undefined): RevocationView {
  let kept: { readonly bundle: Bundle; readonly at: number } | undefined
  return {
    async hits(target, now) {
      if (revocations === undefined) return false
      if (kept === undefined || now - kept.at >= VIEW_AGE || now < kept.at)
        kept = { bundle: await revocations.read(now, 'anything'), at: now }
      return isRevoked(kept.bundle, target)
    },
  }
}

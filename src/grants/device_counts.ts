/**
 * How often something happens to devices: how soon one asks again, how often somebody tries a code, how many codes are open at a place
 * (RFC 8628 §3.5, §5.1). All machines of an issuer count together, at the guard.
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import { DEVICE_LIFE } from '../protocol/user_code.ts'
import { type Kept, type KeptAtGuard, MOST_AT_ONCE } from './kept_at_guard.ts'

/** Seconds between two questions of a device, at first; each that comes too early adds as many (RFC 8628 §3.2, §3.5). */
export const INTERVAL = 5

/** User codes that a person may try in {@link DEVICE_LIFE} seconds without one that is right. */
const MOST_TRIES = 10

/** Codes that are counted of one client at one place: whoever lets so many be open does not count. */
const MOST_COUNTED = 100

/** What counts for devices, at one instant. */
export interface DeviceCounts {
  /** Notes that a device asks, and tells whether it may, and how long it must wait at least until it asks again. */
  notePoll(code: {
    readonly jti: string
    readonly exp: number
  }): Promise<{ readonly isTooEarly: boolean; readonly interval: number }>
  /**
   * Counts that somebody tries a user code.
   *
   * @param who names the person
   * @returns seconds until the next may be tried; 0 where this one may
   */
  countTry(who: string): Promise<number>
  /** Takes one back that was right. */
  forgetTry(who: string): Promise<void>
  /**
   * Counts a code that is about to be given.
   *
   * @param where names who gets it, and where
   * @returns how many there are with it that could be live; never more than {@link MOST_COUNTED}
   */
  countOpen(where: string): Promise<number>
  /** Takes one back that was not given. */
  forgetOpen(where: string): Promise<void>
}

/** Returns what counts for devices. */
export function createDeviceCounts({ change }: KeptAtGuard, now: number): DeviceCounts {
  /** Returns when something happened, of late. */
  const instantsOf = ({ at }: Kept): readonly number[] =>
    (Array.isArray(at) ? at.map(Number) : []).filter((one) => Math.abs(now - one) < DEVICE_LIFE)

  /**
   * Counts that something happens, unless it did `most` times of late.
   *
   * @returns when it happened of late, without this time
   */
  async function count(name: string, kind: string, most: number): Promise<readonly number[]> {
    const before = await change(name, kind, now + DEVICE_LIFE, (kept) => {
      const answer = instantsOf(kept)
      return answer.length < most ? { after: { at: [...answer, now] }, answer } : { answer }
    })
    if (before === undefined)
      throw refusal('temporarily_unavailable', 'contention', `too many ${kind} at once`, { retryAfter: 2 })
    return before
  }

  async function forget(name: string, kind: string): Promise<void> {
    await change(name, kind, now + DEVICE_LIFE, (kept) => {
      const instants = instantsOf(kept)
      const index = instants.lastIndexOf(now)
      return index === -1 ? { answer: undefined } : { after: { at: instants.toSpliced(index, 1) }, answer: undefined }
    })
  }

  return {
    async notePoll({ jti, exp }) {
      const noted = await change(`device poll ${jti}`, 'polls', exp, (kept) => {
        const { at = Number.NEGATIVE_INFINITY, interval: before = INTERVAL } = kept
        const isTooEarly = now - Number(at) < Number(before)
        const interval = Number(before) + (isTooEarly ? INTERVAL : 0)
        return { after: { at: now, interval }, answer: { isTooEarly, interval } }
      })
      return noted ?? { isTooEarly: true, interval: INTERVAL * MOST_AT_ONCE }
    },
    async countTry(who) {
      const tried = await count(`device tries ${who}`, 'tries', MOST_TRIES)
      return tried.length < MOST_TRIES ? 0 : Math.max(1, Math.min(...tried) + DEVICE_LIFE - now)
    },
    forgetTry: (who) => forget(`device tries ${who}`, 'tries'),
    async countOpen(where) {
      return Math.min((await count(`device open ${where}`, 'open codes', MOST_COUNTED)).length + 1, MOST_COUNTED)
    },
    forgetOpen: (where) => forget(`device open ${where}`, 'open codes'),
  }
}

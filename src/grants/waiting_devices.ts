/**
 * Requests of devices that wait for a person, each at the guard under its user code, sealed (RFC 8628 §3.1).
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import { DEVICE_LIFE, makeUserCode } from '../protocol/user_code.ts'
import type { Confirmation } from '../token/entitlement.ts'
import type { Approval } from './approval_facts.ts'
import { createDeviceCounts, type DeviceCounts } from './device_counts.ts'
import { createKept, type KeptContext } from './kept_at_guard.ts'

/** Seconds in which a device that was given its tokens is given them again: the answer may have been lost. */
export const GRACE = 30

/** Characters that the sealed request of a device may have. */
const LONGEST_REQUEST = 2048

/** Characters that it may have once a person said yes: what the login gave stands in it then, as in a code. */
const LONGEST_APPROVED = 7900

/** User codes that are tried for a new request: even one that is taken is rare. */
const MOST_TAKEN = 8

/** What a device code carries. */
export interface DeviceCodeFacts {
  /** Names the request. */
  readonly jti: string
  readonly iat: number
  readonly exp: number
  readonly client_id: string
  /** Where the request waits. */
  readonly user_code: string
  /** The key that was proved with the request: it alone may ask. */
  readonly cnf?: Confirmation
}

/** A request of a device, and what became of it. */
export interface WaitingFacts {
  /** Names it; its device code has the same name. */
  readonly jti: string
  /** When it was begun. Unix seconds. */
  readonly iat: number
  /** When it can be answered no more. Unix seconds. */
  readonly exp: number
  readonly client_id: string
  /** Scope, resources and details as they were asked for: a form. */
  readonly parameters: string
  /** `given`: approved, and handed out. */
  readonly state: 'asked' | 'denied' | 'approved' | 'given'
  /** What the person let it have, once one did. */
  readonly approval?: Approval
  /** When it was handed out first. Unix seconds. */
  readonly given_at?: number
  /** Names the keys that were proved then; `''` where it were none. */
  readonly given_to?: string
}

/** A request that waits. */
export interface Waiting {
  readonly userCode: string
  /** As it lies at the guard. */
  readonly envelope: string
  readonly facts: WaitingFacts
}

/** Requests that wait, at one instant. */
export interface WaitingDevices extends DeviceCounts {
  /**
   * Leaves a new request under a user code of its own.
   *
   * @throws {OAuthError} `invalid_request` when it is too long
   */
  leave(
    request: Pick<WaitingFacts, 'client_id' | 'parameters'>,
    cnf: Confirmation | undefined,
  ): Promise<{ readonly userCode: string; readonly deviceCode: string }>
  /**
   * Opens a device code, be it over: that is its caller's to tell.
   *
   * @throws {TokenError} when it is none
   */
  openCode(deviceCode: string): Promise<DeviceCodeFacts>
  /** Returns what waits under a user code, whatever became of it. */
  find(userCode: string): Promise<Waiting | undefined>
  /**
   * Puts what became of a request in its place, unless something else did meanwhile.
   *
   * @throws {OAuthError} `invalid_request` when it is too long
   */
  replace(waiting: Waiting, changes: Partial<WaitingFacts>): Promise<boolean>
  /** Checks that a request could be replaced so: before a person is asked, who would say yes to nothing. */
  checkFits(waiting: Waiting, changes: Partial<WaitingFacts>): Promise<void>
}

/** Returns the requests that wait. */
export function createWaitingDevices(context: KeptContext): WaitingDevices {
  const { guard, now, newId } = context
  const kept = createKept(context)
  const { seal, open, openKept } = kept
  const nameOf = (userCode: string): string => `device ${userCode}`

  const sealWaiting = ({ facts }: Pick<Waiting, 'facts'>, changes: Partial<WaitingFacts>): Promise<string> => {
    const next = { ...facts, ...changes }
    return seal('request', next, next.approval === undefined ? LONGEST_REQUEST : LONGEST_APPROVED)
  }

  return {
    ...createDeviceCounts(kept, now),
    async leave(request, cnf) {
      const facts: WaitingFacts = { ...request, jti: newId(), iat: now, exp: now + DEVICE_LIFE, state: 'asked' }
      const envelope = await sealWaiting({ facts }, {})
      for (let times = 0; times < MOST_TAKEN; times++) {
        const userCode = makeUserCode(newId)
        const { jti, iat, exp, client_id } = facts
        const code: DeviceCodeFacts = { jti, iat, exp, client_id, user_code: userCode, ...(cnf && { cnf }) }
        const deviceCode = await seal('code', { ...code }, LONGEST_REQUEST)
        // The last answer may be lost as long as its grace lasts.
        if ((await guard.leave(nameOf(userCode), envelope, exp + GRACE)) === 'first') return { userCode, deviceCode }
      }
      throw refusal('temporarily_unavailable', 'contention', 'all user codes that were tried are taken', {
        retryAfter: 2,
      })
    },
    async openCode(deviceCode) {
      return (await open('code', deviceCode)) as unknown as DeviceCodeFacts
    },
    async find(userCode) {
      const envelope = await guard.look(nameOf(userCode))
      if (envelope === undefined) return undefined
      const facts = await openKept('request', envelope)
      return facts && { userCode, envelope, facts: facts as unknown as WaitingFacts }
    },
    async replace(waiting, changes) {
      const { userCode, envelope, facts } = waiting
      const next = await sealWaiting(waiting, changes)
      return (await guard.swap(nameOf(userCode), envelope, next, facts.exp + GRACE)) === 'swapped'
    },
    async checkFits(waiting, changes) {
      await sealWaiting(waiting, changes)
    },
  }
}

/**
 * What is kept at the guard for devices, and of the grants at a provider: sealed, each of a kind, and changed by one rule at a time.
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import { refusal } from '../protocol/error.ts'
import type { Guard, Keeping } from '../stores/guard.ts'
import type { PurposeEnvelopes, PurposeFacts } from '../token/purpose.ts'

/** How often something is begun anew that others do at the same time. */
export const MOST_AT_ONCE = 12

/** Characters that what is counted may have: a hundred instants. */
const LONGEST_COUNT = 2048

/** What is kept of how often something happened. */
export type Kept = Readonly<Record<string, unknown>>

/** What is kept needs of its request. */
export interface KeptContext {
  /** What it is sealed for. Default `device`. */
  readonly purpose?: 'device' | 'provider'
  readonly guard: Guard & Keeping
  readonly envelopes: PurposeEnvelopes
  /** Unix seconds. */
  readonly now: number
  readonly newId: () => string
}

/** What is kept, at one instant. */
export interface KeptAtGuard {
  /**
   * Seals something of a kind.
   *
   * @throws {OAuthError} `invalid_request` when it is too long
   */
  seal(kind: string, facts: PurposeFacts, longest: number): Promise<string>
  /**
   * Opens something of a kind, be it over: all are of one purpose, and none stands for another.
   *
   * @throws {TokenError} when it is none
   */
  open(kind: string, envelope: string): Promise<PurposeFacts>
  /** Opens what lies at the guard; what no key opens any more is as if it were not there. */
  openKept(kind: string, envelope: string): Promise<PurposeFacts | undefined>
  /**
   * Changes by a rule what is kept under a name, however many do so at the same time.
   *
   * @param until when it ends, unless the rule says otherwise. Unix seconds
   * @returns what the rule answers; nothing where too many did
   */
  change<Answer>(
    name: string,
    kind: string,
    until: number,
    decide: (before: Kept) => { readonly after?: Kept; readonly until?: number; readonly answer: Answer },
  ): Promise<Answer | undefined>
}

/** Returns what is kept at a guard. */
export function createKept({ purpose = 'device', guard, envelopes, now, newId }: KeptContext): KeptAtGuard {
  async function seal(kind: string, facts: PurposeFacts, longest: number): Promise<string> {
    const envelope = await envelopes.seal(purpose, { ...facts, kind }).catch((cause: unknown) => {
      if (cause instanceof TokenError && cause.code === 'size') return undefined
      throw cause
    })
    if (envelope !== undefined && envelope.length <= longest) return envelope
    throw refusal('invalid_request', 'too_long', `the ${kind} would have more than ${longest} characters`)
  }

  async function open(kind: string, envelope: string): Promise<PurposeFacts> {
    const facts = await (purpose === 'device'
      ? envelopes.openLate(purpose, envelope)
      : envelopes.open(purpose, envelope))
    if (facts['kind'] !== kind) throw new TokenError('claims')
    return facts
  }

  const openKept: KeptAtGuard['openKept'] = (kind, envelope) =>
    open(kind, envelope).catch((error: unknown) => {
      if (error instanceof TokenError) return undefined
      throw error
    })

  async function change<Answer>(
    name: string,
    kind: string,
    until: number,
    decide: (before: Kept) => { readonly after?: Kept; readonly until?: number; readonly answer: Answer },
  ): Promise<Answer | undefined> {
    for (let times = 0; times < MOST_AT_ONCE; times++) {
      const lying = await guard.look(name)
      const {
        after,
        answer,
        until: end = until,
      } = decide((lying === undefined ? undefined : await openKept(kind, lying)) ?? {})
      if (after === undefined) return answer
      const next = await seal(kind, { ...after, jti: newId(), iat: now, exp: end }, LONGEST_COUNT)
      const isDone =
        lying === undefined
          ? (await guard.leave(name, next, end)) === 'first'
          : (await guard.swap(name, lying, next, end)) === 'swapped'
      if (isDone) return answer
    }
    return undefined
  }

  return { seal, open, openKept, change }
}

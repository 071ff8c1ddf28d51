/**
 * Purpose envelopes: what the issuer seals for itself alone, each kind under its own branch and with its own `typ`, so
 * that none opens in place of another.
 *
 * @module
 */

import type { Keyring, Leaves, Purpose } from '../../keys/index.ts'
import { TokenError } from '../jose/error.ts'
import type { Draw } from '../randomness.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'
import { createHomes, type Homes, homeOf } from './home.ts'

/** Seconds after its end for which an envelope can still be opened for the request in it: a day. */
const LATE = 86_400

/** Purposes of envelopes that carry a request for a person. */
export type RequestPurpose = 'par' | 'login' | 'consent' | 'device'

/** Purposes that envelopes of a while are sealed for; the other purposes give keys alone, or have envelopes of their own. */
export type EnvelopePurpose = Exclude<Purpose, 'access' | 'userinfo' | 'event' | 'mark' | 'settings' | 'sign'>

/** What every purpose envelope carries, beside the facts of its kind. */
export interface PurposeFacts {
  /** Names the envelope: 128 random bits, base64url; of a session and of what comes of it with its home before. */
  readonly jti: string
  /** Unix seconds. */
  readonly iat: number
  /** Unix seconds. */
  readonly exp: number
  readonly [fact: string]: unknown
}

/** All homes that can be written, outside of regions. */
const ANY_HOME = createHomes()

/** Returns what in an envelope can be a name at the guard that says its home. */
function namesIn({ jti, gid, sid, approval }: Readonly<Record<string, unknown>>): readonly unknown[] {
  const approved = (approval ?? {}) as { readonly gid?: unknown; readonly sid?: unknown }
  return [jti, gid, sid, approved.gid, approved.sid]
}

/**
 * Returns facts as they are sealed. Those with a home have their name as `id`, and no `jti`: whatever knows no homes refuses them,
 * where it would ask another object of the guard than the one that remembers.
 */
function written(facts: PurposeFacts): Readonly<Record<string, unknown>> {
  if (!namesIn(facts).some((name) => typeof name === 'string' && homeOf(name) !== undefined)) return facts
  const { jti: id, ...others } = facts
  return { id, ...others }
}

/** Returns facts as they were before they were sealed. */
function asGiven(sealed: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (sealed['jti'] !== undefined) return sealed
  const { id: jti, ...others } = sealed
  return { jti, ...others }
}

/**
 * Seals facts that only the issuer opens.
 *
 * @param leaves those of this purpose
 * @param now Unix seconds
 * @param draw gives the initialization vector. Default: it is drawn for itself
 * @throws {TokenError} `sealing` when no root is primary; `size` when the facts make it too long
 */
export async function sealPurpose(
  purpose: EnvelopePurpose,
  facts: PurposeFacts,
  leaves: Leaves,
  now: number,
  draw?: Draw,
): Promise<string> {
  const leaf = leaves.sealing(now)
  if (leaf === undefined) throw new TokenError('sealing')
  return sealEnvelope(written(facts), `${purpose}+jwe`, leaf, draw)
}

/**
 * Opens a purpose envelope. The facts of its kind are the caller's to check.
 *
 * @param leaves those of this purpose
 * @param now Unix seconds
 * @param clockTolerance seconds by which the issuer's machines' clocks may differ
 * @param late seconds after its end for which it opens all the same
 * @param homes those that there are. Default: all that can be written, outside of regions
 * @throws {TokenError} when it is not a live envelope of this purpose
 */
export async function openPurpose(
  purpose: EnvelopePurpose,
  envelope: string,
  leaves: Leaves,
  now: number,
  clockTolerance: number,
  late = 0,
  homes: Homes = ANY_HOME,
): Promise<PurposeFacts> {
  const opened = await openEnvelope(envelope, `${purpose}+jwe`, leaves, now)
  const facts = asGiven(opened.facts)
  const { jti, iat, exp } = facts
  if (typeof jti !== 'string' || jti === '') throw new TokenError('claims')
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp)) throw new TokenError('claims')
  if (now >= (exp as number) + late) throw new TokenError('expired')
  if ((iat as number) > now + clockTolerance) throw new TokenError('early')
  if (!namesIn(facts).every(homes.isOurs)) throw new TokenError('home')
  return facts as PurposeFacts
}

/** All purpose envelopes at one instant. */
export interface PurposeEnvelopes {
  /** @throws {TokenError} as {@link sealPurpose} */
  seal(purpose: EnvelopePurpose, facts: PurposeFacts): Promise<string>
  /** @throws {TokenError} as {@link openPurpose} */
  open(purpose: EnvelopePurpose, envelope: string): Promise<PurposeFacts>
  /**
   * Opens one that may have ended, for the request in it and nothing else: all of that is proved once more. A device is told so that
   * its code has ended.
   *
   * @throws {TokenError} as {@link openPurpose}; `expired` when it ended {@link LATE} seconds ago or more
   */
  openLate(purpose: RequestPurpose, envelope: string): Promise<PurposeFacts>
}

/** Seconds that the envelopes of each purpose live at the most. */
export type PurposeLives = Readonly<Record<EnvelopePurpose, number>>

/**
 * Returns the purpose envelopes of an issuer at `now`.
 *
 * @param homes as for {@link openPurpose}
 * @param draw gives their initialization vectors. Default: each is drawn for itself
 */
export function createPurposeEnvelopes(
  keyring: Keyring,
  lives: PurposeLives,
  now: number,
  homes?: Homes,
  draw?: Draw,
): PurposeEnvelopes {
  const open = (purpose: EnvelopePurpose, envelope: string, late = 0): Promise<PurposeFacts> => {
    const leaves = keyring.leavesFor(purpose, '', 'A256GCM', lives[purpose] + late)
    return openPurpose(purpose, envelope, leaves, now, keyring.skew, late, homes)
  }
  return {
    seal: (purpose, facts) =>
      sealPurpose(purpose, facts, keyring.leavesFor(purpose, '', 'A256GCM', lives[purpose]), now, draw),
    open: (purpose, envelope) => open(purpose, envelope),
    openLate: (purpose, envelope) => open(purpose, envelope, LATE),
  }
}

/**
 * What was revoked: one list, from which the bundle for all verifiers is made.
 *
 * @module
 */

import type { NamesKey } from '../../keys/index.ts'
import type { Log } from '../log.ts'
import { refusal } from '../protocol/error.ts'
import { createKept, type Kept } from '../remote/kept.ts'
import {
  type Bundle,
  isRevoked,
  lowestBranchIn,
  needsNamesKey,
  type RevocationKind,
  type Target,
} from '../token/revocations.ts'
import { createDeadline, type Told } from './deadline.ts'

/** Something that is revoked from now on. */
export interface RevocationEvent {
  readonly kind: RevocationKind
  readonly value: string
  /** What was issued until then is dead. Unix seconds; of a `resource` the lowest branch that counts. */
  readonly at: number
  /** How long an access token that it could hit can live. Unix seconds. */
  readonly until: number
  /**
   * How long anything else that it could hit can live, a refresh token or a session. Unix seconds. The same as `until` when
   * it is to hit access tokens alone.
   */
  readonly keep: number
}

/** Something that is revoked, by whom, and what much of the same becomes. */
export interface Addition extends RevocationEvent {
  /**
   * On whose word: the operator's; a person's, of whose approval there is proof; or a client's own, which proved itself.
   * Default: nobody's who could be counted. The list keeps room for each that stands before another.
   */
  readonly by?: 'operator' | 'approval' | { readonly client: string }
  /** What takes the place of many events of its kind, from the narrowest to the broadest: each holds the one before. */
  readonly within?: readonly RevocationEvent[]
}

/** What became of an addition. */
export type Outcome =
  /** `isHalf`: by this one the list became half as long as it may. */
  | { readonly added: true; readonly isHalf: boolean }
  | { readonly added: false; readonly why: 'the list is full' | 'the client has revoked too much' }

/**
 * The list of revocations.
 *
 * What `add` has added is in every later `read`, whatever is restarted in between; `seq` grows with each. It refuses before
 * the list is longer than verifiers take, by the rule of `addTo`, atomically. What cannot be written or read throws. The
 * epoch is the instant at which the list was made: another list has a later one.
 */
export interface Revocations {
  /**
   * Adds something to the list, or says why not.
   *
   * @param now Unix seconds
   */
  add(addition: Addition, now: number): Promise<Outcome>
  /**
   * Returns the events that can hit an access token at `now`, or anything.
   *
   * @param isElse whether to leave out, of anything, those that hit access tokens alone. Default false
   */
  read(now: number, what: 'access tokens' | 'anything', isElse?: boolean): Promise<Bundle>
}

/** Seconds after which trying again makes sense when nothing more can be revoked. */
const RETRY_AFTER = 60

/**
 * Returns revocations that answer in time, or are `temporarily_unavailable`; what they do not add is `slow_down`, and the
 * operator is warned from the half on.
 */
export function revocationsWithDeadline(revocations: Revocations, told: Told): Revocations {
  const within = createDeadline('revocations', told)
  return {
    async add(addition, now) {
      // The list of an earlier version says nothing, and adds whatever it is told.
      const outcome = (await within<Outcome | undefined>(() => revocations.add(addition, now))) ?? {
        added: true,
        isHalf: false,
      }
      if (!outcome.added) throw refusal('slow_down', 'revocations_full', outcome.why, { retryAfter: RETRY_AFTER })
      const detail = 'the list of revocations is half as long as it may be: see who revokes so much'
      if (outcome.isHalf) told.log({ level: 'warn', event: 'revocations', detail })
      return outcome
    },
    read: (...of) => within(() => revocations.read(...of)),
  }
}

/** The issuer's own look at the revocations, a few seconds old at the most. */
export interface RevocationView {
  /** Tells whether something was revoked: an access token, where it has a `jti`; else a refresh token or a session. */
  hits(target: Target, now: number): Promise<boolean>
  /** Returns the lowest branch of a resource that counts; without any revocations, the first. */
  lowestBranch(resource: string, now: number): Promise<number>
}

/** Seconds that the issuer's own look may be old. */
const VIEW_AGE = 5

/** Seconds that nothing is asked of a list that did not answer: what clients are told to wait. */
const RETRY = 2

/** A look at the list, or why there was none. */
type Look = { readonly ok: true; readonly bundle: Bundle } | { readonly ok: false; readonly error: unknown }

/** Returns the issuer's own look at the revocations; without any, nothing is ever revoked. */
export function createRevocationView(
  revocations: Revocations | undefined,
  log: Log,
  namesKeysOf: (resource: string, now: number) => readonly NamesKey[],
): RevocationView {
  if (revocations === undefined) return { hits: async () => false, lowestBranch: async () => 1 }
  const list = revocations

  /** The list itself is always right here; but when it is another than before, somebody should know. */
  function compare(before: Bundle | undefined, { epoch, seq }: Bundle): void {
    if (before === undefined || (before.epoch === epoch && before.seq <= seq)) return
    const detail =
      'the list of revocations is another than before, or was set back: what was revoked and still lives counts again'
    log({ level: 'error', event: 'revocations', detail })
  }

  function keep(what: 'access tokens' | 'anything'): Kept<Look> {
    let before: Bundle | undefined
    const look = async (now: number): Promise<Look> => {
      try {
        const bundle = await list.read(now, what, what === 'anything')
        compare(before, bundle)
        before = bundle
        return { ok: true, bundle }
      } catch (error) {
        return { ok: false, error }
      }
    }
    const always = { fresh: () => VIEW_AGE, hold: VIEW_AGE, most: VIEW_AGE }
    return createKept(look, { ...always, cooldown: RETRY, retry: RETRY })
  }
  const [accessTokens, anything] = [keep('access tokens'), keep('anything')]

  async function see(kept: Kept<Look>, now: number): Promise<Bundle> {
    const seen = await kept.get(now)
    if (!seen.ok) throw seen.error
    return seen.bundle
  }

  return {
    lowestBranch: async (resource, now) => lowestBranchIn(await see(accessTokens, now), resource),
    async hits(target, now) {
      const bundle = await see(target.jti === undefined ? anything : accessTokens, now)
      // As a resource server tells its people; the issuer itself has the names of all that is no access token.
      const namesKeys = target.aud !== undefined && needsNamesKey(bundle) ? namesKeysOf(target.aud, now) : []
      return isRevoked(bundle, target, namesKeys)
    },
  }
}

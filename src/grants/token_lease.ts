/**
 * New tokens of a provider: one asks, all others wait for what that brings. A provider whose refresh tokens rotate sees each of them
 * once, and so does one whose refresh token stays.
 *
 * @module
 */

import type { LoginProvider } from '../login/authenticate.ts'
import { faultOfTokens } from '../login/bound_tokens.ts'
import { OAuthError, refusal } from '../protocol/error.ts'
import type { WithinDeadline } from '../stores/deadline.ts'
import type { WaitUntil } from '../wait_until.ts'
import { type Attempt, type KeptTokens, type Lying, type TokenPlace, tokensOf } from './kept_tokens.ts'

/** Seconds that an access token must last for it to be handed over as it is, where there may be another. */
const ENOUGH = 60

/** Seconds that an access token must last to be worth anything to anybody. */
export const LEAST = 10

/** Seconds that whoever asks the provider may take, with all that comes before and after. */
const LEASE = 10

/** Milliseconds that others wait for what that brings. */
const PATIENCE = 5000

/** Milliseconds of the first pause between two looks; each is twice as long as the one before. */
const FIRST_PAUSE = 50

/** Milliseconds of the longest pause. */
const LONGEST_PAUSE = 500

/** How often it is tried to put down what the provider gave: nobody else has it. */
const TRIES = 2

/** Seconds after which a client is told to try again. */
const RETRY_AFTER = 2

/** What is needed to get new ones. */
export interface LeaseContext {
  readonly place: TokenPlace
  /** Returns Unix seconds: who waits looks at the clock again. */
  readonly now: () => number
  /** Waits for so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>
  readonly newId: () => string
  /** Returns the seconds by which any two clocks may differ. */
  readonly skew: (now: number) => number
  /** Lets whoever asks wait for the provider so long, and no longer. */
  readonly within: WithinDeadline
  /** Keeps a worker awake: who asked may have gone before the provider answers. */
  readonly waitUntil: WaitUntil
  /** Is given what a provider gave, and nobody keeps, for its grant has ended meanwhile. It never throws. */
  readonly lose: (gid: string, kept: KeptTokens) => Promise<void>
}

/** Tokens that lie there. */
export interface LyingTokens extends Lying {
  readonly kept: KeptTokens
}

/** What gets new tokens. */
export interface TokenLeases {
  /** Tells whether tokens last long enough to be handed over as they are. */
  isEnough(kept: KeptTokens): boolean
  /** Tells whether tokens last long enough to be worth anything. */
  isWorth(kept: KeptTokens): boolean
  /**
   * Returns tokens that last long enough: what the provider gives now, or gave somebody else meanwhile.
   *
   * @param first what was seen
   * @param look returns what lies there now
   * @throws {OAuthError} `invalid_grant` when the provider ended them; `temporarily_unavailable` when it may work later;
   * `server_error` when it takes an operator to mend it
   */
  renew(gid: string, first: LyingTokens, refresh: Refresh, look: () => Promise<LyingTokens>): Promise<KeptTokens>
}

/** Asks a provider for new tokens. */
export type Refresh = NonNullable<LoginProvider['refresh']>

/** What became of something. */
type Outcome<Value> = { readonly value: Value } | { readonly error: unknown }

/** Does something, and returns what became of it. */
async function outcomeOf<Value>(act: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await act() }
  } catch (error) {
    return { error }
  }
}

/** Returns what new tokens are had by. */
export function createTokenLeases(context: LeaseContext): TokenLeases {
  const { place, now, wait, newId, skew, within, waitUntil, lose } = context
  const lasts = ({ expiresAt = Number.POSITIVE_INFINITY }: KeptTokens, seconds: number): boolean =>
    expiresAt - now() >= seconds

  /** Tells whether an attempt is over by every clock. */
  const isOver = ({ at }: Attempt): boolean => now() >= at + LEASE + skew(now())

  function unavailable(detail: string, cause?: unknown): OAuthError {
    return refusal('temporarily_unavailable', 'provider_down', detail, { cause, retryAfter: RETRY_AFTER })
  }

  /**
   * Puts down what became of an attempt, if it is still that attempt's to do.
   *
   * @returns whether it is put down; else what lies there instead, if anything does
   * @throws {OAuthError} `temporarily_unavailable` when the guard does not answer
   */
  async function settle(
    gid: string,
    mine: LyingTokens,
    { id }: Attempt,
    kept: KeptTokens | undefined,
  ): Promise<{ readonly isKept: boolean; readonly lying?: Lying | undefined }> {
    let lying: Lying | undefined = mine
    for (let tries = 1; lying?.kept?.attempt?.id === id; tries++) {
      try {
        if ((await place.swap(gid, lying, kept)) !== undefined) return { isKept: true }
        // Its end may have been moved meanwhile.
        lying = await place.look(gid)
      } catch (error) {
        if (!(error instanceof OAuthError) || tries >= TRIES) throw error
        await wait(FIRST_PAUSE)
      }
    }
    return { isKept: false, lying }
  }

  /** Asks the provider, and puts down what it gives, or that it gives nothing. */
  async function ask(gid: string, mine: LyingTokens, attempt: Attempt, refresh: Refresh): Promise<KeptTokens> {
    const { sub, provider } = mine.kept
    const ended = { ...attempt, ended: true } as const
    const asked = await outcomeOf(async () => refresh(tokensOf(mine.kept), now()))
    if ('error' in asked) {
      const { error: cause } = asked
      const code = cause instanceof OAuthError ? cause.code : undefined
      await settle(gid, mine, attempt, code === 'invalid_grant' ? undefined : { ...mine.kept, attempt: ended })
      const detail = `no new tokens of the provider "${provider}": ${code ?? 'it failed'}`
      if (code === 'invalid_grant') throw refusal(code, 'provider_tokens', detail, { cause })
      // Whether it used the refresh token up nobody knows: the next one to ask shows the same.
      if (code === 'temporarily_unavailable') throw unavailable(detail, cause)
      throw refusal('server_error', cause instanceof OAuthError ? cause.reason : 'unexpected', detail, { cause })
    }
    const fault = faultOfTokens(asked.value)
    const kept = { ...asked.value, sub, provider, attempt: ended }
    const { isKept, lying } = await settle(gid, mine, attempt, fault === undefined ? kept : undefined)
    if (fault !== undefined) throw refusal('invalid_grant', 'provider_tokens', fault)
    if (isKept) return kept
    // Whoever stood still for longer than a lease lasts has lost nothing but that.
    if (lying?.kept !== undefined) throw unavailable(`somebody else has asked the provider "${provider}" since`)
    await lose(gid, kept)
    throw refusal('invalid_grant', 'grant_ended', 'its grant ended while its provider was asked')
  }

  /** Returns what was asked for, in time; what comes later is put down all the same, for who comes then. */
  async function inTime(asking: Promise<KeptTokens>): Promise<KeptTokens> {
    waitUntil(asking.catch(() => undefined))
    const outcome = await within(() => outcomeOf(() => asking))
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }

  async function renew(...[gid, first, refresh, look]: Parameters<TokenLeases['renew']>): Promise<KeptTokens> {
    const ended = first.kept.attempt?.ended === true ? first.kept.attempt.id : undefined
    let [lying, waited, watched] = [first, 0, 0]
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const { kept } = lying
      const { attempt } = kept
      const isLive = attempt !== undefined && attempt.ended !== true
      const isNew = attempt?.ended === true && attempt.id !== ended
      if (lasts(kept, isNew ? LEAST : ENOUGH)) return kept
      // Whoever waited for it does not ask once more: a hundred that do are no help to a provider that is down.
      if (isNew) throw unavailable(`somebody else got no new tokens of the provider "${kept.provider}"`)
      // By whatever clock it is over, it must have lain there for as long as it may while somebody looked.
      const isDead = isLive && isOver(attempt)
      if (!isLive || (isDead && watched >= 1000 * LEASE)) {
        const mine = { id: newId(), at: now() }
        const leased = await place.swap(gid, lying, { ...kept, attempt: mine })
        if (leased !== undefined)
          return inTime(ask(gid, { ...leased, kept: { ...kept, attempt: mine } }, mine, refresh))
      }
      const most = isDead ? 1000 * LEASE : PATIENCE
      if (waited >= most) throw unavailable('somebody else asks its provider for new tokens')
      const pausing = Math.min(pause, most - waited)
      await wait(pausing)
      const next = await look()
      watched = next.envelope === lying.envelope ? watched + pausing : 0
      waited += pausing
      lying = next
    }
  }

  return { isEnough: (kept) => lasts(kept, ENOUGH), isWorth: (kept) => lasts(kept, LEAST), renew }
}

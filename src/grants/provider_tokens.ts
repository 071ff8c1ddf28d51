/**
 * Tokens of a provider, for the APIs that are handed them: kept at the guard until the grant ends, and fresh. No session, code or
 * refresh token of ours holds them.
 *
 * @module
 */

import { OAuthError, refusal } from '../protocol/error.ts'
import type { HandOver } from '../registration/resource.ts'
import type { Approval } from './approval_facts.ts'
import { MOST_AT_ONCE } from './kept_at_guard.ts'
import { createTokenPlace, type KeptTokens, type KeptTokensContext } from './kept_tokens.ts'
import { createProviderEndings, type ProviderEndingsContext } from './provider_endings.ts'
import { markOf, type Owner } from './provider_grants.ts'
import { createTokenLeases, type LeaseContext, type LyingTokens } from './token_lease.ts'

/** What is needed to keep them, to keep them fresh, and to end them. */
export type ProviderTokensContext = KeptTokensContext & Omit<LeaseContext, 'place' | 'lose'> & ProviderEndingsContext

/** What of a person's grants ends: those of a session, but for what outlives it; those of an app; or all. */
export type Ended = { readonly session: string } | { readonly app: string } | 'all'

/** An access token of a provider, to be handed over. */
export interface HandedToken {
  readonly accessToken: string
  /** When it ends. Unix seconds. Default: nobody says. */
  readonly expiresAt?: number
}

/** The tokens that are kept. */
export interface KeptProviderTokens {
  /**
   * Leaves tokens for a grant that a person may come to give.
   *
   * @param by the app that asks for it, and the session that began then: until it is given, it outlives that in no case
   * @param until Unix seconds
   * @throws {OAuthError} `login_failed` when others lie there
   */
  leave(gid: string, tokens: KeptTokens, by: Pick<Approval, 'sid' | 'client_id'>, until: number): Promise<void>
  /**
   * Keeps what was left for a grant until that ends.
   *
   * @param outlives whether it outlives its session
   * @throws {OAuthError} `temporarily_unavailable` when it cannot
   */
  keep(approval: Pick<Approval, 'gid' | 'grant_end' | 'sid' | 'client_id'>, outlives: boolean): Promise<void>
  /**
   * Returns an access token that a provider gave for a grant; where it is at its end, a new one. All else must have been checked
   * before: a provider that rotates sees its refresh token once.
   *
   * @throws {OAuthError} `invalid_grant` where there is none any more, or its scope is not enough: the app has to log in again;
   * `temporarily_unavailable` when it may work later; `server_error` when it takes an operator to mend it
   */
  take(approval: Pick<Approval, 'gid' | 'sub'>, handOver: HandOver): Promise<HandedToken>
  /**
   * Overwrites what was kept for a grant, which has ended; at the provider it ends, too, where the operator wants that and no other
   * grant of the person is known.
   */
  drop(gid: string): Promise<void>
  /** Does so for grants of a person that have ended together, and returns the providers at which all ends. */
  dropOf(sub: string, ended: Ended): Promise<readonly string[]>
}

/**
 * Checks that tokens are what an API needs: a provider can give less with each refresh (RFC 6749 §6).
 *
 * @throws {OAuthError} `invalid_grant`
 */
function checkScope(kept: KeptTokens, scope: HandOver['scope']): void {
  if (!scope.every((token) => kept.scope.includes(token)))
    throw refusal(
      'invalid_grant',
      'provider_scope',
      'the tokens that are kept for it have less scope than "provider_scope"',
    )
}

/** Returns the tokens that are kept. */
export function createProviderTokens(context: ProviderTokensContext): KeptProviderTokens {
  const { providers, waitUntil } = context
  const endings = createProviderEndings(context)
  const place = createTokenPlace(context)
  const leases = createTokenLeases({ ...context, place, lose })

  /** Ends what a provider gave too late, for its grant has ended; what lives on is told there. */
  async function lose(gid: string, kept: KeptTokens): Promise<void> {
    await endings.end(kept, [gid], kept).catch(() => undefined)
  }

  /** Returns what lies there for a grant, if it is what an API needs. */
  async function lookFor(
    { gid, sub }: Pick<Approval, 'gid' | 'sub'>,
    { provider, scope }: HandOver,
  ): Promise<LyingTokens> {
    const lying = await place.look(gid)
    if (lying === undefined)
      throw refusal('invalid_grant', 'provider_tokens', 'no tokens of a provider are kept for it')
    const { kept } = lying
    if (kept === undefined) throw refusal('invalid_grant', 'provider_tokens', 'its provider has ended what it gave')
    if (kept.sub !== sub || kept.provider !== provider)
      throw refusal('invalid_grant', 'provider_tokens', 'the tokens that are kept for it are of another provider')
    checkScope(kept, scope)
    return { ...lying, kept }
  }

  /** Returns new tokens, where there is a way to any. */
  async function renewed(
    approval: Pick<Approval, 'gid' | 'sub'>,
    handOver: HandOver,
    first: LyingTokens,
  ): Promise<KeptTokens> {
    const provider = providers.get(handOver.provider)
    if (provider?.refresh === undefined || first.kept.refreshToken === undefined) return first.kept
    const renewing = leases.renew(approval.gid, first, provider.refresh.bind(provider), () =>
      lookFor(approval, handOver),
    )
    // Who comes after a machine that was killed waits for longer than some clients do.
    waitUntil(renewing.catch(() => undefined))
    return renewing
  }

  /** Overwrites what lies there for a grant, and returns what that was; what nobody can open is nothing to anybody. */
  async function overwrite(gid: string): Promise<KeptTokens | undefined> {
    for (let times = 0; times < MOST_AT_ONCE; times++) {
      const lying = await place.look(gid).catch((error: unknown) => {
        if (error instanceof OAuthError && error.code === 'invalid_grant') return undefined
        throw error
      })
      if (lying?.kept === undefined) return undefined
      if ((await place.swap(gid, lying, undefined)) !== undefined) return lying.kept
    }
    return undefined
  }

  /** Ends grants of one person at a provider. One that cannot be ended now stands in the list for whoever tries again. */
  async function endAll(owner: Owner, gids: readonly string[]): Promise<boolean> {
    const outcomes = await Promise.allSettled(gids.map(async (gid) => ({ gid, kept: await overwrite(gid) })))
    const done = outcomes.filter((one) => one.status === 'fulfilled').map(({ value }) => value)
    const over = done.map(({ gid }) => gid)
    // The newest are first: what is old may be over there.
    const isEnded = await endings.end(owner, over, done.find(({ kept }) => kept !== undefined)?.kept)
    const failed = outcomes.find((one) => one.status === 'rejected')
    if (failed === undefined) return isEnded
    endings.tellFailed(owner.provider, failed.reason)
    throw failed.reason
  }

  return {
    async leave(gid, tokens, { sid, client_id }, until) {
      await place.leave(gid, tokens, until)
      await endings.note(tokens, { gid, until, marks: [markOf('session', sid), markOf('app', client_id)] })
    },
    async keep({ gid, grant_end, sid, client_id }, outlives) {
      const marks = [...(outlives ? [] : [markOf('session', sid)]), markOf('app', client_id)]
      const noted = { gid, until: grant_end, marks }
      for (let times = 0; times < MOST_AT_ONCE; times++) {
        const lying = await place.look(gid)
        if (lying?.kept === undefined) return
        const isKept = lying.until >= grant_end || (await place.swap(gid, lying, lying.kept, grant_end)) !== undefined
        if (isKept) return endings.note(lying.kept, noted)
      }
      throw refusal('temporarily_unavailable', 'contention', 'what a provider gave is changed too often', {
        retryAfter: 2,
      })
    },
    async take(approval, handOver) {
      const first = await lookFor(approval, handOver)
      const kept = leases.isEnough(first.kept) ? first.kept : await renewed(approval, handOver, first)
      checkScope(kept, handOver.scope)
      if (!leases.isWorth(kept))
        throw refusal('invalid_grant', 'provider_tokens', 'the access token of the provider has ended')
      const { accessToken, expiresAt } = kept
      return { accessToken, ...(expiresAt === undefined ? {} : { expiresAt }) }
    },
    async drop(gid) {
      const kept = await overwrite(gid)
      if (kept !== undefined) await endings.end(kept, [gid], kept)
    },
    async dropOf(sub, ended) {
      const mark =
        ended === 'all' ? undefined : 'app' in ended ? markOf('app', ended.app) : markOf('session', ended.session)
      const found = await endings.find(sub, mark)
      const done = await Promise.all(found.map(({ owner, gids }) => endAll(owner, gids)))
      return found.filter((_, index) => done[index]).map(({ owner }) => owner.provider)
    },
  }
}

/**
 * Tokens of a provider, for the APIs that are handed them: kept at the guard until the grant ends, and fresh. No session, code or
 * refresh token of ours holds them.
 *
 * @module
 */

import type { LoginProviders } from '../login/authenticate.ts'
import { OAuthError } from '../protocol/error.ts'
import type { HandOver } from '../registration/resource.ts'
import type { WaitUntil } from '../remote/single_flight.ts'
import type { Approval } from './approval_facts.ts'
import { createTokenPlace, type KeptTokens, type KeptTokensContext } from './kept_tokens.ts'
import { createTokenLeases, type LeaseContext, type LyingTokens } from './token_lease.ts'

/** What is needed to keep them, and to keep them fresh. */
export interface ProviderTokensContext extends KeptTokensContext, Omit<LeaseContext, 'place'> {
  /** The providers by what they are called. */
  readonly providers: LoginProviders
  /** Keeps a worker awake: who asked may have gone before the provider answers. */
  readonly waitUntil: WaitUntil
}

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
   * @param until Unix seconds
   * @throws {OAuthError} `login_failed` when others lie there
   */
  leave(gid: string, tokens: KeptTokens, until: number): Promise<void>
  /**
   * Keeps what was left for a grant until that ends.
   *
   * @throws {OAuthError} `temporarily_unavailable` when it cannot
   */
  keep(approval: Pick<Approval, 'gid' | 'grant_end'>): Promise<void>
  /**
   * Returns an access token that a provider gave for a grant; where it is at its end, a new one. All else must have been checked
   * before: a provider that rotates sees its refresh token once.
   *
   * @throws {OAuthError} `invalid_grant` where there is none any more, or its scope is not enough: the app has to log in again;
   * `temporarily_unavailable` when it may work later; `server_error` when it takes an operator to mend it
   */
  take(approval: Pick<Approval, 'gid' | 'sub'>, handOver: HandOver): Promise<HandedToken>
  /** Overwrites what was kept for a grant, which has ended. */
  drop(gid: string): Promise<void>
}

/** How often something is begun anew that others change at the same time. */
const MOST_AT_ONCE = 12

/** Returns the tokens that are kept. */
export function createProviderTokens(context: ProviderTokensContext): KeptProviderTokens {
  const { providers, waitUntil } = context
  const place = createTokenPlace(context)
  const leases = createTokenLeases({ ...context, place })

  /** Returns what lies there for a grant, if it is what an API needs. */
  async function lookFor(
    { gid, sub }: Pick<Approval, 'gid' | 'sub'>,
    { provider, scope }: HandOver,
  ): Promise<LyingTokens> {
    const lying = await place.look(gid)
    if (lying === undefined) throw new OAuthError('invalid_grant', 'no tokens of a provider are kept for it')
    const { kept } = lying
    if (kept === undefined) throw new OAuthError('invalid_grant', 'its provider has ended what it gave')
    if (kept.sub !== sub || kept.provider !== provider)
      throw new OAuthError('invalid_grant', 'the tokens that are kept for it are of another provider')
    if (!scope.every((token) => kept.scope.includes(token)))
      throw new OAuthError('invalid_grant', 'the tokens that are kept for it have less scope than "provider_scope"')
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
    waitUntil(renewing.catch(() => undefined))
    return renewing
  }

  return {
    leave: place.leave,
    async keep({ gid, grant_end }) {
      for (let times = 0; times < MOST_AT_ONCE; times++) {
        const lying = await place.look(gid)
        if (lying?.kept === undefined || lying.until >= grant_end) return
        if ((await place.swap(gid, lying, lying.kept, grant_end)) !== undefined) return
      }
      throw new OAuthError('temporarily_unavailable', 'what a provider gave is changed too often', { retryAfter: 2 })
    },
    async take(approval, handOver) {
      const first = await lookFor(approval, handOver)
      const kept = leases.isEnough(first.kept) ? first.kept : await renewed(approval, handOver, first)
      if (!leases.isWorth(kept)) throw new OAuthError('invalid_grant', 'the access token of the provider has ended')
      const { accessToken, expiresAt } = kept
      return { accessToken, ...(expiresAt === undefined ? {} : { expiresAt }) }
    },
    async drop(gid) {
      for (let times = 0; times < MOST_AT_ONCE; times++) {
        const lying = await place.look(gid)
        if (lying?.kept === undefined || (await place.swap(gid, lying, undefined)) !== undefined) return
      }
    },
  }
}

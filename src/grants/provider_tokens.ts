/**
 * Tokens of a provider, for the APIs that are handed them: at the guard, as one sealed envelope for each grant, until that ends. No
 * session, code or refresh token of ours holds them.
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import type { ProviderTokens } from '../login/authenticate.ts'
import { OAuthError } from '../protocol/error.ts'
import type { Guard, Keeping } from '../stores/guard.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import type { Approval } from './approval_facts.ts'

/** Tokens of a provider, and whose they are. */
export interface KeptTokens extends ProviderTokens {
  /** Who logged in there, as we call the person. */
  readonly sub: string
  /** What the settings call the provider. */
  readonly provider: string
}

/** What is needed to keep them. */
export interface ProviderTokensContext {
  readonly guard: Guard & Keeping
  readonly envelopes: PurposeEnvelopes
  /** Unix seconds. */
  readonly now: number
  readonly newId: () => string
}

/** An access token of a provider, to be handed over. */
export interface HandedToken {
  readonly accessToken: string
  /** When it ends. Unix seconds. Default: nobody says. */
  readonly expiresAt?: number
}

/** The tokens that are kept, at one instant. */
export interface KeptProviderTokens {
  /**
   * Leaves tokens for a grant that a person may come to give.
   *
   * @param until Unix seconds
   */
  leave(gid: string, tokens: KeptTokens, until: number): Promise<void>
  /**
   * Returns the access token that a provider gave for a grant.
   *
   * @throws {OAuthError} `invalid_grant` where there is none any more: the app has to log in again
   */
  take(approval: Pick<Approval, 'gid' | 'sub' | 'grant_end'>, provider: string): Promise<HandedToken>
}

/** Returns where the tokens of a grant lie. */
function placeOf(gid: string): string {
  return `provider ${gid}`
}

/** Returns the tokens that are kept. */
export function createProviderTokens({ guard, envelopes, now, newId }: ProviderTokensContext): KeptProviderTokens {
  return {
    async leave(gid, tokens, until) {
      const envelope = await envelopes.seal('provider', { jti: newId(), iat: now, exp: until, gid, ...tokens })
      await guard.leave(placeOf(gid), envelope, until)
    },
    async take({ gid, sub }, provider) {
      const envelope = await guard.look(placeOf(gid))
      if (envelope === undefined) throw new OAuthError('invalid_grant', 'no tokens of a provider are kept for it')
      const facts = await envelopes.open('provider', envelope).catch((cause: unknown) => {
        if (cause instanceof TokenError)
          throw new OAuthError('invalid_grant', `the tokens of its provider do not open: ${cause.code}`, { cause })
        throw cause
      })
      const kept = facts as unknown as KeptTokens
      if (facts['gid'] !== gid || kept.sub !== sub || kept.provider !== provider)
        throw new OAuthError('invalid_grant', 'the tokens that are kept for it are of another provider')
      const { accessToken, expiresAt } = kept
      return { accessToken, ...(expiresAt === undefined ? {} : { expiresAt }) }
    },
  }
}

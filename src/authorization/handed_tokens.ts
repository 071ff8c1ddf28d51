/**
 * What a provider gave at a login for a request that hands it over: held to what the API needs, and left at the guard's home of the
 * grant that may come of it.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { createProviderTokens } from '../grants/provider_tokens.ts'
import type { ProviderTokens } from '../login/authenticate.ts'
import { OAuthError } from '../protocol/error.ts'
import type { HandOver } from '../registration/resource.ts'
import { keepingGuardOf } from '../stores/guard.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import { nameAfter } from './approve.ts'
import type { Handed } from './authorization_request.ts'

/** Tokens that are handed over. */
export interface HandedTokens {
  /**
   * Returns what a provider gave, if it is what an API needs.
   *
   * @throws {OAuthError} `login_failed`
   */
  check(tokens: ProviderTokens | undefined, hands: HandOver): ProviderTokens
  /**
   * Leaves what a provider gave at a login, until the grant ends that may come of it.
   *
   * @param until when no grant can come of it any more. Unix seconds
   */
  leave(
    handed: Handed,
    tokens: ProviderTokens,
    hands: HandOver,
    until: number,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<void>
}

/** Returns what hands tokens over. */
export function createHandedTokens({ settings, newId }: EndpointContext): HandedTokens {
  return {
    check(tokens, { scope }) {
      if (tokens === undefined) throw new OAuthError('login_failed', 'the provider gave no access token')
      if (!scope.every((token) => tokens.scope.includes(token)))
        throw new OAuthError('login_failed', 'the provider gave less scope than "provider_scope"')
      return tokens
    },
    async leave({ jti, sub }, tokens, { provider }, until, envelopes, now) {
      const guard = keepingGuardOf(settings.guard)
      const kept = createProviderTokens({ guard, envelopes, now, newId })
      await kept.leave(nameAfter('grant', jti), { ...tokens, sub, provider }, until)
    },
  }
}

/**
 * The session at the provider, which ends after ours where the operator wants that; and what a browser that comes back from there was
 * about to do (OpenID Connect RP-Initiated Logout §2, §3).
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { toOAuthError } from '../http/respond.ts'
import { TokenError } from '../jose/error.ts'
import { OAuthError, refusal } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import { type LogoutRequest, NO_REQUEST, readLogoutRequest } from './logout_request.ts'
import type { Session } from './session.ts'

/** Where a session at a provider ends. */
export interface ProviderEnd {
  /** What people read that the provider is called. */
  readonly label: string
  /** Where the browser ends it; nothing where that cannot be said, and it may live on. */
  readonly location: string | undefined
}

/** The sessions at providers. */
export interface ProviderLogout {
  /** Whether one is ended there, ever. */
  readonly isWanted: boolean
  /** Returns what people read the provider is called whose session ends with this one; nothing where it is to live on. */
  labelFor(session: Session): string | undefined
  /** Returns where the one ends by which a session of ours began; nothing where it is to live on. It never throws. */
  endOf(
    session: Session,
    request: LogoutRequest,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<ProviderEnd | undefined>
  /** Returns what a client had asked, of a browser that comes back; nothing where it brings no word of ours. */
  resume(query: string, envelopes: PurposeEnvelopes): Promise<LogoutRequest | undefined>
}

/** Characters of a `state` that providers bring back, as at a login. */
const LONGEST_WORD = 7000

/** Returns the sessions at providers. */
export function createProviderLogout({ settings, clients, log, newId }: EndpointContext): ProviderLogout {
  const { issuer, authenticate, lives, openid } = settings
  const providers = authenticate?.providers ?? new Map()

  /** Seals what a client asked: the provider learns nothing of it, and nobody else writes one. */
  async function seal({ kept }: LogoutRequest, envelopes: PurposeEnvelopes, now: number): Promise<string> {
    const parameters = String(new URLSearchParams(kept))
    const state = await envelopes.seal('logout', { jti: newId(), iat: now, exp: now + lives.logout, parameters })
    if (state.length > LONGEST_WORD)
      throw refusal('invalid_request', 'too_long', 'what the client asked is too long for a state')
    return state
  }

  return {
    isWanted: [...providers.values()].some(({ endSession }) => endSession !== undefined),
    labelFor({ provider }) {
      const { label, endSession } = providers.get(provider ?? '') ?? {}
      return endSession === undefined ? undefined : label
    },
    async endOf({ provider }, request, envelopes, now) {
      const { label, endSession } = providers.get(provider ?? '') ?? {}
      if (label === undefined || endSession === undefined) return undefined
      try {
        const state = await seal(request, envelopes, now)
        return { label, location: await endSession({ location: `${issuer}/logout/callback`, state }, now) }
      } catch (error) {
        // Ours has ended: nothing that is wrong there takes that back.
        const { code, reason, message } = toOAuthError(error)
        log({
          level: 'warn',
          event: 'logout',
          code,
          reason,
          detail: `the session at its provider may live on: ${message}`,
        })
        return { label, location: undefined }
      }
    },
    async resume(query, envelopes) {
      try {
        const parameters = readParameters(query)
        parameters.checkOnce('state')
        const facts = await envelopes.open('logout', parameters.require('state'))
        if (openid === undefined) return NO_REQUEST
        // What was registered then need not be now.
        return await readLogoutRequest(readParameters(String(facts['parameters'])), clients, async () => undefined)
      } catch (error) {
        if (error instanceof TokenError || error instanceof OAuthError) return undefined
        throw error
      }
    },
  }
}

/**
 * Where what a provider gave for a grant lies: at the guard, under `provider <gid>`, as one sealed envelope.
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import type { ProviderTokens } from '../login/authenticate.ts'
import { refusal } from '../protocol/error.ts'
import type { Guard, Keeping } from '../stores/guard.ts'
import type { Homes } from '../token/home.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'

/** Somebody's try to get new tokens. */
export interface Attempt {
  /** Names it: 128 random bits, base64url. */
  readonly id: string
  /** When it was begun, by the clock of whoever makes it. Unix seconds. */
  readonly at: number
  /** Whether it has ended, well or not. Default: nobody else may ask. */
  readonly ended?: true
}

/** Tokens of a provider, and whose they are. */
export interface KeptTokens extends ProviderTokens {
  /** Who logged in there, as we call the person. */
  readonly sub: string
  /** What the settings call the provider. */
  readonly provider: string
  /** The last try to get new ones. Default: there was none. */
  readonly attempt?: Attempt
}

/** What lies there. */
export interface Lying {
  readonly envelope: string
  /** The tokens; nothing where they are over: the provider ended them, or the grant has ended. */
  readonly kept: KeptTokens | undefined
  /** When it ends. Unix seconds. */
  readonly until: number
}

/** What is needed to keep them. */
export interface KeptTokensContext {
  readonly guard: Guard & Keeping
  /** The homes of grants that there are. */
  readonly homes: Homes
  /** Returns what seals and opens at an instant. */
  readonly envelopes: (now: number) => PurposeEnvelopes
  /** Returns Unix seconds: who waits looks at the clock again. */
  readonly now: () => number
  readonly newId: () => string
}

/** Where they lie. */
export interface TokenPlace {
  /**
   * Returns what lies there; nothing where there is nothing, or its time is over.
   *
   * @throws {OAuthError} `invalid_grant` when it does not open, or is at no home of ours; `temporarily_unavailable` when it is of a clock that is ahead
   */
  look(gid: string): Promise<Lying | undefined>
  /**
   * Leaves tokens where there are none.
   *
   * @param until Unix seconds
   * @throws {OAuthError} `login_failed` when others lie there
   */
  leave(gid: string, kept: KeptTokens, until: number): Promise<void>
  /**
   * Puts something in the place of what was seen there.
   *
   * @param kept nothing where tokens are over: what lies there says so until it ends
   * @returns what lies there then; nothing where it was something else already
   */
  swap(gid: string, before: Lying, kept: KeptTokens | undefined, until?: number): Promise<Lying | undefined>
}

/** Returns where the tokens of a grant lie. */
function placeOf(gid: string): string {
  return `provider ${gid}`
}

/** Returns what of somebody's tokens is kept: all else that a way to log in gives beside them is not. */
export function tokensOf({ accessToken, refreshToken, expiresAt, scope }: ProviderTokens): ProviderTokens {
  return {
    accessToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    scope,
  }
}

/** Returns where tokens lie. */
export function createTokenPlace({ guard, homes, envelopes, now, newId }: KeptTokensContext): TokenPlace {
  async function seal(gid: string, kept: KeptTokens | undefined, until: number): Promise<string> {
    const at = now()
    const { sub, provider, attempt } = kept ?? {}
    const facts = kept === undefined ? {} : { sub, provider, ...tokensOf(kept), ...(attempt && { attempt }) }
    return envelopes(at).seal('provider', { jti: newId(), iat: at, exp: until, gid, ...facts })
  }

  return {
    async look(gid) {
      // The list of a person's grants can tell of one whose home is gone: there may be no object to be asked.
      if (!homes.isOurs(gid)) throw refusal('invalid_grant', 'provider_tokens', 'they are at a home that is gone')
      const envelope = await guard.look(placeOf(gid))
      if (envelope === undefined) return undefined
      const facts = await envelopes(now())
        .open('provider', envelope)
        .catch((cause: unknown) => {
          if (!(cause instanceof TokenError)) throw cause
          // Clocks that differ by more than they may: nothing has ended.
          const code = cause.code === 'early' ? 'temporarily_unavailable' : 'invalid_grant'
          throw refusal(
            code,
            cause.code === 'early' ? 'clock' : 'provider_tokens',
            `the tokens of its provider do not open: ${cause.code}`,
            { cause },
          )
        })
      if (facts['gid'] !== gid)
        throw refusal('invalid_grant', 'provider_tokens', 'the tokens of another grant lie there')
      const kept = typeof facts['accessToken'] === 'string' ? (facts as unknown as KeptTokens) : undefined
      return { envelope, kept, until: facts.exp }
    },
    async leave(gid, kept, until) {
      const envelope = await seal(gid, kept, until)
      if ((await guard.leave(placeOf(gid), envelope, until)) === 'taken')
        throw refusal('login_failed', 'stale', 'tokens of this login are kept already')
    },
    async swap(gid, before, kept, until = before.until) {
      const envelope = await seal(gid, kept, until)
      const outcome = await guard.swap(placeOf(gid), before.envelope, envelope, until)
      return outcome === 'swapped' ? { envelope, kept, until } : undefined
    },
  }
}

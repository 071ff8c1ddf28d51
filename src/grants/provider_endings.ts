/**
 * What ends at a provider with the last grant of a person that is known to have tokens of it: where the operator wants that, for some
 * providers end all tokens that a person gave an app.
 *
 * @module
 */

import type { LoginProvider, LoginProviders } from '../login/authenticate.ts'
import { OAuthError } from '../protocol/error.ts'
import type { WithinDeadline } from '../stores/deadline.ts'
import type { WaitUntil } from '../wait_until.ts'
import { type KeptTokens, type KeptTokensContext, tokensOf } from './kept_tokens.ts'
import { createProviderGrants, type Owner, type ProviderGrant } from './provider_grants.ts'

/** What became of tokens at a provider. */
export interface ProviderEnding {
  /** What the settings call the provider. */
  readonly provider: string
  /** Whether they are ended there; else they live on, and why. */
  readonly livesOn?: string
}

/** What is needed to end them. */
export interface ProviderEndingsContext extends KeptTokensContext {
  /** The providers by what they are called. */
  readonly providers: LoginProviders
  /** Lets a provider answer in time, or not at all. */
  readonly within: WithinDeadline
  /** Keeps a worker awake: nobody waits for the provider. */
  readonly waitUntil: WaitUntil
  /** Is told what became of tokens. */
  readonly tellEnding: (ending: ProviderEnding) => void
}

/** What ends at providers. */
export interface ProviderEndings {
  /** Notes a grant of somebody, where anything ends with it. */
  note(owner: Owner, grant: ProviderGrant): Promise<void>
  /**
   * Ends what a provider gave for grants that are over, if no other of the same person is known; and tells whether that is so.
   *
   * @param kept nothing where no tokens are known any more
   * @throws {OAuthError} `temporarily_unavailable` when the guard does not answer: what lives on then is told
   */
  end(owner: Owner, gids: readonly string[], kept: KeptTokens | undefined): Promise<boolean>
  /** Tells that something lives on at a provider, where any of it was to end. */
  tellFailed(provider: string, why: unknown): void
  /** Returns the grants of a person that end with something, by the providers that they are at; all of them without. */
  find(sub: string, mark?: string): Promise<readonly { readonly owner: Owner; readonly gids: readonly string[] }[]>
}

/** Returns what ends at providers. */
export function createProviderEndings(context: ProviderEndingsContext): ProviderEndings {
  const { providers, within, waitUntil, tellEnding } = context

  /** Returns what ends tokens at a provider, where the operator wants that. */
  function revokeAt(name: string): LoginProvider['revoke'] {
    const provider = providers.get(name)
    return provider?.revoke?.bind(provider)
  }

  const isEnding = (provider: string): boolean => revokeAt(provider) !== undefined
  const grantsAt = () => {
    const now = context.now()
    return createProviderGrants({ ...context, envelopes: context.envelopes(now), now })
  }

  function tellFailed(provider: string, why: unknown): void {
    const name = why instanceof Error ? why.name : typeof why
    const livesOn = why instanceof OAuthError ? `${why.code}, ${why.message}` : name
    if (isEnding(provider)) tellEnding({ provider, livesOn })
  }

  /** Ends tokens at their provider, and tells what became of that. */
  async function end(provider: string, revoke: NonNullable<LoginProvider['revoke']>, kept: KeptTokens): Promise<void> {
    const failures = await within(async () => {
      try {
        await revoke(tokensOf(kept), context.now())
        return []
      } catch (error) {
        return [error]
      }
    }).catch((error: unknown) => [error])
    if (failures.length === 0) tellEnding({ provider })
    for (const failure of failures) tellFailed(provider, failure)
  }

  return {
    async note(owner, grant) {
      if (isEnding(owner.provider)) await grantsAt().note(owner, grant)
    },
    tellFailed,
    async end({ sub, provider }, gids, kept) {
      const revoke = revokeAt(provider)
      if (revoke === undefined) return false
      const taking = grantsAt().end({ sub, provider }, gids)
      const { wasKnown, areOthers } = await taking.catch((error: unknown) => {
        if (kept !== undefined) tellFailed(provider, error)
        throw error
      })
      if (areOthers) return false
      if (kept === undefined) {
        if (wasKnown) tellEnding({ provider, livesOn: 'no tokens of it are known any more' })
        return false
      }
      waitUntil(end(provider, revoke, kept))
      return true
    },
    async find(sub, mark) {
      const found = [...providers.keys()].filter(isEnding).map(async (provider) => {
        const owner = { sub, provider }
        return { owner, gids: await grantsAt().find(owner, mark) }
      })
      return (await Promise.all(found)).filter(({ gids }) => gids.length > 0)
    },
  }
}

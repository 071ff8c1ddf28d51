/**
 * The tokens of providers that are kept for grants, with all of the issuer's own that they need.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import type { ProviderEnding } from '../grants/provider_endings.ts'
import { createProviderTokens, type KeptProviderTokens } from '../grants/provider_tokens.ts'
import { createDeadline } from '../stores/deadline.ts'
import { type Guard, isKeeping } from '../stores/guard.ts'
import type { WaitUntil } from '../wait_until.ts'

/** Milliseconds that whoever asks a provider waits for it: it may have to be discovered first. */
const PATIENCE = 8000

/**
 * Returns the tokens that are kept; nothing where nothing is handed over.
 *
 * @param guard where they lie. Default: the issuer's
 * @param waitUntil keeps a worker awake until a provider has answered. Default: nothing does
 */
export type KeptTokensAt = (guard?: Guard | undefined, waitUntil?: WaitUntil) => KeptProviderTokens | undefined

/** Returns what returns the tokens that are kept. */
export function createKeptProviderTokens(context: EndpointContext): KeptTokensAt {
  const { settings, keyRing, log, now, wait, newId } = context
  const isHandingOver = [...settings.resources.values()].some(({ providerToken }) => providerToken !== undefined)
  const providers = settings.authenticate?.providers ?? new Map()
  const within = createDeadline('provider', context, PATIENCE)
  const envelopes = (at: number) => context.envelopes(keyRing.open(at), at)
  const tellEnding = ({ provider, livesOn }: ProviderEnding): void => {
    const detail = livesOn === undefined ? provider : `what "${provider}" gave lives on there: ${livesOn}`
    const [level, code] = livesOn === undefined ? (['info', 'ended'] as const) : (['warn', 'lives_on'] as const)
    log({ level, event: 'provider_tokens', code, detail })
  }
  const own = { homes: settings.homes, providers, tellEnding, envelopes, now, wait, newId, within, skew: keyRing.skew }
  return (guard = settings.guard, waitUntil = () => {}) =>
    isHandingOver && guard !== undefined && isKeeping(guard)
      ? createProviderTokens({ ...own, guard, waitUntil })
      : undefined
}

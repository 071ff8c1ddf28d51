/**
 * What the operator says of a client's refresh tokens (RFC 6749 §6, RFC 9700 §4.14.2).
 *
 * @module
 */

import { type Members, readBoolean, readInteger } from '../../../keys/check.ts'
import { readAll } from '../../../keys/faults.ts'
import type { Client } from './client.ts'

/** How long refresh tokens live, and how often one that was used is taken again. */
export interface RefreshSettings {
  /** Seconds after which an approval ends, and all refresh tokens with it; 60 to 31536000. Default 2592000, 30 days. */
  readonly refresh_token_lifetime?: number
  /** Seconds without a refresh after which a public client's refresh token ends. Default 604800, 7 days. */
  readonly refresh_token_idle_lifetime?: number
  /**
   * How often a public client's refresh token that was used is taken again within 30 seconds, for lost answers and tabs: 1 to
   * 200. Default 10. What is over it is refused, and ends nothing.
   */
  readonly refresh_token_grace_uses?: number
  /**
   * Whether the answer to a refresh repeats a refresh token that does not change: some libraries drop theirs otherwise
   * (RFC 6749 §6 allows both). Default true.
   */
  readonly repeats_refresh_token?: boolean
}

/** Seconds in which a refresh token that was used gets the same successor again: a lost answer, or two tabs. */
const GRACE = 30

/** The settings by their names. */
export const REFRESH_SETTINGS: readonly (keyof RefreshSettings)[] = [
  'refresh_token_lifetime',
  'refresh_token_idle_lifetime',
  'refresh_token_grace_uses',
  'repeats_refresh_token',
]

/**
 * Reads how long a client's refresh tokens live, and how often one is taken again.
 *
 * @throws {TypeError | RangeError} when a setting is of a wrong type or out of bounds
 */
export function readRefreshSettings(
  name: string,
  value: Members,
): Pick<
  Client,
  | 'refreshTokenLifetime'
  | 'refreshTokenIdleLifetime'
  | 'refreshTokenGrace'
  | 'refreshTokenGraceUses'
  | 'repeatsRefreshToken'
> {
  const { refresh_token_lifetime = 2_592_000, refresh_token_idle_lifetime = 604_800 } = value
  const { refresh_token_grace_uses = 10, repeats_refresh_token = true } = value
  const read = readAll({
    repeatsRefreshToken: () => readBoolean(`${name}.repeats_refresh_token`, repeats_refresh_token),
    refreshTokenLifetime: () => readInteger(`${name}.refresh_token_lifetime`, refresh_token_lifetime, 60, 31_536_000),
    refreshTokenIdleLifetime: () =>
      readInteger(`${name}.refresh_token_idle_lifetime`, refresh_token_idle_lifetime, 60, 31_536_000),
    refreshTokenGraceUses: () => readInteger(`${name}.refresh_token_grace_uses`, refresh_token_grace_uses, 1, 200),
  })
  return { ...read, refreshTokenGrace: GRACE }
}

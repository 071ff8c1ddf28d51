/**
 * How long each kind of thing lives that the issuer seals for itself.
 *
 * @module
 */

import { checkInteger } from '../../keys/check.ts'
import { readAll } from '../../keys/faults.ts'
import { DEVICE_LIFE } from '../protocol/user_code.ts'
import { NONCE_LIFE } from '../token/nonce.ts'
import type { PurposeLives } from '../token/purpose.ts'
import type { ServedClient } from './served_client.ts'

/** Seconds that the request URI of a pushed request lives. */
const PAR_LIFE = 90

/** Seconds that a signed request lives at the most: it is counted from its end. */
const SIGNED_LIFE = 300

/** The settings that lives come from. */
export interface LifeSettings {
  readonly guard?: unknown
  readonly sessionLifetime?: number
  readonly loginLifetime?: number
}

/**
 * Returns the seconds that each kind of purpose envelope lives.
 *
 * @throws {RangeError} when a setting is out of bounds
 */
export function livesOf(served: readonly ServedClient[], settings: LifeSettings): PurposeLives {
  const { guard, sessionLifetime = 43_200, loginLifetime = 3600 } = settings
  readAll({
    login: () => checkInteger('loginLifetime', loginLifetime, 60, 86_400),
    session: () => checkInteger('sessionLifetime', sessionLifetime, 60, 2_592_000),
  })
  const approvals = served.map(({ client }) => client.refreshTokenLifetime)
  const longest = approvals.reduce((longest, life) => Math.max(longest, life), 0)
  return {
    code: guard === 'none' ? 30 : 60,
    refresh: longest,
    // It waits for a yes at first, as a request does, and lives as long as the grant then.
    provider: Math.max(longest, SIGNED_LIFE + 2 * (PAR_LIFE + loginLifetime) + 60),
    par: PAR_LIFE,
    login: loginLifetime,
    session: sessionLifetime,
    logout: loginLifetime,
    consent: loginLifetime,
    ...{ remember: 2_592_000, apps: 2_592_000 },
    device: DEVICE_LIFE,
    nonce: NONCE_LIFE,
  }
}

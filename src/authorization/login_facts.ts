/**
 * What a sealed login carries, and what of it whoever logs people in is told.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import type { Transaction } from '../login/authenticate.ts'
import { readParameters } from '../protocol/parameters.ts'
import type { HandOver } from '../registration/resource.ts'
import type { Pushed } from './authorization_request.ts'

/** What a sealed login carries. */
export interface LoginFacts {
  readonly jti: string
  /** When the login was begun. Unix seconds. */
  readonly iat: number
  /** Unix seconds. */
  readonly exp: number
  /** The authorization request as it came. */
  readonly parameters: string
  readonly pushed?: Pushed
  /** Where it goes on, if not at the authorization endpoint. */
  readonly at?: 'device'
  /** The digest of the browser's own cookie. */
  readonly browser: string
  readonly secret: string
  readonly client_name: string
  readonly fresh: boolean
  readonly choosing?: boolean
  readonly creating?: boolean
  readonly max_age?: number
  /** Whether the login must be of a context of authentication. */
  readonly context?: boolean
  /** What the settings call the provider that was chosen. */
  readonly provider?: string
  /** What its request hands over of a provider: nobody logs in for it elsewhere. */
  readonly hands?: HandOver
}

/** Returns when a login was begun, by the clock that looks at it: the machine that began it may be ahead, and nothing began later. */
export function begunAt({ iat }: LoginFacts, now: number): number {
  return Math.min(iat, now)
}

/** Returns where a provider sends people back to; the only way to log in has no name. */
export function callbackOf(issuer: string, provider: string | undefined): string {
  return `${issuer}/login/callback${provider === undefined ? '' : `/${provider}`}`
}

/** Returns what whoever logs people in is told of a login. */
export function transactionOf(
  issuer: string,
  facts: LoginFacts,
  state: string,
  step: Transaction['step'],
  now: number,
): Transaction {
  const {
    provider,
    hands,
    client_name: clientName,
    fresh: isFresh,
    choosing: isChoosing = false,
    creating: isCreating = false,
    max_age: maxAge,
  } = facts
  const asked = readParameters(facts.parameters)
  return {
    issuer,
    step,
    state,
    provider,
    callback: callbackOf(issuer, provider),
    // A provider that redeems a code learns this one: it is none of another's.
    secret: provider === undefined ? facts.secret : digestLabels('provider', provider, facts.secret),
    clientName,
    begunAt: begunAt(facts, now),
    isFresh,
    isChoosing,
    isCreating,
    maxAge,
    loginHint: asked.get('login_hint'),
    acrValues: asked.get('acr_values'),
    uiLocales: asked.get('ui_locales'),
    handsOver: hands && { scope: hands.scope },
    now,
  }
}

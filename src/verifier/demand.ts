/**
 * What a request must have beyond a live token.
 *
 * @module
 */

import { checkFewMembers, checkInteger, checkText } from '../../keys/check.ts'
import type { Entitlement } from '../token/entitlement.ts'

/** What a request must have beyond a live token. */
export interface Demand {
  /**
   * The scope tokens that it needs, all of them, with one space between (RFC 6749 §3.3). Default: none. What is there and
   * is `undefined` is refused: somebody meant to ask for something.
   */
  readonly scope?: string
  /**
   * The contexts of which the person's login must be one (`acr`), those that are liked best first, with one space between
   * (RFC 9470 §3). Default: any, and none.
   */
  readonly acr?: string
  /** Seconds since the person's login at the most, from 1 to 999999999; whoever nobody says it of is refused. Default: any time. */
  readonly maxAge?: number
}

/** What a demand may hold: the compiler holds the list against the type. */
export const DEMANDS: Readonly<Record<keyof Demand, true>> = { scope: true, acr: true, maxAge: true }

/** One scope token (RFC 6749 §3.3). */
export const SCOPE_TOKEN: RegExp = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Scope tokens, or contexts, with one space between (RFC 6749 §3.3): what can stand in a header between quotes. */
const TOKENS = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/**
 * Checks a scope that is asked for.
 *
 * @throws {TypeError | RangeError} when it is none
 */
export function checkScope(scope: unknown): void {
  checkText('scope', scope, TOKENS, 'scope tokens with one space between, or to be left out')
}

/**
 * Checks what a request must have.
 *
 * @throws {TypeError | RangeError} when it is no demand: nothing is then asked for that was meant to be
 */
export function checkDemand(demand: unknown): asserts demand is Demand {
  checkFewMembers('demand', demand, Object.keys(DEMANDS))
  if ('scope' in demand) checkScope(demand['scope'])
  if ('acr' in demand) checkText('acr', demand['acr'], TOKENS, 'contexts with one space between, or to be left out')
  if ('maxAge' in demand) checkInteger('maxAge', demand['maxAge'], 1, 999_999_999)
}

/** Tells whether a person logged in as it is needed: what nobody told is not so. */
export function isOfLogin({ acr, auth_time }: Entitlement, demand: Demand, now: number): boolean {
  if (demand.acr?.split(' ').some((one) => one === acr) === false) return false
  return demand.maxAge === undefined || now - (auth_time ?? Number.NEGATIVE_INFINITY) <= demand.maxAge
}

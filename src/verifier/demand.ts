/**
 * What a request must have beyond a live token.
 *
 * @module
 */

import { checkMembers, checkText } from '../../keys/check.ts'

/** What a request must have beyond a live token. */
export interface Demand {
  /**
   * The scope tokens that it needs, all of them, with one space between (RFC 6749 §3.3). Default: none. What is there and
   * is `undefined` is refused: somebody meant to ask for something.
   */
  readonly scope?: string
}

/** One scope token (RFC 6749 §3.3). */
export const SCOPE_TOKEN: RegExp = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Scope tokens with one space between (RFC 6749 §3.3). */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/**
 * Checks a scope that is asked for.
 *
 * @throws {TypeError | RangeError} when it is none
 */
export function checkScope(scope: unknown): void {
  checkText('scope', scope, SCOPE, 'scope tokens with one space between, or to be left out')
}

/**
 * Checks what a request must have.
 *
 * @throws {TypeError | RangeError} when it is no demand: nothing is then asked for that was meant to be
 */
export function checkDemand(demand: unknown): asserts demand is Demand {
  checkMembers('demand', demand, ['scope'])
  if ('scope' in demand) checkScope(demand['scope'])
}

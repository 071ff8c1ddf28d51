/**
 * The face of `bulla/verifier`: a resource server opens access tokens offline.
 *
 * @module
 */

import { checkBoolean, checkInteger, checkText } from '../../keys/check.ts'
import { createLeaves, readKeys } from '../../keys/index.ts'
import type { Expectations } from '../token/claims.ts'
import { openDirect } from '../token/direct.ts'
import type { Entitlement } from '../token/entitlement.ts'
import { TokenError, type TokenErrorCode } from '../token/error.ts'
import { answerBearer, type BearerErrorCode, readBearer } from './bearer.ts'

export type { Entitlement } from '../token/entitlement.ts'
export type { TokenErrorCode } from '../token/error.ts'
export type { BearerErrorCode } from './bearer.ts'

/** All that a verifier is made from. */
export interface VerifierOptions {
  /** The issuer's URL, exactly as the issuer has it. */
  readonly issuer: string
  /** This resource server's URI, exactly as the issuer has it. */
  readonly resource: string
  /** What `bulla keys export` printed for this resource: a secret. */
  readonly keys: string
  /** Seconds by which the clocks may differ, from 0 to 60. Default 10. */
  readonly clockTolerance?: number
  /** Seconds that a token may live, from 1 to 86400. Default 86400; the issuer's own default is 600. */
  readonly longestLife?: number
  /** Whether tokens that name no client are taken. Default false. */
  readonly anonymous?: boolean
  /** Returns the time in Unix seconds. Default: the clock. */
  readonly now?: () => number
}

/** What a request must have beyond a live token. */
export interface Demand {
  /** The scope tokens that it needs, all of them, with one space between. Default: none. */
  readonly scope?: string
}

/**
 * What became of a token: the entitlement, or the ready answer to send.
 *
 * `code` is what the caller is told. `reason` is for the log alone: every bad token gets the same answer.
 */
export type Verification =
  | { readonly ok: true; readonly entitlement: Entitlement }
  | {
      readonly ok: false
      readonly code: BearerErrorCode
      readonly reason: TokenErrorCode | undefined
      readonly response: Response
    }

/** A resource server's verifier. It fetches nothing, and keeps nothing of a token. */
export interface Verifier {
  /**
   * Opens an access token, or the bearer token of a request (RFC 6750 §2.1). It never throws.
   *
   * This does NOT check whether the token was revoked.
   */
  verify(input: string | Request, demand?: Demand): Promise<Verification>
}

/**
 * Makes a verifier.
 *
 * @throws {TypeError} when an option is of a wrong type
 * @throws {RangeError} when an option is out of bounds, or the keys are for another issuer or resource
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const { issuer, resource, clockTolerance = 10, longestLife = 86_400, anonymous = false } = options
  const now = options.now ?? (() => Math.floor(Date.now() / 1000))
  checkText('issuer', issuer, /^https?:\/\/\S+$/, 'the URL of the issuer')
  checkText('resource', resource, /^[^\s"\\]+$/, 'the URI of this resource server')
  checkText('keys', options.keys, /\S/, 'what `bulla keys export` printed')
  checkInteger('clockTolerance', clockTolerance, 0, 60)
  checkInteger('longestLife', longestLife, 1, 86_400)
  checkBoolean('anonymous', anonymous)
  const keys = readKeys(options.keys)
  if (keys.issuer !== issuer) throw new RangeError('"keys" are of another issuer than "issuer" names')
  if (keys.resource !== resource) throw new RangeError('"keys" are for another resource than "resource" names')
  const leaves = createLeaves({ ...keys, longestLife })

  function refuse(code: BearerErrorCode, scope: readonly string[], reason?: TokenErrorCode): Verification {
    return { ok: false, code, reason, response: answerBearer(code, resource, scope) }
  }

  async function verify(input: string | Request, demand: Demand = {}): Promise<Verification> {
    const needed = demand.scope?.split(' ') ?? []
    const reading = typeof input === 'string' ? { ok: true as const, token: input } : readBearer(input)
    if (!reading.ok) return refuse(reading.code, needed)
    const expected: Expectations = { issuer, resource, now: now(), clockTolerance, longestLife, anonymous }
    try {
      const entitlement = await openDirect(reading.token, leaves, expected)
      const hasScope = needed.every((token) => entitlement.scope.includes(token))
      return hasScope ? { ok: true, entitlement } : refuse('insufficient_scope', needed)
    } catch (error) {
      return refuse('invalid_token', needed, error instanceof TokenError ? error.code : 'form')
    }
  }

  return { verify }
}

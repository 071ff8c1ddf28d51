/**
 * What every verifier does around the opening of a token: finds it, asks for scope, and has the answer ready.
 *
 * @module
 */

import { checkBoolean, checkInteger, checkText } from '../../keys/check.ts'
import type { Expectations } from '../token/claims.ts'
import type { Entitlement, Opened } from '../token/entitlement.ts'
import { TokenError, type TokenErrorCode } from '../token/error.ts'
import { answerBearer, type BearerErrorCode, type ResourceRequest, readBearer } from './bearer.ts'

/** What every verifier is made from. */
export interface CommonOptions {
  /** The issuer's URL, exactly as the issuer has it. */
  readonly issuer: string
  /** This resource server's URI, exactly as the issuer has it. */
  readonly resource: string
  /** Where this resource server's metadata are, to be named in challenges (RFC 9728 §5.1). Default: not named. */
  readonly resourceMetadata?: string
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

/** A resource server's verifier. It keeps nothing of a token. */
export interface Verifier {
  /**
   * Opens an access token, or the bearer token of a request (RFC 6750 §2.1). It never throws.
   */
  verify(input: string | ResourceRequest, demand?: Demand): Promise<Verification>
}

/** Opens a token that is what is expected: at once where it can. */
export type Open = (token: string, expected: Expectations) => Opened | Promise<Opened>

/** The options as the verifiers use them. */
export type CheckedOptions = Required<Omit<CommonOptions, 'resourceMetadata'>> & Pick<CommonOptions, 'resourceMetadata'>

/**
 * Checks the options that all verifiers share, and fills in the defaults.
 *
 * @throws {TypeError | RangeError}
 */
export function checkOptions(options: CommonOptions): CheckedOptions {
  const { issuer, resource, resourceMetadata, clockTolerance = 10, longestLife = 86_400, anonymous = false } = options
  const now = options.now ?? (() => Math.floor(Date.now() / 1000))
  checkText('issuer', issuer, /^https?:\/\/\S+$/, 'the URL of the issuer')
  checkText('resource', resource, /^[^\s"\\]+$/, 'the URI of this resource server')
  checkInteger('clockTolerance', clockTolerance, 0, 60)
  checkInteger('longestLife', longestLife, 1, 86_400)
  checkBoolean('anonymous', anonymous)
  const checked = { issuer, resource, clockTolerance, longestLife, anonymous, now }
  if (resourceMetadata === undefined) return checked
  checkText('resourceMetadata', resourceMetadata, /^https?:\/\/[^\s"\\]+$/, 'the URL of the metadata')
  return { ...checked, resourceMetadata }
}

/** Returns a verifier around a way to open tokens. */
export function createVerifierAround(open: Open, options: CheckedOptions): Verifier {
  const { issuer, resource, resourceMetadata, clockTolerance, longestLife, anonymous, now } = options

  function refuse(code: BearerErrorCode, scope: readonly string[], reason?: TokenErrorCode): Verification {
    return { ok: false, code, reason, response: answerBearer(code, { realm: resource, resourceMetadata, scope }) }
  }

  async function verify(input: string | ResourceRequest, demand: Demand = {}): Promise<Verification> {
    const needed = demand.scope?.split(' ') ?? []
    const reading = typeof input === 'string' ? { ok: true as const, token: input } : readBearer(input)
    if (!reading.ok) return refuse(reading.code, needed)
    try {
      const expected = { issuer, resource, now: now(), clockTolerance, longestLife, anonymous }
      const opening = open(reading.token, expected)
      const { entitlement } = opening instanceof Promise ? await opening : opening
      // A bound token that is shown without its key is a stolen one (RFC 9449 §7.2, RFC 8705 §3).
      if (entitlement.cnf !== undefined) return refuse('invalid_token', needed, 'confirmation')
      const hasScope = needed.every((token) => entitlement.scope.includes(token))
      return hasScope ? { ok: true, entitlement } : refuse('insufficient_scope', needed)
    } catch (error) {
      const reason = error instanceof TokenError ? error.code : 'unavailable'
      return refuse(reason === 'unavailable' ? 'temporarily_unavailable' : 'invalid_token', needed, reason)
    }
  }

  return { verify }
}

/**
 * The options that all verifiers share, and what they mean where they are left out.
 *
 * @module
 */

import { checkBoolean, checkFunctions, checkInteger, checkText } from '../../keys/check.ts'
import { checkIssuer, checkResource } from '../../keys/identifier.ts'
import { MOST_TOLERANT } from '../token/claims.ts'
import { createTeller, type OnProblem, type Problem } from './problem.ts'

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
  /**
   * How many tokens are kept that came again, from 0 to 100000, so that they are opened no more: those that were asked for last, about 2 KB each. What
   * was in them is kept, never that they were let in: every check runs each time. Default 0, so that no token lies in memory.
   */
  readonly keep?: number
  /** Returns the time in Unix seconds. Default: the clock. */
  readonly now?: () => number
  /**
   * Told of each request that is refused, and of what fails beside the requests: for the log. Default: what the server
   * itself is at fault for is said on the console, at most once a minute about the same.
   */
  readonly onProblem?: OnProblem
}

/** The options as the verifiers use them. */
export type CheckedOptions = Required<Omit<CommonOptions, 'resourceMetadata' | 'onProblem'>> &
  Pick<CommonOptions, 'resourceMetadata'> & {
    /** Tells of a problem. */
    readonly tell: (problem: Problem) => void
  }

/** The options that all verifiers share, by their names: the compiler holds the list against the type. */
export const COMMON_OPTIONS: Readonly<Record<keyof CommonOptions, true>> = {
  issuer: true,
  resource: true,
  resourceMetadata: true,
  clockTolerance: true,
  longestLife: true,
  anonymous: true,
  keep: true,
  now: true,
  onProblem: true,
}

/**
 * Checks the options that all verifiers share, and fills in the defaults.
 *
 * This does NOT check that there is no other: each verifier knows more of them.
 *
 * @throws {TypeError | RangeError}
 */
export function checkOptions(options: CommonOptions): CheckedOptions {
  const { issuer, resource, resourceMetadata, clockTolerance = 10, longestLife = 86_400 } = options
  const { anonymous = false, keep = 0 } = options
  const now = options.now ?? (() => Math.floor(Date.now() / 1000))
  checkIssuer('issuer', issuer)
  checkResource('resource', resource)
  checkInteger('clockTolerance', clockTolerance, 0, MOST_TOLERANT)
  checkInteger('longestLife', longestLife, 1, 86_400)
  checkBoolean('anonymous', anonymous)
  checkInteger('keep', keep, 0, 100_000)
  checkFunctions(options, ['now', 'onProblem'])
  const tell = createTeller(options.onProblem, now)
  const checked = { issuer, resource, clockTolerance, longestLife, anonymous, keep, now, tell }
  if (resourceMetadata === undefined) return checked
  checkText('resourceMetadata', resourceMetadata, /^https?:\/\/[^\s"\\]+$/, 'the URL of the metadata')
  return { ...checked, resourceMetadata }
}

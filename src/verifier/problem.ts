/**
 * What goes wrong at a resource server, in plain words for its log. No token, secret, key or claim is in them.
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import { type Explain, explainOpening, type TokenErrorCode } from '../jose/explain.ts'
import type { BearerErrorCode } from '../protocol/bearer.ts'

/** Why a request was refused, or what failed beside the requests: a closed list. */
export type ProblemReason = TokenErrorCode | 'no_credentials' | 'malformed' | 'scope' | 'login' | 'demand'

/** What could not be had, with `unavailable`. */
export type ProblemSource = 'keys' | 'jwks' | 'revocations' | 'replay'

/** What went wrong. */
export interface Problem {
  readonly reason: ProblemReason
  /** Exactly what, for a person. */
  readonly detail: string
  /** With `unavailable`: the option that has to do with it. */
  readonly source?: ProblemSource
  /** What the caller was told. Nothing where no request was refused: something failed beside them, and may be had later. */
  readonly code?: BearerErrorCode
}

/** Takes what went wrong. What it throws harms nothing. */
export type OnProblem = (problem: Problem) => unknown

const WORDS = {
  no_credentials: 'the request has no token in its Authorization header',
  malformed: 'the Authorization header is malformed, or there is a second one, or a token in the query too',
  scope: 'the token lacks scope that is needed here',
  login: 'the login behind the token is of no context that is needed here, too long ago, or not told',
} as const

/** What could not be had, and why; the cause of a TokenError `unavailable`. */
interface Lack {
  readonly source: ProblemSource
  readonly detail: string
}

/** Returns the error for what could not be had. */
export function unavailable(source: ProblemSource, detail: string): TokenError {
  return new TokenError('unavailable', { cause: { source, detail } satisfies Lack })
}

/** Returns the problem of a request that has no good token, or too little. */
export function problemOf(reason: keyof typeof WORDS): Problem {
  return { reason, detail: WORDS[reason] }
}

/**
 * Returns the problem that an error tells of. Its message is nobody's: of what is not ours, the name alone is told.
 *
 * @param explain says what a code means. Default: of those of direct tokens
 */
export function problemOfError(error: unknown, explain: Explain = explainOpening): Problem {
  if (!(error instanceof TokenError)) {
    const name = error instanceof Error ? error.name : typeof error
    return { reason: 'unavailable', detail: `${explain('unavailable')} (${name})` }
  }
  const { code, cause } = error
  const { source, detail } = (code === 'unavailable' ? (cause ?? {}) : {}) as Partial<Lack>
  return source === undefined
    ? { reason: code, detail: explain(code) }
    : { reason: code, detail: `${source}: ${detail}`, source }
}

/** Seconds between two lines of the console about the same. */
const QUIET = 60

/** Returns what says on the console where the server itself is at fault: once a minute about the same. */
function sayOnConsole(now: () => number): OnProblem {
  const saidAt = new Map<string, number>()
  return ({ reason, source, detail, code }) => {
    if (code !== undefined && !['temporarily_unavailable', 'server_error'].includes(code)) return
    const about = `${reason} ${source}`
    const elapsed = now() - (saidAt.get(about) ?? Number.NEGATIVE_INFINITY)
    if (elapsed >= 0 && elapsed < QUIET) return
    saidAt.set(about, now())
    console.warn(JSON.stringify({ level: 'warn', event: 'verifier', reason, detail }))
  }
}

/** Returns what tells of problems, and harms nothing whatever becomes of it. */
export function harmless(tell: OnProblem): (problem: Problem) => void {
  return (problem) => {
    try {
      Promise.resolve(tell(problem)).catch(() => undefined)
    } catch {
      // There is nowhere left to say so.
    }
  }
}

/** Returns what tells of problems: the console, where nobody else is told. */
export function createTeller(onProblem: OnProblem | undefined, now: () => number): (problem: Problem) => void {
  return harmless(onProblem ?? sayOnConsole(now))
}

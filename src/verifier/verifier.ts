/**
 * What every verifier does around the opening of a token: finds it, asks for scope, and has the answer ready.
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import type { Explain } from '../jose/explain.ts'
import { answerBearer, type BearerErrorCode, readBearer, type Scheme } from '../protocol/bearer.ts'
import type { Expectations } from '../token/claims.ts'
import type { Confirmation, Entitlement, Opened } from '../token/entitlement.ts'
import type { CheckedOptions } from './common_options.ts'
import { checkDemand, type Demand, isOfLogin } from './demand.ts'
import { type Problem, type ProblemReason, problemOf, problemOfError } from './problem.ts'
import { type ReadRequest, type ResourceRequest, readRequest, UnreadableRequest } from './request.ts'

/**
 * What became of a token: the entitlement, or the ready answer to send.
 *
 * `code` is what the caller is told. `reason` and `detail` are for the log alone: every bad token gets the same answer.
 */
export type Verification =
  | {
      readonly ok: true
      readonly entitlement: Entitlement
      /** The next DPoP nonce, to be sent in the header `DPoP-Nonce` of the answer (RFC 9449 §8.2). */
      readonly nonce?: string
      // TypeScript without `strict` does not tell the two apart by `ok`: each says what it has not.
      readonly code?: undefined
      readonly reason?: undefined
      readonly detail?: undefined
      readonly response?: undefined
    }
  | {
      readonly ok: false
      readonly code: BearerErrorCode
      readonly reason: ProblemReason
      /** Exactly what is wrong, in plain words: no token, secret, key or claim is in them. */
      readonly detail: string
      readonly response: Response
      readonly entitlement?: undefined
      readonly nonce?: undefined
    }

/** A resource server's verifier. It keeps nothing of a token, but with `keep`. */
export interface Verifier {
  /**
   * Opens an access token, or that of a request (RFC 6750 §2.1, RFC 9449 §7.1). It never throws.
   *
   * A token that is bound to a key is taken from a request alone: without one nothing proves the key.
   *
   * A demand that is none (a text, an unknown member, a scope that is malformed or `undefined`) lets nobody in: the answer
   * is 500, whoever asks.
   */
  verify(input: string | ResourceRequest, demand?: Demand): Promise<Verification>
}

/** Opens a token that is what is expected: at once where it can. */
export type Open = (token: string, expected: Expectations) => Opened | Promise<Opened>

/** A token as it was shown. */
export interface Shown {
  readonly scheme: Scheme
  readonly token: string
  /** Nothing where the token came alone. */
  readonly request: ReadRequest | undefined
}

/** What a request proves. */
export interface Proved {
  /** Tells whether that is what a token is bound to, and shown in the way that it must be. */
  confirms(cnf: Confirmation | undefined): boolean
  /** The next nonce, when the one that came is old. */
  readonly nonce: string | undefined
  /** Spends the proof, after all checks. @throws {TokenError} `proof_replayed`, `unavailable` */
  spend(): Promise<void>
}

/** Takes bound tokens. */
export interface Confirm {
  /** The schemes that tokens may be shown by. */
  readonly schemes: readonly Scheme[]
  /** The algorithms of proofs, with spaces between. */
  readonly algorithms: string
  /** Says what is wrong with proofs, too. */
  readonly explain: Explain
  /** Reads what a request proves, before its token is opened. @throws {TokenError} `proof…` */
  prove(shown: Shown, now: number): Promise<Proved>
  /** Returns a nonce, where they are asked for. */
  nonce(now: number): Promise<string | undefined>
}

/** Why somebody is not let in, as far as that is known. */
interface Refused {
  readonly scheme: Scheme | undefined
  /** What is needed. */
  readonly demand: Demand
  readonly nonce?: string | undefined
  readonly problem: Problem
}

/** What is asked for where nothing is. */
const NOTHING: Demand = {}

/** What the caller is told for each reason: nearly always the same. */
function codeOf(reason: ProblemReason): BearerErrorCode {
  if (reason === 'unavailable') return 'temporarily_unavailable'
  if (reason === 'proof_nonce') return 'use_dpop_nonce'
  return reason.startsWith('proof') ? 'invalid_dpop_proof' : 'invalid_token'
}

/**
 * Returns a verifier around a way to open tokens.
 *
 * @param confirm takes bound tokens; without it they are refused
 */
export function createVerifierAround(open: Open, options: CheckedOptions, confirm?: Confirm): Verifier {
  const { issuer, resource, resourceMetadata, clockTolerance, longestLife, anonymous, now, tell } = options

  const { schemes = ['Bearer'], algorithms = '', explain } = confirm ?? {}

  function refuse(code: BearerErrorCode, { scheme, demand, nonce, problem }: Refused): Verification {
    const { scope, acr, maxAge } = demand
    const asked = scheme === undefined ? schemes : [scheme]
    const challenge = { realm: resource, resourceMetadata, scope, acr, maxAge, schemes: asked, algorithms, nonce }
    tell({ ...problem, code })
    const { reason, detail } = problem
    const { status, headers, body } = answerBearer(code, challenge)
    const response = new Response(JSON.stringify(body), {
      status,
      headers: { ...headers, 'Content-Type': 'application/json' },
    })
    return { ok: false, code, reason, detail, response }
  }

  /** Returns why nobody can have what a request must: nobody is let in past what was not understood. */
  function refusalOf(demand: unknown): Verification | undefined {
    try {
      checkDemand(demand)
      return undefined
    } catch (error) {
      const problem: Problem = { reason: 'demand', detail: (error as Error).message }
      return refuse('server_error', { scheme: undefined, demand: {}, problem })
    }
  }

  // One function that waits once, if at all: each promise more would cost as much as a check.
  async function verify(input: string | ResourceRequest, demand: Demand = NOTHING): Promise<Verification> {
    const refused = demand === NOTHING ? undefined : refusalOf(demand)
    if (refused !== undefined) return refused
    const { scope } = demand
    let scheme: Scheme | undefined
    let at = 0
    try {
      const request = typeof input === 'string' ? undefined : readRequest(input)
      const shown =
        request === undefined
          ? ({ ok: true, scheme: 'Bearer', token: input as string } as const)
          : readBearer(request, schemes)
      scheme = shown.scheme
      if (!shown.ok) {
        const problem = problemOf(shown.code === 'no_credentials' ? 'no_credentials' : 'malformed')
        return refuse(shown.code, { scheme, demand, problem })
      }
      const { token } = shown
      at = now()
      const proved =
        confirm === undefined ? undefined : await confirm.prove({ scheme: shown.scheme, token, request }, at)
      const opening = open(token, { issuer, resource, now: at, clockTolerance, longestLife, anonymous })
      const { entitlement } = 'then' in opening ? await opening : opening
      // A bound token that is shown without its key is a stolen one (RFC 9449 §7.2, RFC 8705 §3).
      const isConfirmed = proved === undefined ? entitlement.cnf === undefined : proved.confirms(entitlement.cnf)
      if (!isConfirmed) throw new TokenError('confirmation')
      // Who needs both is told of both at once: the challenge names the scope, too (RFC 9470 §3).
      if (!isOfLogin(entitlement, demand, at - clockTolerance))
        return refuse('insufficient_user_authentication', { scheme, demand, problem: problemOf('login') })
      if (scope?.split(' ').every((one) => entitlement.scope.includes(one)) === false)
        return refuse('insufficient_scope', { scheme, demand, problem: problemOf('scope') })
      if (proved === undefined) return { ok: true, entitlement }
      await proved.spend()
      return { ok: true, entitlement, ...(proved.nonce === undefined ? {} : { nonce: proved.nonce }) }
    } catch (error) {
      if (error instanceof UnreadableRequest) {
        const problem: Problem = { reason: 'malformed', detail: 'the request threw when it was read' }
        return refuse('invalid_request', { scheme, demand, problem })
      }
      const problem = problemOfError(error, explain)
      const nonce = problem.reason === 'proof_nonce' ? await confirm?.nonce(at).catch(() => undefined) : undefined
      return refuse(codeOf(problem.reason), { scheme, demand, nonce, problem })
    }
  }

  return { verify }
}

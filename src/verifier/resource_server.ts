/**
 * What the middleware of every framework is made from: a verifier or its options, and what each request must have. What becomes
 * of a request is decided here, so that the answers are the same in each.
 *
 * @module
 */

import { checkFunctions, checkMembers } from '../../keys/check.ts'
import type { Entitlement } from '../token/entitlement.ts'
import type { AnswerHeaders, ServerAnswer } from './answer.ts'
import { type Cors, type CorsOrigins, createCors } from './cors.ts'
import { createVerifier, type VerifierOptions } from './create_verifier.ts'
import { checkDemand, DEMANDS, type Demand } from './demand.ts'
import { harmless, type OnProblem } from './problem.ts'
import { type ResourceRequest, readRequest } from './request.ts'
import type { Verifier } from './verifier.ts'

/** Returns `x5t#S256` of the certificate that the client of a framework's request proved to have. */
type FindCertificate<NativeRequest> = (request: NativeRequest) => string | undefined

/** Returns the scope that a framework's request needs; an empty text where a live token is enough. */
type FindScope<NativeRequest> = (request: NativeRequest) => string | Promise<string>

/** What a framework's middleware needs beside the verifier. */
export interface ResourceServerDemand<NativeRequest> extends Omit<Demand, 'scope'> {
  /**
   * The scope tokens that a request needs, all of them, with one space between (RFC 6749 §3.3); or what returns those of one
   * request: by its method, or by the operation that it asks for. Where it returns an empty text, a live token is enough; what
   * is no scope lets nobody in (500), and what it throws goes to the framework's error handler. It is called before the token is
   * looked at, since every challenge names the scope: what it reads is a stranger's. Default: none.
   */
  readonly scope?: string | FindScope<NativeRequest>
  /**
   * Returns `x5t#S256` of the certificate that the client proved to have, where another than this server ended the TLS
   * connection. Believe a header only if your proxy sets it, and drops what clients send. Default: what the platform says.
   */
  readonly certificate?: FindCertificate<NativeRequest>
  /**
   * Whose scripts a browser lets ask: those of every origin (`*`), or of a list. Preflights are answered before the check, and
   * every answer may be read; never with cookies. An answer that another CORS has spoken on is left as it is. Default: none.
   */
  readonly cors?: CorsOrigins
}

/** A verifier that is there, for more than one middleware. */
export interface GivenVerifier {
  readonly verifier: Verifier
  /** Told of each request that this middleware refuses; the verifier's own `onProblem` is told of all. Default: nothing more. */
  readonly onProblem?: OnProblem
}

/** What a framework's middleware needs: a verifier or its options, and what each request must have. */
export type ResourceServerOptions<NativeRequest = never> = (VerifierOptions | GivenVerifier) &
  ResourceServerDemand<NativeRequest>

const BESIDE: Readonly<Record<keyof ResourceServerDemand<never> | 'verifier' | 'onProblem', true>> = {
  verifier: true,
  ...DEMANDS,
  certificate: true,
  cors: true,
  onProblem: true,
}

/** What became of a request: who is let in, with the headers that go with the answer; or the answer. */
export type Admission =
  | { readonly entitlement: Entitlement; readonly headers: AnswerHeaders; readonly answer?: undefined }
  | { readonly entitlement?: undefined; readonly headers?: undefined; readonly answer: ServerAnswer }

/** Decides what becomes of a request, as the framework has it and as it is shown to the verifier. It throws what `scope` threw. */
export type Admit<NativeRequest> = (native: NativeRequest, shown: ResourceRequest) => Promise<Admission>

/** Returns the verifier, with a word to `onProblem` for each request that it refuses here. */
function toldOf({ verifier, onProblem }: GivenVerifier): Verifier {
  if (onProblem === undefined) return verifier
  const tell = harmless(onProblem)
  return {
    async verify(...request) {
      const verification = await verifier.verify(...request)
      if (verification.ok) return verification
      const { reason, detail, code } = verification
      tell({ reason, detail, code })
      return verification
    },
  }
}

/** Tells whether a scope is to be found for each request. */
function isFound<NativeRequest>(
  scope: string | FindScope<NativeRequest> | undefined,
): scope is FindScope<NativeRequest> {
  return typeof scope === 'function'
}

/** Returns what finds the demand of a request. */
function demandOf<NativeRequest>(
  options: ResourceServerOptions<NativeRequest>,
): (native: NativeRequest) => Promise<Demand> {
  const { scope } = options
  const there = Object.entries(options).filter(([name]) => name in DEMANDS && !(name === 'scope' && isFound(scope)))
  const demand: unknown = Object.fromEntries(there)
  checkDemand(demand)
  if (!isFound(scope)) return async () => demand
  return async (native) => {
    const found = await scope(native)
    return found === '' ? demand : { ...demand, scope: found }
  }
}

/** Returns the verifier that is given, or the one that the options make. */
function verifierOf<NativeRequest>(options: ResourceServerOptions<NativeRequest>): Verifier {
  if (!('verifier' in options)) {
    const { scope: _, acr: __, maxAge: ___, certificate: ____, cors: _____, ...own } = options
    return createVerifier(own)
  }
  checkMembers('resourceServer', options, Object.keys(BESIDE))
  if (typeof options.verifier?.verify !== 'function')
    throw new TypeError('"verifier" expected what createVerifier(…) returns')
  return toldOf(options)
}

/** What a browser is told of a request. */
interface Told {
  readonly headers?: AnswerHeaders
  readonly preflight?: AnswerHeaders | undefined
}

/** Returns what a browser is told of a request; of one that cannot be read, nothing. */
function readCors(cors: Cors, shown: ResourceRequest): Told {
  try {
    const request = readRequest(shown)
    return { headers: cors.headersOf(request), preflight: cors.preflight(request) }
  } catch {
    return {}
  }
}

/**
 * Reads the options of a framework's middleware.
 *
 * @param fallback tells the certificate as the platform does
 * @throws {TypeError | RangeError} as `createVerifier`; when the scope or an origin is none; and when beside a verifier there
 * are options that it would have had to be made from
 */
export function readResourceServer<NativeRequest>(
  options: ResourceServerOptions<NativeRequest>,
  fallback: FindCertificate<NativeRequest>,
): Admit<NativeRequest> {
  checkMembers('resourceServer', options as unknown)
  checkFunctions(options, ['certificate', 'onProblem'])
  const { certificate = fallback, cors: origins } = options
  const findDemand = demandOf(options)
  const cors = origins === undefined ? undefined : createCors(origins)
  const verifier = verifierOf(options)

  return async function admit(native, shown) {
    const told: Told = cors === undefined ? {} : readCors(cors, shown)
    if (told.preflight !== undefined) return { answer: { status: 204, headers: told.preflight, body: undefined } }
    const demand = await findDemand(native)
    const verification = await verifier.verify({ ...shown, certificate: certificate(native) }, demand)
    if (verification.ok) {
      const { entitlement, nonce } = verification
      return { entitlement, headers: { ...told.headers, ...(nonce === undefined ? {} : { 'DPoP-Nonce': nonce }) } }
    }
    const { response } = verification
    const headers = { ...Object.fromEntries(response.headers), ...told.headers }
    return { answer: { status: response.status, headers, body: await response.text() } }
  }
}

/** A request that may have been let in. */
export interface MaybeEntitled {
  readonly entitlement?: Entitlement | undefined
}

/**
 * Returns what the token of a request entitles it to, where a middleware or hook let it in.
 *
 * A router's types do not know which routes stand behind it: `request.entitlement` may be missing, and this makes sure.
 *
 * @throws {TypeError} when none let the request in: the route is not behind it
 * @see {@link resourceServer}
 */
export function entitlementOf({ entitlement }: MaybeEntitled): Entitlement {
  if (entitlement === undefined)
    throw new TypeError('the request has no entitlement: no resourceServer(…) stands before this route')
  return entitlement
}

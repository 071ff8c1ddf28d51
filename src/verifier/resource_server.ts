/**
 * What the middleware of every framework is made from: a verifier or its options, and what each request must have.
 *
 * @module
 */

import { checkFunctions, checkMembers } from '../../keys/check.ts'
import type { Entitlement } from '../token/entitlement.ts'
import { createVerifier, type VerifierOptions } from './create_verifier.ts'
import { checkDemand, type Demand } from './demand.ts'
import { createTeller, type OnProblem } from './problem.ts'
import type { Verifier } from './verifier.ts'

/** Returns `x5t#S256` of the certificate that the client of a framework's request proved to have. */
type FindCertificate<NativeRequest> = (request: NativeRequest) => string | undefined

/** What a framework's middleware needs beside the verifier. */
export interface ResourceServerDemand<NativeRequest> extends Demand {
  /**
   * Returns `x5t#S256` of the certificate that the client proved to have, where another than this server ended the TLS
   * connection. Believe a header only if your proxy sets it, and drops what clients send. Default: what the platform says.
   */
  readonly certificate?: FindCertificate<NativeRequest>
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
  scope: true,
  certificate: true,
  onProblem: true,
}

/** What a framework's middleware works with. */
export interface ResourceServer<NativeRequest> {
  readonly verifier: Verifier
  readonly demand: Demand
  readonly certificate: FindCertificate<NativeRequest>
}

/** Returns the verifier, with a word to `onProblem` for each request that it refuses here. */
function toldOf({ verifier, onProblem }: GivenVerifier): Verifier {
  if (onProblem === undefined) return verifier
  const tell = createTeller(onProblem, () => 0)
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

/**
 * Reads the options of a framework's middleware.
 *
 * @param fallback tells the certificate as the platform does
 * @throws {TypeError | RangeError} as `createVerifier`; when the scope is none; and when beside a verifier there are
 * options that it would have had to be made from
 */
export function readResourceServer<NativeRequest>(
  options: ResourceServerOptions<NativeRequest>,
  fallback: FindCertificate<NativeRequest>,
): ResourceServer<NativeRequest> {
  checkMembers('resourceServer', options as unknown)
  const { certificate, ...others } = options
  checkFunctions(options, ['certificate', 'onProblem'])
  const demand: Demand = 'scope' in options ? ({ scope: options.scope } as Demand) : {}
  checkDemand(demand)
  if ('verifier' in others) {
    checkMembers('resourceServer', options, Object.keys(BESIDE))
    if (typeof others.verifier?.verify !== 'function')
      throw new TypeError('"verifier" expected what createVerifier(…) returns')
    return { verifier: toldOf(others), demand, certificate: certificate ?? fallback }
  }
  const { scope: _, ...own } = others
  return { verifier: createVerifier(own), demand, certificate: certificate ?? fallback }
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
 */
export function entitlementOf({ entitlement }: MaybeEntitled): Entitlement {
  if (entitlement === undefined)
    throw new TypeError('the request has no entitlement: no resourceServer(…) stands before this route')
  return entitlement
}

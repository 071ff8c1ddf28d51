/**
 * Request objects: authorization requests that their client signed (RFC 9101).
 *
 * One that was read is as if it had been pushed: what goes on is what stands in it, sealed, and not the object, which would
 * end while a person logs in; and it leads to one code, if it has a name.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import type { EndpointContext } from '../context.ts'
import { TokenError } from '../jose/error.ts'
import { type OAuthError, refusal } from '../protocol/error.ts'
import { type Parameters, readParameters } from '../protocol/parameters.ts'
import type { Client } from '../registration/clients/client.ts'
import type { Assertions } from '../remote/signer_keys.ts'
import { type AssertionClaims, CLOCK_TOLERANCE } from '../token/assertion.ts'
import type { OpenedRequest, PushedRequests } from './pushed_requests.ts'

/** The request objects of an issuer's clients. */
export interface RequestObjects {
  /**
   * Opens the request object of a client: nothing counts but what is in it. Nothing comes back where there is none, or where the
   * client has not said how it signs: then the rest of the request tells where to say so.
   *
   * @throws {OAuthError} `invalid_request_object`: nothing in it is to be believed, not even where to say so
   */
  open(asked: Parameters, client: Client | undefined, now: number): Promise<OpenedRequest | undefined>
}

/**
 * What `typ` may be where it is there: its own (RFC 9101 §10.8), or the one that libraries write on everything. Nothing of ours
 * that is signed for another purpose has either and a client's key; an assertion is told apart by its `sub`.
 */
const TYPES = ['oauth-authz-req+jwt', 'jwt']

/** Seconds that a request object may live. */
const LONGEST_LIFE = 300

/** Claims that are about the object itself, and no parameters (RFC 9101 §4). */
const ABOUT: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'])

/** Returns what stands in an object as a form: numbers, booleans and what consists of others as JSON (RFC 9101 §4). */
function readInside(claims: AssertionClaims): Parameters {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(claims)) {
    if (ABOUT.has(name) || value === null) continue
    const values: readonly unknown[] = name === 'resource' && Array.isArray(value) ? value : [value]
    for (const one of values) form.append(name, typeof one === 'string' ? one : JSON.stringify(one))
  }
  return readParameters(form.toString())
}

function wrong(detail: string): OAuthError {
  return refusal('invalid_request_object', 'request_object', `the request object ${detail}`)
}

/** Returns the request objects of an issuer's clients. */
export function createRequestObjects(
  { settings }: EndpointContext,
  { assertions, pushedRequests }: { readonly assertions: Assertions; readonly pushedRequests: PushedRequests },
): RequestObjects {
  async function verify(
    jwt: string,
    signer: NonNullable<Client['requestSigner']>,
    now: number,
  ): Promise<AssertionClaims> {
    try {
      return await assertions.open(jwt, signer, {
        audience: settings.issuer,
        algorithms: [signer.alg],
        required: [],
        types: TYPES,
        now,
        clockTolerance: CLOCK_TOLERANCE,
        longestLife: LONGEST_LIFE,
        longestRest: LONGEST_LIFE,
      })
    } catch (cause) {
      if (!(cause instanceof TokenError)) throw cause
      throw refusal(
        'invalid_request_object',
        cause.code === 'unavailable' ? 'remote_down' : 'request_object',
        `the request object is not good: ${cause.code}`,
        { cause },
      )
    }
  }

  return {
    async open(asked, client, now) {
      const jwt = asked.get('request')
      if (jwt === undefined || client?.requestSigner === undefined) return undefined
      const claims = await verify(jwt, client.requestSigner, now)
      const { iss = client.id, sub, jti, exp } = claims
      if (iss !== client.id || claims['client_id'] !== client.id) throw wrong('is of another client')
      // A client assertion is none (RFC 9101 §10.8).
      if (sub === client.id) throw wrong('is about its client')
      if (jti !== undefined && (typeof jti !== 'string' || jti === '')) throw wrong('has a jti that is no name')
      if (['request', 'request_uri'].some((name) => Object.hasOwn(claims, name))) throw wrong('refers to another')
      // By its end, so that whoever opens it, whenever: nothing can come of it later than the guard remembers.
      const pushed =
        jti === undefined
          ? pushedRequests.name(now)
          : pushedRequests.name(Math.ceil(Number(exp)), digestLabels('request object', client.id, jti).slice(0, 22))
      return { parameters: readInside(claims), pushed, hasEnded: false }
    },
  }
}

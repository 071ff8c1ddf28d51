/**
 * Pushed authorization requests: sealed in the very `request_uri` that names them, so that nothing is stored (RFC 9126).
 *
 * A request can be opened again and again, so that a reload does no harm, until it leads to a code: that happens once.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { TokenError } from '../jose/error.ts'
import { refusal } from '../protocol/error.ts'
import { type Parameters, readParameters } from '../protocol/parameters.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import type { AuthorizationRequest, Handed, Pushed } from './authorization_request.ts'

/** What every request URI of ours begins with (RFC 9126 §2.2). */
const PREFIX = 'urn:ietf:params:oauth:request_uri:'

/** A pushed request, as it came out of its request URI. */
export interface OpenedRequest {
  readonly parameters: Parameters
  readonly pushed: Pushed
  /** Whether the request URI has ended. */
  readonly hasEnded: boolean
}

/** The pushed requests of an issuer. */
export interface PushedRequests {
  /**
   * Names a new request.
   *
   * @param from when it can still be opened. Unix seconds
   * @param jti its name, where it has one already
   */
  name(from: number, jti?: string): Pushed
  /** Seals a request. */
  seal(
    request: Pick<AuthorizationRequest, 'parameters'>,
    pushed: Pushed,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<{ readonly request_uri: string; readonly expires_in: number }>
  /**
   * Opens the request that the parameters at the authorization endpoint refer to. Whatever else stands beside `request_uri`
   * and `client_id` is as if it were not there (RFC 9101 §6.3, RFC 9126 §4).
   *
   * One that has ended opens too, as a request that met no login: so that its client can be told. `checkLive` must follow.
   *
   * @throws {OAuthError} `invalid_request_uri` when it is not one of this client, or ended a day ago
   */
  open(parameters: Parameters, envelopes: PurposeEnvelopes, now: number): Promise<OpenedRequest>
  /**
   * Checks that something can come of a request.
   *
   * @param isKnown whether the browser opened it before: then it lives on after its request URI, until nothing can come of it
   * any more
   * @throws {OAuthError} `invalid_request_uri` when it has ended, or led to a code before
   */
  checkLive(opened: OpenedRequest, isKnown: boolean, now: number): Promise<void>
  /** Returns where a request goes on: one that was pushed, under a new request URI, for the one before may have ended. */
  goOnAt(
    request: Pick<AuthorizationRequest, 'parameters'> & { readonly pushed?: Pushed | undefined },
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<string>
  /**
   * Spends a request, if it was pushed, for one code: for the same one again and again.
   *
   * @param code names the code
   * @throws {OAuthError} `invalid_request_uri` when it was spent for another before, or nothing can come of it any more
   */
  spend(pushed: Pushed | undefined, code: string, now: number): Promise<void>
}

/** Returns the pushed requests of an issuer. */
export function createPushedRequests({ settings, newId }: EndpointContext): PushedRequests {
  const { issuer, guard, lives } = settings
  // A login and an answer may each take their time.
  const longest = lives.par + lives.login + lives.par + lives.consent

  async function openEnvelope(requestUri: string, envelopes: PurposeEnvelopes, now: number): Promise<OpenedRequest> {
    if (!requestUri.startsWith(PREFIX)) throw refusal('invalid_request_uri', 'request_uri', 'not a request URI of ours')
    try {
      const { parameters, jti, exp, until, met_at, handed } = await envelopes.openLate(
        'par',
        requestUri.slice(PREFIX.length),
      )
      const hasEnded = now >= exp
      const isMet = met_at !== undefined && !hasEnded
      const met = isMet ? { metAt: Number(met_at), ...(handed === undefined ? {} : { handed: handed as Handed }) } : {}
      const pushed = { jti, until: Number(until), ...met }
      return { parameters: readParameters(String(parameters)), pushed, hasEnded }
    } catch (cause) {
      if (!(cause instanceof TokenError)) throw cause
      throw refusal(
        'invalid_request_uri',
        cause.code === 'expired' ? 'request_uri_ended' : 'request_uri',
        `the request URI does not open: ${cause.code}`,
        { cause },
      )
    }
  }

  const seal: PushedRequests['seal'] = async ({ parameters }, { jti, until, metAt, handed }, envelopes, now) => {
    const exp = Math.min(now + lives.par, until)
    const met = metAt === undefined ? {} : { met_at: metAt, ...(handed === undefined ? {} : { handed }) }
    const envelope = await envelopes.seal('par', { jti, iat: now, exp, parameters, until, ...met })
    return { request_uri: PREFIX + envelope, expires_in: exp - now }
  }

  return {
    name: (from, jti = newId()) => ({ jti, until: from + longest }),
    seal,
    async goOnAt({ parameters, pushed }, envelopes, now) {
      if (pushed === undefined) return `${issuer}/authorize?${new URLSearchParams(parameters)}`
      const { request_uri } = await seal({ parameters }, pushed, envelopes, now)
      const client_id = readParameters(parameters).get('client_id')
      return addParameters(`${issuer}/authorize`, { client_id, request_uri })
    },
    async open(parameters, envelopes, now) {
      const opened = await openEnvelope(parameters.require('request_uri'), envelopes, now)
      if (opened.parameters.get('client_id') !== parameters.require('client_id'))
        throw refusal('invalid_request_uri', 'other_client', 'the request is of another client')
      return opened
    },
    async checkLive({ pushed: { jti, until }, hasEnded }, isKnown, now) {
      if (hasEnded && !(isKnown && now < until))
        throw refusal('invalid_request_uri', 'request_uri_ended', 'the request URI has expired')
      if ((await guard?.hasEnded([`par ${jti}`])) === true)
        throw refusal('invalid_request_uri', 'request_uri_ended', 'the request led to a code before')
    },
    async spend(pushed, code, now) {
      if (pushed === undefined) return
      const { jti, until: expiresAt } = pushed
      // A question may be open for longer; what the guard remembers of a request it forgets then.
      if (now >= expiresAt)
        throw refusal('invalid_request_uri', 'request_uri_ended', 'nothing can come of the request any more')
      if (guard === undefined) return
      // At the guard it is a family whose key is the code; the same code once more is `exhausted`.
      const step = { gid: `par code ${jti}`, generation: 0, now, grace: longest, graceUses: 0, bound: code, expiresAt }
      const advance = async (): Promise<string> => (await guard.advance(step)).outcome
      // 0.1.0 asks for this one. It comes first: a guard that fails after it has lost nothing.
      const isFirst = (await guard.spend(`par ${jti}`, expiresAt)) === 'first'
      const outcome = await advance()
      // Nor does 0.1.0 know of a family, but it ends what led to a code; here that comes last.
      const isElsewhere = outcome === 'advanced' && !isFirst && (await guard.hasEnded([`par ${jti}`]))
      // A guard that knows nothing of keys lets every code advance, again and again.
      const isOne =
        outcome === 'exhausted' ||
        (outcome === 'advanced' && !isElsewhere && (isFirst || (await advance()) === 'exhausted'))
      if (!isOne) throw refusal('invalid_request_uri', 'request_uri_ended', 'the request led to a code before')
      await guard.end(`par ${jti}`, expiresAt)
    },
  }
}

/**
 * What goes back to the client: a code, or an error (RFC 6749 §4.1.2), with the issuer's name beside it (RFC 9207).
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import type { EndpointContext } from '../context.ts'
import { type CodeFacts, loginOf } from '../grants/approval_facts.ts'
import { REVOKED_FOR } from '../issuing/revoking.ts'
import { pickClaims, told } from '../openid/told_claims.ts'
import type { WayBack } from '../pages/error.ts'
import { OAUTH_ERRORS, OAuthError, type OAuthErrorCode } from '../protocol/error.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import type { RevocationView } from '../stores/revocations.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import type { AuthorizationRequest } from './authorization_request.ts'
import type { Destination } from './destination.ts'
import type { PushedRequests } from './pushed_requests.ts'
import type { Session } from './session.ts'

/** Mints codes, for whoever may. */
export interface Codes {
  /**
   * Returns the redirect URI with a code for what was asked.
   *
   * @param answered the consent, where one was asked for: whoever answers it twice gets one code in two envelopes, of which
   * one can be redeemed
   *
   * @throws {OAuthError} `invalid_request_uri` when the request was pushed, and led to a code before;
   * `access_denied` when the app was revoked just now
   */
  send(
    request: AuthorizationRequest,
    session: Session,
    envelopes: PurposeEnvelopes,
    now: number,
    answered?: Answered,
  ): Promise<string>
}

/** A consent that was answered. */
export interface Answered {
  /** Names it. */
  readonly jti: string
  /** When it can be answered no more. Unix seconds. */
  readonly exp: number
}

/** Returns a name that comes of another: 128 bits of its digest. */
function nameOf(kind: string, one: string): string {
  return digestLabels(kind, one).slice(0, 22)
}

/** Returns the mint of codes. */
export function createCodes(
  { settings, hooks, newId }: EndpointContext,
  pushedRequests: PushedRequests,
  view: RevocationView,
): Codes {
  const { issuer, lives, openid } = settings

  /** Returns what of the login goes on: only what was asked for, but for the operator's own hook, which may look at all. */
  function claimsOf(
    { scope, claims: { asked } }: AuthorizationRequest,
    { claims: known = {} }: Session,
  ): Pick<CodeFacts, 'claims' | 'asked'> {
    if (openid === undefined) return {}
    const kept = hooks.claims === undefined ? pickClaims(known, told(openid, { scope, asked })) : known
    return {
      ...(Object.keys(kept).length === 0 ? {} : { claims: kept }),
      ...(Object.keys(asked).length === 0 ? {} : { asked }),
    }
  }

  return {
    async send(request, session, envelopes, now, answered) {
      const { destination, scope, resources, details, codeChallenge, nonce, dpopJkt } = request
      const { client, redirectUri, state } = destination
      const { sid, sub } = session
      // For some seconds after an app, or a client, was revoked what it is given is dead too: it would ask again and again.
      if (await view.hits({ sub, client_id: client.id, iat: now }, now))
        throw new OAuthError('access_denied', 'the app was revoked just now', { retryAfter: REVOKED_FOR })
      const one = answered?.jti ?? newId()
      const approval = {
        gid: nameOf('grant', one),
        sid,
        sub,
        client_id: client.id,
        scope,
        resources,
        ...(details.length === 0 ? {} : { details }),
        ...loginOf(session),
        ...claimsOf(request, session),
        approved_at: now,
        grant_end: now + client.refreshTokenLifetime,
      }
      const asked = {
        redirect_uri: redirectUri,
        ...(codeChallenge === undefined ? {} : { code_challenge: codeChallenge }),
        ...(nonce === undefined ? {} : { nonce }),
        ...(dpopJkt === undefined ? {} : { dpop_jkt: dpopJkt }),
        ...(answered === undefined ? {} : { until: answered.exp + lives.code }),
      }
      const facts: CodeFacts = { ...approval, ...asked }
      const code = await envelopes.seal('code', { jti: nameOf('code', one), iat: now, exp: now + lives.code, ...facts })
      await pushedRequests.spend(request.pushed, one, now)
      return addParameters(redirectUri, { code, state, iss: issuer })
    },
  }
}

/** What a client can be told at its redirect URI; whatever else went wrong, for it there was no yes. */
const TOLD: ReadonlySet<OAuthErrorCode> = new Set([
  'access_denied',
  'consent_required',
  'invalid_authorization_details',
  'invalid_dpop_proof',
  'invalid_request',
  'invalid_request_uri',
  'invalid_scope',
  'invalid_target',
  'login_required',
  'request_not_supported',
  'server_error',
  'temporarily_unavailable',
  'unauthorized_client',
  'unmet_authentication_requirements',
  'unsupported_response_type',
])

/** Returns the way back to a client that is told that nothing comes of its request (RFC 6749 §4.1.2.1). */
export function wayBack(destination: Destination, error: OAuthError, issuer: string): WayBack {
  return { clientName: destination.client.name, location: sendError(destination, error, issuer) }
}

/**
 * Returns the redirect URI with an error: only a proved destination can have one (RFC 6749 §4.1.2.1, RFC 9207 §2). What no
 * specification knows is `access_denied`.
 */
export function sendError({ redirectUri, state }: Destination, { code }: OAuthError, issuer: string): string {
  const error = TOLD.has(code) ? code : 'access_denied'
  const { description } = OAUTH_ERRORS[error]
  return addParameters(redirectUri, { error, error_description: description, state, iss: issuer })
}

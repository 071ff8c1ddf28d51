/**
 * What goes back to the client: a code, or an error (RFC 6749 §4.1.2), with the issuer's name beside it (RFC 9207); as it is, or
 * signed (JARM).
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import type { WayBack } from '../pages/leaving.ts'
import { OAUTH_ERRORS, type OAuthError, type OAuthErrorCode } from '../protocol/error.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import { isPosted, isSigned, SIGNED_ANSWER_LIFETIME } from '../protocol/response_mode.ts'
import type { Destination } from './destination.ts'
import { placeOf } from './shown_client.ts'

/** What goes back to clients: every answer to an authorization request is made here, and only a proved destination has one. */
export interface Answers {
  /**
   * Returns the way back with a code, in the mode that the client asked for. Whoever has one has been said yes to.
   *
   * @throws {OAuthError} `temporarily_unavailable` when it is to be signed, and there is no key
   */
  send(destination: Destination, code: string, now: number): Promise<WayBack>
  /**
   * Returns the way back with an error (RFC 6749 §4.1.2.1, RFC 9207 §2). What no specification knows is `access_denied`.
   *
   * To a client that nobody configured it is one that the person alone goes: whoever registered where it leads, nobody has
   * said yes to them (OAuth 2.1 §7.12.2).
   *
   * @throws {OAuthError} as {@link send}
   */
  refuse(destination: Destination, error: OAuthError, now: number): Promise<WayBack>
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

/** Returns what makes the answers of an issuer. */
export function createAnswers({ settings, sign: signWith }: EndpointContext): Answers {
  const { issuer } = settings

  /** Signs what a client is told (JARM §2.1). It has no `typ`: nothing else that is signed here is without. */
  async function sign({ client }: Destination, told: Readonly<Record<string, string>>, now: number): Promise<string> {
    const claims = { iss: issuer, aud: client.id, exp: now + SIGNED_ANSWER_LIFETIME, ...told }
    return signWith(claims, undefined, client.openid.authorizationAlg, now)
  }

  /** Returns the way to a client, in the mode that it asked for. */
  async function lead(destination: Destination, told: Readonly<Record<string, string>>, now: number): Promise<WayBack> {
    const { client, redirectUri, state, mode } = destination
    const all = { ...told, ...(state === undefined ? {} : { state }), iss: issuer }
    const parameters = isSigned(mode) ? { response: await sign(destination, all, now) } : all
    const clientName = client.walkIn === undefined ? client.name : placeOf(redirectUri)
    if (isPosted(mode)) return { clientName, location: redirectUri, form: parameters }
    return { clientName, location: addParameters(redirectUri, parameters) }
  }

  return {
    send: (destination, code, now) => lead(destination, { code }, now),
    async refuse(destination, { code }, now) {
      const error = TOLD.has(code) ? code : 'access_denied'
      const way = await lead(destination, { error, error_description: OAUTH_ERRORS[error].description }, now)
      return destination.client.walkIn === undefined ? way : { ...way, untold: error }
    },
  }
}

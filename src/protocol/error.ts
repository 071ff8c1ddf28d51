/**
 * What a client is told when its request cannot be served (RFC 6749 §4.1.2.1, §5.2, RFC 8707 §2,
 * RFC 8628 §3.5, RFC 9101 §7, RFC 9396 §5, RFC 9449 §5, §8, OpenID Connect Core §3.1.2.6).
 *
 * @module
 */

import type { Reason } from './reasons.ts'

const errors = {
  invalid_request: { status: 400, description: 'The request is malformed, lacks a parameter, or repeats one.' },
  invalid_client: { status: 401, description: 'Client authentication failed.' },
  invalid_grant: { status: 400, description: 'The grant is invalid, expired, used, or was issued to another client.' },
  unauthorized_client: { status: 400, description: 'The client may not use this grant type.' },
  unsupported_grant_type: { status: 400, description: 'This grant type is not supported.' },
  unsupported_token_type: { status: 400, description: 'Tokens of this type cannot be revoked here.' },
  invalid_dpop_proof: {
    status: 400,
    description: 'The DPoP proof is missing, malformed, used, or for another request.',
  },
  use_dpop_nonce: { status: 400, description: 'The DPoP proof needs the nonce that comes with this answer.' },
  invalid_scope: { status: 400, description: 'The scope is malformed, unknown, or more than the client may have.' },
  invalid_target: { status: 400, description: 'The resource is malformed, unknown, or not open to the client.' },
  unknown_value: {
    status: 400,
    description: 'No setting and no key is called so; with unknown=true it is revoked all the same.',
  },
  invalid_redirect_uri: { status: 400, description: 'A redirect URI is not one that can be registered here.' },
  invalid_client_metadata: {
    status: 400,
    description: 'The client metadata are malformed, or ask for what is not given here.',
  },
  authorization_pending: { status: 400, description: 'The person has not answered yet.' },
  expired_token: { status: 400, description: 'The device code has expired: start again.' },
  slow_down: { status: 429, description: 'Too many attempts; try again later.' },
  unsupported_response_type: { status: 400, description: 'This response type is not supported.' },
  access_denied: { status: 400, description: 'The request was denied.' },
  login_required: { status: 400, description: 'Somebody must log in first.' },
  consent_required: { status: 400, description: 'Somebody must consent first.' },
  unmet_authentication_requirements: {
    status: 400,
    description: 'The person could not log in as the client needs it.',
  },
  request_not_supported: { status: 400, description: 'Request objects are not supported for this client.' },
  invalid_request_object: {
    status: 400,
    description: 'The request object is malformed, expired, for somebody else, or not signed as it must be.',
  },
  invalid_request_uri: { status: 400, description: 'The request URI is unknown, expired, used, or of another client.' },
  invalid_authorization_details: {
    status: 400,
    description: 'An authorization detail is unknown, malformed, or too much.',
  },
  login_failed: { status: 400, description: 'Nobody was logged in.' },
  foreign_login: { status: 400, description: 'This login was begun in another browser.' },
  login_too_long: { status: 400, description: 'What is said of the person does not fit into a cookie.' },
  foreign_form: { status: 403, description: 'This form was not sent from here.' },
  server_error: { status: 500, description: 'The server failed; the operator finds why in its log.' },
  temporarily_unavailable: { status: 503, description: 'The server cannot serve this now; try again later.' },
} as const

/** The error codes that a client can get. */
export type OAuthErrorCode = keyof typeof errors

/** For each code its HTTP status, and the one description that a stranger may read. */
export const OAUTH_ERRORS: Readonly<Record<OAuthErrorCode, { readonly status: number; readonly description: string }>> =
  errors

/** What the log is told beside the code. */
export interface OAuthErrorOptions extends ErrorOptions {
  /** Why, for events and the log. Default `own`: code of the operator's own said no. */
  readonly reason?: Reason
  /** Seconds after which trying again makes sense. */
  readonly retryAfter?: number
  /** The nonce to use from now on (RFC 9449 §8). */
  readonly dpopNonce?: string
  /** The status, where it is another than the code's own. */
  readonly status?: number
  /** Whether a login that fails so is over, and the client told (RFC 6749 §4.1.2.1). Default: for `access_denied` and `login_required`. */
  readonly isForClient?: boolean
}

/**
 * A request that gets an error.
 *
 * @param detail for the log alone: what exactly was wrong, without any value of the request
 * @see {@link entitleSubject}
 */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: OAuthErrorCode
  readonly reason: Reason
  /** Of the answer: the code's own, unless another was said. */
  readonly status: number
  readonly retryAfter: number | undefined
  readonly dpopNonce: string | undefined
  readonly isForClient: boolean

  constructor(code: OAuthErrorCode, detail: string, options?: OAuthErrorOptions) {
    super(detail, options)
    this.code = code
    this.reason = options?.reason ?? 'own'
    this.status = options?.status ?? errors[code].status
    this.retryAfter = options?.retryAfter
    this.dpopNonce = options?.dpopNonce
    this.isForClient = options?.isForClient ?? (code === 'access_denied' || code === 'login_required')
  }
}

/**
 * Returns the error of a request that the issuer refuses.
 *
 * @param reason why, in a word for programs
 * @param detail for the log alone: what exactly was wrong, without any value of the request
 */
export function refusal(
  code: OAuthErrorCode,
  reason: Reason,
  detail: string,
  options?: Omit<OAuthErrorOptions, 'reason'>,
): OAuthError {
  return new OAuthError(code, detail, { ...options, reason })
}

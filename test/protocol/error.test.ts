import { describe, expect, it } from 'vitest'
import { OAUTH_ERRORS, OAuthError, type OAuthErrorCode, refusal } from '../../src/protocol/error.ts'

const CODES = Object.keys(OAUTH_ERRORS) as OAuthErrorCode[]

/** Codes whose status is not 400 (RFC 6749 §5.2). */
const STATUS: Readonly<Partial<Record<OAuthErrorCode, number>>> = {
  invalid_client: 401,
  foreign_form: 403,
  slow_down: 429,
  server_error: 500,
  temporarily_unavailable: 503,
}

/** Codes that specifications give: a client finds each by these letters. */
const STANDARD = [
  // RFC 6749 §4.1.2.1, §5.2.
  'invalid_request invalid_client invalid_grant unauthorized_client unsupported_grant_type invalid_scope',
  'unsupported_response_type access_denied server_error temporarily_unavailable',
  // RFC 7009 §2.2.1, RFC 7591 §3.2.2, RFC 8628 §3.5, RFC 8707 §2, RFC 9101 §7, RFC 9396 §5, RFC 9449 §5, §8.
  'unsupported_token_type invalid_redirect_uri invalid_client_metadata authorization_pending slow_down expired_token',
  'invalid_target invalid_request_uri invalid_request_object invalid_authorization_details invalid_dpop_proof',
  'use_dpop_nonce',
  // OpenID Connect Core §3.1.2.6, §6, and Unmet Authentication Requirements 1.0.
  'login_required consent_required request_not_supported unmet_authentication_requirements',
].flatMap((line) => line.split(' '))

describe('the error of a request', () => {
  it.each(CODES)('%s has its status, and one description that anybody may read (RFC 6749 §5.2)', (code) => {
    const { status, description } = OAUTH_ERRORS[code]
    expect(status).toBe(STATUS[code] ?? 400)
    // `error` and `error_description`.
    expect([code, description]).toEqual([
      expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
      expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
    ])
    expect(CODES.filter((other) => OAUTH_ERRORS[other].description === description)).toEqual([code])
  })

  it('has the codes that specifications give', () => {
    expect(STANDARD.filter((code) => !CODES.includes(code as OAuthErrorCode))).toEqual([])
  })

  it('has what it was given, and otherwise what its code has', () => {
    const cause = new Error('cause')
    const options = { reason: 'limited', status: 503, retryAfter: 5, dpopNonce: 'n', cause } as const
    expect(new OAuthError('slow_down', 'why', options)).toMatchObject({
      name: 'OAuthError',
      message: 'why',
      code: 'slow_down',
      ...options,
    })
    const plain = new OAuthError('invalid_client', 'why')
    expect(plain).toBeInstanceOf(Error)
    expect(plain).toMatchObject({ name: 'OAuthError', message: 'why', code: 'invalid_client', status: 401 })
    expect([plain.reason, plain.retryAfter, plain.dpopNonce, plain.cause]).toEqual([
      'own',
      undefined,
      undefined,
      undefined,
    ])
  })

  it.each(CODES)('%s is told the client where it says no to a login, unless another is said', (code) => {
    const isSo = code === 'access_denied' || code === 'login_required'
    expect(new OAuthError(code, 'why').isForClient).toBe(isSo)
    expect(new OAuthError(code, 'why', {}).isForClient).toBe(isSo)
    for (const isForClient of [true, false])
      expect(new OAuthError(code, 'why', { isForClient }).isForClient).toBe(isForClient)
  })

  it('that we refuse has a reason', () => {
    const cause = new Error('cause')
    const error = refusal('invalid_grant', 'pkce', 'why', { cause, isForClient: true })
    expect(error).toBeInstanceOf(OAuthError)
    expect(error).toMatchObject({ code: 'invalid_grant', reason: 'pkce', message: 'why', cause, isForClient: true })
    expect(refusal('invalid_grant', 'pkce', 'why')).toMatchObject({ reason: 'pkce', status: 400 })
  })
})

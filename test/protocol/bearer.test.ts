import { describe, expect, it } from 'vitest'
import {
  answerBearer,
  type BearerErrorCode,
  type Challenge,
  readBearer,
  type Scheme,
} from '../../src/protocol/bearer.ts'

const BOTH: readonly Scheme[] = ['Bearer', 'DPoP']
const API = 'https://api.example'

function read(authorization: string | undefined, url = '/orders', schemes = BOTH) {
  return readBearer({ url, header: (name) => (name === 'authorization' ? authorization : undefined) }, schemes)
}

describe('the token of a request', () => {
  it.each([
    ['Bearer a', 'Bearer', 'a'],
    ['bearer a', 'Bearer', 'a'],
    ['BEARER a', 'Bearer', 'a'],
    ['DPoP a', 'DPoP', 'a'],
    ['dpop a', 'DPoP', 'a'],
    ['Bearer   a  ', 'Bearer', 'a'],
    ['Bearer AZaz09-._~+/==', 'Bearer', 'AZaz09-._~+/=='],
  ])('is read from %j (RFC 6750 §2.1, RFC 9449 §7.1)', (authorization, scheme, token) => {
    expect(read(authorization)).toEqual({ ok: true, scheme, token })
  })

  it.each([undefined, '', ' Bearer a', 'Basic YTpi', 'Bearerx a', 'xBearer a', 'Bearer\ta', 'Token a'])(
    'is not there in %j',
    (authorization) => {
      expect(read(authorization)).toEqual({ ok: false, scheme: undefined, code: 'no_credentials' })
    },
  )

  it('is not there in a scheme that is not taken', () => {
    expect(read('DPoP a', '/', ['Bearer'])).toEqual({ ok: false, scheme: undefined, code: 'no_credentials' })
    expect(read('Bearer a', '/', ['DPoP'])).toEqual({ ok: false, scheme: undefined, code: 'no_credentials' })
  })

  it.each([
    'Bearer',
    'Bearer ',
    'Bearer =',
    'Bearer a=b',
    'Bearer a b',
    'Bearer "a"',
    'Bearer a,b',
    'Bearer é',
    'Bearer \ta',
    'Bearer a\t',
  ])('is malformed in %j', (authorization) => {
    expect(read(authorization)).toEqual({ ok: false, scheme: 'Bearer', code: 'invalid_request' })
  })

  it.each([
    ['Bearer a, Bearer b', 'Bearer'],
    ['Bearer a,dpop b', 'Bearer'],
    ['DPoP a,   bearer b', 'DPoP'],
    ['Basic YTpi, Bearer a', undefined],
    ['Basic YTpi,DPoP a', undefined],
    ['Basic YTpi,   bearer a', undefined],
  ])('is there twice in %j (RFC 9110 §5.3)', (authorization, scheme) => {
    expect(read(authorization)).toEqual({ ok: false, scheme, code: 'invalid_request' })
  })

  it.each([
    '/orders?access_token=a',
    '/orders?x=1&access_token=',
    '/orders?x=?&y&access_token=a',
    `${API}/orders?access_token=a&x=1`,
    '/?access_token=a?access_token',
    // Named in escapes, beside its plain letters.
    '/orders?access%5Ftoken=a&x=access_token=',
  ])('may not be in the query, too: %s (RFC 6750 §2)', (url) => {
    expect(read('Bearer a', url)).toEqual({ ok: false, scheme: 'Bearer', code: 'invalid_request' })
    expect(read('DPoP a', url)).toEqual({ ok: false, scheme: 'DPoP', code: 'invalid_request' })
    // In the query alone it counts as none: what is there is nobody's to try.
    expect(read(undefined, url)).toEqual({ ok: false, scheme: undefined, code: 'no_credentials' })
  })

  it.each([
    '/orders?x_access_token=a',
    '/orders?x=access_token=a',
    '/orders?x=1?access_token=a',
    '/?x&access_token',
    '/access_token=a?x=1',
    '/access_token=a',
  ])('is not in the query of %s', (url) =>
    expect(read('Bearer a', url)).toEqual({ ok: true, scheme: 'Bearer', token: 'a' }),
  )
})

describe('the answer to who is not let in', () => {
  const challenge: Challenge = {
    realm: API,
    resourceMetadata: undefined,
    scope: undefined,
    schemes: ['Bearer'],
    algorithms: 'ES256 EdDSA',
  }
  /** Status by code, of RFC 6750 §3.1, RFC 9449 §7.1 and RFC 9470 §3. */
  const STATUS: Readonly<Record<BearerErrorCode, number>> = {
    no_credentials: 401,
    invalid_request: 400,
    invalid_token: 401,
    invalid_dpop_proof: 401,
    use_dpop_nonce: 401,
    insufficient_scope: 403,
    insufficient_user_authentication: 401,
    temporarily_unavailable: 503,
    server_error: 500,
  }
  const codes = Object.keys(STATUS) as BearerErrorCode[]
  /** Returns the parameters of a challenge of one scheme. */
  const asked = (code: BearerErrorCode, changes: Partial<Challenge>): string | undefined =>
    answerBearer(code, { ...challenge, ...changes }).headers['WWW-Authenticate']

  it.each(codes)('has for %s its own status and words, and is kept by nobody', (code) => {
    const { status, headers, body } = answerBearer(code, challenge)
    expect([status, headers['Cache-Control']]).toEqual([STATUS[code], 'no-store'])
    expect(body.error).toBe(code === 'no_credentials' ? undefined : code)
    // `error_description` of RFC 6750 §3.
    expect(body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    const others = codes.filter((other) => other !== code)
    expect(others.map((other) => answerBearer(other, challenge).body.error_description)).not.toContain(
      body.error_description,
    )
  })

  it('tells who brought nothing of no error (RFC 6750 §3.1)', () => {
    const { headers, body } = answerBearer('no_credentials', challenge)
    expect(headers).toEqual({ 'WWW-Authenticate': `Bearer realm="${API}"`, 'Cache-Control': 'no-store' })
    expect(Object.keys(body)).toEqual(['error_description'])
  })

  it('tells the error, and what it means, in the challenge (RFC 6750 §3)', () => {
    const { body } = answerBearer('invalid_token', challenge)
    expect(asked('invalid_token', {})).toBe(
      `Bearer realm="${API}", error="invalid_token", error_description="${body.error_description}"`,
    )
  })

  it('names the scope and the metadata where they are known (RFC 6750 §3, RFC 9728 §5.1)', () => {
    const resourceMetadata = `${API}/.well-known/oauth-protected-resource`
    expect(asked('no_credentials', { scope: 'read write', resourceMetadata })).toBe(
      `Bearer realm="${API}", scope="read write", resource_metadata="${resourceMetadata}"`,
    )
  })

  it('names the contexts and the age of a login that is needed, and of no other error (RFC 9470 §3)', () => {
    const login = { acr: 'gold silver', maxAge: 0 }
    expect(asked('insufficient_user_authentication', login)).toMatch(/", acr_values="gold silver", max_age="0"$/)
    expect(asked('insufficient_user_authentication', { acr: 'gold' })).toMatch(/", acr_values="gold"$/)
    expect(asked('insufficient_user_authentication', { maxAge: 60 })).toMatch(/", max_age="60"$/)
    expect(asked('insufficient_user_authentication', {})).not.toMatch(/acr_values|max_age/)
    expect(asked('invalid_token', login)).not.toMatch(/acr_values|max_age/)
  })

  it('has a challenge for each scheme, and the algorithms of proofs for DPoP (RFC 9449 §7.1)', () => {
    expect(asked('no_credentials', { schemes: BOTH })).toBe(
      `Bearer realm="${API}", DPoP realm="${API}", algs="ES256 EdDSA"`,
    )
    expect(asked('no_credentials', { schemes: ['DPoP'], scope: 'read' })).toBe(
      `DPoP realm="${API}", scope="read", algs="ES256 EdDSA"`,
    )
  })

  it('brings the nonce for the next proof, if there is one (RFC 9449 §9)', () => {
    expect(answerBearer('use_dpop_nonce', { ...challenge, nonce: 'n1' }).headers['DPoP-Nonce']).toBe('n1')
    expect(answerBearer('use_dpop_nonce', challenge).headers).not.toHaveProperty('DPoP-Nonce')
  })

  it('challenges nobody where the server is at fault, and says when to try again where that helps', () => {
    expect(answerBearer('temporarily_unavailable', challenge).headers).toEqual({
      'Retry-After': '5',
      'Cache-Control': 'no-store',
    })
    expect(answerBearer('server_error', challenge).headers).toEqual({ 'Cache-Control': 'no-store' })
  })
})

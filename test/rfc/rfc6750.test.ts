import { env, exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { exportKeys, readRing, writeKeys } from '../../keys/index.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { API, ISSUER, type TokenAnswer, tokenRequest } from '../fixtures.ts'

/** A token that the Worker minted, and a verifier that has nothing but the exported keys. */
async function setUp() {
  const response = await exports.default.fetch(
    tokenRequest({ form: { grant_type: 'client_credentials', resource: API, scope: 'read' } }),
  )
  const { access_token } = (await response.json()) as TokenAnswer
  const reading = readRing(env['KEY_RING'] as string)
  if (!reading.ok) throw new Error(reading.detail)
  const keys = writeKeys(
    exportKeys(reading.ring, { issuer: ISSUER, resource: API, now: Math.floor(Date.now() / 1000) }),
  )
  return { access_token, verifier: createVerifier({ issuer: ISSUER, resource: API, keys }) }
}
const request = (authorization?: string, url = `${API}/orders`): Request =>
  new Request(url, authorization === undefined ? {} : { headers: { authorization } })

describe('a resource server (RFC 6750)', () => {
  it.each(['Bearer', 'bearer', 'BEARER'])(
    'takes a token in the Authorization header, scheme %s (RFC 6750 §2.1)',
    async (scheme) => {
      const { access_token, verifier } = await setUp()
      expect(await verifier.verify(request(`${scheme} ${access_token}`))).toMatchObject({
        ok: true,
        entitlement: { client_id: 'service' },
      })
    },
  )

  it('answers without credentials by a challenge without an error (RFC 6750 §3.1)', async () => {
    const { access_token, verifier } = await setUp()
    for (const input of [
      request(),
      request(`Foo ${access_token}`),
      request(undefined, `${API}/?access_token=${access_token}`),
    ]) {
      const result = await verifier.verify(input)
      expect(result).toMatchObject({ ok: false, code: 'no_credentials' })
      const { response } = result as { response: Response }
      const { status, headers } = response
      const challenge = headers.get('www-authenticate')
      expect(await response.text()).toBe('{"error_description":"The request has no access token."}')
      expect([status, challenge]).toEqual([401, expect.stringMatching(/^Bearer realm="https:\/\/api1.example", DPoP /)])
      expect(challenge).not.toContain('error')
    }
  })

  it('answers a malformed request with 400 invalid_request (RFC 6750 §3.1)', async () => {
    const { access_token, verifier } = await setUp()
    const twice = request(`Bearer ${access_token}`, `${API}/?a=1&access_token=${access_token}`)
    for (const input of [
      twice,
      request('Bearer'),
      request(`Bearer ${access_token} x`),
      request(`Bearer ${access_token}, Bearer x`),
      request('Bearer a"b'),
    ]) {
      const result = await verifier.verify(input)
      expect(result).toMatchObject({ ok: false, code: 'invalid_request' })
      expect((result as { response: Response }).response.status).toBe(400)
    }
  })

  it('answers any bad token with 401 invalid_token, always the same (RFC 6750 §3.1, H05)', async () => {
    const { access_token, verifier } = await setUp()
    const bad = [
      'x',
      `${access_token}A`,
      access_token.slice(1),
      access_token.replace('..', '.AAAA.'),
      'a'.repeat(9000),
      '.'.repeat(100),
    ]
    for (const token of bad) {
      const result = await verifier.verify(request(`Bearer ${token}`))
      expect(result).toMatchObject({ ok: false, code: 'invalid_token' })
      const { response } = result as { response: Response }
      expect([response.status, await response.text(), [...response.headers]]).toEqual([
        401,
        '{"error":"invalid_token","error_description":"The access token is invalid or has expired."}',
        [
          ['cache-control', 'no-store'],
          ['content-type', 'application/json'],
          [
            'www-authenticate',
            'Bearer realm="https://api1.example", error="invalid_token", error_description="The access token is invalid or has expired."',
          ],
        ],
      ])
    }
  })

  it.each([
    [undefined, 401],
    ['Bearer x', 401],
    ['Bearer', 400],
  ])(
    'names the scope that is needed to who comes with %s, before any token was looked at (RFC 6750 §3)',
    async (authorization, status) => {
      const { verifier } = await setUp()
      const result = await verifier.verify(request(authorization), { scope: 'read write' })
      const { response } = result as { response: Response }
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        status,
        expect.stringMatching(/^Bearer realm="https:\/\/api1[.]example"[^,]*(, error[^,]*){0,2}, scope="read write"/),
      ])
    },
  )

  it('answers a token that lacks scope with 403 insufficient_scope, and names the scope (RFC 6750 §3.1)', async () => {
    const { access_token, verifier } = await setUp()
    const result = await verifier.verify(request(`Bearer ${access_token}`), { scope: 'read write' })
    expect(result).toMatchObject({ ok: false, code: 'insufficient_scope' })
    const { status, headers } = (result as { response: Response }).response
    expect([status, headers.get('www-authenticate')]).toEqual([
      403,
      'Bearer realm="https://api1.example", error="insufficient_scope", error_description="The access token lacks the scope that is needed here.", scope="read write"',
    ])
  })
})

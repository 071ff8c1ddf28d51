import { exports } from 'cloudflare:workers'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { ISSUER, SIGNED, tokenRequest } from '../../fixtures.ts'
import { readAnswer } from '../../parties/person.ts'
import { type Asker, formRequest } from '../../parties/servers.ts'

const ask = (request: Request): Promise<Response> => exports.default.fetch(request)
const introspect = (asker: Asker, token: string, accept = 'application/token-introspection+jwt'): Promise<Response> =>
  ask(formRequest('/introspect', asker, { token }, { accept }))
/** Returns a token whose resource server cannot have made it itself. */
const mint = async (): Promise<string> => {
  const form = { grant_type: 'client_credentials', resource: SIGNED }
  return (await readAnswer(await ask(tokenRequest({ client: 'machine', form })))).access_token
}
const verify = async (jwt: string) => {
  const keys = createLocalJWKSet((await (await ask(new Request(`${ISSUER}/jwks`))).json()) as JSONWebKeySet)
  return jwtVerify(jwt, keys, { issuer: ISSUER, audience: 'partner-server', typ: 'token-introspection+jwt' })
}

describe('the signed answer', () => {
  it('has its media type and is for the caller, with what was told inside (RFC 9701 §4, §5)', async () => {
    const token = await mint()
    const plain = await (await introspect('partner-server', token, 'application/json')).json()
    const response = await introspect('partner-server', token)
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      200,
      'application/token-introspection+jwt',
      'no-store',
    ])
    const { payload, protectedHeader } = await verify(await response.text())
    expect(payload).toEqual({
      iss: ISSUER,
      aud: 'partner-server',
      iat: expect.any(Number),
      token_introspection: plain,
    })
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: expect.any(String), typ: 'token-introspection+jwt' })
  })

  it('has no sub and no exp outside, so that it is no token (RFC 9701 §5)', async () => {
    const { payload } = await verify(await (await introspect('partner-server', await mint())).text())
    expect(Object.keys(payload)).not.toContain('sub')
    expect(Object.keys(payload)).not.toContain('exp')
  })

  it('about a token that is not active says just that (RFC 9701 §5, H46)', async () => {
    const { payload } = await verify(await (await introspect('partner-server', 'junk')).text())
    expect(payload['token_introspection']).toEqual({ active: false })
  })

  it('is not for callers who are not told anything', async () => {
    const response = await introspect('machine', await mint())
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/json'])
  })

  it('comes only when it is asked for (RFC 9701 §4)', async () => {
    for (const accept of ['*/*', 'application/json', 'application/jwt'])
      expect((await introspect('partner-server', await mint(), accept)).headers.get('content-type')).toBe(
        'application/json',
      )
  })

  it('comes by what Accept means, and says that it does (RFC 9110 §12.5)', async () => {
    const [signed, plain] = ['application/token-introspection+jwt', 'application/json']
    for (const [accept, type] of [
      ['Application/Token-Introspection+JWT', signed],
      [`${plain};q=0.5, ${signed}; q=0.9`, signed],
      [`${signed};q=0`, plain],
      [`${signed};q=0.1, */*`, plain],
      [`text/plain; of="${signed}"`, plain],
    ] as const) {
      const { headers } = await introspect('partner-server', await mint(), accept)
      expect([accept, headers.get('content-type'), headers.get('vary')]).toEqual([accept, type, 'Accept'])
    }
  })

  it('is announced with its algorithm (RFC 9701 §7)', async () => {
    const metadata = await (await ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))).json()
    expect(metadata).toMatchObject({ introspection_signing_alg_values_supported: ['ES256'] })
  })
})

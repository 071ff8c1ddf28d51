import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { ISSUER, NOW, testKey } from '../fixtures.ts'
import { ALICE, createProvider } from '../parties/openid_provider.ts'
import { RING_RSA } from '../parties/partner.ts'

describe('what userinfo tells', () => {
  it.each(['RS256', 'ES256', 'Ed25519'] as const)(
    'is a JWT by %s where its client wants that, for this client alone, and no ID token (OpenID Connect Core §5.3.2)',
    async (alg) => {
      const provider = createProvider({ rp: { userinfo_signed_response_alg: alg } })
      const { access_token } = await provider.login({ scope: 'openid email' })
      const response = await provider.userinfo(access_token)
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/jwt'])
      expect(response.headers.get('cache-control')).toBe('no-store')
      const jwks = (await (await provider.ask(new Request(`${ISSUER}/jwks`))).json()) as JSONWebKeySet
      const { payload, protectedHeader } = await jwtVerify(await response.text(), createLocalJWKSet(jwks), {
        currentDate: new Date(NOW * 1000),
      })
      expect(protectedHeader).toMatchObject({ alg, typ: 'userinfo+jwt' })
      const { email, email_verified } = ALICE
      expect(payload).toEqual({ iss: ISSUER, aud: 'rp', sub: 'alice', email, email_verified })
    },
  )

  it('is no hint of who logged in: it is no ID token', async () => {
    const provider = createProvider({ rp: { userinfo_signed_response_alg: 'ES256' } })
    const { access_token } = await provider.login()
    const id_token_hint = await (await provider.userinfo(access_token)).text()
    const answer = await provider.authorize({ id_token_hint, prompt: 'none' })
    expect(answer.searchParams.get('error')).toBe('invalid_request')
  })

  it('is never told unsigned: where no key signs as its client wants it, the answer is 503', async () => {
    let now = NOW
    const ring = createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA })
    const provider = createProvider({
      now: () => now,
      keyRing: writeRing({ ...ring, rsa: (ring.rsa ?? []).map((key) => ({ ...key, end: NOW + 100 })) }),
      rp: { id_token_signed_response_alg: 'ES256', userinfo_signed_response_alg: 'RS256' },
    })
    const { access_token } = await provider.login()
    expect((await provider.userinfo(access_token)).status).toBe(200)
    now += 100
    const response = await provider.userinfo(access_token)
    expect([response.status, await response.json()]).toMatchObject([503, { error: 'temporarily_unavailable' }])
  })
})

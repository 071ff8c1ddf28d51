import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { sidFor } from '../../src/issuing/id_tokens.ts'
import { API, ISSUER, NOW } from '../fixtures.ts'
import { ALICE, claimsOf, createProvider } from '../parties/openid_provider.ts'

const PROFILE = ['name', 'given_name', 'family_name', 'preferred_username', 'picture', 'locale', 'updated_at'] as const
const EMAIL = ['email', 'email_verified'] as const
const pick = (...names: readonly (keyof typeof ALICE)[]) => Object.fromEntries(names.map((name) => [name, ALICE[name]]))

describe('an ID token', () => {
  it.each([
    ['RS256', undefined],
    ['ES256', 'ES256'],
    ['Ed25519', 'Ed25519'],
  ] as const)(
    'is signed by %s, and tells who logged in, when, and what the scope asked for (OpenID Connect Core §2)',
    async (alg, asked) => {
      const provider = createProvider({ rp: asked === undefined ? {} : { id_token_signed_response_alg: asked } })
      const answer = await provider.login()
      const jwks = (await (await provider.ask(new Request(`${ISSUER}/jwks`))).json()) as JSONWebKeySet
      const { payload, protectedHeader } = await jwtVerify(answer.id_token ?? '', createLocalJWKSet(jwks), {
        issuer: ISSUER,
        audience: 'rp',
        currentDate: new Date(NOW * 1000),
      })
      expect(Object.keys(protectedHeader).sort()).toEqual(['alg', 'kid', 'typ'])
      expect(protectedHeader).toMatchObject({ alg, typ: 'JWT' })
      const { sid, at_hash, ...told } = payload
      expect(told).toEqual({
        iss: ISSUER,
        aud: 'rp',
        sub: 'alice',
        iat: NOW,
        exp: NOW + 600,
        auth_time: NOW,
        nonce: 'n-0S6',
        ...pick(...PROFILE, ...EMAIL),
      })
      expect(sid).toMatch(/^[\w-]{22}$/)
      expect(at_hash).toHaveLength(alg === 'Ed25519' ? 43 : 22)
    },
  )

  it('is thin where its client wants that, and userinfo tells the rest', async () => {
    const provider = createProvider({ rp: { id_token_claims: false } })
    const answer = await provider.login()
    expect(Object.keys(claimsOf(answer.id_token)).sort()).toEqual(
      ['at_hash', 'aud', 'auth_time', 'exp', 'iat', 'iss', 'nonce', 'sid', 'sub'].sort(),
    )
    expect(await (await provider.userinfo(answer.access_token)).json()).toEqual({
      sub: 'alice',
      ...pick(...PROFILE, ...EMAIL),
    })
  })

  it('is not given to who does not ask with openid', async () => {
    const provider = createProvider({ rp: { resources: [API], scopes: ['openid', 'read'] } })
    const answer = await provider.login({ scope: 'read' })
    expect([answer.id_token, answer.scope]).toEqual([undefined, 'read'])
  })

  it('comes anew with a refresh, without the nonce (OpenID Connect Core §12.2)', async () => {
    const provider = createProvider()
    const { refresh_token, id_token } = await provider.login()
    const again = await provider.token({ grant_type: 'refresh_token', refresh_token })
    const { nonce: _, at_hash: __, ...first } = claimsOf(id_token)
    const { at_hash: ___, ...second } = claimsOf(again.id_token)
    expect(second).toEqual(first)
  })

  it('calls a session by a name that is its client’s alone', () => {
    expect(sidFor('s', 'one')).not.toBe(sidFor('s', 'two'))
  })
})

describe('a token for userinfo', () => {
  it('is what a client gets that asks for openid alone; with the scope of one API it gets that API’s, and each by name', async () => {
    const provider = createProvider({ rp: { resources: [API], scopes: ['openid', 'email', 'read'] } })
    const api = await provider.login({ scope: 'openid email read' })
    expect(api.scope).toBe('read')
    expect((await provider.userinfo(api.access_token)).status).toBe(401)
    const own = await provider.token({
      grant_type: 'refresh_token',
      refresh_token: api.refresh_token,
      resource: `${ISSUER}/userinfo`,
    })
    expect(own.scope).toBe('openid email')
    expect(await (await provider.userinfo(own.access_token)).json()).toEqual({ sub: 'alice', ...pick(...EMAIL) })
  })
})

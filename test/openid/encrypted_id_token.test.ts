import { type CryptoKey, compactDecrypt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { ISSUER, NOW } from '../fixtures.ts'
import { claimsOf, createProvider, type OpenidAnswer, RP } from '../parties/openid_provider.ts'
import { formOf, VERIFIER } from '../parties/person.ts'

const pairOf = async (alg: 'ECDH-ES' | 'RSA-OAEP-256', crv: string) => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, crv })
  return { jwk: { ...(await exportJWK(publicKey)), kid: `k-${crv}`, use: 'enc' }, privateKey }
}
const open = async (jwe: string, key: CryptoKey): Promise<string> =>
  new TextDecoder().decode((await compactDecrypt(jwe, key)).plaintext)

/** Logs alice in at a client that proves itself by this key, and tells these keys at its URL. */
async function loginWithKeys(key: CryptoKey, keys: readonly object[]): Promise<OpenidAnswer> {
  const { secret_hash: _, ...keyed } = RP
  const provider = createProvider({
    fetch: async () => Response.json({ keys }),
    clients: {
      rp: {
        ...keyed,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: 'https://rp.example/jwks',
        id_token_encrypted_response_alg: 'ECDH-ES',
      },
    },
  })
  const code = (await provider.authorize()).searchParams.get('code') ?? ''
  const client_assertion = await new SignJWT({ jti: 'j1' })
    .setProtectedHeader({ alg: 'ES256', kid: 's1' })
    .setIssuer('rp')
    .setSubject('rp')
    .setAudience(ISSUER)
    .setIssuedAt(NOW)
    .setExpirationTime(NOW + 60)
    .sign(key)
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: VERIFIER,
    client_assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = formOf(form).toString()
  return (await provider.ask(new Request(`${ISSUER}/token`, { method: 'POST', headers, body }))).json() as never
}

describe('an ID token that is encrypted', () => {
  it.each([
    ['ECDH-ES', 'P-256', undefined],
    ['ECDH-ES', 'X25519', 'A256CBC-HS512'],
    ['RSA-OAEP-256', 'RSA', 'A256GCM'],
  ] as const)(
    'is signed, then encrypted by %s to the client’s %s key (OpenID Connect Core §16.14)',
    async (alg, crv, enc) => {
      const { jwk, privateKey } = await pairOf(alg, crv)
      const { jwk: other } = await pairOf(
        alg === 'ECDH-ES' ? 'RSA-OAEP-256' : 'ECDH-ES',
        alg === 'ECDH-ES' ? 'RSA' : 'P-256',
      )
      const provider = createProvider({
        rp: {
          id_token_encrypted_response_alg: alg,
          ...(enc === undefined ? {} : { id_token_encrypted_response_enc: enc }),
          jwks: { keys: [other, jwk] },
        },
      })
      const { id_token = '', access_token } = await provider.login()
      expect(decodeProtectedHeader(id_token)).toMatchObject({ alg, enc: enc ?? 'A256GCM', kid: jwk.kid, cty: 'JWT' })
      const jws = await open(id_token, privateKey)
      expect(decodeProtectedHeader(jws)).toMatchObject({ alg: 'RS256', typ: 'JWT' })
      expect(claimsOf(jws)).toMatchObject({ iss: ISSUER, sub: 'alice', aud: 'rp', email: 'alice@people.example' })
      expect((await provider.userinfo(access_token)).status).toBe(200)
    },
  )

  it('is encrypted to the key at the client’s URL that says that it is for it, and never to the one that it signs with', async () => {
    const { jwk, privateKey } = await pairOf('ECDH-ES', 'P-256')
    const signing = await generateKeyPair('ES256', { extractable: true })
    const { use: _, ...unsaid } = (await pairOf('ECDH-ES', 'P-256')).jwk
    const keys = [
      { ...(await exportJWK(signing.publicKey)), kid: 's1', use: 'sig' },
      { ...unsaid, kid: 'u1' },
    ]
    const answer = await loginWithKeys(signing.privateKey, [...keys, jwk])
    expect(decodeProtectedHeader(answer.id_token ?? '').kid).toBe(jwk.kid)
    expect(claimsOf(await open(answer.id_token ?? '', privateKey))).toMatchObject({ aud: 'rp' })
    expect(await loginWithKeys(signing.privateKey, keys)).toMatchObject({ error: 'temporarily_unavailable' })
  })
})

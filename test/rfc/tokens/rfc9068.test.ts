import { exports } from 'cloudflare:workers'
import { compactDecrypt, createLocalJWKSet, importJWK, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { createVerifier } from '../../../src/verifier/index.ts'
import { ISSUER, PARTNER, PARTNER_KEY, tokenRequest } from '../../fixtures.ts'
import { readAnswer } from '../../parties/person.ts'

const ask = (request: Request): Promise<Response> => exports.default.fetch(request)
const form = { grant_type: 'client_credentials', resource: PARTNER }
const mint = async (): Promise<string> =>
  (await readAnswer(await ask(tokenRequest({ client: 'machine', form })))).access_token
const decrypt = async (token: string) => compactDecrypt(token, await importJWK(PARTNER_KEY, 'ECDH-ES'))

describe('a nested access token', () => {
  it('is a signed JWT inside a JWE (RFC 9068 §4, RFC 7519 §11.2)', async () => {
    const { protectedHeader } = await decrypt(await mint())
    expect(protectedHeader).toEqual({
      alg: 'ECDH-ES',
      enc: 'A256GCM',
      kid: 'partner-1',
      cty: 'JWT',
      epk: { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String) },
    })
  })

  it('is verified by the published keys, with typ at+jwt and all required claims (RFC 9068 §2.1, §2.2)', async () => {
    const keys = createLocalJWKSet((await (await ask(new Request(`${ISSUER}/jwks`))).json()) as JSONWebKeySet)
    const { plaintext } = await decrypt(await mint())
    const { payload, protectedHeader } = await jwtVerify(new TextDecoder().decode(plaintext), keys, {
      issuer: ISSUER,
      audience: PARTNER,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti', 'scope'],
    })
    expect(Object.keys(protectedHeader)).toEqual(['alg', 'kid', 'typ'])
    expect(payload).toEqual({
      iss: ISSUER,
      sub: 'client:machine',
      aud: PARTNER,
      client_id: 'machine',
      scope: 'reports',
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + 600,
      jti: expect.stringMatching(/^[\w-]{22}$/),
    })
  })

  it('is opened by our own verifier with the private key and the published keys (RFC 9068 §4)', async () => {
    const verifier = createVerifier({
      issuer: ISSUER,
      resource: PARTNER,
      decryptionKeys: { keys: [PARTNER_KEY] },
      jwksUri: `${ISSUER}/jwks`,
      fetch: (url, init) => ask(new Request(url, init)),
    })
    expect(await verifier.verify(await mint())).toMatchObject({
      ok: true,
      entitlement: { sub: 'client:machine', scope: ['reports'] },
    })
  })
})

describe('the metadata', () => {
  it('name where the keys are (RFC 9068 §4)', async () => {
    const metadata = await (await ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))).json()
    expect(metadata).toMatchObject({ jwks_uri: `${ISSUER}/jwks` })
  })
})

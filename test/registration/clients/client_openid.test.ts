import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { createMemoryGuard, createMemoryRevocations } from '../../../src/index.ts'
import { checkSettings } from '../../../src/settings/settings.ts'
import { API, ISSUER, NOW } from '../../fixtures.ts'
import { RP } from '../../parties/openid_provider.ts'

const SALT = 'c2FsdCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzIGxvbmcu'
const keyOf = async (alg: string, options: object, members: object) => {
  const { publicKey } = await generateKeyPair(alg, { extractable: true, ...options })
  return { ...(await exportJWK(publicKey)), ...members }
}
const [ec, rsa, sig] = await Promise.all([
  keyOf('ECDH-ES', { crv: 'P-256' }, { kid: 'e1', use: 'enc' }),
  keyOf('RSA-OAEP-256', {}, { kid: 'e2', use: 'enc' }),
  keyOf('ES256', {}, { kid: 's1', use: 'sig' }),
])
const { use: _, ...unsaid } = ec

/** Reads the client `rp` of an OpenID provider, with these settings. */
const read = (changes: object, others: object = {}) => {
  const settings = {
    issuer: ISSUER,
    keyRing: undefined,
    resources: { [API]: { scopes: ['read'] } },
    clients: { rp: { ...RP, ...changes } },
    openid: {},
    pairwiseSalt: SALT,
    guard: createMemoryGuard(() => NOW),
    revocations: createMemoryRevocations('a salt'),
    authenticate: async () => ({ sub: 'alice', auth_time: NOW }),
    ...others,
  }
  return checkSettings(settings as never).clients.get('rp')
}
const own = { secret_hash: undefined, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [sig] } }
const fapi2 = { ...own, profile: 'fapi2' }
const pairwise = (...redirect_uris: readonly string[]): object => ({ subject_type: 'pairwise', redirect_uris })
const encrypted = (alg: string, changes: object = {}) => ({ id_token_encrypted_response_alg: alg, ...changes })

describe('a client that is told who logged in', () => {
  it('is told by RS256, with claims in the ID token, for a challenge, by the name that all know, unless it says otherwise', () => {
    expect(read({})?.openid).toEqual({
      idTokenAlg: 'RS256',
      hasThickIdTokens: true,
      isPkceOptional: false,
      postLogoutRedirectUris: [],
      backchannelLogoutUri: undefined,
      defaultMaxAge: undefined,
      requiresAuthTime: false,
      userinfoAlg: undefined,
      idTokenEncryption: undefined,
      authorizationAlg: 'RS256',
      sector: undefined,
    })
  })

  it.each<[string, object, object?]>([
    ['ES256', { id_token_signed_response_alg: 'ES256' }],
    ['Ed25519', { id_token_signed_response_alg: 'Ed25519', userinfo_signed_response_alg: 'ES256' }],
    ['no challenge, and a secret', { pkce: 'optional' }],
    ['no challenge, and a key', { ...own, pkce: 'optional' }],
    [
      'no challenge, on a loopback issuer',
      { pkce: 'optional', redirect_uris: ['http://localhost:3000/cb'] },
      { issuer: 'http://localhost:8787' },
    ],
    [
      'ten URIs after a logout',
      { post_logout_redirect_uris: Array.from({ length: 10 }, (_, n) => `https://a.test/${n}`) },
    ],
    ['an app after a logout', { post_logout_redirect_uris: ['com.example.app:/bye', 'http://127.0.0.1/bye'] }],
    ['logouts told by https', { backchannel_logout_uri: 'https://rp.example/logout?a=b' }],
    ['logouts told here', { backchannel_logout_uri: 'http://localhost:1/l' }, { issuer: 'http://localhost:8787' }],
    ['a login each time', { default_max_age: 0, require_auth_time: true }],
    ['encryption by agreement', encrypted('ECDH-ES', { jwks: { keys: [rsa, ec] } })],
    ['encryption by RSA', encrypted('RSA-OAEP-256', { jwks: { keys: [ec, rsa] } })],
    ['encryption to a key that does not say what it is for', encrypted('ECDH-ES', { jwks: { keys: [unsaid] } })],
    [
      'encryption to keys at its URL',
      { ...encrypted('ECDH-ES'), ...own, jwks: undefined, jwks_uri: 'https://rp.example/jwks' },
    ],
    ['the profile', { ...fapi2, id_token_signed_response_alg: 'ES256' }],
    ['subjects of its host', pairwise('https://rp.example/a', 'https://rp.example:8443/b')],
    [
      'subjects of a written sector',
      { ...pairwise('https://a.example/', 'https://b.example/'), sector_identifier: 'us' },
    ],
  ])('may have %s', (_, changes, others) => expect(() => read(changes, others)).not.toThrow())

  it.each<[string, object, string]>([
    ['PS256', { id_token_signed_response_alg: 'PS256' }, 'id_token_signed_response_alg" expected "ES256" or "Ed25519"'],
    ['none', { id_token_signed_response_alg: 'none' }, 'id_token_signed_response_alg" expected "ES256"'],
    ['userinfo by none', { userinfo_signed_response_alg: 'none' }, 'userinfo_signed_response_alg" expected "ES256"'],
    ['requests by none', { request_object_signing_alg: 'none' }, 'request_object_signing_alg" expected "ES256"'],
    ['claims as text', { id_token_claims: 'true' }, 'id_token_claims" expected true or false, got a string'],
    ['another challenge', { pkce: 'none' }, 'pkce" expected "required" or "optional"'],
    [
      'no challenge, and no secret',
      { secret_hash: undefined, pkce: 'optional' },
      '"clients["rp"].pkce" expected "required": a public client has no other proof that a code is its own',
    ],
    [
      'no challenge, and an app on a device',
      { pkce: 'optional', redirect_uris: ['https://rp.example/', 'com.example.app:/cb'] },
      '"clients["rp"].redirect_uris[1]" expected https beside "pkce": "optional": on a device others can take the code',
    ],
    [
      'no challenge, and a program on a device',
      { pkce: 'optional', redirect_uris: ['http://127.0.0.1/cb'] },
      '"clients["rp"].redirect_uris[0]" expected https beside "pkce": "optional"',
    ],
    [
      'eleven URIs after a logout',
      { post_logout_redirect_uris: Array.from({ length: 11 }, (_, n) => `https://a.test/${n}`) },
      'post_logout_redirect_uris" expected at most 10',
    ],
    [
      'any URI after a logout',
      { post_logout_redirect_uris: ['https://*.a.test/'] },
      'post_logout_redirect_uris[0]" expected each URI written out',
    ],
    [
      'a script after a logout',
      { post_logout_redirect_uris: ['javascript:alert(1)'] },
      'post_logout_redirect_uris[0]" expected https',
    ],
    ...[
      'http://rp.example/l',
      'https://127.0.0.1/l',
      'https://localhost/l',
      'https://rp.internal/l',
      'https://u:p@rp.example/l',
      'https://rp.example/l#f',
      'https://rp.example/l#',
      'http://localhost:1/l',
    ].map((uri): [string, object, string] => [
      `logouts told at ${uri}`,
      { backchannel_logout_uri: uri },
      '"clients["rp"].backchannel_logout_uri" expected an https URL of a public host',
    ]),
    ['an age below nothing', { default_max_age: -1 }, 'default_max_age" expected an integer ≥ 0, got -1'],
    ['a time as text', { require_auth_time: 'yes' }, 'require_auth_time" expected true or false'],
    [
      'encryption by a secret',
      encrypted('dir'),
      'id_token_encrypted_response_alg" expected "ECDH-ES" or "RSA-OAEP-256"',
    ],
    [
      'encryption to no key',
      encrypted('ECDH-ES'),
      '"clients["rp"].jwks" expected a P-256 or X25519 key for "id_token_encrypted_response_alg"',
    ],
    [
      'encryption to a key of another kind',
      encrypted('RSA-OAEP-256', { jwks: { keys: [ec] } }),
      'jwks" expected an RSA key of at least 2048 bits',
    ],
    ['encryption to a key to sign with', encrypted('ECDH-ES', { jwks: { keys: [sig] } }), 'jwks" expected a P-256'],
    [
      'encryption to what may be a key to sign with',
      { ...encrypted('ECDH-ES'), ...own, jwks: { keys: [sig, unsaid] } },
      'for "id_token_encrypted_response_alg", with "use": "enc" beside keys to sign with',
    ],
    [
      'how its ID tokens are encrypted, and not that they are',
      { id_token_encrypted_response_enc: 'A256GCM' },
      'id_token_encrypted_response_enc" goes with "id_token_encrypted_response_alg"',
    ],
    [
      'a sector of public subjects',
      { sector_identifier: 'us' },
      'sector_identifier" goes with "subject_type": "pairwise"',
    ],
    [
      'subjects of two hosts (OpenID Connect Core §8.1)',
      pairwise('https://a.example/', 'https://b.example/'),
      '"clients["rp"].sector_identifier" expected a name: the redirect URIs are not all https on one host',
    ],
    ['subjects of an app', pairwise('com.example.app:/cb'), 'sector_identifier" expected a name'],
    [
      'a sector with a space',
      { ...pairwise('https://a.example/'), sector_identifier: 'a b' },
      'sector_identifier" expected 1 to 256',
    ],
    [
      'the profile, and RS256 unsaid',
      fapi2,
      'id_token_signed_response_alg" expected "ES256" or "Ed25519" in the profile fapi2: the default is RS256',
    ],
    ...[
      'id_token_signed_response_alg',
      'userinfo_signed_response_alg',
      'authorization_signed_response_alg',
      'request_object_signing_alg',
    ].map((setting): [string, object, string] => [
      `the profile, and RS256 as ${setting}`,
      { ...fapi2, id_token_signed_response_alg: 'ES256', [setting]: 'RS256' },
      `"clients["rp"].${setting}" expected another than RS256 in the profile fapi2`,
    ]),
    [
      'the profile, and no challenge',
      { ...fapi2, id_token_signed_response_alg: 'ES256', pkce: 'optional' },
      '"clients["rp"].pkce" expected "required" in the profile fapi2',
    ],
    [
      'the profile, and an app after a logout',
      { ...fapi2, id_token_signed_response_alg: 'ES256', post_logout_redirect_uris: ['com.example.app:/bye'] },
      'post_logout_redirect_uris[0]" expected https in the profile fapi2',
    ],
  ])('is refused with %s', (_, changes, message) => expect(() => read(changes)).toThrow(message))

  it('with pairwise subjects needs the salt', () => {
    expect(() => read(pairwise('https://rp.example/'), { pairwiseSalt: undefined })).toThrow(
      '"pairwiseSalt" expected a secret: the client "rp" has pairwise subjects',
    )
  })
})

describe('a client that is not told who logged in', () => {
  const silent = { resources: [API], scopes: ['read'] }

  it.each([
    ['id_token_signed_response_alg', 'ES256'],
    ['id_token_claims', true],
    ['pkce', 'required'],
    ['post_logout_redirect_uris', ['https://rp.example/']],
    ['backchannel_logout_uri', 'https://rp.example/'],
    ['default_max_age', 60],
    ['require_auth_time', true],
    ['userinfo_signed_response_alg', 'ES256'],
    ['id_token_encrypted_response_alg', 'ECDH-ES'],
    ['subject_type', 'pairwise'],
  ])('has no %s', (setting, value) => {
    const given = { ...silent, jwks: { keys: [ec] }, [setting]: value }
    expect(() => read(given)).toThrow(`"clients["rp"].${setting}" goes with "openid" in "scopes"`)
    expect(() => read({ ...given, grant_types: [], kind: 'operator', resources: [] })).toThrow(`${setting}" goes with`)
  })

  it.each(['authorization_signed_response_alg', 'request_object_signing_alg'])(
    'may have %s, where people are sent here',
    (setting) => {
      expect(() => read({ ...silent, jwks: { keys: [sig] }, [setting]: 'ES256' })).not.toThrow()
      expect(() =>
        read({ ...silent, jwks: { keys: [sig] }, grant_types: ['client_credentials'], [setting]: 'ES256' }),
      ).toThrow(`"clients["rp"].${setting}" goes with authorization_code in "grant_types"`)
    },
  )

  it('is answered by ES256, for which every ring has a key', () => {
    expect(read(silent)?.openid.authorizationAlg).toBe('ES256')
  })
})

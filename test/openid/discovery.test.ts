import { describe, expect, it } from 'vitest'
import { createIssuer, createMemoryGuard, createMemoryRevocations } from '../../src/index.ts'
import { ISSUER, NOW, testSettings } from '../fixtures.ts'
import { createProvider } from '../parties/openid_provider.ts'

const AT = `${ISSUER}/.well-known/openid-configuration`
const PAGE = { origin: 'https://app.example' }
type Metadata = Readonly<Record<string, unknown>>
const read = async (provider: Pick<ReturnType<typeof createProvider>, 'ask'>, url = AT): Promise<Metadata> =>
  (await provider.ask(new Request(url))).json() as Promise<Metadata>

describe('the discovery document (OpenID Connect Discovery §3)', () => {
  it('has what a provider must tell, and what is true of these settings', async () => {
    expect(await read(createProvider({ openid: { claims: ['name', 'email'], acr_values: ['gold'] } }))).toMatchObject({
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/authorize`,
      token_endpoint: `${ISSUER}/token`,
      userinfo_endpoint: `${ISSUER}/userinfo`,
      jwks_uri: `${ISSUER}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256', 'Ed25519', 'RS256'],
      id_token_encryption_alg_values_supported: ['ECDH-ES', 'RSA-OAEP-256'],
      id_token_encryption_enc_values_supported: ['A256GCM', 'A256CBC-HS512'],
      userinfo_signing_alg_values_supported: ['ES256', 'Ed25519', 'RS256'],
      claim_types_supported: ['normal'],
      claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'sid', 'name', 'email'],
      claims_parameter_supported: true,
      request_uri_parameter_supported: false,
      acr_values_supported: ['gold'],
      scopes_supported: expect.arrayContaining(['openid', 'profile', 'email', 'address', 'phone', 'offline_access']),
    })
  })

  it('names no algorithm by which a client cannot be told who logged in', async () => {
    const { id_token_signing_alg_values_supported: algs } = await read(createProvider())
    for (const alg of algs as readonly ('ES256' | 'Ed25519' | 'RS256')[]) {
      const { id_token = '' } = await createProvider({ rp: { id_token_signed_response_alg: alg } }).login()
      expect(JSON.parse(Buffer.from(id_token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ alg })
    }
  })

  it('says pairwise where a client has such subjects, and no RS256 where all clients are in the profile fapi2', async () => {
    const pairwiseSalt = 'c2FsdCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzIGxvbmcu'
    const pairwise = createProvider({ pairwiseSalt, rp: { subject_type: 'pairwise' } })
    expect((await read(pairwise))['subject_types_supported']).toEqual(['public', 'pairwise'])
    const strict = createIssuer({
      issuer: ISSUER,
      keyRing: testSettings().keyRing,
      resources: {},
      clients: {},
      openid: {},
      profile: 'fapi2',
      guard: createMemoryGuard(() => NOW),
      revocations: createMemoryRevocations('a salt'),
      authenticate: async () => ({ sub: 'alice', auth_time: NOW }),
    })
    const told = await read({ ask: async (request) => strict.fetch(request) })
    expect(told['id_token_signing_alg_values_supported']).toEqual(['ES256', 'Ed25519'])
    expect(told['userinfo_signing_alg_values_supported']).toEqual(['ES256', 'Ed25519'])
  })

  it.each([
    ['', ''],
    ['/tenant/a', '/tenant/a'],
  ])(
    'is the same, byte by byte, at the address of RFC 8414, which has an issuer’s path %j behind it',
    async (_, path) => {
      const issuer = `https://as.example${path}`
      const { ask } = createProvider({ issuer })
      const [oidc, oauth] = await Promise.all(
        [
          `${issuer}/.well-known/openid-configuration`,
          `https://as.example/.well-known/oauth-authorization-server${path}`,
        ].map((url) => ask(new Request(url, { headers: PAGE }))),
      )
      const told = (response: Response | undefined) =>
        ['etag', 'content-type', 'cache-control', 'access-control-allow-origin'].map((name) =>
          response?.headers.get(name),
        )
      expect(oidc?.status).toBe(200)
      expect(told(oidc)).toEqual(told(oauth))
      expect(told(oidc)).toEqual([expect.stringMatching(/^"/), 'application/json', 'public, max-age=300', '*'])
      expect(await oidc?.text()).toBe(await oauth?.text())
    },
  )

  it.each([
    ['what has not changed', { headers: { ...PAGE, 'if-none-match': '' } }, 304],
    ['a form', { method: 'POST', headers: PAGE, body: 'a=b' }, 405],
  ])('answers %s so that a page of any origin can read it', async (_, init, status) => {
    const { ask } = createProvider()
    const etag = (await ask(new Request(AT))).headers.get('etag') ?? ''
    const headers = { ...init.headers, ...('if-none-match' in init.headers ? { 'if-none-match': etag } : {}) }
    const response = await ask(new Request(AT, { ...init, headers }))
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([status, '*'])
  })

  it('is there where nobody is told who logged in, too, for clients that ask no other; nothing of it tells of a provider', async () => {
    const issuer = createIssuer(testSettings())
    const told = await read({ ask: async (request) => issuer.fetch(request) })
    expect(told).toMatchObject({ issuer: ISSUER, token_endpoint: `${ISSUER}/token` })
    for (const name of Object.keys(told)) expect(name).not.toMatch(/userinfo|id_token|claim|subject_types|acr_values/)
    expect(told['scopes_supported']).not.toContain('openid')
  })
})

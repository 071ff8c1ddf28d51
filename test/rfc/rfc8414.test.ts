import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { BUILT_IN_GRANT_TYPES } from '../../src/grants/index.ts'
import { ISSUER, testIssuer, tokenRequest } from '../fixtures.ts'

const URL_OF_METADATA = `${ISSUER}/.well-known/oauth-authorization-server`
const get = (init?: RequestInit): Promise<Response> => exports.default.fetch(new Request(URL_OF_METADATA, init))

describe('authorization server metadata (RFC 8414)', () => {
  it('is JSON at the well-known place, cacheable, open to any page (RFC 8414 §3)', async () => {
    const { status, headers } = await get({ headers: { origin: 'https://app.example' } })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('cache-control')).toBe('public, max-age=300')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  })

  it('names exactly the issuer that was asked (RFC 8414 §3.3)', async () => {
    expect(await (await get()).json()).toMatchObject({ issuer: ISSUER, token_endpoint: `${ISSUER}/token` })
  })

  it('comes between host and path for an issuer with a path (RFC 8414 §3.1)', async () => {
    const issuer = testIssuer({ issuer: `${ISSUER}/tenant/a` })
    const inserted = await issuer.request(`${URL_OF_METADATA}/tenant/a`)
    expect(await inserted.json()).toMatchObject({
      issuer: `${ISSUER}/tenant/a`,
      token_endpoint: `${ISSUER}/tenant/a/token`,
    })
    expect((await issuer.request(URL_OF_METADATA)).status).toBe(404)
  })

  it('is not sent again to who has it', async () => {
    const tag = (await get()).headers.get('etag') ?? ''
    const again = await get({ headers: { 'if-none-match': tag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  it('answers HEAD without a body', async () => {
    const response = await get({ method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  it('lists what is enforced: each grant type is taken, and none other (M33)', async () => {
    const { grant_types_supported } = (await (await get()).json()) as { grant_types_supported: string[] }
    // No client of these settings is a device.
    const offered = BUILT_IN_GRANT_TYPES.filter((type) => !type.endsWith(':device_code'))
    expect(grant_types_supported).toEqual(offered)
    for (const grant_type of [...grant_types_supported, 'password', 'implicit']) {
      const response = await exports.default.fetch(tokenRequest({ form: { grant_type } }))
      const { error } = (await response.json()) as { error?: string }
      expect(error === 'unsupported_grant_type').toBe(!grant_types_supported.includes(grant_type))
    }
  })

  it('lists each way of client authentication that is taken', async () => {
    expect(await (await get()).json()).toMatchObject({
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
      token_endpoint_auth_signing_alg_values_supported: ['ES256', 'Ed25519', 'PS256', 'RS256'],
      introspection_endpoint_auth_signing_alg_values_supported: ['ES256', 'Ed25519', 'PS256', 'RS256'],
      revocation_endpoint_auth_signing_alg_values_supported: ['ES256', 'Ed25519', 'PS256', 'RS256'],
    })
  })
})

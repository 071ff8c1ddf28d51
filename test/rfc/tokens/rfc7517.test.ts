import { exports } from 'cloudflare:workers'
import { compactDecrypt, importJWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { API, API2, ISSUER, PARTNER_KEY, SIGNED } from '../../fixtures.ts'
import { type Asker, formRequest, getRequest } from '../../parties/servers.ts'

const ask = (request: Request): Promise<Response> => exports.default.fetch(request)
type Keys = { keys: Record<string, unknown>[] }
const today = (): number => Math.floor(Date.now() / 86_400_000)

describe('GET /jwks', () => {
  it('is a JWK Set of public keys, each with kid, alg and use (RFC 7517 §5, §4.2, §4.4, §4.5)', async () => {
    const response = await ask(new Request(`${ISSUER}/jwks`))
    expect(response.headers.get('content-type')).toBe('application/jwk-set+json')
    const { keys } = (await response.json()) as Keys
    for (const key of keys) {
      expect(key).toEqual({
        kty: 'EC',
        crv: 'P-256',
        x: expect.stringMatching(/^[\w-]{43}$/),
        y: expect.stringMatching(/^[\w-]{43}$/),
        kid: expect.stringMatching(/^r1\.\d+$/),
        alg: 'ES256',
        use: 'sig',
      })
    }
    expect(keys.map(({ kid }) => kid)).toContain(`r1.${today()}`)
    expect(keys.map(({ kid }) => kid)).toContain(`r1.${today() + 1}`)
  })

  it('may be kept for less than a new ring takes to reach everyone, and is not sent twice', async () => {
    const response = await ask(new Request(`${ISSUER}/jwks`))
    expect(response.headers.get('cache-control')).toBe('public, max-age=300')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const etag = response.headers.get('etag') ?? ''
    const again = await ask(new Request(`${ISSUER}/jwks`, { headers: { 'if-none-match': etag } }))
    expect([etag !== '', again.status, await again.text()]).toEqual([true, 304, ''])
    expect((await ask(new Request(`${ISSUER}/jwks`, { method: 'HEAD' }))).status).toBe(200)
  })

  it.each(['POST', 'PUT', 'DELETE'])('refuses %s', async (method) => {
    const response = await ask(new Request(`${ISSUER}/jwks`, { method }))
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

describe('GET /keys', () => {
  const keysAt = (asker: Asker, resource = API): Promise<Response> =>
    ask(getRequest(`/keys?resource=${encodeURIComponent(resource)}`, asker))

  it("is a JWK Set of the server's own leaves: yesterday's, today's and tomorrow's (RFC 7517 §5)", async () => {
    const response = await keysAt('api-server')
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      200,
      'application/jwk-set+json',
      'no-store',
    ])
    const { keys } = (await response.json()) as Keys
    // Yesterday's is there as long as a token under it can live: for the first minutes of a day.
    const kids = keys.map(({ kid }) => kid)
    expect(kids.filter((kid) => kid !== `r1.${today() - 1}`)).toEqual([`r1.${today()}`, `r1.${today() + 1}`])
    expect(keys.at(-1)).toEqual({
      kty: 'oct',
      k: expect.stringMatching(/^[\w-]{43}$/),
      kid: `r1.${today() + 1}`,
      alg: 'dir',
      enc: 'A256GCM',
      use: 'enc',
      nbf: (today() + 1) * 86_400,
      exp: (today() + 2) * 86_400,
    })
  })

  it('has other keys for another resource, of its own content encryption (C03)', async () => {
    const [one, other] = (await Promise.all(
      [API, API2].map(async (resource) => (await keysAt('api-server', resource)).json()),
    )) as [Keys, Keys]
    expect(other.keys[0]).toMatchObject({ enc: 'A256CBC-HS512', k: expect.stringMatching(/^[\w-]{86}$/) })
    expect(other.keys[0]?.['k']).not.toContain(one.keys[0]?.['k'])
  })

  it('is encrypted to the registered key of the server (RFC 7517 §7)', async () => {
    const response = await keysAt('partner-server', SIGNED)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/jose'])
    const { plaintext, protectedHeader } = await compactDecrypt(
      await response.text(),
      await importJWK(PARTNER_KEY, 'ECDH-ES'),
    )
    expect(protectedHeader).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM', kid: 'partner-1', cty: 'jwk-set+json' })
    const { keys } = JSON.parse(new TextDecoder().decode(plaintext)) as Keys
    expect(keys.map(({ kid }) => kid)).toContain(`r1.${today() + 1}`)
  })

  it.each<[string, Asker, string, number, string]>([
    ['nobody', undefined, `resource=${API}`, 401, 'invalid_client'],
    ['a client that is no server', 'service', `resource=${API}`, 400, 'unauthorized_client'],
    ['an operator', 'operator', `resource=${API}`, 400, 'unauthorized_client'],
    ['the server of another resource', 'partner-server', `resource=${API}`, 400, 'invalid_target'],
    ['a server that does not say for which', 'api-server', '', 400, 'invalid_target'],
    ['a server that names two', 'api-server', `resource=${API}&resource=${API2}`, 400, 'invalid_target'],
    ['a secret in the URL', undefined, `client_id=api-server&client_secret=x&resource=${API}`, 400, 'invalid_request'],
  ])('%s is refused (C19, H40)', async (_, asker, query, status, error) => {
    const response = await ask(getRequest(`/keys?${query}`, asker))
    expect([response.status, await response.json()]).toEqual([status, { error, error_description: expect.any(String) }])
    expect(response.headers.get('cache-control')).toBe('no-store')
    if (status === 401 && asker !== undefined) expect(response.headers.get('www-authenticate')).toMatch(/^Basic /)
  })

  it('takes a form too, for servers that prove themselves by more than a header', async () => {
    const response = await ask(formRequest('/keys', 'api-server', { resource: API }))
    expect(response.status).toBe(200)
    expect(((await response.json()) as Keys).keys.map(({ kid }) => kid)).toContain(`r1.${today() + 1}`)
  })

  it.each(['PUT', 'HEAD', 'OPTIONS'])('refuses %s, and is for no page', async (method) => {
    const response = await ask(new Request(`${ISSUER}/keys`, { method, headers: { origin: 'https://a.example' } }))
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([405, null])
  })
})

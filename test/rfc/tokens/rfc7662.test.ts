import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { API, API2, ISSUER, PARTNER, SIGNED, tokenRequest } from '../../fixtures.ts'
import { createApp, createPerson, REQUESTS, readAnswer, tampered } from '../../parties/person.ts'
import { type Asker, formRequest } from '../../parties/servers.ts'

const ask = (request: Request): Promise<Response> => exports.default.fetch(request)
const introspect = (
  asker: Asker,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> => ask(formRequest('/introspect', asker, form, headers))
const mint = async (resource = API, client: 'service' | 'machine' | 'anon' = 'service'): Promise<string> =>
  (await readAnswer(await ask(tokenRequest({ client, form: { grant_type: 'client_credentials', resource } }))))
    .access_token

describe('an active token (RFC 7662 §2.2)', () => {
  it('is told to its own resource server, with exactly what is in it', async () => {
    const response = await introspect('api-server', { token: await mint() })
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      200,
      'application/json',
      'no-store',
    ])
    const { iat, exp, jti, ...others } = (await response.json()) as Record<string, unknown>
    expect(others).toEqual({
      active: true,
      iss: ISSUER,
      sub: 'client:service',
      aud: API,
      client_id: 'service',
      scope: 'read write',
      token_type: 'Bearer',
    })
    expect([(exp as number) - (iat as number), jti]).toEqual([600, expect.stringMatching(/^[\w-]{22}$/)])
  })

  it.each([
    ['A256CBC-HS512', API2, 'service', 'api-server'],
    ['signed and sealed under a leaf', SIGNED, 'machine', 'partner-server'],
  ] as const)('%s is opened as well', async (_, resource, client, server) => {
    const response = await introspect(server, { token: await mint(resource, client) })
    expect(await response.json()).toMatchObject({ active: true, aud: resource })
  })

  it('of a person tells who and how', async () => {
    const code = (await createPerson(ask).answer('allow', REQUESTS['web'])).searchParams.get('code') ?? ''
    const { access_token } = await readAnswer(await createApp(ask, { client: 'web' }).redeem(code))
    expect(await (await introspect('api-server', { token: access_token })).json()).toMatchObject({
      active: true,
      sub: 'alice',
      client_id: 'web',
      auth_time: expect.any(Number),
    })
  })

  it.each(['access_token', 'refresh_token', 'unknown'])(
    'is found whatever the hint %j says (RFC 7662 §2.1)',
    async (hint) => {
      const response = await introspect('api-server', { token: await mint(), token_type_hint: hint })
      expect(await response.json()).toMatchObject({ active: true })
    },
  )

  it('without a client is told without one', async () => {
    const told = await (await introspect('api-server', { token: await mint(API2, 'anon') })).json()
    expect(told).toMatchObject({ active: true, sub: expect.stringMatching(/^anonymous:/) })
    expect(told).not.toHaveProperty('client_id')
  })
})

describe('everything else is exactly {"active":false} (RFC 7662 §2.2, H46, H47)', () => {
  it.each<[string, Asker, () => string | Promise<string>]>([
    ['the token of another resource', 'partner-server', () => mint()],
    ['a token with a character changed', 'api-server', async () => tampered(await mint())],
    ['junk', 'api-server', () => 'junk'],
    ['a token that only its server can open', 'partner-server', () => mint(PARTNER, 'machine')],
    ['a code', 'api-server', async () => (await createPerson(ask).answer('allow')).searchParams.get('code') ?? ''],
    [
      'a refresh token',
      'api-server',
      async () => {
        const code = (await createPerson(ask).answer('allow')).searchParams.get('code') ?? ''
        return (await readAnswer(await createApp(ask).redeem(code))).refresh_token ?? ''
      },
    ],
  ])('%s', async (_, asker, make) => {
    const token = await make()
    expect(token).not.toBe('')
    const response = await introspect(asker, { token })
    expect([response.status, await response.text()]).toEqual([200, '{"active":false}'])
  })
})

describe('the caller', () => {
  it.each<[string, Asker, Readonly<Record<string, string>>, number, string]>([
    ['nobody', undefined, {}, 401, 'invalid_client'],
    ['a server without its secret', undefined, { client_id: 'api-server' }, 401, 'invalid_client'],
    ['a public client', undefined, { client_id: 'pub' }, 400, 'unauthorized_client'],
    ['the client of the token', 'service', {}, 400, 'unauthorized_client'],
    ['an operator', 'operator', {}, 400, 'unauthorized_client'],
    ['a server that asks for nothing', 'api-server', { token: '' }, 400, 'invalid_request'],
  ])('%s is refused (RFC 7662 §2.1)', async (_, asker, form, status, error) => {
    const response = await introspect(asker, { token: await mint(), ...form })
    expect([response.status, await response.json()]).toEqual([status, { error, error_description: expect.any(String) }])
  })

  it('may not be told apart by the token of the query (RFC 7662 §4)', async () => {
    const request = formRequest(`/introspect?token=${await mint()}`, 'api-server', { token: await mint() })
    expect((await ask(request)).status).toBe(400)
  })

  it.each(['GET', 'HEAD', 'PUT', 'OPTIONS'])('cannot use %s (RFC 7662 §2.1)', async (method) => {
    const response = await ask(
      new Request(`${ISSUER}/introspect`, { method, headers: { origin: 'https://a.example' } }),
    )
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([405, null])
  })
})

import { OAuthClientInformationFullSchema } from '@modelcontextprotocol/sdk/shared/auth.js'
import { describe, expect, it } from 'vitest'
import { ISSUER, NOW } from '../../fixtures.ts'
import { createWalkInIssuer, METADATA } from '../../parties/walk_in.ts'
import { REGISTERING_CLIENTS } from './bodies.ts'

/** Registers what is given, and nothing else; returns the status, and the answer. */
async function registering(
  metadata: Readonly<Record<string, unknown>>,
  issuer = createWalkInIssuer(),
): Promise<readonly [number, Readonly<Record<string, unknown>>]> {
  const headers = { 'content-type': 'application/json' }
  const request = new Request(`${ISSUER}/register`, { method: 'POST', headers, body: JSON.stringify(metadata) })
  const response = await issuer.ask(request)
  return [response.status, await response.json()]
}

/** Registers with these changes. */
const changing = (changes: Readonly<Record<string, unknown>>) => registering({ ...METADATA, ...changes })

describe('a client in the field', () => {
  it.each(REGISTERING_CLIENTS)('is told what it registered, and has a way in: $client', async ({ body, answer }) => {
    const [status, { client_id, client_secret, client_secret_expires_at, ...told }] = await registering(body)
    const isProved = { ...body, ...answer }['token_endpoint_auth_method'] !== 'none'
    const expected = { ...body, ...answer, client_id_issued_at: NOW }
    expect([status, told]).toEqual([
      201,
      Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
    ])
    expect([typeof client_secret, client_secret_expires_at]).toEqual(
      isProved ? ['string', 0] : ['undefined', undefined],
    )
    expect(String(client_id).length).toBeLessThanOrEqual(600)
  })

  it.each(REGISTERING_CLIENTS)("can read it by MCP's own schema: $client", async ({ body }) => {
    const [, told] = await registering(body)
    expect(OAuthClientInformationFullSchema.parse(told)).toMatchObject({ client_id: told['client_id'] })
  })
})

describe('what a client registers', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['no list', { redirect_uris: 'https://tool.example/cb' }],
    ['none', { redirect_uris: undefined }],
    ['an empty list', { redirect_uris: [] }],
    ['null', { redirect_uris: null }],
    ['one that is no text', { redirect_uris: ['https://tool.example/cb', 7] }],
    ['null among them', { redirect_uris: ['https://tool.example/cb', null] }],
    ['eleven', { redirect_uris: Array.from({ length: 11 }, (_, index) => `https://tool.example/${index}`) }],
    ['one of 513 characters', { redirect_uris: [`https://tool.example/${'a'.repeat(492)}`] }],
    ['a relative one', { redirect_uris: ['/cb'] }],
    ['one by http elsewhere', { redirect_uris: ['http://tool.example/cb'] }],
    ['one with a fragment', { redirect_uris: ['https://tool.example/cb#a'] }],
    ['one with a user', { redirect_uris: ['https://a@tool.example/cb'] }],
    ['one for any host', { redirect_uris: ['https://*.tool.example/cb'] }],
    ['a script', { redirect_uris: ['javascript:alert(1)'] }],
    [
      'more than an id can hold',
      { redirect_uris: Array.from({ length: 10 }, (_, n) => `https://tool.example/${n}${'a'.repeat(480)}`) },
    ],
    ['a good one beside a bad one', { redirect_uris: ['https://tool.example/cb', 'http://tool.example/cb'] }],
  ])('cannot be redirect URIs such as these: %s', async (_, changes) => {
    expect(await changing(changes)).toEqual([
      400,
      { error: 'invalid_redirect_uri', error_description: expect.any(String) },
    ])
  })

  it('can be ten redirect URIs, or one of 512 characters, each told once', async () => {
    const ten = Array.from({ length: 10 }, (_, index) => `https://tool.example/${index}`)
    expect(await changing({ redirect_uris: ten })).toEqual([201, expect.objectContaining({ redirect_uris: ten })])
    const long = `https://tool.example/${'a'.repeat(491)}`
    expect(await changing({ redirect_uris: [long] })).toEqual([201, expect.objectContaining({ redirect_uris: [long] })])
    const twice = await changing({ redirect_uris: [ten[0], ten[1], ten[0]] })
    expect(twice[1]['redirect_uris']).toEqual([ten[0], ten[1]])
  })

  it('may have no id that is longer than 1,024 characters, and one that is just as long', async () => {
    // Some lengths fit, and the next does not: so the bound is where it is said to be.
    const lengths: number[] = []
    for (let more = 110; more < 180; more++) {
      const uris = [`https://tool.example/${'a'.repeat(more)}`, `https://tool.example/b${'a'.repeat(480)}`]
      const [status, { client_id, error }] = await changing({ redirect_uris: uris })
      if (status === 201) lengths.push(String(client_id).length)
      else expect([status, error]).toEqual([400, 'invalid_redirect_uri'])
    }
    expect(lengths.length).toBeLessThan(70)
    expect(Math.max(...lengths)).toBe(1024)
  })

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['a name that is no text', { client_name: 7 }],
    ['a key', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['a signature by the secret', { token_endpoint_auth_method: 'client_secret_jwt' }],
    ['a certificate', { token_endpoint_auth_method: 'tls_client_auth' }],
    ['a method that nobody knows', { token_endpoint_auth_method: 'other' }],
    ['a method that is none', { token_endpoint_auth_method: ['none'] }],
    ['a method by the name of something else', { token_endpoint_auth_method: 'toString' }],
    ['a token at once', { response_types: ['token'] }],
    ['a code and a token', { response_types: ['code', 'code token'] }],
    ['response types that are no list', { response_types: 'code' }],
    ['grant types without the code', { grant_types: ['client_credentials'] }],
    ['a refresh token that nothing leads to', { grant_types: ['refresh_token'] }],
    ['grant types that are no list', { grant_types: 'authorization_code' }],
    ['grant types that are no texts', { grant_types: ['authorization_code', 7] }],
    ['a scope that is a list', { scope: ['read'] }],
  ])('cannot be %s', async (_, changes) => {
    expect(await changing(changes)).toEqual([
      400,
      { error: 'invalid_client_metadata', error_description: expect.any(String) },
    ])
  })

  it.each([[null], [''], [[]]])('is not there where it is %j, whatever it is', async (nothing) => {
    const names = ['client_name', 'grant_types', 'response_types', 'scope', 'application_type', 'logo_uri']
    const [status, { client_id, ...told }] = await changing(Object.fromEntries(names.map((name) => [name, nothing])))
    expect([status, told]).toEqual([
      201,
      {
        redirect_uris: METADATA['redirect_uris'],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        scope: 'read write',
        client_id_issued_at: NOW,
      },
    ])
    expect(client_id).toMatch(/^dcr\./)
  })

  it.each<[string, string, string | undefined]>([
    ['cut at 64 characters', 'ä'.repeat(65), 'ä'.repeat(64)],
    ['cut between characters, not inside of one', `${'a'.repeat(63)}🔑🔑`, `${'a'.repeat(63)}🔑`],
    ['without what nobody sees', 'Ad\u200bmin\u202e\u0000\ufeff\u2066', 'Admin'],
    [
      'of letters with four marks at the most',
      `Za${'\u0301'.repeat(40)}lgo${'\u20dd\u0489'.repeat(9)}`,
      `Za\u0301${'\u0301'.repeat(3)}lgo${'\u20dd\u0489'.repeat(2)}`,
    ],
    ['in one line', ' Bank \n\t of   all ', 'Bank of all'],
    ['none where nothing of it can be seen', '\u200b\u2060\u00ad \u3164', undefined],
  ])('has a name %s', async (_, client_name, expected) => {
    const [status, told] = await changing({ client_name })
    expect([status, told['client_name'], 'client_name' in told]).toEqual([201, expected, expected !== undefined])
  })

  it.each<[string, readonly string[] | undefined, readonly string[]]>([
    ['what it asks for', ['authorization_code', 'refresh_token'], ['authorization_code', 'refresh_token']],
    ['no refresh token unasked', ['authorization_code'], ['authorization_code']],
    ['the code where it says nothing', undefined, ['authorization_code']],
    ['nothing beyond', ['implicit', 'authorization_code', 'client_credentials', 'password'], ['authorization_code']],
  ])('has of grant types, on the web: %s', async (_, grant_types, expected) => {
    const web = { redirect_uris: ['https://tool.example/cb'], token_endpoint_auth_method: 'client_secret_post' }
    for (const method of ['client_secret_post', 'none']) {
      const [, told] = await changing({ ...web, token_endpoint_auth_method: method, grant_types })
      expect(told['grant_types']).toEqual(expected)
    }
  })

  it.each(['http://127.0.0.1/cb', 'http://localhost:1/cb', 'http://[::1]/cb'])(
    'has refresh tokens by none at %s though it did not ask: such apps refresh all the same',
    async (uri) => {
      const asked = { redirect_uris: [uri], grant_types: ['authorization_code'] }
      expect((await changing(asked))[1]['grant_types']).toEqual(['authorization_code', 'refresh_token'])
      const proved = await changing({ ...asked, token_endpoint_auth_method: 'client_secret_post' })
      expect(proved[1]['grant_types']).toEqual(['authorization_code'])
    },
  )

  it.each<[string | undefined, string | undefined]>([
    [undefined, 'read write'],
    ['write', 'write'],
    ['write read', 'read write'],
    ['read admin openid profile', 'read'],
    ['admin', undefined],
    ['  read  ', 'read'],
    ['"\\', undefined],
  ])('has of the scope %j what strangers may have: %j', async (scope, expected) => {
    const [status, told] = await changing({ scope })
    expect([status, told['scope'], 'scope' in told]).toEqual([201, expected, expected !== undefined])
  })

  it.each([
    ['web', 'web'],
    ['native', 'native'],
    ['browser', undefined],
    [7, undefined],
  ])('is said back of application_type %j as %j, and means nothing', async (application_type, expected) => {
    const uris = ['http://127.0.0.1/cb', 'https://tool.example/cb']
    const [status, told] = await changing({ application_type, redirect_uris: uris })
    expect([status, told['application_type']]).toEqual([201, expected])
  })

  it('is never what an object of the language has by itself', async () => {
    const body = `{"__proto__":{"client_name":"other","scope":7},"constructor":1,"toString":null,"redirect_uris":["https://tool.example/cb"]}`
    const request = new Request(`${ISSUER}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const told = (await (await createWalkInIssuer().ask(request)).json()) as Readonly<Record<string, unknown>>
    expect([told['client_name'], told['scope']]).toEqual([undefined, 'read write'])
  })
})

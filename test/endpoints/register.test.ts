import { describe, expect, it } from 'vitest'
import { decodeBase64url } from '../../keys/base64url.ts'
import type { LogEntry } from '../../src/index.ts'
import { createDynamicIds } from '../../src/registration/walk_in/dynamic_id.ts'
import { API, API2, basic, ISSUER, NOW, VARS } from '../fixtures.ts'
import { bareLine } from '../parties/bare_line.ts'
import { VERIFIER } from '../parties/person.ts'
import {
  CALLBACK,
  createWalkInIssuer,
  METADATA,
  REGISTRATION_KEYS,
  type Registered,
  type WalkInIssuer,
} from '../parties/walk_in.ts'

const URL_OF_IT = `${ISSUER}/register`
const JSON_TYPE = { 'content-type': 'application/json' }

/** Returns a request to register with this body. */
function post(body: string | Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>> = JSON_TYPE): Request {
  return new Request(URL_OF_IT, { method: 'POST', headers, body })
}

/** Returns the status, and what is told. */
async function told(response: Response | Promise<Response>): Promise<readonly [number, Registered]> {
  const { status } = await response
  return [status, (await (await response).json()) as Registered]
}

/** Returns a code of a client. */
async function codeOf({ authorize }: WalkInIssuer, client: Registered): Promise<string> {
  return (await authorize(client)).searchParams.get('code') ?? ''
}

const { ask: register } = createWalkInIssuer()
const metadata = (changes: object = {}): string => JSON.stringify({ ...METADATA, ...changes })

describe('POST /register (RFC 7591)', () => {
  it('gives a client an id, and tells all that was registered, nothing of it empty', async () => {
    const { register } = createWalkInIssuer()
    const { client_id, ...told } = await register()
    expect(client_id).toMatch(/^dcr\.[\w-]+\.[\w-]{43}$/)
    expect(told).toEqual({ ...METADATA, client_id_issued_at: NOW, scope: 'read write' })
  })

  it.each([
    ['none', undefined],
    ['client_secret_basic', expect.stringMatching(/^[\w-]{43}$/)],
    ['client_secret_post', expect.stringMatching(/^[\w-]{43}$/)],
  ])('lets a client by %s walk all the way to a token, and to the next', async (method, secret) => {
    const { register, authorize, token } = createWalkInIssuer()
    const client = await register({ token_endpoint_auth_method: method })
    expect(client.client_secret).toEqual(secret)
    const back = await authorize(client)
    expect([back.origin + back.pathname, back.searchParams.get('iss')]).toEqual([CALLBACK, ISSUER])
    const code = back.searchParams.get('code') ?? ''
    const first = await token(client, { grant_type: 'authorization_code', code, code_verifier: VERIFIER })
    const { refresh_token, scope } = (await first.json()) as { refresh_token?: string; scope?: string }
    expect([first.status, scope]).toEqual([200, 'read'])
    const next = await token(client, { grant_type: 'refresh_token', refresh_token })
    expect(next.status).toBe(200)
  })

  it('tells a secret that never ends to a client that names no method, and the method by which it is meant (RFC 7591 §2)', async () => {
    const [status, client] = await told(register(post(metadata({ token_endpoint_auth_method: undefined }))))
    expect([status, client]).toEqual([
      201,
      expect.objectContaining({
        token_endpoint_auth_method: 'client_secret_basic',
        client_secret: expect.stringMatching(/^[\w-]{43}$/),
        client_secret_expires_at: 0,
      }),
    ])
  })

  it('never tells a client by none a secret, nor when it would end', async () => {
    const [, client] = await told(register(post(metadata())))
    expect(Object.keys(client).filter((name) => name.includes('secret'))).toEqual([])
  })

  it('gives two ids, and two secrets, for the same registered twice in one second', async () => {
    const body = metadata({ token_endpoint_auth_method: 'client_secret_post' })
    const [[, one], [, other]] = await Promise.all([told(register(post(body))), told(register(post(body)))])
    expect(one.client_id).not.toBe(other.client_id)
    expect(one.client_secret).not.toBe(other.client_secret)
  })

  it('makes ids and secrets of letters that are the same in every encoding, so that Basic means one thing', async () => {
    const [, client] = await told(register(post(metadata({ token_endpoint_auth_method: 'client_secret_basic' }))))
    expect(`${client.client_id}${client.client_secret}`).toMatch(/^[A-Za-z0-9._-]+$/)
  })

  it('lets nobody keep the answer, good or bad', async () => {
    for (const body of [metadata(), '{}']) {
      const { headers } = await register(post(body))
      expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache'])
    }
  })

  it('writes into its log who registered, and nothing that is secret', async () => {
    const lines: LogEntry[] = []
    const { register } = createWalkInIssuer({ log: (line) => lines.push(line) })
    const { client_id, client_secret } = await register({ token_endpoint_auth_method: 'client_secret_post' })
    expect(lines.map(bareLine)).toEqual([{ level: 'info', event: 'register', client: client_id }])
    expect(JSON.stringify(lines)).not.toContain(client_secret)
  })
})

describe('a registration that cannot be read', () => {
  const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
  const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
  it.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>]>([
    ['no body', '', JSON_TYPE],
    ['no JSON', 'client_name=x', JSON_TYPE],
    ['a list', `[${metadata()}]`, JSON_TYPE],
    ['a text', '"x"', JSON_TYPE],
    ['nothing', 'null', JSON_TYPE],
    ['two of them', `${metadata()}${metadata()}`, JSON_TYPE],
    ['a member twice', metadata().replace('{', '{"client_name":"other",'), JSON_TYPE],
    ['a member twice, one of them empty', metadata().replace('{', '{"redirect_uris":null,'), JSON_TYPE],
    ['a member twice in another spelling', metadata().replace('{', '{"client\\u005fname":"other",'), JSON_TYPE],
    ['a member of a member twice', metadata().replace('{', '{"jwks":{"a":1,"a":2},'), JSON_TYPE],
    ['bytes that are no UTF-8', Uint8Array.from([...utf8('{"a":"'), 0xff, ...utf8('"}')]), JSON_TYPE],
    ['UTF-16', Uint8Array.from([...metadata()].flatMap((letter) => [letter.charCodeAt(0), 0])), JSON_TYPE],
    ['a byte order mark', `\ufeff${metadata()}`, JSON_TYPE],
    ['lists in lists to the end', nested(8000), JSON_TYPE],
    ['a form', metadata(), { 'content-type': 'application/x-www-form-urlencoded' }],
    ['what a page of another origin can send unasked', metadata(), { 'content-type': 'text/plain' }],
    ['another JSON', metadata(), { 'content-type': 'application/jwt+json' }],
  ])('is refused: %s', async (_, body, headers) => {
    const response = await register(post(body, headers))
    // Whether something is too deep to be read is the platform's to say; without redirect URIs it is no registration.
    const expected = body === nested(8000) ? expect.stringMatching(/^invalid_/) : 'invalid_client_metadata'
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: expected, error_description: expect.any(String) },
    ])
  })

  it.each(['application/json; charset=utf-8', 'Application/JSON;charset=UTF-8', 'application/json ; q=1'])(
    'is none whose type has parameters: %s',
    async (type) => {
      expect((await register(post(metadata(), { 'content-type': type }))).status).toBe(201)
    },
  )

  it('is refused over 16 KB, said or not, and taken just below', async () => {
    const padded = (bytes: number): string => {
      const empty = metadata({ software_statement: '' })
      return metadata({ software_statement: 'x'.repeat(bytes - empty.length) })
    }
    expect((await register(post(padded(16_384)))).status).toBe(201)
    expect((await register(post(padded(16_385)))).status).toBe(413)
    const stream = new ReadableStream({
      start(controller) {
        for (let kilobyte = 0; kilobyte < 17; kilobyte++) controller.enqueue(new Uint8Array(1024).fill(0x20))
        controller.close()
      },
    })
    const unsaid = new Request(URL_OF_IT, { method: 'POST', headers: JSON_TYPE, body: stream, duplex: 'half' } as never)
    expect((await register(unsaid)).status).toBe(413)
  })
})

describe('what stands before it', () => {
  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])(
    '%s is 405: nothing can be read, changed or deleted here',
    async (method) => {
      const response = await register(new Request(URL_OF_IT, { method }))
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    },
  )

  it('lets pages of any origin register, with the headers that MCP clients send, and read why not', async () => {
    const asked = { Origin: 'https://inspector.example', 'Access-Control-Request-Method': 'POST' }
    const wanted = { 'Access-Control-Request-Headers': 'content-type,mcp-protocol-version' }
    const before = await register(new Request(URL_OF_IT, { method: 'OPTIONS', headers: { ...asked, ...wanted } }))
    const allowed = before.headers.get('access-control-allow-headers')?.toLowerCase().split(',')
    expect([before.status, before.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    expect(allowed).toEqual(expect.arrayContaining(['content-type', 'mcp-protocol-version']))
    expect(before.headers.has('access-control-allow-credentials')).toBe(false)
    for (const body of [metadata(), '{}', 'x'.repeat(17_000)]) {
      const response = await register(post(body, { ...JSON_TYPE, Origin: 'https://inspector.example' }))
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
    }
  })

  // promise: W08
  it('answers 429, and when to come again, where there were too many; and asks before it reads', async () => {
    let left = 1
    const { ask } = createWalkInIssuer({ allowRegistration: async () => left-- > 0 })
    expect((await ask(post(metadata()))).status).toBe(201)
    for (const body of [metadata(), '{}', 'nonsense']) {
      const response = await ask(post(body))
      const answer = [
        response.status,
        response.headers.get('retry-after'),
        ((await response.json()) as Registered).error,
      ]
      expect(answer).toEqual([429, '60', 'slow_down'])
    }
  })

  it.each([
    ['where nobody may register', { registration: { dynamic: false } }],
    ['without keys', { registrationKeys: undefined }],
  ])('is not there %s', async (_, changes) => {
    const { ask } = createWalkInIssuer(changes)
    expect((await ask(post(metadata()))).status).toBe(404)
  })

  it('knows the ids that it gave where nobody may register any more', async () => {
    const { register } = createWalkInIssuer()
    const client = await register()
    const { question } = createWalkInIssuer({ registration: { dynamic: false } })
    expect((await question(client)).status).toBe(200)
  })
})

describe('a client that registered', () => {
  const exchange = { grant_type: 'authorization_code', code_verifier: VERIFIER }

  it.each(['client_secret_basic', 'client_secret_post'])(
    'by %s shows its secret by the header or by the form, raw or encoded: clients do as they like',
    async (method) => {
      const issuer = createWalkInIssuer()
      const client = await issuer.register({ token_endpoint_auth_method: method })
      const { client_id, client_secret = '' } = client
      const headers = [basic(client_id, client_secret), `Basic ${btoa(`${client_id}:${client_secret}`)}`]
      for (const authorization of headers) {
        const form = new URLSearchParams({ ...exchange, code: await codeOf(issuer, client), client_id })
        const request = new Request(`${ISSUER}/token`, { method: 'POST', headers: { authorization }, body: form })
        expect((await issuer.ask(request)).status).toBe(200)
      }
      const posted = await issuer.token(client, { ...exchange, code: await codeOf(issuer, client) })
      expect(posted.status).toBe(200)
    },
  )

  it('by none is it with an empty secret too, in the form or in Basic', async () => {
    const issuer = createWalkInIssuer()
    const client = await issuer.register()
    const empty = { ...client, client_secret: '' }
    expect((await issuer.token(empty, { ...exchange, code: await codeOf(issuer, client) })).status).toBe(200)
    const form = new URLSearchParams({ ...exchange, code: await codeOf(issuer, client) })
    const headers = { authorization: basic(client.client_id, '') }
    const request = new Request(`${ISSUER}/token`, { method: 'POST', headers, body: form })
    expect((await issuer.ask(request)).status).toBe(200)
  })

  it('by none that shows a secret is refused, be it the one that would be its own, and its code is not spent', async () => {
    const issuer = createWalkInIssuer()
    const client = await issuer.register()
    const code = await codeOf(issuer, client)
    const ids = createDynamicIds(ISSUER, [decodeBase64url(REGISTRATION_KEYS[0])])
    for (const client_secret of ['x', ids.open(client.client_id)?.secret() ?? '']) {
      const [status, { error }] = await told(issuer.token({ ...client, client_secret }, { ...exchange, code }))
      expect([status, error]).toEqual([400, 'invalid_request'])
    }
    expect((await issuer.token(client, { ...exchange, code })).status).toBe(200)
  })

  it('with a secret is nobody without it, with an empty one, with that of another, or with that of its method changed', async () => {
    const issuer = createWalkInIssuer()
    const [client, other] = await Promise.all([
      issuer.register({ token_endpoint_auth_method: undefined }),
      issuer.register({ token_endpoint_auth_method: undefined }),
    ])
    const code = await codeOf(issuer, client)
    for (const client_secret of [undefined, '', other.client_secret, client.client_secret?.toLowerCase()]) {
      const { client_id } = client
      const shown = { client_id, ...(client_secret === undefined ? {} : { client_secret }) }
      const [status, { error }] = await told(issuer.token(shown, { ...exchange, code }))
      expect([status, error]).toEqual([401, 'invalid_client'])
    }
    expect((await issuer.token(client, { ...exchange, code })).status).toBe(200)
  })

  it('under a forged id, one of another issuer, or by a key that is not listed, is 401 before all else', async () => {
    const facts = {
      random: 'AAECAwQFBgc',
      hour: 1,
      name: '',
      redirectUris: [CALLBACK],
      method: 'none',
      grantTypes: ['authorization_code'],
    } as const
    const [first, second] = REGISTRATION_KEYS.map(decodeBase64url) as [Uint8Array, Uint8Array]
    const { token, register } = createWalkInIssuer()
    const { client_id } = await register()
    const forged = [
      createDynamicIds(ISSUER, [second]).make(facts),
      createDynamicIds(`${ISSUER}/other`, [first]).make(facts),
      client_id.slice(0, -1),
      `${client_id.slice(0, -43)}${'A'.repeat(43)}`,
      `dcr.${client_id.split('.')[1]?.slice(4)}.${client_id.split('.')[2]}`,
      'dcr.',
      'dcr..',
      'dcr.e30.',
    ]
    for (const id of forged)
      expect(await told(token({ client_id: id }, { grant_type: 'nonsense' }))).toEqual([
        401,
        expect.objectContaining({ error: 'invalid_client' }),
      ])
  })

  it('has an id that is nothing else: no code, no refresh token, no access token, and no request URI', async () => {
    const { register, token, question, ask } = createWalkInIssuer()
    const client = await register()
    const { client_id } = client
    const asCode = await told(token(client, { ...exchange, code: client_id }))
    const asRefresh = await told(token(client, { grant_type: 'refresh_token', refresh_token: client_id }))
    expect([asCode, asRefresh].map(([status, { error }]) => [status, error])).toEqual([
      [400, 'invalid_grant'],
      [400, 'invalid_grant'],
    ])
    expect((await question(client, { request_uri: client_id })).status).toBe(400)
    const revoking = new URLSearchParams({ token: client_id, client_id })
    const revoked = await ask(new Request(`${ISSUER}/revoke`, { method: 'POST', body: revoking }))
    expect([revoked.status, await revoked.text()]).toEqual([200, ''])
    expect((await question(client)).status).toBe(200)
  })

  it('and is blocked is nobody any more: not at the token endpoint, nor for a person', async () => {
    const { register } = createWalkInIssuer()
    const client = await register()
    const { token, question } = createWalkInIssuer({ registration: { blocked: [client.client_id] } })
    const [status, { error }] = await told(token(client, { grant_type: 'refresh_token', refresh_token: 'x' }))
    expect([status, error]).toEqual([401, 'invalid_client'])
    expect((await question(client)).status).toBe(400)
  })

  it('is held to the rules of today: where answers may not go any more there is nobody', async () => {
    const { register } = createWalkInIssuer()
    const uris = ['https://tool.example/cb', CALLBACK]
    const client = await register({ redirect_uris: uris })
    const { question } = createWalkInIssuer({ registration: { redirect_hosts: ['other.example'] } })
    expect((await question(client, { redirect_uri: uris[0] as string })).status).toBe(400)
    expect((await question(client, { redirect_uri: CALLBACK })).status).toBe(200)
  })

  it('gets no more than the policy of today, whatever it registered', async () => {
    const changes = { resources: { [API]: VARS.RESOURCES[API], [API2]: VARS.RESOURCES[API2] } }
    const issuer = createWalkInIssuer({ ...changes, registration: { scopes: ['read'] } })
    const client = await createWalkInIssuer().register({ scope: 'read write' })
    const back = await issuer.authorize(client, { scope: 'read', resource: API2 })
    expect(back.searchParams.get('code')).toBeNull()
  })
})

import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { API, basic, SECRETS, type TokenAnswer, type TokenRequestChanges, tokenRequest } from '../fixtures.ts'

const send = (changes?: TokenRequestChanges): Promise<Response> => exports.default.fetch(tokenRequest(changes))
const read = async (response: Response): Promise<TokenAnswer> => (await response.json()) as TokenAnswer

const DESCRIPTIONS = {
  invalid_request: 'The request is malformed, lacks a parameter, or repeats one.',
  invalid_client: 'Client authentication failed.',
  unauthorized_client: 'The client may not use this grant type.',
  unsupported_grant_type: 'This grant type is not supported.',
  invalid_scope: 'The scope is malformed, unknown, or more than the client may have.',
  invalid_target: 'The resource is malformed, unknown, or not open to the client.',
} as const
type Code = keyof typeof DESCRIPTIONS

/** Expects exactly the error answer of §5.2: its siblings of the same code are the same to the byte. */
async function expectError(response: Response, status: number, code: Code): Promise<void> {
  expect(await response.text()).toBe(JSON.stringify({ error: code, error_description: DESCRIPTIONS[code] }))
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('pragma')).toBe('no-cache')
}

const plain = { grant_type: 'client_credentials', resource: API }
const secret = SECRETS.service
const post = { client_id: 'service', client_secret: secret }
const noHeader = { headers: { authorization: undefined } }

describe('client authentication (RFC 6749 §2.3)', () => {
  it.each<[string, TokenRequestChanges]>([
    ['Basic', {}],
    [
      'Basic with its scheme in lower case',
      { headers: { authorization: basic('service', secret).replace('Basic', 'basic') } },
    ],
    ['Basic, and the same client_id in the body', { form: { ...plain, client_id: 'service' } }],
    ['the body', { form: { ...plain, ...post }, ...noHeader }],
    ['Basic with reserved characters, form-encoded', { client: 'odd id:%+&' }],
    [
      'the body with reserved characters',
      { form: { ...plain, client_id: 'odd id:%+&', client_secret: SECRETS['odd id:%+&'] }, ...noHeader },
    ],
    ['the new secret while it is changed', { client: 'turning' }],
    ['the old secret while it is changed', { headers: { authorization: basic('turning', 'old-secret') } }],
  ])('by %s is taken (RFC 6749 §2.3.1)', async (_, changes) => {
    expect((await send(changes)).status).toBe(200)
  })

  it('of a public client by Basic with an empty password only names it: an empty secret is none (RFC 6749 §2.3.1)', async () => {
    const form = { grant_type: 'refresh_token', refresh_token: 'none' }
    const errorOf = async (authorization: string | undefined, more = {}): Promise<string> => {
      const response = await send({ headers: { authorization }, form: { ...form, ...more } })
      return ((await response.json()) as { error: string }).error
    }
    // It is known, and only its refresh token is not good.
    expect(await errorOf(undefined, { client_id: 'pub' })).toBe('invalid_grant')
    expect(await errorOf(basic('pub', ''))).toBe('invalid_grant')
    expect(await errorOf(basic('pub', ''), { client_id: 'pub' })).toBe('invalid_grant')
    // Whoever has a secret must show it all the same, and nobody shows one that there is not.
    expect(await errorOf(basic('web', ''))).toBe('invalid_client')
    expect(await errorOf(basic('pub', 'x'))).toBe('invalid_request')
  })

  const refused: readonly (readonly [string, TokenRequestChanges, number, Code])[] = [
    ['a wrong secret by Basic', { headers: { authorization: basic('service', 'wrong') } }, 401, 'invalid_client'],
    [
      'a wrong secret in the body',
      { form: { ...plain, ...post, client_secret: 'wrong' }, ...noHeader },
      401,
      'invalid_client',
    ],
    [
      'the secret and a NUL',
      { form: { ...plain, ...post, client_secret: `${secret}\0` }, ...noHeader },
      400,
      'invalid_request',
    ],
    ['an unknown client by Basic', { headers: { authorization: basic('nobody', 'x') } }, 401, 'invalid_client'],
    [
      'an unknown client in the body',
      { form: { ...plain, client_id: 'nobody', client_secret: 'x' }, ...noHeader },
      401,
      'invalid_client',
    ],
    ['an unknown public client', { form: { ...plain, client_id: 'nobody' }, ...noHeader }, 401, 'invalid_client'],
    ['a client named as a prototype', { headers: { authorization: basic('__proto__', 'x') } }, 401, 'invalid_client'],
    ['no client at all', noHeader, 401, 'invalid_client'],
    [
      'a confidential client without its secret (C19)',
      { form: { ...plain, client_id: 'service' }, ...noHeader },
      401,
      'invalid_client',
    ],
    ['an empty secret by Basic', { headers: { authorization: basic('service', '') } }, 401, 'invalid_client'],
    [
      'an empty secret in the body',
      { form: { ...plain, ...post, client_secret: '' }, ...noHeader },
      401,
      'invalid_client',
    ],
    [
      'the body, by a client registered for Basic (C19)',
      { form: { ...plain, client_id: 'basic-only', client_secret: SECRETS['basic-only'] }, ...noHeader },
      401,
      'invalid_client',
    ],
    [
      'a public client with a secret (M32)',
      { form: { ...plain, client_id: 'app', client_secret: 'x' }, ...noHeader },
      400,
      'invalid_request',
    ],
    ['Basic and a secret in the body (H37)', { form: { ...plain, client_secret: secret } }, 400, 'invalid_request'],
    ['Basic and all of it in the body (H37)', { form: { ...plain, ...post } }, 400, 'invalid_request'],
    ['Basic and another client_id in the body', { form: { ...plain, client_id: 'one' } }, 400, 'invalid_request'],
    ['Basic with nothing behind', { headers: { authorization: 'Basic' } }, 401, 'invalid_client'],
    ['Basic without a colon', { headers: { authorization: 'Basic Zm9v' } }, 401, 'invalid_client'],
    [
      'Basic with a malformed escape',
      { headers: { authorization: `Basic ${btoa('foo with %:foo')}` } },
      401,
      'invalid_client',
    ],
    ['Basic that is no base64', { headers: { authorization: 'Basic ????' } }, 401, 'invalid_client'],
    ['another scheme', { headers: { authorization: 'Bearer foo' } }, 401, 'invalid_client'],
    [
      'another scheme and the secret in the body',
      { form: { ...plain, ...post }, headers: { authorization: 'Bearer foo' } },
      400,
      'invalid_request',
    ],
    [
      'the secret twice',
      { form: [...Object.entries({ ...plain, ...post }), ['client_secret', secret]], ...noHeader },
      400,
      'invalid_request',
    ],
    [
      'the secret in the query (OAuth 2.1 §2.4.1)',
      { query: `?client_id=service&client_secret=${secret}`, ...noHeader },
      400,
      'invalid_request',
    ],
  ]
  it.each(refused)('by %s is refused', async (_, changes, status, code) => {
    await expectError(await send(changes), status, code)
  })

  it.each(refused.filter(([, , status]) => status === 401))(
    'by %s gets a challenge of Basic if, and only if, it used the header (RFC 6749 §5.2)',
    async (_, changes) => {
      const usedHeader = !(changes.headers !== undefined && changes.headers['authorization'] === undefined)
      const challenge = usedHeader ? 'Basic realm="https://as.example", charset="UTF-8"' : null
      expect((await send(changes)).headers.get('www-authenticate')).toBe(challenge)
    },
  )
})

describe('the token endpoint (RFC 6749 §3.2)', () => {
  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])('refuses %s: the client MUST use POST', async (method) => {
    const response = await send({ method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('ignores parameters that it does not know', async () => {
    expect((await send({ form: { ...plain, foo: 'bar' } })).status).toBe(200)
  })

  it('takes a parameter without a value for an absent one', async () => {
    expect(await read(await send({ form: { ...plain, scope: '', foo: '' } }))).toMatchObject({ scope: 'read write' })
  })

  it.each<[string, TokenRequestChanges]>([
    ['scope', { form: [...Object.entries(plain), ['scope', 'read'], ['scope', 'read']] }],
    ['grant_type', { form: [...Object.entries(plain), ['grant_type', 'authorization_code']] }],
    ['an unknown parameter', { form: [...Object.entries(plain), ['foo', '1'], ['foo', '2']] }],
  ])('refuses %s twice', async (_, changes) => {
    await expectError(await send(changes), 400, 'invalid_request')
  })

  it.each<[string, TokenRequestChanges]>([
    [
      'no content type',
      { headers: { 'content-type': undefined }, body: new TextEncoder().encode('grant_type=client_credentials') },
    ],
    ['JSON', { headers: { 'content-type': 'application/json' }, body: JSON.stringify(plain) }],
    ['plain text', { headers: { 'content-type': 'text/plain' } }],
    ['multipart', { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' }],
    ['two types', { headers: { 'content-type': 'application/json, application/x-www-form-urlencoded' } }],
    ['UTF-16', { headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-16' } }],
    ['a longer type', { headers: { 'content-type': 'application/x-www-form-urlencoded-not' } }],
    ['a query', { query: '?foo=bar' }],
    ['an empty query', { query: '?grant_type' }],
    ['an empty body', { body: '' }],
    ['a NUL', { form: { ...plain, scope: 'read\0' } }],
    ['percent-encoded bytes that are not UTF-8', { body: 'grant_type=client_credentials&scope=%ff' }],
    ['bytes that are not UTF-8', { body: Uint8Array.of(0x67, 0xff, 0x3d, 0x31) }],
    ['a byte order mark', { body: `\ufeffgrant_type=client_credentials&resource=${API}` }],
    ['no grant_type', { form: { resource: API } }],
    ['an empty grant_type', { form: { ...plain, grant_type: '' } }],
    ['a list of grant types as PHP has it', { form: { 'grant_type[]': 'client_credentials', resource: API } }],
  ])('refuses %s (H58)', async (_, changes) => {
    await expectError(await send(changes), 400, 'invalid_request')
  })

  it.each([
    'application/x-www-form-urlencoded',
    'Application/X-WWW-Form-URLEncoded',
    'application/x-www-form-urlencoded;charset=UTF-8',
    'application/x-www-form-urlencoded; charset="utf-8"',
    'application/x-www-form-urlencoded; boundary=x; Charset=utf8;',
  ])('takes a body of type %s', async (type) =>
    expect((await send({ headers: { 'content-type': type } })).status).toBe(200),
  )

  const padded = (bytes: number): string => `${new URLSearchParams(plain)}&x=`.padEnd(bytes, 'a')
  const chunked = (text: string): ReadableStream<Uint8Array> =>
    new ReadableStream({
      start(controller) {
        for (let at = 0; at < text.length; at += 1000)
          controller.enqueue(new TextEncoder().encode(text.slice(at, at + 1000)))
        controller.close()
      },
    })
  // promise: N03
  it('takes a body of 16 KB and no byte more, also in chunks (M35)', async () => {
    expect((await send({ body: padded(16_384) })).status).toBe(200)
    expect((await send({ body: chunked(padded(16_384)) })).status).toBe(200)
    for (const body of [padded(16_385), chunked(padded(16_385)), padded(3_000_000), chunked(padded(1_000_000))]) {
      const response = await send({ body })
      expect([response.status, (await read(response)).error]).toEqual([413, 'invalid_request'])
    }
  })
})

describe('access token scope (RFC 6749 §3.3)', () => {
  it.each([
    [{ scope: 'read' }, 'read'],
    [{ scope: 'write read' }, 'write read'],
    [{ scope: 'read read' }, 'read'],
    [{}, 'read write'],
  ])('%o is granted as %j, and always told', async (changes, scope) => {
    expect(await read(await send({ form: { ...plain, ...changes } }))).toMatchObject({ scope })
  })

  it.each([
    'unknown',
    'admin',
    'mail',
    'read admin',
    'read  write',
    ' read',
    'READ',
    'read"',
    'read\\',
    'é',
    'read\r\nSet-Cookie: a=b',
    'a'.repeat(5000),
    'offline_access',
  ])('%j is more than the client may have at the resource, or malformed (H30)', async (scope) =>
    expectError(await send({ form: { ...plain, scope } }), 400, 'invalid_scope'),
  )
})

describe('the client credentials grant (RFC 6749 §4.4)', () => {
  it('gives an access token and no refresh token (RFC 6749 §4.4.3)', async () => {
    const answer = await read(await send())
    expect(Object.keys(answer)).toEqual(['access_token', 'token_type', 'expires_in', 'scope'])
  })

  it('MUST only be used by confidential clients', async () => {
    await expectError(await send({ form: { ...plain, client_id: 'app' }, ...noHeader }), 400, 'unauthorized_client')
  })

  it('is refused to a client that may not use it', async () => {
    await expectError(await send({ client: 'no-grant' }), 400, 'unauthorized_client')
  })
})

describe('a successful answer (RFC 6749 §5.1)', () => {
  it('has access_token, token_type, expires_in and scope, as JSON that nobody stores', async () => {
    const response = await send({ form: { ...plain, scope: 'read' } })
    expect(await read(response)).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'read',
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('pragma')).toBe('no-cache')
  })
})

describe('an error answer (RFC 6749 §5.2)', () => {
  it.each([
    'password',
    'implicit',
    'bar',
    '__proto__',
    'toString',
    '<script>alert(1)</script>',
    'CLIENT_CREDENTIALS',
    'client_credentials ',
  ])('to grant_type %j is unsupported_grant_type (H69)', async (grant_type) =>
    expectError(await send({ form: { ...plain, grant_type } }), 400, 'unsupported_grant_type'),
  )

  it('echoes nothing of the request', async () => {
    const canary = 'canary7'
    const requests: TokenRequestChanges[] = [
      { form: { ...plain, scope: canary } },
      { form: { ...plain, resource: `https://${canary}.example` } },
      { form: { ...plain, grant_type: canary } },
      { headers: { authorization: basic(canary, canary) } },
      { headers: { 'content-type': canary } },
      { query: `?${canary}` },
    ]
    for (const changes of requests) {
      const response = await send(changes)
      const headers = JSON.stringify([...response.headers])
      expect([response.status < 500, `${await response.text()}${headers}`.includes(canary)]).toEqual([true, false])
    }
  })

  it('uses the characters that error_description may have: %x20-21 / %x23-5B / %x5D-7E', () => {
    for (const description of Object.values(DESCRIPTIONS))
      expect(description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  })
})

describe('CORS at the token endpoint (b.5, H56)', () => {
  const preflight = (origin: string): Promise<Response> =>
    exports.default.fetch(
      new Request(tokenRequest().url, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      }),
    )

  it('lets any page ask, without cookies', async () => {
    const { status, headers } = await preflight('https://app.example')
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-methods')).toBe('POST')
    expect(headers.get('access-control-allow-headers')).toBe(
      'Authorization,Content-Type,DPoP,MCP-Protocol-Version,Traceparent,Tracestate,Baggage,Sentry-Trace,X-Requested-With',
    )
    expect(headers.get('access-control-max-age')).toBe('600')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  })

  it.each([{}, { form: { ...plain, scope: 'unknown' } }])(
    'shows the answer to the page, error or not',
    async (changes) => {
      const { headers } = await send({ ...changes, headers: { origin: 'https://app.example' } })
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('access-control-expose-headers')).toBe('DPoP-Nonce,WWW-Authenticate,Retry-After,Request-Id')
      expect(headers.get('access-control-allow-credentials')).toBeNull()
    },
  )

  it('is closed to a page without an origin', async () => {
    expect((await preflight('null')).headers.get('access-control-allow-origin')).toBeNull()
    const { headers } = await send({ headers: { origin: 'null' } })
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('guessing a secret (RFC 6749 §2.3.1: the server MUST protect against brute force)', () => {
  const guess = (ip: string): Promise<Response> =>
    send({ headers: { authorization: basic('service', 'wrong'), 'cf-connecting-ip': ip } })

  it('is answered 429 after 50 failures from one address in a minute; the right secret is not (H38)', async () => {
    const minute = (): number => Math.floor(Date.now() / 60_000)
    // The platform counts within a minute of the clock: what did not fit into one is done again, from another address.
    for (let turn = 1; turn < 5; turn++) {
      const [began, ip] = [minute(), `192.0.2.${turn}`]
      const statuses = await Promise.all(Array.from({ length: 110 }, async () => (await guess(ip)).status))
      const [blocked, elsewhere] = [await guess(ip), await guess(`198.51.100.${turn}`)]
      const right = await send({ headers: { 'cf-connecting-ip': ip } })
      if (minute() !== began) continue
      expect(statuses.toSorted()).toEqual([...Array(50).fill(401), ...Array(60).fill(429)])
      expect([blocked.status, blocked.headers.get('retry-after'), await read(blocked)]).toEqual([
        429,
        '60',
        { error: 'slow_down', error_description: 'Too many attempts; try again later.' },
      ])
      return expect([elsewhere.status, right.status]).toEqual([401, 200])
    }
    throw new Error('no minute was long enough')
  })
})

import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { createMemoryRevocations } from '../../src/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { API, basic, ISSUER, NOW } from '../fixtures.ts'
import {
  APP,
  APP_KEYS,
  CLIENT,
  createDocumentIssuer,
  DOCUMENT,
  type DocumentIssuer,
  KEYS,
  SIGNING,
} from '../parties/client_documents.ts'
import { hiddenField, VERIFIER } from '../parties/person.ts'
import { clientAssertion } from '../parties/trusted.ts'
import { CALLBACK } from '../parties/walk_in.ts'

/** Goes all the way to a code. */
async function codeOf(issuer: DocumentIssuer): Promise<string> {
  return (await issuer.authorize(CLIENT)).searchParams.get('code') ?? ''
}

/** What an endpoint said, with its error. */
async function said(answer: Promise<Response>): Promise<readonly [status: number, error?: string]> {
  const response = await answer
  const text = await response.text()
  const { error } = (text.startsWith('{') ? JSON.parse(text) : {}) as { error?: string }
  return error === undefined ? [response.status] : [response.status, error]
}

/** What a page says: each has a nonce of its own. */
async function textOf(page: Response): Promise<string> {
  return (await page.text()).replace(/[\s\S]*<main|Request: <code>[^<]*/g, '')
}

/** Redeems a code, or a refresh token. */
function redeem(issuer: DocumentIssuer, given: Record<string, string>, proof: Record<string, string> = {}) {
  const type = 'code' in given ? 'authorization_code' : 'refresh_token'
  const verifier = 'code' in given ? { code_verifier: VERIFIER } : {}
  return issuer.post('/token', { grant_type: type, client_id: APP, ...given, ...verifier, ...proof })
}

const REQUEST = {
  response_type: 'code',
  client_id: APP,
  redirect_uri: CALLBACK,
  scope: 'read',
  code_challenge: challengeOf(VERIFIER),
  code_challenge_method: 'S256',
}

describe('a client by a document', () => {
  it('that nobody configured walks all the way to a token, and to the next, with one fetch', async () => {
    const issuer = createDocumentIssuer()
    const back = await issuer.authorize(CLIENT)
    expect([back.origin + back.pathname, back.searchParams.get('iss')]).toEqual([CALLBACK, ISSUER])
    const first = await redeem(issuer, { code: back.searchParams.get('code') ?? '' })
    const { refresh_token = '', scope } = (await first.json()) as { refresh_token?: string; scope?: string }
    expect([first.status, scope]).toEqual([200, 'read'])
    expect(await said(redeem(issuer, { refresh_token }))).toEqual([200])
    expect(issuer.fetched).toEqual([APP])
  })

  it.each(Object.keys(SIGNING) as (keyof typeof SIGNING)[])('signs by keys in its %s', async (where) => {
    const issuer = createDocumentIssuer()
    issuer.publish(SIGNING[where])
    const code = await codeOf(issuer)
    const answer = await redeem(issuer, { code }, await issuer.sign())
    const { refresh_token = '' } = (await answer.json()) as { refresh_token?: string }
    expect(answer.status).toBe(200)
    expect(await said(redeem(issuer, { refresh_token }, await issuer.sign()))).toEqual([200])
    expect(await said(redeem(issuer, { refresh_token }))).toEqual([401, 'invalid_client'])
    expect(issuer.fetched).toEqual(where === 'jwks' ? [APP] : [APP, APP_KEYS])
  })

  it('can push its request, by its own proof', async () => {
    for (const changes of [{}, SIGNING.jwks]) {
      const issuer = createDocumentIssuer()
      issuer.publish(changes)
      const proof = 'jwks' in changes ? await issuer.sign() : {}
      const pushed = await issuer.post('/par', { ...REQUEST, ...proof })
      expect(pushed.status).toBe(201)
      const { request_uri } = (await pushed.json()) as { request_uri: string }
      const question = await issuer.browser.get(
        `${ISSUER}/authorize?${new URLSearchParams({ client_id: APP, request_uri })}`,
      )
      expect(question.status).toBeLessThan(400)
      expect(issuer.fetched).toEqual([APP])
    }
  })

  it('that is configured is what the settings say: its document is nobody’s concern', async () => {
    const secret_hash = 'sha256:Hguq5QpuIAbYlPnmTFOhMX5gMvS6Z98IGZ1TeMWUjOY'
    const issuer = createDocumentIssuer({
      clients: {
        [APP]: {
          secret_hash,
          grant_types: ['client_credentials'],
          resources: ['https://api1.example'],
          scopes: ['read'],
        },
      },
    })
    expect((await issuer.question(CLIENT)).status).toBe(400)
    expect(issuer.fetched).toEqual([])
  })
})

describe('the id of a client by a document', () => {
  it.each([
    ['http', 'http://client.example/app.json', {}],
    ['no path', 'https://client.example/', {}],
    ['a query', `${APP}?v=1`, {}],
    ['a fragment', `${APP}#app`, {}],
    ['a dot segment', 'https://client.example/a/../app.json', {}],
    ['another spelling', 'https://Client.example/app.json', {}],
    ['a port', 'https://client.example:8443/app.json', {}],
    ['an address', 'https://192.0.2.1/app.json', {}],
    ['this very machine', 'https://localhost/app.json', {}],
    ['a name of a network of its own', 'https://client.internal/app.json', {}],
    ['1,025 characters', APP.padEnd(1025, 'n'), {}],
    ['a host that is not among those whose documents are taken', APP, { document_hosts: ['other.example'] }],
    ['what is blocked', APP, { blocked: [APP] }],
    ['a host that is blocked', APP, { blocked: ['client.example'] }],
    ['no documents being taken', APP, { documents: false }],
  ])('with %s is that of nobody: a page, 401, and nothing is fetched', async (_, client_id, registration) => {
    const issuer = createDocumentIssuer({ registration })
    const page = await issuer.question({ client_id })
    expect([page.status, page.headers.get('location')]).toEqual([400, null])
    expect(await said(issuer.post('/token', { client_id, grant_type: 'authorization_code', code: 'x' }))).toEqual([
      401,
      'invalid_client',
    ])
    expect(issuer.fetched).toEqual([])
  })

  it('may be on this very machine, at any port, for an issuer in development', async () => {
    const id = 'https://localhost:8443/app.json'
    const local = 'http://localhost:8787'
    const issuer = createDocumentIssuer({ issuer: local, registration: { document_hosts: ['client.example'] } })
    issuer.published.set(id, () => Response.json({ ...DOCUMENT, client_id: id }))
    const query = new URLSearchParams({ ...REQUEST, client_id: id })
    const answer = await issuer.ask(new Request(`${local}/authorize?${query}`))
    expect(answer.status).toBe(303)
    expect(issuer.fetched).toEqual([id])
  })
})

describe('a document is fetched', () => {
  const without = (...names: string[]): Record<string, string> =>
    Object.fromEntries(Object.entries(REQUEST).filter(([name]) => !names.includes(name)))

  it.each<[string, Record<string, string> | string]>([
    ['no response_type', without('response_type')],
    ['another response_type', { ...REQUEST, response_type: 'token' }],
    ['no redirect URI', without('redirect_uri')],
    ['a redirect URI that none can have', { ...REQUEST, redirect_uri: 'javascript:alert(1)' }],
    ['a request object', { ...REQUEST, request: 'x.y.z' }],
    ['no challenge', without('code_challenge', 'code_challenge_method')],
    ['a plain challenge', { ...REQUEST, code_challenge_method: 'plain' }],
    ['a challenge that is none', { ...REQUEST, code_challenge: 'short' }],
    ['a parameter twice', `${new URLSearchParams(REQUEST)}&scope=read`],
    ['a request object beside it, which no such client can sign', { ...REQUEST, request: 'e30.e30.' }],
  ])('for no request with %s, be it pushed or not', async (_, request) => {
    const issuer = createDocumentIssuer()
    const query = typeof request === 'string' ? request : new URLSearchParams(request).toString()
    const page = await issuer.browser.get(`${ISSUER}/authorize?${query}`)
    expect([page.status, page.headers.get('location')]).toEqual([400, null])
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const pushed = await issuer.ask(new Request(`${ISSUER}/par`, { method: 'POST', headers, body: query }))
    expect(pushed.status).toBe(400)
    expect(issuer.fetched).toEqual([])
  })

  // promise: W05
  it('for nobody who brings nothing that was given to the client', async () => {
    const issuer = createDocumentIssuer()
    issuer.publish(SIGNING.jwks)
    const other = 'https://other.example/app.json'
    issuer.published.set(other, () => Response.json({ ...DOCUMENT, client_id: other }))
    const code = await codeOf(issuer)
    const proof = await issuer.sign()
    const { length } = issuer.fetched
    issuer.wait(400)
    const token = { client_id: APP, grant_type: 'authorization_code', code_verifier: VERIFIER, ...proof }
    expect(await said(issuer.post('/token', { ...token, code: 'x' }))).toEqual([400, 'invalid_grant'])
    expect(await said(issuer.post('/token', { ...token, code }))).toEqual([400, 'invalid_grant'])
    expect(await said(issuer.post('/token', { ...token, grant_type: 'client_credentials' }))).toEqual([
      400,
      'unauthorized_client',
    ])
    expect(await said(issuer.post('/token', { ...token, grant_type: 'refresh_token' }))).toEqual([
      400,
      'invalid_request',
    ])
    expect(await said(issuer.post('/revoke', { client_id: APP, token: 'x', ...proof }))).toEqual([200])
    expect(await said(issuer.post('/introspect', { client_id: APP, token: code, ...proof }))).toEqual([
      401,
      'invalid_client',
    ])
    expect(
      await said(
        issuer.post(
          '/token',
          { client_id: APP, grant_type: 'authorization_code', code },
          { authorization: basic('x', 'y') },
        ),
      ),
    ).toEqual([400, 'invalid_request'])
    const young = await codeOf(issuer)
    const stolen = { ...token, client_id: other, code: young, client_assertion: '', client_assertion_type: '' }
    expect((await said(issuer.post('/token', stolen)))[0]).toBeGreaterThanOrEqual(400)
    expect(
      await said(issuer.post('/token', { client_id: other, grant_type: 'authorization_code', code: young })),
    ).toEqual([400, 'invalid_grant'])
    expect(issuer.fetched.slice(length)).toEqual([APP])
  })

  it('for no client that proves itself by nothing, once it has its code', async () => {
    const issuer = createDocumentIssuer()
    const code = await codeOf(issuer)
    issuer.published.set(APP, undefined)
    issuer.wait(50)
    const answer = await redeem(issuer, { code })
    const { refresh_token = '' } = (await answer.json()) as { refresh_token?: string }
    expect(answer.status).toBe(200)
    issuer.wait(86_400)
    expect(await said(redeem(issuer, { refresh_token }))).toEqual([200])
    expect(await said(issuer.post('/revoke', { client_id: APP, token: refresh_token }))).toEqual([200])
    expect(await said(redeem(issuer, { refresh_token }))).toEqual([400, 'invalid_grant'])
    expect(issuer.fetched).toEqual([APP])
  })

  it.each([
    ['/authorize', '/par', '/authorize'],
    ['/par', '/authorize', '/par'],
  ])('twice at once for an address, wherever it asks: %s, %s, and not at %s', async (...paths) => {
    let letGo = (): void => {}
    const gate = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const issuer = createDocumentIssuer({ addressOf: ({ headers }) => headers.get('x-from') ?? undefined })
    const ask = async (path: string, n: number, from: string): Promise<number> => {
      const client_id = `https://${n}.example/app.json`
      issuer.published.set(client_id, () => gate.then(() => Response.json({ ...DOCUMENT, client_id })))
      const form = { ...REQUEST, client_id }
      const headers = { 'x-from': from }
      if (path === '/par') return (await issuer.post(path, form, headers)).status
      const query = new URLSearchParams(form)
      return (await issuer.ask(new Request(`${ISSUER}${path}?${query}`, { headers }))).status
    }
    const [first, second] = paths.slice(0, 2).map((path, n) => ask(path, n, '192.0.2.1'))
    await expect.poll(() => issuer.fetched.length).toBe(2)
    expect(await ask(paths[2] ?? '', 2, '192.0.2.1')).toBe(503)
    const other = ask(paths[2] ?? '', 3, '192.0.2.2')
    await expect.poll(() => issuer.fetched.length).toBe(3)
    letGo()
    const statuses = await Promise.all([first, second, other])
    expect(statuses.every((status) => status === 201 || status === 303)).toBe(true)
  })

  it('once more for a redirect URI that it lacks, when it is older than 30 seconds', async () => {
    const issuer = createDocumentIssuer()
    issuer.publish({ redirect_uris: ['https://client.example/old'] }, { 'cache-control': 'max-age=3600' })
    const ask = async () => (await issuer.question(CLIENT)).status
    expect([await ask(), await ask()]).toEqual([400, 400])
    issuer.publish()
    expect([await ask(), issuer.fetched.length]).toEqual([400, 1])
    issuer.wait(30)
    expect([await ask(), issuer.fetched.length]).toEqual([200, 2])
  })
})

describe('what one address makes us fetch at once', () => {
  const OTHERS = [1, 2, 3].map((n) => `https://other${n}.example/app.json`)
  /** An answer that is held back until it is let go. */
  function heldBack() {
    let letGo = (): void => {}
    const gate = new Promise<void>((resolve) => {
      letGo = resolve
    })
    return { gate, letGo: () => letGo() }
  }

  it('is two documents or sets of keys', async () => {
    const issuer = createDocumentIssuer({ addressOf: () => '192.0.2.1' })
    const { gate, letGo } = heldBack()
    for (const id of OTHERS) {
      const keys = id.replace('app', 'keys')
      issuer.published.set(id, () => Response.json({ ...DOCUMENT, ...SIGNING.jwks_uri, client_id: id, jwks_uri: keys }))
      issuer.published.set(keys, () => gate.then(() => Response.json(KEYS)))
      expect((await issuer.question({ client_id: id })).status).toBe(200)
    }
    const { client_assertion_type = '' } = await issuer.sign()
    const push = async (id: string) => {
      const client_assertion = await clientAssertion(ISSUER, NOW, { iss: id, sub: id }, {})
      return said(issuer.post('/par', { ...REQUEST, client_id: id, client_assertion, client_assertion_type }))
    }
    const pushed = OTHERS.map(push)
    expect(await Promise.race(pushed)).toEqual([503, 'temporarily_unavailable'])
    expect(issuer.fetched.filter((url) => url.endsWith('keys.json'))).toHaveLength(2)
    letGo()
    expect((await Promise.all(pushed)).filter(([status]) => status === 201)).toHaveLength(2)
  })

  it('is two documents after a login, or an answer, too', async () => {
    const issuer = createDocumentIssuer({ addressOf: () => '192.0.2.1' })
    const { gate, letGo } = heldBack()
    const forms: string[] = []
    for (const id of OTHERS) {
      issuer.published.set(id, () => Response.json({ ...DOCUMENT, client_id: id }))
      forms.push(hiddenField(await (await issuer.question({ client_id: id })).text(), 'consent'))
      issuer.published.set(id, () => gate.then(() => Response.json({ ...DOCUMENT, client_id: id })))
    }
    issuer.wait(400)
    const { length } = issuer.fetched
    const answered = forms.map((consent) => issuer.browser.post(`${ISSUER}/consent`, { consent, decision: 'deny' }))
    await Promise.race(answered)
    expect(issuer.fetched.length - length).toBe(2)
    letGo()
    await Promise.all(answered)
  })
})

/** What a document says of an RSA key of so many bits, by an exponent of so many bytes. */
function rsaKey(bits: number, bytes: number) {
  const [n, e] = [bits / 8, bytes].map((length) => encodeBase64url(new Uint8Array(length).fill(0xff)))
  return { token_endpoint_auth_signing_alg: 'PS256', jwks: { keys: [{ kty: 'RSA', kid: 'long', alg: 'PS256', n, e }] } }
}

describe('what a document says', () => {
  it.each<[string, Record<string, unknown>]>([
    ['another client_id', { client_id: `${APP}/` }],
    ['no client_id', { client_id: undefined }],
    ['no redirect URI', { redirect_uris: [] }],
    ['no redirect URIs at all', { redirect_uris: undefined }],
    ['a redirect URI that none can have', { redirect_uris: [CALLBACK, 'javascript:alert(1)'] }],
    ['a redirect URI with a fragment', { redirect_uris: [CALLBACK, 'https://client.example/cb#'] }],
    ['a redirect URI at the issuer', { redirect_uris: [CALLBACK, `${ISSUER}/cb`] }],
    [
      'eleven redirect URIs',
      { redirect_uris: [CALLBACK, ...Array.from({ length: 10 }, (_, n) => `https://client.example/${n}`)] },
    ],
    ['a secret', { client_secret: 'a-secret' }],
    ['no end of a secret', { client_secret_expires_at: 0 }],
    ['a secret by the header', { token_endpoint_auth_method: 'client_secret_basic' }],
    ['a secret in the form', { token_endpoint_auth_method: 'client_secret_post' }],
    ['a secret by which it signs', { token_endpoint_auth_method: 'client_secret_jwt' }],
    ['a certificate', { token_endpoint_auth_method: 'tls_client_auth' }],
    ['signatures without keys', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['keys in both places', { ...SIGNING.jwks, ...SIGNING.jwks_uri }],
    ['private keys', { ...SIGNING.jwks, jwks: { keys: [{ ...KEYS.keys[0], d: 'AAAA' }] } }],
    ['a shared key', { ...SIGNING.jwks, jwks: { keys: [{ kty: 'oct', k: 'AAAA', kid: 'a' }] } }],
    ['keys of 4,104 bits', { ...SIGNING.jwks, ...rsaKey(4104, 3) }],
    ['keys with an exponent as long as they are', { ...SIGNING.jwks, ...rsaKey(3072, 384) }],
    [
      'a key that anybody can sign by',
      { ...SIGNING.jwks, jwks: { keys: [{ kty: 'RSA', kid: 'one', n: 'x'.repeat(342), e: 'AQ' }] } },
    ],
    ['keys that are none', { ...SIGNING.jwks, jwks: 'keys' }],
    ['keys at an address', { ...SIGNING.jwks_uri, jwks_uri: 'https://169.254.169.254/keys' }],
    ['keys at this very machine', { ...SIGNING.jwks_uri, jwks_uri: 'https://localhost/keys' }],
    ['keys at another port', { ...SIGNING.jwks_uri, jwks_uri: 'https://client.example:8443/keys' }],
    ['keys with a query', { ...SIGNING.jwks_uri, jwks_uri: `${APP_KEYS}?all` }],
    ['keys by http', { ...SIGNING.jwks_uri, jwks_uri: 'http://client.example/keys' }],
    ['an algorithm that is not taken', { ...SIGNING.jwks, token_endpoint_auth_signing_alg: 'HS256' }],
    ['no code', { grant_types: ['client_credentials'] }],
    ['tokens from the front', { response_types: ['token'] }],
    ['members of other kinds', { client_name: 7 }],
    // promise: P29
  ])('is no good with %s: a page that says no more, and the next good one is taken at once', async (_, changes) => {
    const issuer = createDocumentIssuer()
    const bare = await createDocumentIssuer().question({ client_id: 'https://nobody.internal/app.json' })
    issuer.publish(changes)
    const page = await issuer.question(CLIENT)
    expect([page.status, page.headers.get('location')]).toEqual([400, null])
    expect(await textOf(page)).toBe(await textOf(bare))
    expect(issuer.lines.at(-1)).toMatchObject({
      code: 'invalid_client',
      detail: expect.stringContaining('the document of the client: '),
    })
    issuer.publish()
    expect((await issuer.question(CLIENT)).status).toBe(200)
  })

  it.each<[string, Record<string, unknown>]>([
    ['no method, no grants, no name', { token_endpoint_auth_method: undefined, client_name: undefined }],
    ['null and nothing', { token_endpoint_auth_method: '', grant_types: null, response_types: [], client_name: null }],
    [
      'more grants and members than there are',
      {
        grant_types: ['authorization_code', 'urn:other'],
        response_types: ['code', 'code id_token'],
        scope: 7,
        application_type: 'web',
        x: {},
      },
    ],
    ['other resources and scopes', { resources: ['https://evil.example'], scope: 'admin' }],
  ])('is good with %s, and changes nothing of what it may have', async (_, changes) => {
    const issuer = createDocumentIssuer()
    issuer.publish(changes)
    const code = await codeOf(issuer)
    const answer = await redeem(issuer, { code })
    expect(await answer.json()).toMatchObject({ scope: 'read', refresh_token: expect.any(String) })
    expect(issuer.fetched).toEqual([APP])
  })
})

it('a client by a document signs by RSA keys of up to 4,096 bits', async () => {
  const issuer = createDocumentIssuer()
  issuer.publish({ ...SIGNING.jwks, ...rsaKey(4096, 6) })
  expect((await issuer.question(CLIENT)).status).toBe(200)
})

it('a client by a document signs nothing where nobody remembers what was used: its document is no good there', async () => {
  const issuer = createDocumentIssuer({ guard: 'none' })
  issuer.publish(SIGNING.jwks)
  expect((await issuer.question(CLIENT)).status).toBe(400)
  issuer.publish()
  issuer.wait(31)
  expect((await issuer.question(CLIENT)).status).toBe(200)
})

describe('a document that cannot be had', () => {
  const unreachable = new Map<string, () => Promise<Response>>([
    ['is refused', () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'SPECIAL_ADDRESS' } }))],
    ['is out of reach', () => Promise.reject(new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } }))],
    ['has a host that fails', async () => new Response('', { status: 500 })],
  ])

  it('is one page for the person, whatever the reason; the log says which', async () => {
    const pages = new Set<string>()
    for (const answer of unreachable.values()) {
      const issuer = createDocumentIssuer()
      issuer.published.set(APP, answer)
      const page = await issuer.question(CLIENT)
      pages.add(`${page.status} ${page.headers.get('location')} ${await textOf(page)}`)
      expect(issuer.lines.at(-1)?.detail).toMatch(/the document of the client: (?:TypeError: [A-Z_]+|status 500)$/)
    }
    expect([...pages]).toEqual([expect.stringMatching(/^503 null /)])
  })

  it('is as it was for a day, for a person; not for who brings what it was given', async () => {
    const issuer = createDocumentIssuer()
    issuer.publish(SIGNING.jwks)
    const code = await codeOf(issuer)
    const first = await redeem(issuer, { code }, await issuer.sign())
    const { refresh_token = '' } = (await first.json()) as { refresh_token?: string }
    for (const answer of unreachable.values()) {
      issuer.published.set(APP, answer)
      issuer.wait(400)
      expect((await issuer.question(CLIENT)).status).toBe(200)
      const proof = await issuer.sign()
      expect(await said(redeem(issuer, { refresh_token }, proof))).toEqual([503, 'temporarily_unavailable'])
      expect(await said(issuer.post('/revoke', { client_id: APP, token: refresh_token, ...proof }))).toEqual([
        503,
        'temporarily_unavailable',
      ])
      expect(await said(issuer.post('/par', { ...REQUEST, ...proof }))).toEqual([503, 'temporarily_unavailable'])
    }
    issuer.wait(86_400)
    expect((await issuer.question(CLIENT)).status).toBe(503)
  })

  // promise: W07
  it('is never a client that is unknown to who brings what it was given: not when its owner took it back, either', async () => {
    for (const spoil of [
      () => new Response('', { status: 404 }),
      () => Response.json({}),
      () => Response.json(rsaKey(4104, 3).jwks),
    ]) {
      const issuer = createDocumentIssuer()
      issuer.publish(SIGNING.jwks)
      const first = await redeem(issuer, { code: await codeOf(issuer) }, await issuer.sign())
      const { refresh_token = '' } = (await first.json()) as { refresh_token?: string }
      issuer.published.set(APP, spoil)
      issuer.wait(400)
      expect(await said(redeem(issuer, { refresh_token }, await issuer.sign()))).toEqual([
        503,
        'temporarily_unavailable',
      ])
      issuer.publish(SIGNING.jwks)
      expect(await said(redeem(issuer, { refresh_token }, await issuer.sign()))).toEqual([200])
    }
  })

  it('has keys that cannot be had: 503, and good as soon as they can', async () => {
    const issuer = createDocumentIssuer()
    issuer.publish(SIGNING.jwks_uri)
    const code = await codeOf(issuer)
    for (const answer of [
      ...unreachable.values(),
      () => new Response('', { status: 404 }),
      () => Response.json({}),
      () => Response.json(rsaKey(4104, 3).jwks),
    ]) {
      issuer.published.set(APP_KEYS, answer)
      expect(await said(redeem(issuer, { code }, await issuer.sign()))).toEqual([503, 'temporarily_unavailable'])
    }
    issuer.published.set(APP_KEYS, () => Response.json(KEYS))
    expect(await said(redeem(issuer, { code }, await issuer.sign()))).toEqual([200])
  })
})

describe('an access token of a client by a document', () => {
  it('is taken back as a public client takes back its own: only what the issuer alone can have made, and without a fetch', async () => {
    const marked = { [API]: { scopes: ['read', 'write'], exchange: true } }
    for (const [resources, status] of [
      [marked, 200],
      [{ [API]: { scopes: ['read', 'write'] } }, 400],
    ] as const) {
      const revocations = createMemoryRevocations('a salt of these tests')
      const issuer = createDocumentIssuer({ resources, revocations })
      issuer.publish(SIGNING.jwks)
      const answer = await redeem(issuer, { code: await codeOf(issuer) }, await issuer.sign())
      const { access_token: token } = (await answer.json()) as { access_token: string }
      issuer.published.clear()
      issuer.wait(400)
      expect((await issuer.post('/revoke', { client_id: APP, token, ...(await issuer.sign()) })).status).toBe(status)
      expect(issuer.fetched).toEqual([APP])
    }
  })
})

describe('a client by a document that changes', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>, ok: boolean]>([
    ['from nothing to keys', {}, SIGNING.jwks, false],
    ['from keys to nothing', SIGNING.jwks, {}, false],
    ['from keys in the document to keys elsewhere', SIGNING.jwks, SIGNING.jwks_uri, false],
    ['from keys elsewhere to keys in the document', SIGNING.jwks_uri, SIGNING.jwks, false],
    ['to keys at another place', SIGNING.jwks_uri, { ...SIGNING.jwks_uri, jwks_uri: `${APP_KEYS}2` }, false],
    [
      'its name and its redirect URIs',
      SIGNING.jwks,
      { ...SIGNING.jwks, client_name: 'Another', redirect_uris: ['https://client.example/new'] },
      true,
    ],
    ['nothing', SIGNING.jwks_uri, SIGNING.jwks_uri, true],
  ])('%s: what it was given before is good for it, or for nobody', async (_, before, after, isGood) => {
    const issuer = createDocumentIssuer()
    issuer.published.set(`${APP_KEYS}2`, () => Response.json(KEYS))
    issuer.publish(before)
    const isSigning = 'token_endpoint_auth_method' in before
    const first = await redeem(issuer, { code: await codeOf(issuer) }, isSigning ? await issuer.sign() : {})
    const { refresh_token = '' } = (await first.json()) as { refresh_token?: string }
    expect(first.status).toBe(200)
    issuer.publish(after)
    issuer.wait(400)
    // A person comes: so what has changed is known, be it of a client whose document is fetched for nobody else.
    await issuer.question(CLIENT, {
      redirect_uri: String((after['redirect_uris'] as string[] | undefined)?.[0] ?? CALLBACK),
    })
    const proof = isSigning ? await issuer.sign() : {}
    expect(await said(redeem(issuer, { refresh_token }, proof))).toEqual(isGood ? [200] : [400, 'invalid_grant'])
  })

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['that signed nothing', {}, SIGNING.jwks],
    ['that signed', SIGNING.jwks, {}],
  ])(
    '%s does the other now: its old grants are over, and it is not unknown, though nobody has seen its document',
    async (_, before, after) => {
      const issuer = createDocumentIssuer()
      issuer.publish(before)
      const isSigning = 'jwks' in before
      const code = await codeOf(issuer)
      const first = await redeem(issuer, { code }, isSigning ? await issuer.sign() : {})
      const { refresh_token = '' } = (await first.json()) as { refresh_token?: string }
      expect(first.status).toBe(200)
      issuer.publish(after)
      issuer.wait(400)
      const proof = isSigning ? {} : await issuer.sign()
      expect(await said(redeem(issuer, { refresh_token }, proof))).toEqual([400, 'invalid_grant'])
      expect(await said(issuer.post('/revoke', { client_id: APP, token: refresh_token, ...proof }))).toEqual([200])
    },
  )

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['from nothing to keys', {}, SIGNING.jwks],
    ['from keys to nothing', SIGNING.jwks, {}],
  ])('%s is what it is now at a machine that knew it before, once that has asked anew', async (_, before, after) => {
    const [old, young] = [createDocumentIssuer(), createDocumentIssuer()]
    old.publish(before, { 'cache-control': 'max-age=3600' })
    expect((await old.question(CLIENT)).status).toBe(200)
    for (const issuer of [old, young]) {
      issuer.publish(after)
      issuer.wait(40)
    }
    const code = await codeOf(young)
    const proof = 'jwks' in after ? await young.sign() : {}
    expect(await said(redeem(old, { code }, proof))).toEqual([200])
    expect(old.fetched).toEqual([APP, APP])
  })

  // promise: W06
  it('from nothing to keys still ends what it was given before, which others could use without a signature', async () => {
    for (const isKnown of [false, true]) {
      const issuer = createDocumentIssuer()
      const first = await redeem(issuer, { code: await codeOf(issuer) })
      const { refresh_token = '' } = (await first.json()) as { refresh_token?: string }
      const other = await redeem(issuer, { code: await codeOf(issuer) })
      issuer.publish(SIGNING.jwks)
      issuer.wait(400)
      if (isKnown) await issuer.question(CLIENT)
      const signed = { client_id: APP, token: refresh_token, ...(await issuer.sign()) }
      expect(await said(issuer.post('/revoke', signed))).toEqual([200])
      issuer.publish()
      issuer.wait(400)
      await issuer.question(CLIENT)
      expect(await said(redeem(issuer, { refresh_token }))).toEqual([400, 'invalid_grant'])
      const another = ((await other.json()) as { refresh_token?: string }).refresh_token ?? ''
      expect(await said(redeem(issuer, { refresh_token: another }))).toEqual([200])
    }
  })

  it.each(Object.keys(SIGNING) as (keyof typeof SIGNING)[])(
    'its keys in its %s is never unknown for a key that may have come since: not while nobody can look, either',
    async (where) => {
      const issuer = createDocumentIssuer()
      const age = { 'cache-control': 'max-age=3600' }
      const turn = (keys: typeof KEYS): void => {
        if (where === 'jwks') issuer.publish({ ...SIGNING.jwks, jwks: keys }, age)
        else issuer.published.set(APP_KEYS, () => Response.json(keys, { headers: age }))
      }
      issuer.publish(SIGNING[where], age)
      turn({ keys: [{ ...KEYS.keys[0], kid: 'old' }] })
      const code = await codeOf(issuer)
      const first = await redeem(issuer, { code }, await issuer.sign({ kid: 'old' }))
      const { refresh_token = '' } = (await first.json()) as { refresh_token?: string }
      issuer.wait(40)
      issuer.published.set(where === 'jwks' ? APP : APP_KEYS, undefined)
      const later = [503, 'temporarily_unavailable']
      expect(await said(redeem(issuer, { refresh_token }, await issuer.sign()))).toEqual(later)
      turn(KEYS)
      expect(await said(redeem(issuer, { refresh_token }, await issuer.sign()))).toEqual(later)
      issuer.wait(30)
      expect(await said(redeem(issuer, { refresh_token }, await issuer.sign()))).toEqual([200])
    },
  )

  it.each(Object.keys(SIGNING) as (keyof typeof SIGNING)[])(
    'its keys in its %s is asked anew for a key that it lacks, once in 30 seconds',
    async (where) => {
      const issuer = createDocumentIssuer()
      const old = { keys: [{ ...KEYS.keys[0], kid: 'old' }] }
      const age = { 'cache-control': 'max-age=3600' }
      const turn = (keys: typeof KEYS): void => {
        if (where === 'jwks') issuer.publish({ ...SIGNING.jwks, jwks: keys }, age)
        else issuer.published.set(APP_KEYS, () => Response.json(keys, { headers: age }))
      }
      issuer.publish(SIGNING[where], age)
      turn(old)
      const code = await codeOf(issuer)
      const first = await redeem(issuer, { code }, await issuer.sign({ kid: 'old' }))
      const { refresh_token = '' } = (await first.json()) as { refresh_token?: string }
      expect(first.status).toBe(200)
      turn(KEYS)
      const asked = issuer.fetched.length
      const refresh = async () => (await said(redeem(issuer, { refresh_token }, await issuer.sign())))[0]
      expect([await refresh(), issuer.fetched.length - asked]).toEqual([503, 0])
      issuer.wait(30)
      turn(old)
      expect([await refresh(), await refresh(), issuer.fetched.length - asked]).toEqual([401, 503, 1])
      turn(KEYS)
      issuer.wait(30)
      expect([await refresh(), await refresh(), issuer.fetched.length - asked]).toEqual([200, 200, 2])
    },
  )
})

import { describe, expect, it } from 'vitest'
import { createIssuer, createMemoryGuard, createMemoryRevocations, type IssuerSettings } from '../src/index.ts'
import { API, basic, ISSUER, NOW, PARTNER, SECRETS, testSettings } from './fixtures.ts'
import { createDevice, createOwner, DEVICE_CLIENTS } from './parties/device.ts'
import {
  authorizeUrl,
  type Changes,
  createApp,
  createPerson,
  formOf,
  goesTo,
  hiddenField,
  REQUESTS,
  readAnswer,
  signLogin,
} from './parties/person.ts'
import { sealBundle } from './parties/sealed_bundle.ts'

/** What an issuer has whose settings were never read: those of the deploy. */
const UNREAD = async () => undefined

/** Two processes with the same ring, guard and list. */
function start(ofBoth: Partial<IssuerSettings> = {}) {
  const memory = {
    guard: createMemoryGuard(() => NOW, { single: true }),
    revocations: createMemoryRevocations('awaited', () => NOW * 1000, { single: true }),
    openid: {},
    ...ofBoth,
  }
  return (changes: Partial<IssuerSettings>) => createIssuer(testSettings({ ...memory, ...changes }))
}

function post(path: string, form: Changes, client?: keyof typeof SECRETS): Request {
  return new Request(`${ISSUER}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(client && { authorization: basic(client, SECRETS[client]) }),
    },
    body: formOf(form).toString(),
  })
}

/** Returns a request of an operator whom nobody knows. */
function get(path: string): Request {
  return new Request(`${ISSUER}${path}`, { headers: { authorization: basic('nobody', 'x'.repeat(43)) } })
}

/** Returns what nobody signed, of whom nobody knows. */
function jwtOf(claims: object): string {
  const part = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_')
  return `${part({ alg: 'ES256', typ: 'JWT', kid: 'k' })}.${part(claims)}.${'A'.repeat(86)}`
}

/** Returns what an answer says: status, code, and when to come again; a page, or an app, is told as JSON is. */
async function told(response: Response): Promise<string> {
  const { searchParams } = new URL(response.headers.get('location') ?? 'no:where')
  const text = await response.text()
  const error = searchParams.get('error') ?? /"error":"(\w+)"|<code>(\w+)<\/code>/.exec(text)?.slice(1).find(Boolean)
  return [response.status, error, response.headers.get('retry-after')].filter(Boolean).join(' ')
}

const CREDENTIALS = { grant_type: 'client_credentials' }
const NOBODY = { client_id: 'nobody', client_secret: 'x'.repeat(43) }
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const vouched = { iss: 'https://nobody.example', sub: 'alice', aud: ISSUER, iat: NOW, exp: NOW + 60, jti: 'j' }
const JSON_503 = '503 temporarily_unavailable 5'

describe('who and what nobody knows yet', () => {
  it.each<readonly [string, () => Request, string, string]>([
    ['a client with a secret', () => post('/token', { ...CREDENTIALS, ...NOBODY }), '401 invalid_client', JSON_503],
    ['a public client', () => post('/token', { ...CREDENTIALS, client_id: 'nobody' }), '401 invalid_client', JSON_503],
    [
      'a client that signs',
      () => {
        const client_assertion = jwtOf({ iss: 'nobody', sub: 'nobody', aud: ISSUER, exp: NOW + 60, jti: 'j' })
        return post('/token', { ...CREDENTIALS, client_assertion, client_assertion_type: ASSERTION })
      },
      '401 invalid_client',
      JSON_503,
    ],
    ['a client at /par', () => post('/par', NOBODY), '401 invalid_client', JSON_503],
    ['a client at /introspect', () => post('/introspect', { ...NOBODY, token: 'x' }), '401 invalid_client', JSON_503],
    ['a client at /revoke', () => post('/revoke', { ...NOBODY, token: 'x' }), '401 invalid_client', JSON_503],
    ['a client at /keys', () => post('/keys', NOBODY), '401 invalid_client', JSON_503],
    ['an operator at /healthz', () => get('/healthz?deep'), '401 invalid_client', JSON_503],
    ['an operator at /admin/settings', () => get('/admin/settings'), '401 invalid_client', JSON_503],
    [
      'a client at /device_authorization',
      () => post('/device_authorization', { client_id: 'nobody' }),
      '401 invalid_client',
      JSON_503,
    ],
    [
      'a resource',
      () => post('/token', { ...CREDENTIALS, resource: 'https://new.example' }, 'service'),
      '400 invalid_target',
      JSON_503,
    ],
    [
      'a resource at /keys',
      () => post('/keys', { resource: 'https://new.example' }, 'api-server'),
      '400 invalid_target',
      JSON_503,
    ],
    [
      'an issuer that vouches',
      () =>
        post('/token', {
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          assertion: jwtOf(vouched),
          client_id: 'app',
        }),
      '400 invalid_grant',
      JSON_503,
    ],
    ['a client of a page', () => new Request(authorizeUrl({ client_id: 'nobody' })), '400 invalid_client', JSON_503],
    [
      'a resource of a page',
      () =>
        new Request(
          authorizeUrl({ resource: 'https://new.example', client_id: 'own', redirect_uri: 'https://own.example/cb' }),
        ),
      '303 invalid_target',
      '303 temporarily_unavailable',
    ],
    [
      'a client that people come back to',
      () => new Request(`${ISSUER}/logout?client_id=nobody`),
      '400 invalid_client',
      JSON_503,
    ],
    [
      'a client to revoke',
      () => post('/revocations', { kind: 'client', value: 'nobody' }, 'operator'),
      '400 unknown_value',
      JSON_503,
    ],
    [
      'a client to revoke as a subject',
      () => post('/revocations', { kind: 'sub', value: 'client:nobody' }, 'operator'),
      '400 unknown_value',
      JSON_503,
    ],
    [
      'an issuer of a subject to revoke',
      () => post('/revocations', { kind: 'sub', value: 'external:nobody:x' }, 'operator'),
      '400 unknown_value',
      JSON_503,
    ],
    [
      'a resource to revoke',
      () => post('/revocations', { kind: 'resource', value: 'https://new.example' }, 'operator'),
      '400 unknown_value',
      JSON_503,
    ],
    [
      'at which resources a person is known',
      () => post('/revocations', { kind: 'sub', value: 'alice' }, 'operator'),
      '200',
      JSON_503,
    ],
    [
      'at which resources a grant is known',
      () => post('/revocations', { kind: 'grant', value: 'g'.repeat(22) }, 'operator'),
      '200',
      JSON_503,
    ],
  ])(
    'is 503 as long as sealed settings were not read, and as ever afterwards: %s',
    async (_, request, whole, unread) => {
      const issuer = start({ clients: DEVICE_CLIENTS })
      const sealed = await sealBundle({})
      expect(await told(await issuer({ settingsBundle: async () => sealed }).request(request()))).toBe(whole)
      expect(await told(await issuer({}).request(request()))).toBe(whole)
      expect(await told(await issuer({ settingsBundle: UNREAD }).request(request()))).toBe(unread)
    },
  )

  it.each<readonly [string, () => Request, string]>([
    ['a client that is known and may', () => post('/token', { ...CREDENTIALS, resource: API }, 'service'), '200'],
    [
      'a wrong secret',
      () => post('/token', { ...CREDENTIALS, client_id: 'service', client_secret: 'x' }),
      '401 invalid_client',
    ],
    [
      'a resource that is another client’s',
      () => post('/token', { ...CREDENTIALS, resource: PARTNER }, 'service'),
      '400 invalid_target',
    ],
    ['no client at all', () => post('/token', CREDENTIALS), '401 invalid_client'],
    [
      'a key to revoke that no ring has',
      () => post('/revocations', { kind: 'kid', value: 'r99' }, 'operator'),
      '400 unknown_value',
    ],
  ])('is not what settings could mend that are still to come: %s', async (_, request, expected) => {
    expect(await told(await start()({ settingsBundle: UNREAD }).request(request()))).toBe(expected)
  })

  // promise: O08
  it('loses nothing: what was given elsewhere waits for them, be it a page, a code, a device or a token', async () => {
    const { web, pub, ...others } = DEVICE_CLIENTS
    const issuer = start({
      clients: {
        ...others,
        pub,
        web: { ...web, scopes: [...web.scopes, 'openid'], id_token_signed_response_alg: 'ES256' },
      },
    })
    const known = issuer({})
    // It has begun just now, and its clients are still to come.
    const begun = issuer({ clients: { ...others, tv: pub }, settingsBundle: UNREAD })
    let at = known
    const ask = (request: Request) => at.fetch(request)
    const asWeb = { ...REQUESTS['web'], client_id: 'web', scope: 'openid' }
    const person = createPerson(ask, { now: () => NOW })
    const first = await person.browser.get(authorizeUrl(asWeb))
    const back = await signLogin(first.headers.get('location') ?? '', 'alice', { now: NOW })
    at = begun
    expect(await told(await person.browser.get(back))).toBe(JSON_503)
    at = known
    const consent = hiddenField(await (await person.visit(asWeb)).text(), 'consent')
    const answer = { consent, decision: 'allow' }
    at = begun
    expect(await told(await person.browser.post(`${ISSUER}/consent`, answer))).toBe(JSON_503)
    at = known
    const code =
      new URL(goesTo(await (await person.browser.post(`${ISSUER}/consent`, answer)).text())).searchParams.get('code') ??
      ''
    const app = createApp(ask, { client: 'web' })
    at = begun
    expect(await told(await app.redeem(code))).toBe(JSON_503)
    at = known
    const { access_token } = await readAnswer(await app.redeem(code))
    const shown = () => new Request(`${ISSUER}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } })
    at = begun
    expect(await told(await ask(shown()))).toBe(JSON_503)
    at = known
    expect((await ask(shown())).status).toBe(200)
    const owner = createOwner(ask, () => NOW)
    const { user_code, device_code } = await createDevice(ask).start()
    await owner.visit()
    at = begun
    expect(await told(await owner.type(user_code))).toBe(JSON_503)
    at = known
    expect((await owner.answer(user_code, 'allow')).status).toBe(200)
    expect((await createDevice(ask).poll(device_code)).status).toBe(200)
  })
})

import { env, exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { exportKeys, readRing, writeKeys } from '../../../keys/index.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { API, ISSUER, PARTNER, SIGNED, tokenRequest } from '../../fixtures.ts'
import { type App, createApp, createPerson, REQUESTS, readAnswer, tampered } from '../../parties/person.ts'
import { type Asker, formRequest } from '../../parties/servers.ts'

const ask = (request: Request): Promise<Response> => exports.default.fetch(request)
const revoke = (asker: Asker, form: Readonly<Record<string, string>>): Promise<Response> =>
  ask(formRequest('/revoke', asker, form))

/** Returns the tokens of a new approval. */
async function approve(client: 'pub' | 'web'): Promise<{ app: App; access: string; refresh: string }> {
  const app = createApp(ask, { client })
  const code = (await createPerson(ask).answer('allow', REQUESTS[client])).searchParams.get('code') ?? ''
  const { access_token, refresh_token = '' } = await readAnswer(await app.redeem(code))
  return { app, access: access_token, refresh: refresh_token }
}

/** Returns a verifier that has just asked for the bundle, of the real Worker. */
function freshVerifier() {
  const reading = readRing(env['KEY_RING'] as string)
  if (!reading.ok) throw new TypeError(reading.detail)
  const now = Math.floor(Date.now() / 1000)
  const keys = writeKeys(exportKeys(reading.ring, { issuer: ISSUER, resource: API, now }))
  return createVerifier({
    issuer: ISSUER,
    resource: API,
    keys,
    fetch: (url, init) => ask(new Request(url, init)),
    revocations: { url: `${ISSUER}/revocations` },
  })
}

/** Waits until a verifier that starts anew refuses a token; the issuer gives one bundle for two seconds. */
async function refusal(token: string): Promise<string | undefined> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const result = await freshVerifier().verify(token)
    if (!result.ok) return result.reason
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return undefined
}

const DONE = { status: 200, 'cache-control': 'no-store', pragma: 'no-cache', body: '' }
async function read(response: Response): Promise<typeof DONE> {
  const { status, headers } = response
  const [cache, pragma] = ['cache-control', 'pragma'].map((name) => headers.get(name) ?? '')
  return { status, 'cache-control': cache ?? '', pragma: pragma ?? '', body: await response.text() }
}

describe('revoking a refresh token', () => {
  it.each(['web', 'pub'] as const)(
    'of a client like %s ends its family, and its access tokens (RFC 7009 §2.1)',
    async (client) => {
      const { app, access, refresh } = await approve(client)
      expect((await freshVerifier().verify(access)).ok).toBe(true)
      const form = { token: refresh, token_type_hint: 'refresh_token' }
      const answer = client === 'pub' ? revoke(undefined, { ...form, client_id: 'pub' }) : revoke('web', form)
      expect(await read(await answer)).toEqual(DONE)
      expect((await readAnswer(await app.refresh(refresh))).error).toBe('invalid_grant')
      expect(await refusal(access)).toBe('revoked')
    },
  )

  it.each(['access_token', 'unknown', ''])('works whatever the hint %j says (RFC 7009 §2.1)', async (hint) => {
    const { app, refresh } = await approve('web')
    await revoke('web', { token: refresh, token_type_hint: hint })
    expect((await readAnswer(await app.refresh(refresh))).error).toBe('invalid_grant')
  })

  it('of another client has no effect (RFC 7009 §2.1, H48)', async () => {
    const { app, refresh, access } = await approve('pub')
    expect(await read(await revoke('web', { token: refresh }))).toEqual(DONE)
    expect(await read(await revoke(undefined, { token: refresh, client_id: 'evil' }))).toEqual(DONE)
    expect((await app.refresh(refresh)).status).toBe(200)
    expect((await freshVerifier().verify(access)).ok).toBe(true)
  })
})

describe('revoking an access token', () => {
  it('puts it into the bundle, and no other (RFC 7009 §2)', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(async () => (await readAnswer(await ask(tokenRequest()))).access_token),
    )
    expect(await read(await revoke('service', { token: one ?? '' }))).toEqual(DONE)
    expect(await refusal(one ?? '')).toBe('revoked')
    expect((await freshVerifier().verify(other ?? '')).ok).toBe(true)
  })

  it('of another client has no effect (RFC 7009 §2.1, H48)', async () => {
    const { access_token } = await readAnswer(await ask(tokenRequest()))
    expect(await read(await revoke('one', { token: access_token }))).toEqual(DONE)
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect((await freshVerifier().verify(access_token)).ok).toBe(true)
  })

  it('signed, and sealed under a leaf, works too', async () => {
    const form = { grant_type: 'client_credentials', resource: SIGNED }
    const { access_token } = await readAnswer(await ask(tokenRequest({ client: 'machine', form })))
    expect(await read(await revoke('machine', { token: access_token }))).toEqual(DONE)
    const introspect = (): Promise<Response> =>
      ask(formRequest('/introspect', 'partner-server', { token: access_token }))
    await expect.poll(async () => (await introspect()).json(), { timeout: 8000 }).toEqual({ active: false })
  })

  it('that only its server can open is said to be impossible (RFC 7009 §2.2.1)', async () => {
    const form = { grant_type: 'client_credentials', resource: PARTNER }
    const { access_token } = await readAnswer(await ask(tokenRequest({ client: 'machine', form })))
    const response = await revoke('machine', { token: access_token })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: 'unsupported_token_type',
      error_description: expect.any(String),
    })
  })
})

describe('everything else', () => {
  it.each<[string, () => string | Promise<string>]>([
    ['junk', () => 'junk'],
    ['junk of five segments', () => 'a.b.c.d.e'],
    ['a JWS', () => 'eyJhbGciOiJub25lIn0.e30.AA'],
    ['9,000 characters', () => 'x'.repeat(9000)],
    ['a refresh token with a character changed', async () => tampered((await approve('web')).refresh)],
    [
      'an access token with a character changed',
      async () => tampered((await readAnswer(await ask(tokenRequest()))).access_token),
    ],
    ['a code', async () => (await createPerson(ask).answer('allow', REQUESTS['web'])).searchParams.get('code') ?? ''],
  ])('%s is as good as revoked (RFC 7009 §2.2, H47)', async (_, make) => {
    expect(await read(await revoke('web', { token: await make() }))).toEqual(DONE)
  })

  it.each<[string, Asker, Readonly<Record<string, string>>, number, string]>([
    ['no token', 'web', {}, 400, 'invalid_request'],
    ['an empty token', 'web', { token: '' }, 400, 'invalid_request'],
    ['nobody', undefined, { token: 'x' }, 401, 'invalid_client'],
    [
      'a confidential client without its secret (C19)',
      undefined,
      { token: 'x', client_id: 'web' },
      401,
      'invalid_client',
    ],
    ['a wrong secret', undefined, { token: 'x', client_id: 'web', client_secret: 'y' }, 401, 'invalid_client'],
  ])('%s is refused (RFC 7009 §2.1)', async (_, asker, form, status, error) => {
    const response = await revoke(asker, form)
    expect([response.status, await response.json()]).toEqual([status, { error, error_description: expect.any(String) }])
  })

  it.each(['GET', 'HEAD', 'PUT', 'DELETE'])('%s is refused (RFC 7009 §2)', async (method) => {
    const response = await ask(new Request(`${ISSUER}/revoke?token=x`, { method }))
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('is open to scripts of any page, without cookies (RFC 7009 §2.3)', async () => {
    const response = await ask(
      formRequest('/revoke', undefined, { token: 'x', client_id: 'pub' }, { origin: 'https://app.example' }),
    )
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
  })
})

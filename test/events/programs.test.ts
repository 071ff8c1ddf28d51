import { describe, expect, it } from 'vitest'
import { createRing, rotateRing, writeRing } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type IssuerEvent, type IssuerSettings } from '../../src/index.ts'
import { API, basic, NOW, SECRETS, testKey, tokenRequest, VARS } from '../fixtures.ts'
import { createDevice, createOwner, DEVICE_CLIENTS, DEVICE_CODE } from '../parties/device.ts'
import { type Ask, createApp, createPerson, REQUESTS } from '../parties/person.ts'
import { formRequest, getRequest } from '../parties/servers.ts'
import { createTelling, lineOf } from '../parties/telling.ts'
import { ASSERTION_TYPE, clientAssertion, INNER } from '../parties/trusted.ts'

const TARGET = { resource: API, scope: 'read write' }
const BILLING = { client: 'service', proved: true, method: 'client_secret_basic' }
const ISSUER_URL = 'https://as.example'

/** Returns an issuer that tells, with a list of revocations and devices. */
function setUp(changes: Partial<IssuerSettings> = {}) {
  return createTelling({ revocations: createMemoryRevocations('salt'), eventSubjects: 'plain', ...changes })
}

/** Returns what a person let an app have, and its code. */
async function approved(ask: Ask, client: 'pub' | 'web') {
  const answer = await createPerson(ask, { now: () => NOW }).answer('allow', REQUESTS[client])
  return { app: createApp(ask, { client }), code: answer.searchParams.get('code') ?? '' }
}

const tokensOf = async (answer: Promise<Response> | Response) =>
  (await (await answer).json()) as { access_token: string; refresh_token: string }

async function assertionRequest(changes = {}): Promise<Request> {
  const client_assertion = await clientAssertion(ISSUER_URL, NOW, changes)
  const form = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion }
  return tokenRequest({ headers: { authorization: undefined }, form: { ...form, resource: INNER } })
}

describe('events of a token', () => {
  it('say whose it is, for what, by which grant and approval, and through which client', async () => {
    const { ask, take } = setUp()
    const { app, code } = await approved(ask, 'web')
    const consent = (await take()).find(({ type }) => type === 'consent.given')
    await app.redeem(code)
    const [issued, ...others] = await take()
    expect(others).toEqual([])
    expect(issued).toMatchObject({
      ...{ type: 'token.issued', outcome: 'ok', client: 'web', proved: true, method: 'client_secret_basic' },
      ...{ grant: 'authorization_code', subject: 'alice', resource: API, gid: consent?.gid },
      ...{ jti: expect.stringMatching(/^[\w-]{22}$/), scope: expect.stringContaining('read') },
    })
  })

  // promise: O02
  it('say that a code was replayed, whose, and through which client: once, and then that all has ended', async () => {
    const { ask, take } = setUp()
    const { app, code } = await approved(ask, 'web')
    await app.redeem(code)
    const first = (await take()).find(({ type }) => type === 'token.issued')
    await app.redeem(code)
    const again = await take()
    expect(again.map(lineOf)).toEqual(['code.replayed refused code_replayed', 'token.refused refused code_replayed'])
    expect(again[0]).toMatchObject({ client: 'web', proved: true, subject: 'alice', gid: first?.gid, resource: API })
    expect(again.filter((event) => 'jti' in event)).toEqual([])
    await app.redeem(code)
    expect((await take()).map(lineOf)).toEqual(['token.refused refused grant_ended'])
  })

  it('say that an old refresh token came again, whose, and through which client', async () => {
    const { ask, take } = setUp()
    const { app, code } = await approved(ask, 'pub')
    const { refresh_token: old } = await tokensOf(app.redeem(code))
    const { refresh_token: newer } = await tokensOf(app.refresh(old))
    await app.refresh(newer)
    await take()
    await app.refresh(old)
    const told = await take()
    expect(told.map(lineOf)).toEqual(['refresh.reused refused refresh_reused', 'token.refused refused refresh_reused'])
    expect(told[0]).toMatchObject({ client: 'pub', proved: false, subject: 'alice', grant: 'refresh_token' })
  })

  it('say so of the code of a device, too', async () => {
    let now = NOW
    const guard = createMemoryGuard(() => now, { single: true })
    const { ask, take } = setUp({ clients: DEVICE_CLIENTS, now: () => now, guard })
    const device = createDevice(ask)
    const { device_code, user_code } = await device.start()
    expect((await take()).map(lineOf)).toEqual(['device.started'])
    await createOwner(ask, () => now).answer(user_code, 'allow')
    await device.poll(device_code)
    now += 60
    await take()
    await device.poll(device_code)
    const told = await take()
    expect(told.map(lineOf)).toEqual(['code.replayed refused code_replayed', 'token.refused refused code_replayed'])
    expect(told[0]).toMatchObject({ client: 'pub', subject: 'alice', grant: DEVICE_CODE })
  })
})

describe('events of a client', () => {
  it.each<[how: string, request: () => Request | Promise<Request>, event: Partial<IssuerEvent>]>([
    ['a secret in the header', () => tokenRequest(), BILLING],
    [
      'a secret in the form',
      () => {
        const form = { grant_type: 'client_credentials', client_id: 'service', client_secret: SECRETS.service }
        return tokenRequest({ headers: { authorization: undefined }, form: { ...form, resource: API } })
      },
      { ...BILLING, method: 'client_secret_post' },
    ],
    ['an assertion', () => assertionRequest(), { client: 'keyed', proved: true, method: 'private_key_jwt' }],
  ])('say that it proved itself, and by what: %s', async (_, request, event) => {
    const { ask, take } = setUp()
    await ask(await request())
    const told = await take()
    expect(told.map(lineOf)).toEqual(['token.issued'])
    expect(told[0]).toMatchObject(event)
  })

  it('say that a certificate proved it, by the way that it is registered for', async () => {
    const thumbprint = 'x'.repeat(43)
    const mtls = {
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: 'CN=mtls',
      ...{ grant_types: ['client_credentials'], resources: [API], scopes: ['read'] },
    }
    const certificate = () => ({ thumbprint, subjectDn: 'CN=mtls', isTrusted: true }) as never
    const { ask, take } = setUp({ clients: { ...VARS.CLIENTS, mtls } as never, certificate })
    const form = { grant_type: 'client_credentials', client_id: 'mtls', resource: API }
    await ask(tokenRequest({ headers: { authorization: undefined }, form }))
    const [told] = await take()
    expect(told).toMatchObject({ client: 'mtls', method: 'tls_client_auth' })
  })

  it.each<[what: string, request: () => Request | Promise<Request>, lines: readonly string[], client: unknown]>([
    [
      'at /token beside the refusal',
      () => tokenRequest({ headers: { authorization: basic('service', 'wrong') } }),
      ['client.failed refused wrong_secret', 'token.refused refused wrong_secret'],
      { client: 'service', proved: false },
    ],
    [
      'at /introspect',
      () => formRequest('/introspect', undefined, { token: 'x', client_id: 'api-server', client_secret: 'wrong' }),
      ['client.failed refused wrong_secret'],
      { client: 'api-server', proved: false, method: 'client_secret_post' },
    ],
    [
      'at /keys',
      () => getRequest('/keys', undefined, { authorization: basic('api-server', 'wrong') }),
      ['client.failed refused wrong_secret'],
      { client: 'api-server', proved: false },
    ],
    [
      'by an assertion of another key',
      () => assertionRequest({ aud: 'https://elsewhere.example' }),
      ['client.failed refused assertion_audience', 'token.refused refused assertion_audience'],
      { client: 'keyed', proved: false },
    ],
    [
      'and is nobody who is known',
      () => tokenRequest({ headers: { authorization: basic('canary-of-nobody', 'x') } }),
      ['client.failed refused unknown_client', 'token.refused refused unknown_client'],
      {},
    ],
    [
      'and names a document that nobody has looked at',
      () => formRequest('/introspect', undefined, { token: 'x', client_id: 'https://canary-of-nobody.example/c' }),
      ['client.failed refused unknown_client'],
      {},
    ],
  ])('say that it did not prove itself, %s', async (_, request, lines, client) => {
    const { ask, take } = setUp()
    await ask(await request())
    const told = await take()
    expect(told.map(lineOf)).toEqual(lines)
    expect(told[0]).toMatchObject(client as object)
    expect(JSON.stringify(told)).not.toContain('canary')
  })

  it('do not take an assertion that comes again for a proof', async () => {
    const { ask, take } = setUp()
    const request = await assertionRequest({ jti: 'once' })
    await ask(request.clone() as Request)
    await take()
    await ask(request)
    const [failed] = await take()
    expect(failed).toMatchObject({
      type: 'client.failed',
      reason: 'assertion_replayed',
      client: 'keyed',
      proved: false,
    })
  })
})

describe('events of servers and operators', () => {
  it('say who asked what is in a token, and of one that is active whose it is', async () => {
    const { ask, take } = setUp()
    const { access_token: token } = await tokensOf(ask(tokenRequest()))
    const [issued] = await take()
    for (const asked of [token, 'nonsense']) await ask(formRequest('/introspect', 'api-server', { token: asked }))
    const [active, none] = await take()
    const by = { type: 'token.introspected', outcome: 'ok', client: 'api-server', proved: true }
    expect(active).toMatchObject({ ...by, ...TARGET, subject: 'client:service', jti: issued?.jti })
    expect(none).toMatchObject(by)
    expect(none).not.toHaveProperty('jti')
  })

  it('say which keys were delivered to whom', async () => {
    const { ask, take } = setUp()
    await ask(getRequest(`/keys?resource=${encodeURIComponent(API)}`, 'api-server'))
    await ask(getRequest('/keys', 'service'))
    const told = await take()
    expect(told.map(lineOf)).toEqual(['keys.delivered', 'keys.delivered refused client_kind'])
    expect(told[0]).toMatchObject({ client: 'api-server', proved: true, resource: API })
  })

  it('say what a client took back, and that nothing was where the client hears of none of it', async () => {
    const { ask, take } = setUp()
    const { access_token: token } = await tokensOf(ask(tokenRequest()))
    const [issued] = await take()
    for (const asked of [token, 'nonsense']) await ask(formRequest('/revoke', 'service', { token: asked }))
    await ask(formRequest('/revoke', 'one', { token }))
    const told = await take()
    expect(told.map(lineOf)).toEqual([
      'token.revoked',
      'token.revoked refused token_unopened',
      'token.revoked refused other_client',
    ])
    expect(told[0]).toMatchObject({ client: 'service', method: 'access_token', jti: issued?.jti })
  })

  it.each<[kind: string, value: string, line: string, event: Partial<IssuerEvent>]>([
    ['sub', 'alice', 'subject.revoked', { subject: 'alice', client: 'operator' }],
    ['client', 'service', 'token.revoked', { client: 'service' }],
    ['grant', 'g'.repeat(22), 'token.revoked', { gid: 'g'.repeat(22) }],
    ['kid', 'r1', 'token.revoked', { kid: 'r1' }],
    ['client', 'canary', 'token.revoked refused unknown_client', {}],
    ['kid', 'canary', 'token.revoked refused unknown_value', {}],
    ['resource', 'https://canary.example', 'token.revoked refused unknown_resource', {}],
    ['sub', 'client:canary', 'subject.revoked refused unknown_client', {}],
  ])('say on whose word %s %s was revoked', async (kind, value, line, event) => {
    const { ask, take } = setUp()
    await ask(formRequest('/revocations', 'operator', { kind, value }))
    const told = await take()
    expect(told.map(lineOf)).toEqual([line])
    expect(told[0]).toMatchObject({ by: 'operator', method: kind, proved: true, ...event })
    expect(JSON.stringify(told)).not.toContain('canary')
  })

  it('say that a request was pushed, or why not', async () => {
    const { ask, take } = setUp()
    const app = createApp(ask, { client: 'pushing' })
    await app.push()
    await app.push({ redirect_uri: 'https://elsewhere.example' })
    const told = await take()
    expect(told.map(lineOf)).toEqual(['par.accepted', 'par.accepted refused redirect_uri'])
    expect(told[0]).toMatchObject({ client: 'pushing', proved: true, resource: API })
  })
})

describe('events of what the issuer needs', () => {
  it('say that the guard did not answer, and the list of revocations', async () => {
    const down = () => Promise.reject(new Error('down'))
    const guard = { ...createMemoryGuard(() => NOW, { single: true }), hasEnded: down, spend: down }
    const { ask, take } = setUp({ guard, revocations: { add: down, read: down } })
    await ask(await assertionRequest())
    const told = await take()
    expect(told.map(lineOf)).toEqual(['guard.failed error guard_down', 'token.refused error guard_down'])
    expect(told[0]).toMatchObject({ method: 'guard', client: 'keyed' })
    await ask(formRequest('/revocations', 'operator', { kind: 'sub', value: 'alice' }))
    const [failed] = await take()
    expect(failed).toMatchObject({ type: 'guard.failed', reason: 'revocations_down', method: 'revocations' })
  })

  it('say that keys from elsewhere did not come, and of whom', async () => {
    const { keyed } = VARS.CLIENTS as unknown as Record<string, Record<string, unknown>>
    const { jwks: _, ...others } = keyed ?? {}
    const clients = { ...VARS.CLIENTS, keyed: { ...others, jwks_uri: 'https://keyed.example/jwks' } }
    const fetch = () => Promise.reject(new TypeError('down'))
    const { ask, take } = setUp({ clients: clients as never, fetch })
    await ask(await assertionRequest())
    const [failed, ...others2] = await take()
    expect(failed).toMatchObject({ type: 'remote.failed', outcome: 'error', reason: 'remote_down', method: 'signer' })
    expect(others2.map(({ type }) => type)).toContain('token.refused')
  })

  it('say that another root seals, and that none can any more', async () => {
    let now = NOW
    const rotation = rotateRing(createRing({ now, key: testKey() }), { now, key: testKey(1) })
    if (!rotation.ok) throw new Error('it cannot be rotated')
    const { ring, added: next } = rotation
    const { ask, take } = setUp({ now: () => now, keyRing: writeRing(ring) })
    await ask(tokenRequest())
    now = next.use
    await ask(tokenRequest())
    const told = await take()
    expect(told.map(lineOf)).toEqual(['token.issued', 'ring.changed', 'token.issued'])
    expect(told[1]).toMatchObject({ kid: next.kid })
    expect(told[1]).not.toHaveProperty('client')
    now = next.end + 1
    await ask(tokenRequest())
    await ask(tokenRequest())
    expect((await take()).map(lineOf)).toEqual([
      'ring.changed error ring_down',
      'token.refused error ring_down',
      'token.refused error ring_down',
    ])
  })
})

import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { openDirect } from '../../src/token/direct.ts'
import {
  API,
  API2,
  basic,
  ISSUER,
  NOW,
  SECRETS,
  secretHash,
  testIssuer,
  testRing,
  tokenRequest,
  VARS,
} from '../fixtures.ts'
import {
  type Ask,
  authorizeUrl,
  type Changes,
  createApp,
  createBrowser,
  createPerson,
  type FullAnswer,
  hiddenField,
  pushedBy,
  REQUESTS,
  readAnswer,
} from '../parties/person.ts'

const live = (request: Request): Promise<Response> => exports.default.fetch(request)
const PAYMENT = { type: 'payment', amount: { value: '12.50', currency: 'EUR' }, creditorName: 'Bakery' }
const ACCOUNT = { type: 'account', actions: ['balance', 'history'], days: 30 }

/** Returns the parameters of a request for details alone, by the shop. */
function asking(details: unknown, changes: Changes = {}): Changes {
  const text = typeof details === 'string' ? details : JSON.stringify(details)
  return { ...REQUESTS['web'], resource: undefined, scope: undefined, authorization_details: text, ...changes }
}
type Answer = FullAnswer & { readonly authorization_details?: readonly Record<string, unknown>[] }
const read = async (response: Response): Promise<Answer> => (await readAnswer(response)) as Answer

/** An issuer at `NOW`, its people and its shop. */
function setUp(changes: Parameters<typeof testIssuer>[0] = {}) {
  const api = { kind: 'resource_server' as const, secret_hash: secretHash('api-secret'), resources: [API] }
  const issuer = testIssuer({ clients: { ...VARS.CLIENTS, api }, ...changes })
  const ask: Ask = (request) => issuer.fetch(request)
  const app = createApp(ask, { client: 'web' })
  const person = () => createPerson(ask, { now: () => NOW })
  const code = async (details: unknown, changes: Changes = {}): Promise<string> =>
    (await person().answer('allow', asking(details, changes))).searchParams.get('code') ?? ''
  return { ask, app, person, code }
}

/** Opens a token as its resource server does. */
async function open(token: string, resource: string = API) {
  const enc = resource === API ? ('A256GCM' as const) : ('A256CBC-HS512' as const)
  const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', resource, enc, 600)
  const expected = { issuer: ISSUER, resource, now: NOW, clockTolerance: 0, longestLife: 600, anonymous: true }
  return (await openDirect(token, leaves, expected)).entitlement
}

/** What is wrong with details, wherever they are asked for (RFC 9396 §5). */
const WRONG: readonly (readonly [string, unknown])[] = [
  ['no JSON', '{'],
  ['an object in place of a list', PAYMENT],
  ['an empty list', []],
  ['a list of texts', ['payment']],
  ['null', 'null'],
  ['a detail without a type', [{ actions: ['balance'] }]],
  ['a type that is no text', [{ ...ACCOUNT, type: 1 }]],
  ['an unknown type', [{ ...ACCOUNT, type: 'accounts' }]],
  ['a type named as a prototype', [{ ...ACCOUNT, type: '__proto__' }]],
  ['an unknown field', [{ ...ACCOUNT, more: 1 }]],
  ['an unknown field deep inside', [{ ...PAYMENT, amount: { ...PAYMENT.amount, more: 1 } }]],
  ['a field named as a prototype', '[{"type":"account","actions":["balance"],"__proto__":{}}]'],
  ['a field of the wrong type', [{ ...ACCOUNT, days: '30' }]],
  ['a field with an invalid value', [{ ...ACCOUNT, days: 0 }]],
  ['another invalid value', [{ ...ACCOUNT, actions: ['delete'] }]],
  ['a value beside its pattern', [{ ...PAYMENT, amount: { value: '12.5', currency: 'EUR' } }]],
  ['a missing field', [{ type: 'account', days: 30 }]],
  ['a missing field deep inside', [{ ...PAYMENT, amount: { value: '12.50' } }]],
  ['one wrong of two', [ACCOUNT, { ...ACCOUNT, days: 0 }]],
  ['an unknown location', [{ ...ACCOUNT, locations: ['https://unknown.example'] }]],
  ['a location that is not of the type', [{ ...PAYMENT, locations: [API2] }]],
  ['a location twice', [{ ...ACCOUNT, locations: [API, API] }]],
  ['no locations at all', [{ ...ACCOUNT, locations: [] }]],
  ['locations that are a text', [{ ...ACCOUNT, locations: API }]],
  ['a text that turns others round (M41)', [{ ...PAYMENT, creditorName: 'Bakery\u202e' }]],
  ['a text with a line break', [{ ...PAYMENT, creditorName: 'Bakery\nIBAN' }]],
  ['half a character', '[{"type":"payment","amount":{"value":"1.00","currency":"EUR"},"creditorName":"\\ud800"}]'],
  ['eleven details', Array(11).fill({ type: 'account', actions: ['balance'] })],
  ['2,049 characters', `${JSON.stringify([ACCOUNT])}${' '.repeat(2049 - JSON.stringify([ACCOUNT]).length)}`],
]

describe('the authorization details of a request (RFC 9396 §2, §5)', () => {
  it.each(WRONG)('MUST be refused at the authorization endpoint with %s', async (_, details) => {
    const response = await createBrowser(live).get(authorizeUrl(asking(details)))
    const location = new URL(response.headers.get('location') ?? '')
    expect(Object.fromEntries(location.searchParams)).toEqual({
      error: 'invalid_authorization_details',
      error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
      state: 'xyz',
      iss: ISSUER,
    })
  })

  it.each(WRONG)('MUST be refused where they are pushed with %s (H45)', async (_, details) => {
    const response = await createApp(live, { client: 'web' }).push(asking(details))
    expect([response.status, (await read(response)).error]).toEqual([400, 'invalid_authorization_details'])
  })

  it.each(WRONG)('MUST be refused at the token endpoint with %s, and burn no code (H59)', async (_, details) => {
    const authorization_details = String(asking(details)['authorization_details'])
    const own = await live(tokenRequest({ form: { grant_type: 'client_credentials', authorization_details } }))
    expect([own.status, (await read(own)).error]).toEqual([400, 'invalid_authorization_details'])
    const { app, code } = setUp()
    const good = await code([{ ...ACCOUNT, locations: [API] }])
    const response = await app.redeem(good, { authorization_details })
    expect([response.status, (await read(response)).error]).toEqual([400, 'invalid_authorization_details'])
    expect((await app.redeem(good)).status).toBe(200)
  })

  it("are refused of a type that is not the client's (RFC 9396 §10)", async () => {
    const own = { grant_type: 'client_credentials', authorization_details: JSON.stringify([PAYMENT]) }
    expect(await read(await live(tokenRequest({ form: own })))).toMatchObject({
      error: 'invalid_authorization_details',
    })
    const url = authorizeUrl({ authorization_details: JSON.stringify([ACCOUNT]) })
    const location = new URL((await createBrowser(live).get(url)).headers.get('location') ?? '')
    expect(location.searchParams.get('error')).toBe('invalid_authorization_details')
  })

  it("are for the client's own resources alone, whatever their type is for", async () => {
    const pub = { ...VARS.CLIENTS.pub, authorization_details_types: ['account'] }
    const { ask, person } = setUp({ clients: { pub } })
    const answer = async (detail: object) => {
      const request = { scope: undefined, authorization_details: JSON.stringify([detail]) }
      return (await person().answer('allow', request)).searchParams
    }
    expect((await answer({ ...ACCOUNT, locations: [API2] })).get('error')).toBe('invalid_authorization_details')
    expect((await answer({ ...ACCOUNT, locations: [API, API2] })).get('error')).toBe('invalid_authorization_details')
    // There is one resource left that can be meant.
    const redeemed = await createApp(ask).redeem((await answer(ACCOUNT)).get('code') ?? '')
    expect(await open((await read(redeemed)).access_token)).toMatchObject({
      aud: API,
      authorization_details: [ACCOUNT],
    })
  })

  it('may stand beside a scope, and without one bring none (RFC 9396 §3.1)', async () => {
    const { app, code } = setUp()
    const alone = await read(await app.redeem(await code([PAYMENT])))
    expect([alone.scope, alone.authorization_details]).toEqual([undefined, [PAYMENT]])
    const both = await read(await app.redeem(await code([PAYMENT], { scope: 'read', resource: API })))
    expect([both.scope, both.authorization_details]).toEqual(['read', [PAYMENT]])
  })

  it('are not touched by the resource parameter, which is for the scope (RFC 9396 §3.2)', async () => {
    const { app, code } = setUp()
    const [one, other] = [
      await code([PAYMENT], { scope: 'read', resource: API2 }),
      await code([PAYMENT], { scope: 'read', resource: API2 }),
    ]
    const atApi = await read(await app.redeem(one, { resource: API }))
    expect([atApi.scope, atApi.authorization_details]).toEqual([undefined, [PAYMENT]])
    const atApi2 = await read(await app.redeem(other, { resource: API2 }))
    expect([atApi2.scope, atApi2.authorization_details]).toEqual(['read', undefined])
  })

  it('lead through a pushed request to a token (RFC 9396 §3, RFC 9126 §3)', async () => {
    const { ask, app, person } = setUp()
    const pushed = await pushedBy('web', await app.push(asking([PAYMENT, ACCOUNT])))
    const code = (await person().answer('allow', pushed)).searchParams.get('code') ?? ''
    const answer = await read(await createApp(ask, { client: 'web' }).redeem(code, { resource: API }))
    expect(answer.authorization_details).toEqual([PAYMENT, ACCOUNT])
  })
})

describe('consent to details (RFC 9396 §4)', () => {
  const isAsked = async (response: Response): Promise<boolean> => (await response.text()).includes('name="decision"')

  it('is asked for with every value, in words, at each resource', async () => {
    const page = await (
      await setUp()
        .person()
        .visit(asking([PAYMENT, { ...ACCOUNT, locations: [API2] }], { scope: 'read write', resource: API }))
    ).text()
    const [, atApi = '', atApi2 = ''] = page.split('it will be able to:')
    for (const text of [
      '<li><code>write</code></li>',
      'Pay',
      'One payment from your account.',
      'Amount',
      'Value',
      '12.50',
      'EUR',
      'To',
      'Bakery',
    ])
      expect(atApi).toContain(text)
    for (const text of ['See accounts', 'Actions', 'balance', 'history', 'Days', '30']) expect(atApi2).toContain(text)
    expect(atApi).not.toContain('See accounts')
    expect(atApi2.split('<footer')[0]).not.toMatch(/Bakery|(read|write)<\/li>/)
  })

  it('is remembered for the very same details alone, and for types that say so (C18)', async () => {
    const alice = setUp().person()
    await alice.answer('allow', asking([ACCOUNT]))
    expect((await alice.visit(asking([ACCOUNT]))).status).toBe(303)
    for (const details of [
      [{ ...ACCOUNT, days: 31 }],
      [{ ...ACCOUNT, actions: ['balance'] }],
      [{ ...ACCOUNT, locations: [API] }],
      [ACCOUNT, ACCOUNT],
    ])
      expect(await isAsked(await alice.visit(asking(details)))).toBe(true)
    expect(await isAsked(await alice.visit(asking([ACCOUNT], { scope: 'read', resource: API })))).toBe(true)
    await alice.answer('allow', asking([PAYMENT]))
    expect(await isAsked(await alice.visit(asking([PAYMENT])))).toBe(true)
    await alice.answer('allow', asking([ACCOUNT, PAYMENT]))
    expect(await isAsked(await alice.visit(asking([ACCOUNT, PAYMENT])))).toBe(true)
  })

  it('to a scope does not count for details (C18)', async () => {
    const alice = setUp().person()
    await alice.answer('allow', { ...REQUESTS['web'], scope: 'read' })
    expect(await isAsked(await alice.visit(asking([ACCOUNT], { scope: 'read', resource: API })))).toBe(true)
  })

  it('that is needed cannot be had silently (RFC 9396 §4, M28)', async () => {
    const alice = setUp().person()
    await alice.answer('allow', asking([PAYMENT]))
    const answer = await alice.answer('allow', asking([PAYMENT], { prompt: 'none' }))
    expect(answer.searchParams.get('error')).toBe('consent_required')
  })

  it('is held against the types of today (C25)', async () => {
    const { person, ask } = setUp()
    const alice = person()
    const consent = hiddenField(await (await alice.visit(asking([ACCOUNT]))).text(), 'consent')
    const { payment } = VARS.AUTHORIZATION_DETAILS_TYPES
    const clients = { ...VARS.CLIENTS, web: { ...VARS.CLIENTS.web, authorization_details_types: ['payment'] } }
    const other = testIssuer({
      authorizationDetailsTypes: { payment },
      clients: { web: clients.web, pub: clients.pub },
    })
    const browser = createBrowser((request) => other.fetch(request), alice.browser.cookies)
    const refused = await browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    const told = await refused.text()
    expect([told.includes('code=ey'), told.includes('error=invalid_authorization_details')]).toEqual([false, true])
    const taken = await createBrowser(ask, alice.browser.cookies).post(`${ISSUER}/consent`, {
      consent,
      decision: 'allow',
    })
    expect(taken.status).toBe(200)
  })
})

describe('the authorization details of a token (RFC 9396 §6, §7, §9)', () => {
  it('are those of its resource alone, in answer and token (RFC 9396 §7, §9.1)', async () => {
    const { app, code } = setUp()
    const here = { ...ACCOUNT, locations: [API] }
    const there = { ...ACCOUNT, days: 7, locations: [API2] }
    const details = [PAYMENT, here, there, ACCOUNT]
    for (const [resource, expected] of [
      [API, [PAYMENT, here, ACCOUNT]],
      [API2, [there, ACCOUNT]],
    ] as const) {
      const answer = await read(await app.redeem(await code(details), { resource }))
      expect(answer.authorization_details).toEqual(expected)
      expect((await open(answer.access_token, resource)).authorization_details).toEqual(expected)
    }
  })

  it('need the resource to be told where they are for several, by resource or by the details themselves (RFC 9396 §6)', async () => {
    const { app, code } = setUp()
    const good = await code([ACCOUNT, { ...ACCOUNT, locations: [API2] }])
    expect((await read(await app.redeem(good))).error).toBe('invalid_target')
    const wanted = { authorization_details: JSON.stringify([{ ...ACCOUNT, locations: [API2] }]) }
    expect((await read(await app.redeem(good, { ...wanted, resource: API }))).error).toBe(
      'invalid_authorization_details',
    )
    const answer = await read(await app.redeem(good, wanted))
    expect(answer.authorization_details).toEqual([{ ...ACCOUNT, locations: [API2] }])
    expect(await open(answer.access_token, API2)).toMatchObject({ aud: API2, scope: [] })
  })

  const APPROVED = [{ ...ACCOUNT, owners: ['alice', 'bob'], locations: [API] }, PAYMENT]
  const [account] = APPROVED
  it.each<[string, unknown, boolean]>([
    ['all of them', APPROVED, true],
    ['one of them', [PAYMENT], true],
    ['in another order', [PAYMENT, account], true],
    [
      'members in another order',
      [{ creditorName: 'Bakery', amount: { currency: 'EUR', value: '12.50' }, type: 'payment' }],
      true,
    ],
    ['fewer actions', [{ ...account, actions: ['history'] }], true],
    ['the same actions in another order', [{ ...account, actions: ['history', 'balance'] }], true],
    ['more actions', [{ ...account, actions: ['balance', 'owner'] }], false],
    ['another number', [{ ...account, days: 29 }], false],
    ['a member less, which may mean more', [{ type: 'account', actions: ['balance'], locations: [API] }], false],
    ['no locations, which may mean everywhere', [{ ...account, locations: undefined }], false],
    ['a shorter list of what does not say to what it extends', [{ ...account, owners: ['alice'] }], false],
    ['more locations', [{ ...account, locations: [API, API2] }], false],
    ['other locations', [{ ...account, locations: [API2] }], false],
    ['another value deep inside', [{ ...PAYMENT, amount: { value: '12.51', currency: 'EUR' } }], false],
    ['one of them twice', [PAYMENT, PAYMENT], false],
    [
      'one of them twice, and each time less',
      [
        { ...account, actions: ['balance'] },
        { ...account, actions: ['history'] },
      ],
      false,
    ],
    ['one more', [...APPROVED, { ...account, days: 1 }], false],
    ['one that is all of another type', [{ ...PAYMENT, type: 'account' }], false],
  ])(
    'MUST NOT be more than was approved, at the code and at each refresh: %s (RFC 9396 §6.1)',
    async (_, wanted, isGood) => {
      const { app, code } = setUp()
      const authorization_details = JSON.stringify(wanted)
      const good = await code(APPROVED)
      const redeemed = await read(await app.redeem(good, { authorization_details }))
      const first = isGood ? redeemed : await read(await app.redeem(good))
      const refreshed = await read(await app.refresh(first.refresh_token ?? '', { authorization_details }))
      for (const answer of [redeemed, refreshed]) {
        if (isGood) expect((await open(answer.access_token)).authorization_details).toEqual(wanted)
        else expect(answer.error).toBe('invalid_authorization_details')
      }
      // What was narrowed for one token is not lost for the next.
      expect((await read(await app.refresh(first.refresh_token ?? ''))).authorization_details).toEqual(APPROVED)
    },
  )

  it('cannot be brought to a code or refresh token that has none', async () => {
    const { app, code } = setUp()
    const good = await code('', { authorization_details: undefined, scope: 'read', resource: API })
    const wanted = { authorization_details: JSON.stringify([PAYMENT]) }
    expect((await read(await app.redeem(good, wanted))).error).toBe('invalid_authorization_details')
    const { refresh_token = '' } = await read(await app.redeem(good))
    expect((await read(await app.refresh(refresh_token, wanted))).error).toBe('invalid_authorization_details')
  })

  it('cannot be widened by a scope: what is approved in detail brings no scope (H30)', async () => {
    const { app, code } = setUp()
    const { refresh_token = '' } = await read(await app.redeem(await code([PAYMENT])))
    expect((await read(await app.refresh(refresh_token, { scope: 'read' }))).error).toBe('invalid_scope')
  })

  it('are held against the settings of today at each refresh (C25)', async () => {
    const { app, code } = setUp()
    const { refresh_token = '' } = await read(
      await app.redeem(await code([ACCOUNT, PAYMENT], { scope: 'read', resource: API }), { resource: API }),
    )
    const { payment, account } = VARS.AUTHORIZATION_DETAILS_TYPES
    const refresh = async (web: object, types: object = VARS.AUTHORIZATION_DETAILS_TYPES) => {
      const other = testIssuer({
        clients: { web: { ...VARS.CLIENTS.web, ...web } },
        authorizationDetailsTypes: types as typeof VARS.AUTHORIZATION_DETAILS_TYPES,
      })
      return read(
        await createApp((request) => other.fetch(request), { client: 'web' }).refresh(refresh_token, { resource: API }),
      )
    }
    expect((await refresh({})).authorization_details).toEqual([ACCOUNT, PAYMENT])
    expect((await refresh({ authorization_details_types: ['payment'] })).authorization_details).toEqual([PAYMENT])
    expect((await refresh({ authorization_details_types: [] })).authorization_details).toBeUndefined()
    const elsewhere = { payment, account: { ...account, resources: [API2] } }
    expect((await refresh({}, elsewhere)).authorization_details).toEqual([PAYMENT])
    const { days: _, ...properties } = account.schema.properties
    const stricter = { payment, account: { ...account, schema: { ...account.schema, properties } } }
    expect((await refresh({}, stricter)).authorization_details).toEqual([PAYMENT])
  })

  it('do not come to a resource that was none of the type when a person agreed', async () => {
    const account = { ...VARS.AUTHORIZATION_DETAILS_TYPES.account, resources: [API] }
    const { app, code } = setUp({ authorizationDetailsTypes: { ...VARS.AUTHORIZATION_DETAILS_TYPES, account } })
    const { refresh_token = '' } = await read(
      await app.redeem(await code([ACCOUNT], { scope: 'read', resource: API2 }), { resource: API }),
    )
    const today = setUp()
    const wider = await read(await today.app.refresh(refresh_token, { resource: API2 }))
    expect([wider.scope, wider.authorization_details]).toEqual(['read', undefined])
    const wanted = { resource: API2, authorization_details: JSON.stringify([ACCOUNT]) }
    expect((await read(await today.app.refresh(refresh_token, wanted))).error).toBe('invalid_authorization_details')
  })

  it('are introspected as they stand in the token (RFC 9396 §9.2)', async () => {
    const { ask, app, code } = setUp()
    const { access_token } = await read(await app.redeem(await code([PAYMENT])))
    const headers = { authorization: basic('api', 'api-secret'), 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams({ token: access_token }).toString()
    const answer = (await (
      await ask(new Request(`${ISSUER}/introspect`, { method: 'POST', headers, body }))
    ).json()) as object
    expect(answer).toMatchObject({ active: true, authorization_details: [PAYMENT] })
    expect(answer).not.toHaveProperty('scope')
  })

  it('can be had by a client for itself (RFC 9396 §6)', async () => {
    const { ask } = setUp()
    const token = async (form: Record<string, string>) =>
      read(await ask(tokenRequest({ form: { grant_type: 'client_credentials', ...form } })))
    const at = (locations: readonly string[]) => JSON.stringify([{ ...ACCOUNT, locations }])
    const alone = await token({ authorization_details: at([API]) })
    expect(await open(alone.access_token)).toMatchObject({
      scope: [],
      authorization_details: [{ ...ACCOUNT, locations: [API] }],
    })
    expect(alone.scope).toBeUndefined()
    const both = await token({ authorization_details: at([API]), scope: 'read', resource: API })
    expect([both.scope, both.authorization_details]).toEqual(['read', [{ ...ACCOUNT, locations: [API] }]])
    const elsewhere = await token({ authorization_details: at([API]), scope: 'read', resource: API2 })
    expect(elsewhere.error).toBe('invalid_authorization_details')
    expect((await token({ authorization_details: at([API, API2]) })).error).toBe('invalid_target')
    expect(
      (await token({ authorization_details: at([API, API2]), resource: API2 })).authorization_details,
    ).toHaveLength(1)
  })

  it('are listed by type in the metadata (RFC 9396 §10)', async () => {
    const metadata = await live(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))
    expect(await metadata.json()).toMatchObject({ authorization_details_types_supported: ['payment', 'account'] })
  })

  it('are refused twice in one request (H57)', async () => {
    const url = `${authorizeUrl(asking([PAYMENT]))}&authorization_details=[]`
    const location = new URL((await createBrowser(live).get(url)).headers.get('location') ?? '')
    expect(location.searchParams.get('error')).toBe('invalid_request')
    const headers = { authorization: basic('web', SECRETS.web), 'content-type': 'application/x-www-form-urlencoded' }
    const form = 'grant_type=client_credentials&authorization_details=[]&authorization_details=[]'
    const response = await live(new Request(`${ISSUER}/token`, { method: 'POST', headers, body: form }))
    expect((await read(response)).error).toBe('invalid_request')
  })
})

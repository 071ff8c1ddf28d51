import { describe, expect, it } from 'vitest'
import type { Authenticate, IssuerSettings } from '../../src/index.ts'
import { API, basic, ISSUER, NOW, SECRETS, testIssuer, VARS } from '../fixtures.ts'
import { authorizeUrl, type Browser, createBrowser, REQUESTS, signLogin } from '../parties/person.ts'
import { INNER, JWT_BEARER, jobToken } from '../parties/trusted.ts'

/** Of each kind one: a filler, a joiner, a variation selector, a tag, a blank, a direction, a break, a private one. */
const INVISIBLE = [
  '\u3164',
  '\u115f',
  '\u034f',
  '\u200d',
  '\ufe0f',
  '\u{e0041}',
  '\u{e0101}',
  '\u2800',
  '\u202e',
  '\u2028',
  '\ue000',
]
const spoilt = INVISIBLE.map((character) => `Bakery${character}`)

function setUp(changes: Partial<IssuerSettings> = {}) {
  const issuer = testIssuer(changes)
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  const post = async (path: string, form: URLSearchParams | Record<string, string>, client?: keyof typeof SECRETS) => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      ...(client === undefined ? {} : { authorization: basic(client, SECRETS[client]) }),
    }
    return ask(new Request(ISSUER + path, { method: 'POST', headers, body: new URLSearchParams(form).toString() }))
  }
  const browser: Browser = createBrowser(ask)
  return { ask, post, browser }
}
const errorAt = (response: Response): string | null =>
  new URL(response.headers.get('location') ?? 'none:').searchParams.get('error')
const errorOf = async (response: Response): Promise<string | undefined> =>
  ((await response.json()) as { error?: string }).error

describe('characters that nobody can see', () => {
  // promise: P14
  it.each(spoilt)('are refused in authorization details, wherever they come: %j', async (text) => {
    const { post, browser } = setUp()
    const payment = { type: 'payment', amount: { value: '1.00', currency: 'EUR' }, creditorName: text }
    const asked = { ...REQUESTS['web'], authorization_details: JSON.stringify([payment]) }
    expect(errorAt(await browser.get(authorizeUrl(asked)))).toBe('invalid_authorization_details')
    const pushed = await post('/par', new URL(authorizeUrl(asked)).searchParams, 'web')
    expect(await errorOf(pushed)).toBe('invalid_authorization_details')
    const account = JSON.stringify([{ type: 'account', actions: ['balance'], owners: ['a', text] }])
    const form = { grant_type: 'client_credentials', resource: API, authorization_details: account }
    expect(await errorOf(await post('/token', form, 'service'))).toBe('invalid_authorization_details')
  })

  it.each(spoilt)('are refused in login_hint, which a login page shows: %j', async (login_hint) => {
    const { post, browser } = setUp()
    const asked = { ...REQUESTS['web'], login_hint }
    expect(errorAt(await browser.get(authorizeUrl(asked)))).toBe('invalid_request')
    const pushed = await post('/par', new URL(authorizeUrl(asked)).searchParams, 'web')
    expect(await errorOf(pushed)).toBe('invalid_request')
  })

  it.each(spoilt)('are refused in every text of the settings that people read: %j', (text) => {
    const { pub } = VARS.CLIENTS
    const resource = VARS.RESOURCES[API]
    const { payment } = VARS.AUTHORIZATION_DETAILS_TYPES
    const { creditorName } = payment.schema.properties
    const titled = { ...payment.schema.properties, creditorName: { ...creditorName, title: text } }
    const settings: readonly Partial<IssuerSettings>[] = [
      { clients: { ...VARS.CLIENTS, pub: { ...pub, client_name: text } } },
      { resources: { ...VARS.RESOURCES, [API]: { ...resource, resource_name: text } } },
      { resources: { ...VARS.RESOURCES, [API]: { ...resource, scope_descriptions: { read: text } } } },
      ...[{ name: text }, { description: text }, { schema: { ...payment.schema, properties: titled } }].map((more) => ({
        authorizationDetailsTypes: { ...VARS.AUTHORIZATION_DETAILS_TYPES, payment: { ...payment, ...more } },
      })),
    ]
    for (const changes of settings) expect(() => testIssuer(changes)).toThrow('characters that can be seen')
  })

  it('are refused as a name that has nothing else than spaces', () => {
    const pub = { ...VARS.CLIENTS.pub, client_name: ' \u3000' }
    expect(() => testIssuer({ clients: { ...VARS.CLIENTS, pub } })).toThrow('client_name" expected')
  })

  it.each(spoilt)('are not shown as the name of a person: who is told another, or the subject: %j', async (text) => {
    const shown = async (claims: Readonly<Record<string, unknown>>): Promise<string> => {
      const { browser } = setUp()
      const begun = await browser.get(authorizeUrl())
      const back = await browser.get(
        await signLogin(begun.headers.get('location') ?? '', 'user-7', { now: NOW, claims }),
      )
      const page = await (await browser.get(back.headers.get('location') ?? '')).text()
      return /<p class="account"><bdi>([^<]*)<\/bdi>/.exec(page)?.[1] ?? ''
    }
    expect(await shown({ name: 'Zoë' })).toBe('Zoë')
    expect(await shown({ preferred_username: text, name: 'Zoë' })).toBe('Zoë')
    expect(await shown({ name: text })).toBe('user-7')
    expect(await shown({ name: 'x'.repeat(256) })).toBe('user-7')
  })

  it.each(spoilt)('are no part of a subject, whoever names it: %j', async (text) => {
    const { post, browser } = setUp()
    const begun = await browser.get(authorizeUrl())
    const back = await browser.get(await signLogin(begun.headers.get('location') ?? '', text, { now: NOW }))
    expect([back.status, back.headers.get('location')]).toEqual([400, null])
    const assertion = await jobToken(ISSUER, NOW, { sub: `repo:acme/tools:${text}` })
    const form = { grant_type: JWT_BEARER, client_id: 'runner', resource: INNER, assertion }
    expect(await errorOf(await post('/token', form))).toBe('invalid_grant')
  })

  it("are not shown as what an operator's own login says", async () => {
    for (const [person, account] of [
      [{ sub: 'user-8', name: 'Zoë\u3164' }, 'user-8'],
      [{ sub: 'user-8', name: 8 as unknown as string }, 'user-8'],
      [{ sub: 'user-8', name: 'Zoë' }, 'Zoë'],
    ] as const) {
      const authenticate: Authenticate = async () => ({ auth_time: NOW, ...person })
      const { browser } = setUp({ authenticate })
      const begun = await browser.get(authorizeUrl())
      const page = await (await browser.get(begun.headers.get('location') ?? '')).text()
      expect(/<p class="account"><bdi>([^<]*)<\/bdi>/.exec(page)?.[1]).toBe(account)
    }
  })
})

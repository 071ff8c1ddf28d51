import { describe, expect, it } from 'vitest'
import { createMemoryGuard, entitleSubject, type Grant, type IssuerSettings, OAuthError } from '../../src/index.ts'
import { API, basic, ISSUER, NOW, PARTNER_KEY, SECRETS, testIssuer, VARS } from '../fixtures.ts'
import { createProver } from '../parties/dpop.ts'
import { type Changes, createApp, createPerson, formOf, REQUESTS, readAnswer, VERIFIER } from '../parties/person.ts'
import { ASSERTION_TYPE, clientAssertion, INNER, JWT_BEARER, jobToken } from '../parties/trusted.ts'

const OWN = 'urn:example:voucher'
const { d: _, ...PUBLIC_KEY } = PARTNER_KEY

/** What stands in the way of a token: a server whose key cannot be had, or a hook. */
const OBSTACLES = [
  'the key of the resource server',
  'the hook claims',
  'the hook response',
  'claims that are too long',
] as const
type Obstacle = (typeof OBSTACLES)[number]

/** A grant type of an operator, that takes each voucher once. */
const voucher: Grant = {
  type: OWN,
  decide(parameters, client, context) {
    const id = parameters.require('voucher')
    const spend = async (): Promise<void> => {
      if ((await context.guard?.spend(`voucher ${id}`, NOW + 600)) !== 'first')
        throw new OAuthError('invalid_grant', 'the voucher was used before')
    }
    return { entitlement: entitleSubject('alice', parameters, client, context), spend }
  },
}

/** An issuer that can make no token as long as something stands in the way. */
function setUp() {
  let now = NOW
  let obstacle: Obstacle | undefined
  const at = (): number => now
  const nested = { envelope: 'nested', jwks_uri: 'https://partner.example/jwks' } as const
  const changes: Partial<IssuerSettings> = {
    guard: createMemoryGuard(at),
    now: at,
    dpopNonce: false,
    grants: [voucher],
    resources: {
      ...VARS.RESOURCES,
      [API]: { ...VARS.RESOURCES[API], ...nested },
      [INNER]: { ...VARS.RESOURCES[INNER], ...nested },
    },
    clients: { ...VARS.CLIENTS, one: { ...VARS.CLIENTS.one, grant_types: [OWN, 'client_credentials'] } },
    fetch: async () =>
      obstacle === 'the key of the resource server'
        ? new Response('', { status: 500 })
        : Response.json({ keys: [PUBLIC_KEY] }),
    claims: () => {
      if (obstacle === 'the hook claims') throw new Error('the hook fails')
      return obstacle === 'claims that are too long' ? { long: 'x'.repeat(9000) } : {}
    },
    response: () => {
      if (obstacle === 'the hook response') throw new Error('the hook fails')
      return {}
    },
  }
  const issuer = testIssuer(changes)
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  async function post(form: Changes, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const sent = { 'content-type': 'application/x-www-form-urlencoded', ...headers }
    return ask(new Request(`${ISSUER}/token`, { method: 'POST', headers: sent, body: formOf(form).toString() }))
  }
  const code = async (client: string): Promise<string> =>
    (await createPerson(ask, { now: at }).answer('allow', REQUESTS[client])).searchParams.get('code') ?? ''
  return {
    ask,
    post,
    code,
    at,
    wait: (seconds: number) => (now += seconds),
    hinder: (by: Obstacle | undefined) => (obstacle = by),
  }
}
type Setting = ReturnType<typeof setUp>

/** What is good once, each with what uses it; what was given before must not stand in the way of it. */
const ARTEFACTS: readonly (readonly [string, (setting: Setting) => Promise<() => Promise<Response>>])[] = [
  ...(['pub', 'web'] as const).map(
    (client) =>
      [
        `the code of ${client}`,
        async ({ ask, code }: Setting) => {
          const redeemable = await code(client)
          return () => createApp(ask, { client }).redeem(redeemable)
        },
      ] as const,
  ),
  [
    'a refresh token that rotates',
    async ({ ask, code, wait }) => {
      const { refresh_token = '' } = await readAnswer(await createApp(ask).redeem(await code('pub')))
      // A key of the server that was fetched serves for a day.
      wait(86_401)
      return () => createApp(ask).refresh(refresh_token)
    },
  ],
  [
    'an assertion of a trusted issuer',
    async ({ post }) => {
      const assertion = await jobToken(ISSUER, NOW)
      return () => post({ grant_type: JWT_BEARER, client_id: 'runner', resource: INNER, assertion })
    },
  ],
  [
    'an assertion of a client',
    async ({ post }) => {
      const assertion = await clientAssertion(ISSUER, NOW)
      const form = { client_assertion: assertion, client_assertion_type: ASSERTION_TYPE }
      return () => post({ grant_type: 'client_credentials', ...form })
    },
  ],
  [
    'a DPoP proof',
    async ({ post }) => {
      const headers = { authorization: basic('service', SECRETS.service), dpop: await (await createProver()).prove() }
      return () => post({ grant_type: 'client_credentials', resource: API }, headers)
    },
  ],
  [
    'a DPoP proof and a code',
    async ({ post, code }) => {
      const form = {
        grant_type: 'authorization_code',
        client_id: 'pub',
        code: await code('pub'),
        code_verifier: VERIFIER,
      }
      const dpop = await (await createProver()).prove()
      return () => post(form, { dpop })
    },
  ],
  [
    'what a grant type of an operator takes once',
    async ({ post }) => {
      const headers = { authorization: basic('one', SECRETS.one) }
      return () => post({ grant_type: OWN, voucher: 'v1' }, headers)
    },
  ],
]

describe.each(OBSTACLES)('when there can be no token because of %s', (obstacle) => {
  // promise: P11
  it.each(ARTEFACTS)('nothing is spent: %s is good afterwards, once', async (_, create) => {
    const setting = setUp()
    const use = await create(setting)
    setting.hinder(obstacle)
    const hindered = await use()
    const text = await hindered.text()
    expect([hindered.status >= 500, text.includes('access_token')]).toEqual([true, false])
    setting.hinder(undefined)
    // Of a refresh token that was used it shows only after the grace.
    setting.wait(31)
    const taken = await use()
    const answer = await taken.json()
    expect([taken.status, answer]).toEqual([200, expect.objectContaining({ access_token: expect.any(String) })])
    setting.wait(31)
    expect((await use()).status).toBeOneOf([400, 401])
  })
})

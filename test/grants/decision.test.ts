import { describe, expect, it } from 'vitest'
import { checkDecision } from '../../src/grants/decision.ts'
import type { Decision } from '../../src/grants/grant.ts'
import {
  createMemoryGuard,
  entitleSubject,
  type Grant,
  type IssuerSettings,
  type LogEntry,
  loginProviders,
} from '../../src/index.ts'
import { API, API2, basic, ISSUER, NOW, SECRETS, testIssuer, VARS } from '../fixtures.ts'
import { APPROVAL, createGranting } from '../parties/granting.ts'
import { formOf } from '../parties/person.ts'
import { createTestProvider } from '../parties/test_provider.ts'
import { ASSERTION_TYPE, clientAssertion } from '../parties/trusted.ts'

const TYPE = 'urn:example:own'

/** Asks an issuer with a grant type that decides so. */
async function ask(decide: Grant['decide'], settings: Partial<IssuerSettings> = {}) {
  const lines: LogEntry[] = []
  const one = { ...VARS.CLIENTS.one, grant_types: [TYPE] }
  const clients = { ...VARS.CLIENTS, one, anon: { ...VARS.CLIENTS.anon, grant_types: [TYPE] } }
  const issuer = testIssuer({ clients, grants: [{ type: TYPE, decide }], log: (line) => lines.push(line), ...settings })
  const send = async (client: 'one' | 'anon', form: Record<string, string> = {}): Promise<string> => {
    const headers = { authorization: basic(client, SECRETS[client]) }
    const body = formOf({ grant_type: TYPE, ...form })
    const response = await issuer.fetch(new Request(`${ISSUER}/token`, { method: 'POST', headers, body }))
    const { error = '' } = (await response.json()) as { error?: string }
    return `${response.status} ${error}`.trim()
  }
  return { send, lines }
}

describe('a decision', () => {
  const settings: Partial<IssuerSettings> = {
    resources: { ...VARS.RESOURCES, [API]: { ...VARS.RESOURCES[API], provider_token: 'github' } },
    authenticate: loginProviders({ github: { ...createTestProvider().provider } }),
  }
  const { context, client } = createGranting({ settings })
  const usual = { iat: NOW, exp: NOW + 300, jti: 'x', claims: {} }
  const ofPerson = { ...usual, sub: 'alice', client_id: 'web', aud: API, scope: ['read'] }
  const ofNobody = { ...usual, sub: 'anonymous:x', client_id: undefined, aud: API2, scope: ['read'] }
  const details = [{ type: 'account' }]
  const refresh = { ...APPROVAL, client_id: 'web', generation: 0 }
  const check = (decision: Decision, id = 'web', isApproved = true) =>
    checkDecision(decision, client(id), context.resources, NOW, isApproved)

  it.each<[string, Decision, string?]>([
    ['for a person', { entitlement: ofPerson }],
    ['as long as tokens of the resource live', { entitlement: { ...ofPerson, exp: NOW + 600 } }],
    ['of details alone', { entitlement: { ...ofPerson, scope: [], authorization_details: details } }],
    ['of scope and details', { entitlement: { ...ofPerson, authorization_details: details } }],
    ['with a refresh token', { entitlement: ofPerson, refresh }],
    ['with the token of a provider', { entitlement: ofPerson, providerToken: 'x' }],
    ['for nobody', { entitlement: ofNobody }, 'anon'],
  ])('is good %s', (_, decision, id) => expect(() => check(decision, id)).not.toThrow())

  it.each<[string, Decision, string?, boolean?]>([
    ['for another resource', { entitlement: { ...ofPerson, aud: 'https://x.example' } }],
    ["for a resource of others' alone", { entitlement: { ...ofPerson, aud: API2 } }, 'pub'],
    ['for nothing', { entitlement: { ...ofPerson, scope: [] } }],
    ['of other details beside', { entitlement: { ...ofPerson, authorization_details: [...details, { type: 'x' }] } }],
    ['with a refresh token of another', { entitlement: ofPerson, refresh: APPROVAL as typeof refresh }],
    [
      'with the token of a provider, where nobody said yes',
      { entitlement: ofPerson, providerToken: 'x' },
      'web',
      false,
    ],
    ['with the token of a provider for another API', { entitlement: { ...ofPerson, aud: API2 }, providerToken: 'x' }],
    ['for a person without naming the client', { entitlement: { ...ofNobody, sub: 'alice' } }, 'anon'],
  ])('is a fault of the grant type %s', (_, decision, id, isApproved) => {
    expect(() => check(decision, id, isApproved)).toThrow(RangeError)
  })
})

describe('what an own grant type decides', () => {
  it('is minted where it is within what the client may have', async () => {
    const { send } = await ask((parameters, client, context) => ({
      entitlement: entitleSubject('alice', parameters, client, context),
    }))
    expect(await send('one')).toBe('200')
    expect(await send('one', { scope: 'admin' })).toBe('400 invalid_scope')
  })

  it('may be a token for the client itself, and for nobody where client and resource say so', async () => {
    const own = await ask((parameters, client, context) => ({
      entitlement: entitleSubject(`client:${client.id}`, parameters, client, context),
    }))
    expect(await own.send('one')).toBe('200')
    const nobody = await ask((parameters, client, context) => ({
      entitlement: { ...entitleSubject('anonymous:x', parameters, client, context), client_id: undefined },
    }))
    expect(await nobody.send('anon', { resource: API2 })).toBe('200')
    expect(await nobody.send('anon', { resource: API })).toBe('500 server_error')
    expect(await nobody.send('one')).toBe('500 server_error')
  })

  it.each<[string, object]>([
    ["a resource that is not the client's", { aud: API2 }],
    ['a resource that is not there', { aud: 'https://unknown.example' }],
    ["scope that is not the client's", { scope: ['read', 'admin'] }],
    ['no scope', { scope: [] }],
    ['neither scope nor details', { scope: [], authorization_details: [] }],
    ["details that are not the client's", { authorization_details: [{ type: 'payment' }] }],
    ['another client', { client_id: 'service' }],
    ['no client', { client_id: undefined }],
    ['nobody', { sub: '' }],
    ['another client as the subject (H42)', { sub: 'client:service' }],
    ['an anonymous subject that is not', { sub: 'anonymous:x' }],
    ['a longer life than the resource allows', { exp: NOW + 601 }],
    ['no life', { exp: NOW }],
    ['another time', { iat: NOW + 1 }],
    ['a token of a provider, where hooks would see it', { providerToken: 'x' }],
  ])('is not minted for %s: 500, and the log says why (H68)', async (_, changes) => {
    const { send, lines } = await ask((parameters, client, context) => ({
      entitlement: { ...entitleSubject('alice', parameters, client, context), ...changes },
    }))
    expect(await send('one')).toBe('500 server_error')
    expect(lines.at(-1)).toMatchObject({ level: 'error', event: 'token', code: 'server_error' })
  })
})

it('an own grant type hands over no token of a provider, be it at an API that is handed one', async () => {
  for (const handed of [{}, { provider_token: 'github' }]) {
    const { send, lines } = await ask(
      (parameters, client, context) => ({
        entitlement: entitleSubject('alice', parameters, client, context),
        providerToken: 'x',
      }),
      {
        resources: { ...VARS.RESOURCES, [API]: { ...VARS.RESOURCES[API], ...handed } },
        authenticate: loginProviders({ github: { ...createTestProvider().provider } }),
      },
    )
    expect(await send('one')).toBe('500 server_error')
    expect(lines.at(-1)).toMatchObject({ level: 'error', event: 'token', code: 'server_error' })
  }
})

describe('what a client proves itself by', () => {
  it('is spent before anything that the grant spends, so that a replayed one burns nothing (H34, H59)', async () => {
    const guard = createMemoryGuard(() => NOW)
    const decide: Grant['decide'] = async (parameters, client, context) => {
      const entitlement = entitleSubject('alice', parameters, client, context)
      if ((await context.guard?.spend('voucher', NOW + 600)) !== 'first') throw new Error('burnt')
      return { entitlement }
    }
    const keyed = { ...VARS.CLIENTS.keyed, grant_types: ['client_credentials', TYPE] }
    const issuer = testIssuer({ guard, clients: { ...VARS.CLIENTS, keyed }, grants: [{ type: TYPE, decide }] })
    const send = async (grant_type: string, client_assertion: string): Promise<number> => {
      const body = formOf({ grant_type, client_assertion_type: ASSERTION_TYPE, client_assertion })
      return (await issuer.fetch(new Request(`${ISSUER}/token`, { method: 'POST', body }))).status
    }
    const used = await clientAssertion(ISSUER, NOW)
    expect(await send('client_credentials', used)).toBe(200)
    expect(await send(TYPE, used)).toBe(401)
    expect(await send(TYPE, await clientAssertion(ISSUER, NOW))).toBe(200)
  })
})

import { describe, expect, it } from 'vitest'
import {
  createMemoryGuard,
  entitleSubject,
  type Grant,
  type IssuerSettings,
  type LogEntry,
  loginProviders,
} from '../../src/index.ts'
import { API, API2, basic, ISSUER, NOW, SECRETS, testIssuer, VARS } from '../fixtures.ts'
import { createTestProvider } from '../parties/hand_over.ts'
import { formOf } from '../parties/person.ts'
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

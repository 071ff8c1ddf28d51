import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { BINDING_KINDS } from '../../src/binding_kinds.ts'
import type { Issuer } from '../../src/index.ts'
import { API, ISSUER, NOW, testKey } from '../fixtures.ts'
import { KNOWN, type Variables } from './known_settings.ts'
import { OWN, unpack, type Version } from './versions.ts'

const KEY_RING = writeRing(createRing({ now: NOW - 600, key: testKey() }))

/** Starts a version with settings as a Worker has them. */
function start({ issuer }: Version, variables: Variables): Issuer {
  const settings = issuer.readBindings({ ...KNOWN, KEY_RING, EVENTS: 'none', ...variables })
  const [guard, revocations] = [issuer.createMemoryGuard(() => NOW), issuer.createMemoryRevocations('salt')]
  return issuer.createIssuer({ ...settings, guard, revocations, now: () => NOW, log: () => {} })
}

type Metadata = Readonly<Record<string, unknown>>
const describeIt = async (issuer: Issuer): Promise<Metadata> => {
  const answer = await issuer.fetch(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))
  return (await answer.json()) as Metadata
}

/** The interfaces of the tables of settings in 0.1.0: where they stand, and all such tables in the settings that both know. */
const TABLES: readonly (readonly [string, string, readonly object[]])[] = [
  ['ClientSettings', 'protocol/client_registration', Object.values(KNOWN.CLIENTS)],
  ['ResourceSettings', 'protocol/resource_registration', Object.values(KNOWN.RESOURCES)],
  ['ExchangeRuleSettings', 'protocol/exchange', KNOWN.CLIENTS.gateway.exchange],
  [
    'DetailTypeSettings',
    'protocol/authorization_details_registration',
    Object.values(KNOWN.AUTHORIZATION_DETAILS_TYPES),
  ],
  ['TrustedIssuerSettings', 'protocol/trusted_issuer', Object.values(KNOWN.TRUSTED_ISSUERS)],
  [
    'TrustRuleSettings',
    'protocol/trusted_issuer',
    Object.values(KNOWN.TRUSTED_ISSUERS).flatMap(({ allow }) => [...allow]),
  ],
]

describe('settings of 0.1.0', () => {
  let packed: Version
  beforeAll(async () => {
    packed = await unpack('0.1.0')
  }, 60_000)

  /** Returns the members of an interface as the package tells them. */
  async function membersOf(name: string, file: string): Promise<readonly string[]> {
    const types = await readFile(join(dirname(packed.worker), `${file}.d.ts`), 'utf8')
    const [, body = ''] = new RegExp(`export interface ${name} \\{\\n(.*?)\\n\\}`, 's').exec(types) ?? []
    return [...body.matchAll(/^ {4}readonly (\w+)\??:/gm)].map(([, member = '']) => member)
  }

  it.each(TABLES)('all stand in what the two are started with here: %s', async (name, file, tables) => {
    const members = await membersOf(name, file)
    expect(members.length).toBeGreaterThan(3)
    const used = new Set(tables.flatMap((table) => Object.keys(table)))
    expect(members.filter((member) => !used.has(member))).toEqual([])
  })

  it('all stand there, variables too, but for those of a platform, a provider or development', async () => {
    const elsewhere = [
      'GUARD',
      'REVOCATIONS',
      'FAILURES',
      'KEY_RING',
      'KEY_RING_NEXT',
      'LOGIN_CLIENT_SECRET',
      'PROFILE',
      'PARTNER_KEY',
      'DEVELOPMENT',
    ]
    const variables = await membersOf('Bindings', 'bindings')
    expect([...Object.keys(KNOWN), ...elsewhere].sort()).toEqual([...variables].sort())
  })

  // promise: V06
  it('mean the same to this version: it tells of itself all that 0.1.0 told', async () => {
    const [before, now] = [await describeIt(start(packed, {})), await describeIt(start(OWN, {}))]
    expect(Object.keys(before).length).toBeGreaterThan(20)
    for (const [name, value] of Object.entries(before)) {
      const expected = Array.isArray(value) ? expect.arrayContaining(value) : value
      expect([name, now[name]]).toEqual([name, expected])
    }
  })

  it('of a provider start this version, too', () => {
    const LOGIN = {
      type: 'openid',
      issuer: 'https://idp.example',
      client_id: 'me',
      scope: 'openid profile',
      algorithms: ['ES256'],
    }
    for (const version of [packed, OWN]) start(version, { LOGIN, LOGIN_CLIENT_SECRET: 'secret' })
  })
})

/** A provider of people. */
const PROVIDER = { type: 'openid', issuer: 'https://idp.example', client_id: 'me' }

describe('settings of this version, at 0.1.0', () => {
  let packed: Version
  beforeAll(async () => {
    packed = await unpack('0.1.0')
  }, 60_000)

  it('that are variables which it does not know are passed over: it does without', async () => {
    const types = await readFile(join(dirname(packed.worker), 'bindings.d.ts'), 'utf8')
    const newer = Object.keys(BINDING_KINDS).filter((name) => !types.includes(`readonly ${name}?:`))
    expect(newer).toEqual(expect.arrayContaining(['OPENID', 'REGISTRATION', 'HOMES', 'SETTINGS']))
    const without = await describeIt(start(packed, {}))
    expect(await describeIt(start(packed, Object.fromEntries(newer.map((name) => [name, {}]))))).toEqual(without)
  })

  it.each([
    [
      'a client',
      'scopes_strict',
      { CLIENTS: { ...KNOWN.CLIENTS, web: { ...KNOWN.CLIENTS.web, scopes_strict: false } } },
    ],
    ['a resource', 'branch', { RESOURCES: { ...KNOWN.RESOURCES, [API]: { ...KNOWN.RESOURCES[API], branch: 2 } } }],
    [
      'a trusted issuer',
      'profile',
      {
        CLIENTS: { ...KNOWN.CLIENTS, runner: { ...KNOWN.CLIENTS.web, ...KNOWN.CLIENTS.runner } },
        TRUSTED_ISSUERS: {
          ...KNOWN.TRUSTED_ISSUERS,
          elsewhere: { ...KNOWN.TRUSTED_ISSUERS.elsewhere, profile: 'id-jag' },
        },
      },
    ],
    [
      'a type of details',
      'words',
      {
        AUTHORIZATION_DETAILS_TYPES: {
          ...KNOWN.AUTHORIZATION_DETAILS_TYPES,
          account: { ...KNOWN.AUTHORIZATION_DETAILS_TYPES.account, words: {} },
        },
      },
    ],
    ['several ways to log in', 'LOGIN', { LOGIN: { one: PROVIDER, other: { ...PROVIDER, client_id: 'other' } } }],
  ] as const)('that stand in %s stop its start, and it says which: %s', (_, name, variables) => {
    start(OWN, variables)
    expect(() => start(packed, variables)).toThrow(name)
  })
})

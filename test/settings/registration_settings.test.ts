import { describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { type Bindings, createIssuer, createMemoryGuard, type IssuerSettings, readBindings } from '../../src/index.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import { API, API2, ISSUER, NOW, secretHash, testKey, VARS } from '../fixtures.ts'
import { RING_RSA } from '../parties/partner.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'

const RSA_RING = writeRing(createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA }))
const THIRD = 'zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLK4'
const FOURTH = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdef8'
const FIFTH = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123454'
const [FIRST, SECOND] = REGISTRATION_KEYS

/** The settings of an issuer of two resources at which strangers may read and write one, with these changes to what they may. */
const settingsWith = (registration: unknown, changes: object = {}): IssuerSettings =>
  ({
    issuer: ISSUER,
    keyRing: RSA_RING,
    resources: { [API]: { scopes: ['read', 'write'] }, [API2]: { scopes: ['mail'] } },
    clients: {},
    guard: createMemoryGuard(() => NOW),
    authenticate: async () => ({ sub: 'alice', auth_time: NOW }),
    log: () => {},
    now: () => NOW,
    registrationKeys: FIRST,
    ...changes,
    registration,
  }) as never
const GOOD = { resources: [API], scopes: ['read', 'write'] }
const check = (changes: object, beside: object = {}) => checkSettings(settingsWith({ ...GOOD, ...changes }, beside))

/** Returns all that is wrong with settings, a line each. */
function faultsOf(settings: IssuerSettings): readonly string[] {
  try {
    createIssuer(settings)
    return []
  } catch (error) {
    expect(error instanceof TypeError || error instanceof RangeError).toBe(true)
    return (error as Error).message.split('\n')
  }
}

describe('what strangers may have', () => {
  it('is nothing where nothing is said: nobody walks in', () => {
    const { walkIns } = checkSettings({ ...settingsWith(undefined), registration: undefined } as never)
    expect(walkIns).toBeUndefined()
  })

  it('has defaults: documents, registration where there are keys, 30 days, 30 seconds, and the only resource', () => {
    expect(check({}).walkIns).toMatchObject({
      takesDocuments: true,
      isRegistering: true,
      defaultResource: API,
      documentHosts: undefined,
      redirectHosts: undefined,
      blocked: new Set(),
      template: { refreshTokenLifetime: 2_592_000, refreshTokenGrace: 30, resources: new Set([API]) },
    })
    expect(check({}, { registrationKeys: undefined }).walkIns).toMatchObject({ isRegistering: false, ids: undefined })
    expect(check({ resources: [API, API2], scopes: ['read', 'mail'] }).walkIns?.defaultResource).toBeUndefined()
  })

  it.each<[string, object, object]>([
    [
      'all that can be said',
      {
        default_resource: API2,
        resources: [API, API2],
        scopes: ['read', 'mail'],
        documents: false,
        dynamic: true,
        redirect_hosts: ['claude.ai'],
        refresh_token_lifetime: 60,
        refresh_token_grace: 0,
        blocked: ['dcr.x.y', 'evil.example', 'https://evil.example/app'],
      },
      {},
    ],
    ['documents of some hosts', { document_hosts: ['claude.ai', 'xn--bcher-kva.example', 'a-b.c1.example'] }, {}],
    ['no https at all', { redirect_hosts: [] }, {}],
    ['the longest grace and life', { refresh_token_grace: 1800, refresh_token_lifetime: 31_536_000 }, {}],
    ['no registration beside keys', { dynamic: false }, {}],
    ['documents without keys', {}, { registrationKeys: undefined }],
    [
      'who logged in, where that is told',
      { scopes: ['read', 'openid', 'profile', 'email', 'offline_access'] },
      { openid: {} },
    ],
    ['keys of before, without registration', { documents: false, dynamic: false }, {}],
  ])('may be: %s', (_, changes, beside) => expect(faultsOf(settingsWith({ ...GOOD, ...changes }, beside))).toEqual([]))

  const resources = '"registration.resources'
  const hosts = 'a host as a URL has it: in lower case, without a port'
  it.each<[string, unknown, object, readonly string[]]>([
    ['a text', 'yes', {}, ['"registration" expected an object, got a string']],
    ['true', true, {}, ['"registration" expected an object, got true']],
    [
      'nothing in it',
      {},
      {},
      [`${resources}" expected a list, got nothing`, '"registration.scopes" expected a list, got nothing'],
    ],
    [
      'what is misspelt',
      { ...GOOD, resource: API },
      {},
      [
        '"registration" has no setting "resource"; did you mean "resources"? It knows: resources, scopes, default_resource, documents, dynamic, document_hosts, redirect_hosts, refresh_token_lifetime, refresh_token_grace, blocked',
      ],
    ],
    ['no resource', { ...GOOD, resources: [] }, {}, [`${resources}" expected at least one`]],
    ['resources that are no list', { ...GOOD, resources: API }, {}, [`${resources}" expected a list, got a string`]],
    [
      'a resource that is none',
      { ...GOOD, resources: [API, 7] },
      {},
      [`${resources}[1]" expected the URI of a resource, got 7`],
    ],
    [
      'an unknown resource',
      { ...GOOD, resources: [API, 'https://api3.example'] },
      {},
      [expect.stringContaining(`${resources}[1]" expected one of the resources of these settings`)],
    ],
    [
      'a resource in another spelling',
      { ...GOOD, resources: [`${API}/`] },
      {},
      [`${resources}[0]" expected one of the resources of these settings; did you mean "${API}"?`],
    ],
    ['a resource twice', { ...GOOD, resources: [API, API] }, {}, [`${resources}" expected each text once`]],
    ['no scope', { ...GOOD, scopes: [] }, {}, ['"registration.scopes" expected at least one']],
    ['a scope as a text', { ...GOOD, scopes: 'read' }, {}, ['"registration.scopes" expected a list, got a string']],
    [
      'an unknown scope',
      { ...GOOD, scopes: ['read', 'raed'] },
      {},
      ['"registration.scopes[1]" expected a scope that a resource of these settings has'],
    ],
    [
      'who logged in, where nobody is told',
      { ...GOOD, scopes: ['read', 'openid'] },
      {},
      [expect.stringContaining('"registration.scopes[1]" expected a scope')],
    ],
    [
      'more of a person than strangers may know',
      { ...GOOD, scopes: ['openid', 'address', 'phone'] },
      { openid: {} },
      [
        '"registration.scopes[1]" expected of OpenID Connect openid, profile, email, offline_access alone',
        '"registration.scopes[2]" expected of OpenID Connect openid, profile, email, offline_access alone',
      ],
    ],
    [
      "a scope of the operator's own about persons",
      { ...GOOD, scopes: ['openid', 'roles'] },
      { openid: { scopes: { roles: ['roles'] } } },
      ['"registration.scopes[1]" expected of OpenID Connect openid, profile, email, offline_access alone'],
    ],
    [
      'a default that is no text',
      { ...GOOD, default_resource: [API] },
      {},
      ['"registration.default_resource" expected one of its resources, got an array'],
    ],
    [
      'a default that is none of them',
      { ...GOOD, default_resource: API2 },
      {},
      [expect.stringMatching(/^"registration\.default_resource" expected one of its resources/)],
    ],
    [
      'documents by a word',
      { ...GOOD, documents: 'yes' },
      {},
      ['"registration.documents" expected true or false, got a string'],
    ],
    ['registration by a word', { ...GOOD, dynamic: 1 }, {}, ['"registration.dynamic" expected true or false, got 1']],
    [
      'registration without keys',
      { ...GOOD, dynamic: true },
      { registrationKeys: undefined },
      [
        '"registrationKeys" expected the keys that `bulla client keys` prints: "registration.dynamic" lets clients register',
      ],
    ],
    [
      'no way in',
      { ...GOOD, documents: false },
      { registrationKeys: undefined },
      ['"registration" expected "documents", or "registrationKeys": nobody could walk in'],
    ],
    [
      'document hosts as a text',
      { ...GOOD, document_hosts: 'claude.ai' },
      {},
      ['"registration.document_hosts" expected a list, got a string'],
    ],
    [
      'no document host',
      { ...GOOD, document_hosts: [] },
      {},
      ['"registration.document_hosts" expected at least one; "documents" false takes none'],
    ],
    [
      'hosts of documents that nobody takes',
      { ...GOOD, documents: false, document_hosts: ['claude.ai'] },
      {},
      ['"registration.document_hosts" expected "documents" to be true'],
    ],
    ...[
      'https://claude.ai',
      'claude.ai:443',
      'Claude.ai',
      '*.claude.ai',
      'claude.ai.',
      '.claude.ai',
      'claude.ai/',
      '',
      'a b',
      'bücher.example',
      '-a.example',
      '0x7f.1',
      '127.1',
      `${'a.'.repeat(130)}example`,
    ].map((host): [string, unknown, object, readonly string[]] => [
      `${JSON.stringify(host).slice(0, 30)} as a host`,
      { ...GOOD, document_hosts: [host], redirect_hosts: [host] },
      {},
      ['document_hosts', 'redirect_hosts'].map((name) => `"registration.${name}[0]" expected ${hosts}`),
    ]),
    [
      'a host twice',
      { ...GOOD, redirect_hosts: ['a.example', 'a.example'] },
      {},
      ['"registration.redirect_hosts" expected each text once'],
    ],
    [
      'a short life',
      { ...GOOD, refresh_token_lifetime: 59 },
      {},
      [
        expect.stringContaining(
          '"registration.refresh_token_lifetime" expected an integer from 60 to 31536000, got 59',
        ),
      ],
    ],
    [
      'a life by a word',
      { ...GOOD, refresh_token_lifetime: '1d' },
      {},
      [expect.stringContaining('"registration.refresh_token_lifetime" expected an integer')],
    ],
    [
      'a long grace',
      { ...GOOD, refresh_token_grace: 1801 },
      {},
      ['"registration.refresh_token_grace" expected an integer from 0 to 1800, got 1801'],
    ],
    [
      'a half of a second',
      { ...GOOD, refresh_token_grace: 0.5 },
      {},
      ['"registration.refresh_token_grace" expected an integer from 0 to 1800, got 0.5'],
    ],
    [
      'a text that is blocked',
      { ...GOOD, blocked: 'dcr.x' },
      {},
      ['"registration.blocked" expected a list, got a string'],
    ],
    [
      'what nobody can be called',
      { ...GOOD, blocked: ['a b'] },
      {},
      ['"registration.blocked[0]" expected an id, or the host of a document'],
    ],
    [
      'more than an id can have',
      { ...GOOD, blocked: ['d'.repeat(1025)] },
      {},
      ['"registration.blocked[0]" expected an id, or the host of a document'],
    ],
    [
      'a profile for all',
      GOOD,
      { profile: 'fapi2' },
      ['"registration" expected no "profile" for all clients, for those that walk in can be in none'],
    ],
    [
      'several faults',
      { ...GOOD, scopes: ['raed'], documents: 0, blocked: [''] },
      {},
      [
        expect.stringContaining('"registration.scopes[0]"'),
        '"registration.documents" expected true or false, got 0',
        expect.stringContaining('"registration.blocked[0]"'),
      ],
    ],
  ])('may not be: %s', (_, registration, beside, expected) => {
    const faults = faultsOf(settingsWith(registration, beside))
    expect(faults).toEqual(expect.arrayContaining([...expected]))
    expect(faults).toHaveLength(expected.length)
  })

  it('needs what every app needs with which people log in: a login, and a guard', () => {
    expect(faultsOf(settingsWith(GOOD, { authenticate: undefined, guard: undefined }))).toEqual([
      '"authenticate" expected a way to log in: a client that walks in may use authorization_code',
      '"guard" expected a guard, or "none" written out: a client that walks in may use authorization_code',
    ])
  })

  it('needs an RSA key where strangers are told who logged in', () => {
    const keyRing = writeRing(createRing({ now: NOW, key: testKey() }))
    const scopes = ['read', 'openid']
    expect(faultsOf(settingsWith({ ...GOOD, scopes }, { openid: {}, keyRing }))).toEqual([
      expect.stringMatching(/^"keyRing" expected an RSA key.*clients that walk in/),
    ])
    expect(faultsOf(settingsWith(GOOD, { openid: {}, keyRing }))).toEqual([])
  })
})

describe('the keys of registration', () => {
  it.each<[string, string]>([
    ['one', FIRST],
    ['four', [FIRST, SECOND, THIRD, FOURTH].join(' ')],
    ['two, with commas and line breaks', `\n${FIRST},\r\n\t${SECOND}\n`],
  ])('may be %s', (_, registrationKeys) => expect(faultsOf(settingsWith(GOOD, { registrationKeys }))).toEqual([]))

  it.each<[string, unknown]>([
    ['none', ''],
    ['white space', ' \n'],
    ['five', [FIRST, SECOND, THIRD, FOURTH, FIFTH].join(' ')],
    ['two that are the same', `${FIRST} ${FIRST}`],
    ['one that is short', FIRST.slice(1)],
    ['one that is long', `${FIRST}A`],
    ['one in another spelling', `${FIRST.slice(0, -1)}l`],
    ['one that is not random', 'A'.repeat(43)],
    ['one of few letters', 'abcdefghijk'.repeat(4).slice(0, 43)],
    ['two run together', FIRST + SECOND],
    ['a good one beside a bad one', `${FIRST} x`],
    ['one in hex', 'ab'.repeat(32)],
    ['a list', [FIRST]],
    ['a number', 7],
    ['null', null],
  ])('may not be: %s; and nothing of them is said again', (_, registrationKeys) => {
    for (const registration of [GOOD, undefined]) {
      const faults = faultsOf({ ...settingsWith(registration), registration, registrationKeys } as never)
      expect(faults).toEqual(['"registrationKeys" expected one to four keys as `bulla client keys` prints them'])
    }
  })

  it('are another than any client is called by: ids that begin as theirs are for no configured client', () => {
    const clients = {
      'dcr.billing': {
        secret_hash: secretHash('x'),
        grant_types: ['client_credentials'],
        resources: [API],
        scopes: ['read'],
      },
    }
    expect(faultsOf(settingsWith(GOOD, { clients }))).toEqual([
      expect.stringMatching(/^"clients" expected .* none that begins with "dcr\."/),
    ])
  })
})

describe('in the variables of a Worker', () => {
  const env = (REGISTRATION: unknown, changes: object = {}): Bindings => ({
    ISSUER,
    KEY_RING: RSA_RING,
    GUARD: 'none',
    LOGIN: VARS.LOGIN,
    RESOURCES: { [API]: { scopes: ['read', 'write'] } },
    REGISTRATION,
    REGISTRATION_KEYS: FIRST,
    ...changes,
  })

  it('strangers may have what they say, by the same rules', () => {
    const { walkIns } = checkSettings(readBindings(env({ ...GOOD, documents: false })))
    expect(walkIns).toMatchObject({ takesDocuments: false, isRegistering: true, defaultResource: API })
    expect(faultsOf(readBindings(env({ ...GOOD, scope: 'read' })))).toEqual([
      expect.stringContaining('"registration" has no setting "scope"; did you mean "scopes"?'),
    ])
    expect(faultsOf(readBindings(env(GOOD, { REGISTRATION_KEYS: 'x' })))).toEqual([
      expect.stringMatching(/^"registrationKeys" expected one to four keys/),
    ])
  })

  it('a key that is no text, and a limit that is none, are refused by their names', () => {
    expect(() => readBindings(env(GOOD, { REGISTRATION_KEYS: 7 }))).toThrow('"REGISTRATION_KEYS" expected a text')
    expect(() => readBindings(env(GOOD, { REGISTRATIONS: 60 }))).toThrow(
      '"REGISTRATIONS" expected a rate limit with limit, and has no limit',
    )
    const { REGISTRATION_KEYS: _, ...others } = env(GOOD)
    expect(() => readBindings({ ...others, REGISTRATION_KEY: FIRST } as never)).toThrow(
      '"REGISTRATION_KEY" is no setting; did you mean "REGISTRATION_KEYS"?',
    )
  })

  it('the limit counts by the address that the platform saw, of IPv6 by the line', async () => {
    const asked: string[] = []
    const limits = { limit: async ({ key }: { key: string }) => ({ success: asked.push(key) < 2 }) }
    const issuer = createIssuer({ ...readBindings(env(GOOD, { REGISTRATIONS: limits })), log: () => {} })
    const register = (address?: string): Promise<Response> => {
      const headers = {
        'content-type': 'application/json',
        ...(address === undefined ? {} : { 'cf-connecting-ip': address }),
      }
      const body = JSON.stringify({ redirect_uris: ['https://tool.example/cb'] })
      return Promise.resolve(issuer.request(`${ISSUER}/register`, { method: 'POST', headers, body }))
    }
    const statuses = [await register('192.0.2.1'), await register('192.0.2.2'), await register()].map(
      ({ status }) => status,
    )
    expect([statuses, asked]).toEqual([
      [201, 429, 201],
      ['192.0.2.1', '192.0.2.2'],
    ])
    await register('2001:db8:0:1::1')
    await register('2001:DB8::1:ffff:0:0:2')
    expect(new Set(asked.slice(2))).toEqual(new Set(['2001:db8:0:1']))
  })
})

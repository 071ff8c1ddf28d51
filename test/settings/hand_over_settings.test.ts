import { describe, expect, it } from 'vitest'
import {
  createIssuer,
  createMemoryGuard,
  type IssuerSettings,
  type LoginProvider,
  loginProviders,
} from '../../src/index.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import { API, API2, ISSUER, secretHash } from '../fixtures.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'

const provider: LoginProvider = {
  label: 'GitHub',
  tellsAuthTime: false,
  authenticate(): never {
    throw new Error('nobody logs in')
  },
}
const providers = loginProviders({
  github: provider,
  google: provider,
  www: { ...provider, hasPlainNames: true, givesTokens: false },
})
const handed = { [API]: { scopes: ['read'], provider_token: 'github' }, [API2]: { scopes: ['mail'] } }
const app = { grant_types: ['authorization_code'], redirect_uris: ['https://app.example/cb'], resources: [API] }
const service = { secret_hash: secretHash('x'), grant_types: ['client_credentials'], resources: [API] }
const device = { grant_types: [DEVICE], resources: [API] }

const full: IssuerSettings = {
  issuer: ISSUER,
  keyRing: undefined,
  resources: handed,
  clients: {},
  guard: createMemoryGuard(),
  authenticate: providers,
}

/** Returns what is wrong with these settings, a fault a line. */
function faultsOf(changes: object): readonly string[] {
  try {
    createIssuer({ ...full, ...changes })
    return []
  } catch (error) {
    return (error as Error).message.split('\n')
  }
}

const { leave: _, ...forgetful } = createMemoryGuard()
const NAME = `"resources["${API}"].provider_token"`
const KEPT = `"guard" expected a guard with leave, look, swap: ${NAME} is kept there`

describe('a resource that is handed the token of a provider', () => {
  it.each<[string, object]>([
    ['has no client yet', {}],
    ['has an app', { clients: { app } }],
    ['has an app, and a service that acts for itself', { clients: { app, service } }],
    [
      'is all that a device has beside another resource',
      { clients: { app, tv: { ...device, resources: [API, API2] } } },
    ],
    [
      'is all that a device has beside who its person is',
      { openid: { claims: [] }, clients: { app, tv: { ...device, scopes: ['openid'] } } },
    ],
    [
      'takes tokens that name no client, which come of no login',
      {
        resources: { [API]: { ...handed[API], anonymous: true } },
        clients: { app, service: { ...service, anonymous: true } },
      },
    ],
  ])('is taken where it %s', (_, changes) => expect(faultsOf(changes)).toEqual([]))

  it('is what clients may have that walk in, and nobody else needs be there', () => {
    const registration = { resources: [API], scopes: ['read'] }
    const { walkIns } = checkSettings({ ...full, registration, registrationKeys: REGISTRATION_KEYS[0] })
    expect(walkIns).toMatchObject({ defaultResource: API, isRegistering: true })
  })

  it.each<[string, object, readonly string[]]>([
    [
      'nobody logs people in',
      { authenticate: undefined },
      [`${NAME} expected several ways to log in, with names: a table for each in LOGIN, or loginProviders({ … })`],
    ],
    [
      'there is but one way to log in, which has no name',
      { authenticate: provider.authenticate },
      [`${NAME} expected several ways to log in, with names: a table for each in LOGIN, or loginProviders({ … })`],
    ],
    [
      'the provider is misspelt',
      { resources: { [API]: { ...handed[API], provider_token: 'GitHub' } } },
      [`${NAME} expected what LOGIN calls a provider; did you mean "github"?`],
    ],
    [
      'there is no such provider',
      { resources: { [API]: { ...handed[API], provider_token: 'discord' } } },
      [`${NAME} expected what LOGIN calls a provider; there are: github, google, www`],
    ],
    [
      'the provider is a page of your own',
      { resources: { [API]: { ...handed[API], provider_token: 'www' } } },
      [`${NAME} expected a provider that gives tokens: a page of your own gives none`],
    ],
    ['there is no guard', { guard: undefined }, [KEPT]],
    ['there is to be no guard', { guard: 'none' }, [KEPT]],
    ['the guard keeps nothing', { guard: forgetful }, [KEPT]],
    [
      'nobody can log in for it, for its only clients act for themselves',
      { clients: { service } },
      [`${NAME} expected a client with authorization_code at this resource: without, nobody logs in for it`],
    ],
    [
      'a device may have nothing else',
      { clients: { app, tv: device } },
      [
        `"clients["tv"].grant_types" expected no ${DEVICE}: the client "tv" may have nothing but what is handed the token of a provider, and no device is let in for that`,
      ],
    ],
    [
      'nothing is handed over, but a scope of the provider is written',
      { resources: { [API]: { scopes: ['read'], provider_scope: 'repo' } } },
      [`"resources["${API}"].provider_scope" goes with "provider_token"`],
    ],
    [
      'what it needs there is no list of scope tokens',
      { resources: { [API]: { ...handed[API], provider_scope: ['repo'] } } },
      [
        `"resources["${API}"].provider_scope" expected scope tokens, with spaces between, 2,048 characters at the most, got an array`,
      ],
    ],
    [
      'no login could carry what it needs there',
      { resources: { [API]: { ...handed[API], provider_scope: 'x'.repeat(2049) } } },
      [`"resources["${API}"].provider_scope" expected scope tokens, with spaces between, 2,048 characters at the most`],
    ],
    [
      'its tokens are under a leaf that the issuer opens',
      { resources: { [API]: { ...handed[API], envelope: 'nested', encryption_alg: 'dir' } } },
      [`${NAME} expected "direct", or tokens to a key of its own`],
    ],
  ])('is refused where %s', (_, changes, faults) => expect(faultsOf(changes)).toEqual(faults))

  it('says all that is wrong at once, and of the guard once', () => {
    const resources = {
      [API]: { scopes: ['read'], provider_token: 'githb' },
      [API2]: { scopes: ['mail'], provider_token: 'www' },
    }
    const clients = { tv: device, service: { ...service, resources: [API2] } }
    expect(faultsOf({ resources, clients, guard: 'none' }).map((line) => line.split(' expected ')[0])).toEqual([
      '"guard"',
      NAME,
      `"resources["${API2}"].provider_token"`,
      '"guard"',
      NAME,
      `"resources["${API2}"].provider_token"`,
      '"clients["tv"].grant_types"',
    ])
  })
})

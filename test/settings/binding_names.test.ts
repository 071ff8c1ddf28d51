import { describe, expect, it } from 'vitest'
import { readBindings } from '../../src/index.ts'
import { ISSUER } from '../fixtures.ts'

describe('a variable of a Worker that nobody reads', () => {
  it.each([
    ['CLIENT', 'CLIENTS', {}],
    ['CLINET', 'CLIENTS', {}],
    ['RESOURCE', 'RESOURCES', {}],
    ['SESSION_LIFETIM', 'SESSION_LIFETIME', 3600],
    ['SESSION_LIVETIMES', 'SESSION_LIFETIME', 3600],
    ['session_lifetime', 'SESSION_LIFETIME', 3600],
    ['SessionIdleLifetime', 'SESSION_IDLE_LIFETIME', 3600],
    ['LOGIN_CLIENT-SECRET', 'LOGIN_CLIENT_SECRET', 'canary'],
    ['TRUSTED_ISSUER', 'TRUSTED_ISSUERS', {}],
    ['PAIRWISE_SLAT', 'PAIRWISE_SALT', 'canary'],
    ['KEYRING', 'KEY_RING', 'canary'],
    ['KEY_RING_NXET', 'KEY_RING_NEXT', 'canary'],
    ['GAURD', 'GUARD', 'none'],
    ['LOGINS', 'LOGIN', {}],
    ['HOMS', 'HOMES', 4],
    ['HOMEREGIONS', 'HOME_REGIONS', {}],
    ['DPOP_NONCES', 'DPOP_NONCE', false],
    ['REVOCATION', 'REVOCATIONS', { getByName: () => undefined }],
    ['EVENT', 'EVENTS', 'none'],
    ['FAILURE', 'FAILURES', { limit: () => undefined }],
    ['AUTHORIZATION_DETAIL_TYPES', 'AUTHORIZATION_DETAILS_TYPES', {}],
  ])('as %s is refused where %s was meant, and its value is not told', (name, meant, value) => {
    expect(() => readBindings({ ISSUER, [name]: value } as never)).toThrow(
      new TypeError(`"${name}" is no setting; did you mean "${meant}"? Call what is your own something else`),
    )
  })

  it('is refused for the issuer as well, which is then missing', () => {
    expect(() => readBindings({ ISUSER: ISSUER } as never)).toThrow('"ISUSER" is no setting; did you mean "ISSUER"?')
  })

  it('is said with all others, each on a line', () => {
    expect(() => readBindings({ ISSUER, CLIENT: {}, GAURD: 'none' } as never)).toThrow(
      /^"CLIENT" is no setting.*\n"GAURD" is no setting.*$/,
    )
  })

  it.each([
    ...[
      'SHOP_SECRET',
      'DB',
      'KV',
      'AI',
      'ASSETS',
      'BROWSER',
      'IMAGES',
      'CF_VERSION_METADATA',
      'NODE_ENV',
      'ENVIRONMENT',
    ],
    ...['LOG', 'LOGS', 'LOGGER', 'LOGO', 'ORIGIN', 'PLUGIN', 'BOARD', 'HOSTS', 'HOST', 'ISSUE', 'ISSUES', 'USERS'],
    ...['CLIENT_ID', 'CLIENT_SECRET', 'CLIENT_DB', 'TENANTS', 'FEATURES', 'SOURCES', 'KEYS', 'PATH', 'HOME'],
    ...['LOGNAME', 'SESSION_SECRET', 'SESSIONS', 'DEPLOYMENT', 'LOCATIONS', 'LOGIN_CLIENT_ID', 'PARTNER_ID', 'DOMAIN'],
  ])("as %s is the operator's own", (name) => {
    const env = { ISSUER, RESOURCES: {}, [name]: 'anything' }
    expect(() => readBindings(env as never)).not.toThrow()
  })

  it('may be like a setting that is there, unless it is a table: then a half of the setting went astray', () => {
    expect(() => readBindings({ ISSUER, CLIENTS: {}, CLIENT: 'web' } as never)).not.toThrow()
    expect(() => readBindings({ ISSUER, CLIENTS: {}, CLIENT: new (class Service {})() } as never)).not.toThrow()
    expect(() => readBindings({ ISSUER, CLIENTS: {}, CLIENT: { web: {} } } as never)).toThrow('did you mean "CLIENTS"?')
  })
})

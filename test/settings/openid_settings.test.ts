import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { createRing, examineRing, type Ring, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard, createMemoryRevocations } from '../../src/index.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import { PROTOCOL_CLAIMS } from '../../src/token/claims.ts'
import { API, API2, ISSUER, NOW, testKey } from '../fixtures.ts'
import { createProvider, RP } from '../parties/openid_provider.ts'
import { RING_RSA } from '../parties/partner.ts'

const RSA = createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA })
const RSA_RING = writeRing(RSA)
const SIGNER = {
  ...(await exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey)),
  kid: 's1',
}
const BARE_RING = writeRing(createRing({ now: NOW, key: testKey() }))

/** Returns a ring whose RSA key has these dates. */
function ringWith(dates: object): Ring {
  const ring = createRing({ now: NOW - 100, key: testKey(), rsaKey: RING_RSA })
  return { ...ring, rsa: (ring.rsa ?? []).map((key) => ({ ...key, ...dates })) }
}

/** The settings of an OpenID provider with these changes; its client may have a resource too. */
const settingsWith = (changes: object = {}) => ({
  issuer: ISSUER,
  keyRing: RSA_RING,
  resources: { [API]: { scopes: ['read'] } },
  clients: { rp: RP },
  openid: {},
  guard: createMemoryGuard(() => NOW),
  authenticate: async () => ({ sub: 'alice', auth_time: NOW }),
  log: () => {},
  now: () => NOW,
  ...changes,
})
const check = (changes: object) => () => checkSettings(settingsWith(changes) as never)
const start = (changes: object) => () => createIssuer(settingsWith(changes) as never)
const rp = (changes: object): object => ({ clients: { rp: { ...RP, ...changes } } })
const openid = (changes: object): object => ({ openid: changes })
const resource = (uri: string, scopes: readonly string[] = []): object => ({ resources: { [uri]: { scopes } } })
const noProvider = (scopes: readonly string[]): object => ({
  openid: undefined,
  clients: { rp: { ...RP, resources: [API], scopes } },
})

describe('the settings of an OpenID provider', () => {
  it.each<[string, object]>([
    ['nothing but that it is one', openid({})],
    ['no client that asks', { clients: {} }],
    ['a client without resources', rp({ scopes: ['openid'] })],
    ['own claims, and scopes that ask for them', openid({ claims: ['name', 'roles'], scopes: { roles: ['roles'] } })],
    ['own scopes of a client', { ...openid({ scopes: { roles: ['roles'] } }), ...rp({ scopes: ['openid', 'roles'] }) }],
    ['a resource beside it', resource(`${ISSUER}/userinfo/v2`, ['read'])],
    ['lives at the edges', openid({ id_token_lifetime: 60, acr_values: ['urn:mace:incommon:iap:silver'] })],
    ['a day', openid({ id_token_lifetime: 86_400 })],
  ])('may be %s', (_, changes) => expect(check(changes)).not.toThrow())

  it.each<[string, object, string]>([
    ['a list', openid([] as never), '"openid" expected an object, got an array'],
    ['a misspelt member', openid({ claim: [] }), '"openid" has no setting "claim"; did you mean "claims"?'],
    ['claims as text', openid({ claims: 'name' }), '"openid.claims" expected a list, got a string'],
    ['a claim twice', openid({ claims: ['name', 'name'] }), '"openid.claims" expected each text once'],
    ['a claim with a space', openid({ claims: ['a b'] }), '"openid.claims[0]" expected a name of 1 to 128 visible'],
    [
      'a scope of its own for a claim that may not be told',
      openid({ claims: ['roles'], scopes: { roles: ['role'] } }),
      '"openid.scopes["roles"][0]" expected one of "openid.claims"; did you mean "roles"?',
    ],
    [
      'a scope of its own that asks for nothing',
      openid({ scopes: { roles: [] } }),
      '"openid.scopes["roles"]" expected the claims that it asks for',
    ],
    [
      'a claim of the protocol in a scope',
      openid({ scopes: { roles: ['sub'] } }),
      '"openid.scopes["roles"][0]" expected a claim of a person: "sub" is the protocol\'s',
    ],
    ...['openid', 'profile', 'email', 'address', 'phone', 'offline_access'].map((scope): [string, object, string] => [
      `other claims for ${scope}`,
      openid({ scopes: { [scope]: ['name'] } }),
      `"openid.scopes" expected scopes of your own: "${scope}" is OpenID Connect's`,
    ]),
    ['a scope that is none', openid({ scopes: { 'a b': ['name'] } }), '"openid.scopes" expected scope tokens'],
    [
      'an ID token of 59 seconds',
      openid({ id_token_lifetime: 59 }),
      '"openid.id_token_lifetime" expected an integer from 60 to 86400, got 59',
    ],
    ['an ID token of more than a day', openid({ id_token_lifetime: 86_401 }), 'from 60 to 86400, got 86401'],
    ['contexts as text', openid({ acr_values: 'gold' }), '"openid.acr_values" expected a list, got a string'],
    ['an issuer that is none', { issuer: 'auth.example' }, '"issuer" expected the URL of the issuer'],
  ])('are refused with %s', (_, changes, message) => expect(check(changes)).toThrow(message))

  it.each([...PROTOCOL_CLAIMS, 'nonce', 'at_hash', 'sid', 'azp', 'events', 'gid'])(
    'let nobody be told %s as a claim of a person',
    (claim) => expect(check(openid({ claims: [claim] }))).toThrow(`"${claim}" is the protocol's`),
  )
})

describe('what asks who logged in', () => {
  it.each<[string, string]>([
    ['its very name', `${ISSUER}/userinfo`],
    ['a slash', `${ISSUER}/userinfo/`],
    ['another spelling', `${ISSUER.replace('https://', 'HTTPS://')}:443/userinfo`],
    ['another spelling and a slash', `${ISSUER.replace('https://', 'https://').toUpperCase()}/userinfo/`],
  ])('is asked of the issuer alone: no resource has %s', (_, uri) =>
    expect(check(resource(uri))).toThrow(
      `"resources["${uri}"]" expected another name: it is the issuer's own, which tells who logged in`,
    ),
  )

  it.each(['openid', 'profile', 'email', 'address', 'phone', 'offline_access', 'roles'])(
    'is asked of the issuer alone: no resource has the scope %s',
    (scope) =>
      expect(check({ ...openid({ scopes: { roles: ['roles'] } }), ...resource(API2, ['write', scope]) })).toThrow(
        `"resources["${API2}"].scopes[1]" expected another: "${scope}" asks who logged in, and belongs to ${ISSUER}/userinfo alone`,
      ),
  )

  it('is free for resources where the issuer is no provider', () => {
    const resources = { [API]: { scopes: ['openid', 'email'] }, [`${ISSUER}/userinfo`]: { scopes: [] } }
    expect(check({ ...noProvider(['openid', 'email']), resources })).not.toThrow()
  })

  it('where the issuer is no provider, makes nobody need RS256: neither a client in fapi2, nor the ring', async () => {
    const free = {
      openid: undefined,
      keyRing: BARE_RING,
      resources: { [API]: { scopes: ['openid'] } },
      revocations: createMemoryRevocations('a salt'),
    }
    const client = { ...RP, resources: [API], scopes: ['openid'] }
    const strong = { secret_hash: undefined, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [SIGNER] } }
    expect(check({ ...free, clients: { rp: { ...client, ...strong, profile: 'fapi2' } } })).not.toThrow()
    const issuer = createIssuer(settingsWith({ ...free, clients: { rp: client } }) as never)
    const health = await issuer.request(`${ISSUER}/healthz`)
    expect(await health.json()).not.toHaveProperty('missing')
  })

  it.each<[string, object, string]>([
    [
      'openid, and no provider',
      noProvider(['read', 'openid']),
      '"clients["rp"].scopes[1]" expected a scope that a resource of these settings has; "openid" asks who logged in, and needs the setting "openid" ([vars.OPENID]), which may be empty',
    ],
    [
      'offline_access, and no provider',
      noProvider(['offline_access']),
      '"offline_access" asks who logged in, and needs',
    ],
    ['what looks like openid, and no provider', noProvider(['opneid']), 'did you mean "openid"?'],
    [
      'what looks like openid',
      rp({ scopes: ['opneid'] }),
      'scopes[0]" expected a scope that a resource of these settings has; did you mean "openid"?',
    ],
    [
      'what looks like a scope of its own',
      { ...openid({ scopes: { groups: ['groups'] } }), ...rp({ scopes: ['openid', 'group'] }) },
      'did you mean "groups"?',
    ],
    [
      'email without openid',
      rp({ scopes: ['email'] }),
      '"clients["rp"].scopes" expected "openid" beside "email", which tells nothing without it',
    ],
    ['offline_access without openid', rp({ scopes: ['offline_access'] }), 'expected "openid" beside "offline_access"'],
    [
      'openid without a person',
      rp({ grant_types: [], scopes: ['openid'] }),
      '"clients["rp"].grant_types" expected authorization_code: without it nobody logs in for "openid"',
    ],
    [
      'openid of a resource server',
      {
        clients: { rp: { kind: 'resource_server', secret_hash: RP.secret_hash, resources: [API], scopes: ['openid'] } },
      },
      'without it nobody logs in for "openid"',
    ],
    [
      'the scope of an API without the API',
      rp({ scopes: ['openid', 'read'] }),
      '"clients["rp"].resources" expected the resource that has "read": who logged in is told without one',
    ],
    [
      'a grant that leads to nothing',
      rp({ grant_types: ['authorization_code', 'client_credentials'], scopes: ['openid'] }),
      '"clients["rp"].grant_types" expected authorization_code and refresh_token alone: without resources client_credentials leads to nothing',
    ],
  ])('is refused for a client with %s', (_, changes, message) => expect(check(changes)).toThrow(message))

  it('is not what is wrong where nobody can read what it is', () => {
    const changes = { ...openid({ id_token_lifetime: 1 }), ...rp({ scopes: ['openid', 'mine'] }) }
    expect(check(changes)).toThrow(/^"openid.id_token_lifetime" expected an integer from 60 to 86400, got 1$/)
  })
})

describe('a client that is told by RS256', () => {
  const sentence =
    '"keyRing" expected an RSA key, which `bulla keys rotate --rs256` adds: the client "rp" is answered by RS256, unless its "id_token_signed_response_alg" says "ES256" or "Ed25519"'

  it.each<[string, object]>([
    ['the ring has none', { keyRing: BARE_RING }],
    ['neither ring has one', { keyRing: BARE_RING, keyRingNext: BARE_RING }],
    ['the only one is revoked', { keyRing: writeRing({ ...RSA, revoked: (RSA.rsa ?? []).map(({ kid }) => kid) }) }],
  ])('needs an RSA key: the settings are refused where %s', (_, changes) => expect(start(changes)).toThrow(sentence))

  it.each<[string, object]>([
    ['the ring that comes next has one', { keyRing: BARE_RING, keyRingNext: RSA_RING }],
    ['all say another algorithm', { keyRing: BARE_RING, ...rp({ id_token_signed_response_alg: 'ES256' }) }],
    ['no client asks who logged in', { keyRing: BARE_RING, clients: {} }],
    ['there is no ring: that is another fault', { keyRing: undefined }],
    ['nobody can read the ring: that is another fault', { keyRing: '{' }],
    ['nobody can read the next ring: that is another fault', { keyRing: BARE_RING, keyRingNext: '{' }],
  ])('needs one, and the issuer starts where %s', (_, changes) => expect(start(changes)).not.toThrow())

  it.each(['userinfo_signed_response_alg', 'authorization_signed_response_alg'])(
    'needs one for %s too, and that is named',
    (setting) =>
      expect(
        start({ keyRing: BARE_RING, ...rp({ id_token_signed_response_alg: 'ES256', [setting]: 'RS256' }) }),
      ).toThrow(`unless its "${setting}" says "ES256"`),
  )

  it('needs one for its signed answers where nobody tells who logged in, too', () => {
    const changes = noProvider(['read'])
    const resources = { [API]: { scopes: ['read'] } }
    const clients = { rp: { ...RP, resources: [API], scopes: ['read'], authorization_signed_response_alg: 'RS256' } }
    expect(start({ ...changes, resources, clients, keyRing: BARE_RING })).toThrow('unless its "authorization_signed')
    expect(start({ ...changes, resources, clients, keyRing: RSA_RING })).not.toThrow()
  })

  it.each<[string, object, string]>([
    ['has not begun', { use: NOW + 3660 }, 'no key signs by RS256 until 2027-01-15T09:01:00Z'],
    ['has ended', { end: NOW }, 'no key signs by RS256 until `bulla keys rotate --rs256` adds one'],
  ])('gets 503 while its key %s, and healthz says why; all others are served', async (_, dates, missing) => {
    const keyRing = writeRing(ringWith(dates))
    const provider = createProvider({ keyRing })
    expect(await provider.login()).toMatchObject({ error: 'temporarily_unavailable' })
    const health = await provider.ask(new Request(`${ISSUER}/healthz`))
    expect([health.status, await health.json()]).toMatchObject([200, { status: 'ok', missing: [missing] }])
    const other = createProvider({ keyRing, rp: { id_token_signed_response_alg: 'ES256' } })
    expect((await other.login()).id_token).toMatch(/^ey/)
    expect(await (await other.ask(new Request(`${ISSUER}/healthz`))).json()).not.toHaveProperty('missing')
  })

  it('is no surprise to who asks the doctor: it says when the key ends two weeks ahead', () => {
    const findings = examineRing(ringWith({ end: NOW + 86_400 }), { now: NOW })
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^no RSA key is primary from .*: nothing can be signed by RS256 then; `bulla keys rotate` adds one$/,
      ),
    ])
  })
})

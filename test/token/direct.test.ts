import { CompactEncrypt } from 'jose'
import { describe, expect, it } from 'vitest'
import { createKeyring, type Leaf } from '../../keys/index.ts'
import { openDirect, sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import type { OpenedBefore } from '../../src/token/opened_before.ts'
import { API, ENTITLEMENT, ISSUER, NOW, openEntitlement, testRing } from '../fixtures.ts'

const keyring = createKeyring(testRing(NOW), ISSUER)
const leaves = keyring.leavesFor('access', API, 'A256GCM', 600)
const leaf = leaves.sealing(NOW) as Leaf
const entitlement: Entitlement = {
  ...ENTITLEMENT,
  scope: ['read', 'write'],
  gid: 'BBBBBBBBBBBBBBBBBBBBBB',
  auth_time: NOW - 5,
  acr: 'urn:example:loa2',
  amr: ['pwd', 'otp'],
  cnf: { jkt: 'CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC' },
  act: { sub: 'client:agent', act: { sub: 'client:other' } },
  may_act: { sub: 'client:agent' },
  authorization_details: [{ type: 'payment', amount: 5 }],
  claims: { tenant: 'blue', list: [1, { deep: null }] },
}
const expected = { issuer: ISSUER, resource: API, now: NOW, clockTolerance: 10, longestLife: 600, anonymous: false }

/** Returns the entitlement, or the code of the refusal. */
const open = async (token: string, changes: Partial<typeof expected> = {}): Promise<unknown> =>
  openEntitlement(token, leaves, { ...expected, ...changes }).catch((error: { code: string }) => error.code)

/** Seals anything with jose alone, as somebody would who holds the leaf. */
const forge = (payload: unknown, header: object = {}, key: Uint8Array = leaf.key): Promise<string> => {
  const bytes =
    payload instanceof Uint8Array
      ? payload
      : new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload))
  const protectedHeader = { alg: 'dir', enc: 'A256GCM', kid: leaf.kid, typ: 'at+jwe', ...header }
  return new CompactEncrypt(bytes).setProtectedHeader(protectedHeader).encrypt(key)
}
const claims = {
  iss: ISSUER,
  sub: 'alice',
  aud: API,
  client_id: 'app',
  scope: 'read',
  iat: NOW,
  exp: NOW + 600,
  jti: 'AAAAAAAAAAAAAAAAAAAAAA',
}

describe('a direct token', () => {
  it('opens to the entitlement that was sealed', async () => {
    expect(await open(await sealDirect(entitlement, ISSUER, leaves, NOW))).toEqual(entitlement)
  })

  it('has exactly the header of design §4', async () => {
    const [header = ''] = (await sealDirect(entitlement, ISSUER, leaves, NOW)).split('.')
    expect(atob(header)).toBe(`{"alg":"dir","enc":"A256GCM","kid":"${leaf.kid}","typ":"at+jwe"}`)
  })

  it('is never sealed twice with the same initialization vector (H07)', async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, () => sealDirect(entitlement, ISSUER, leaves, NOW)))
    expect(new Set(tokens.map((token) => token.split('.')[2])).size).toBe(100)
  })

  it('is not sealed when no root is primary', async () => {
    await expect(sealDirect(entitlement, ISSUER, leaves, NOW - 1)).rejects.toMatchObject({ code: 'sealing' })
  })

  it('is not sealed longer than it could be opened', async () => {
    const long = { ...entitlement, claims: { text: 'x'.repeat(6000) } }
    await expect(sealDirect(long, ISSUER, leaves, NOW)).rejects.toMatchObject({ code: 'size' })
  })

  it("never lets the operator's claims override the protocol's", async () => {
    const sly = { ...entitlement, claims: { sub: 'mallory', exp: NOW + 9999, cnf: {}, nbf: 0, tenant: 'blue' } }
    expect(await open(await sealDirect(sly, ISSUER, leaves, NOW))).toMatchObject({
      sub: 'alice',
      exp: NOW + 600,
      claims: { tenant: 'blue' },
    })
  })

  it('that was opened before is not opened again, as long as the same leaf is found by its kid', async () => {
    let known: OpenedBefore | undefined
    const before = {
      find: () => known,
      keep: (_: string, opened: OpenedBefore) => {
        known ??= { ...opened, claims: { ...opened.claims, sub: 'kept' } }
      },
    }
    const { kid } = leaf
    const token = await sealDirect(entitlement, ISSUER, leaves, NOW)
    const see = async () => openDirect(token, leaves, expected, before)
    expect(await see()).toEqual({ entitlement, kid, leaf: kid })
    expect(known).toMatchObject({ to: kid, by: leaf, kid })
    expect(await see()).toEqual({ entitlement: { ...entitlement, sub: 'kept' }, kid, leaf: kid })
    known = { ...(known as unknown as OpenedBefore), by: { ...leaf } }
    expect(await see()).toEqual({ entitlement, kid, leaf: kid })
  })

  it('by A256CBC-HS512 opens too (RFC 7518 §5.2.5)', async () => {
    const wide = keyring.leavesFor('access', API, 'A256CBC-HS512', 600)
    const token = await sealDirect(entitlement, ISSUER, wide, NOW)
    expect(await openEntitlement(token, wide, expected)).toEqual(entitlement)
    expect(await open(token)).toBe('algorithm')
  })
})

describe('opening a direct token', () => {
  it('takes what jose alone sealed with the leaf: the form is standard', async () => {
    expect(await open(await forge(claims))).toMatchObject({ sub: 'alice', scope: ['read'] })
  })

  it.each<[string, object, string]>([
    ['of another typ', { typ: 'JWT' }, 'type'],
    ['of a typ in another case', { typ: 'AT+JWE' }, 'type'],
    ['of a purpose', { typ: 'code+jwe' }, 'type'],
    ['without typ', { typ: undefined }, 'header'],
    ['without kid (H08)', { kid: undefined }, 'header'],
    ['of an unknown root', { kid: 'r9.20833' }, 'key'],
    ['of another period', { kid: 'r1.20834' }, 'key'],
    ['of a period spelled otherwise', { kid: 'r1.020833' }, 'key'],
    ['with a path as kid (H09)', { kid: '../../etc/passwd' }, 'key'],
    ['with a prototype as kid (H09)', { kid: '__proto__' }, 'key'],
    ['with cty', { cty: 'JWT' }, 'header'],
    ['with a key in it (C16)', { jwk: { kty: 'oct', k: 'AAAA' } }, 'header'],
    ['with a URL of keys in it (C16)', { jku: 'https://evil.example/jwks' }, 'header'],
    ['with p2c (H02)', { p2c: 2_147_483_647 }, 'header'],
    ['with a header over 512 bytes (H03)', { kid: 'r'.repeat(600) }, 'header'],
  ])('refuses one %s', async (_, header, code) => {
    expect(await open(await forge(claims, header))).toBe(code)
  })

  it.each<[string, string, string]>([
    ['A128GCM', '{"alg":"dir","enc":"A128GCM","kid":"KID","typ":"at+jwe"}', 'algorithm'],
    ['A256CBC-HS512', '{"alg":"dir","enc":"A256CBC-HS512","kid":"KID","typ":"at+jwe"}', 'algorithm'],
    ['a256gcm', '{"alg":"dir","enc":"a256gcm","kid":"KID","typ":"at+jwe"}', 'algorithm'],
    ['alg none', '{"alg":"none","enc":"A256GCM","kid":"KID","typ":"at+jwe"}', 'algorithm'],
    ['A256KW', '{"alg":"A256KW","enc":"A256GCM","kid":"KID","typ":"at+jwe"}', 'algorithm'],
    ['zip (H01)', '{"alg":"dir","enc":"A256GCM","kid":"KID","typ":"at+jwe","zip":"DEF"}', 'header'],
    ['crit (M06)', '{"alg":"dir","enc":"A256GCM","kid":"KID","typ":"at+jwe","crit":["exp"]}', 'header'],
    ['a member twice (M05)', '{"alg":"dir","enc":"A256GCM","enc":"A256GCM","kid":"KID","typ":"at+jwe"}', 'header'],
    ['white space', '{"alg":"dir", "enc":"A256GCM","kid":"KID","typ":"at+jwe"}', 'header'],
    ['a number as kid', '{"alg":"dir","enc":"A256GCM","kid":1,"typ":"at+jwe"}', 'header'],
    ['a byte order mark', '\ufeff{"alg":"dir","enc":"A256GCM","kid":"KID","typ":"at+jwe"}', 'header'],
    ['a list', '["dir"]', 'header'],
    ['no JSON', 'dir', 'header'],
  ])('refuses a header of %s (C15, H01, M05, M06)', async (_, header, code) => {
    const { encodeBase64url } = await import('../../keys/base64url.ts')
    const [, ...rest] = (await forge(claims)).split('.')
    const segment = encodeBase64url(new TextEncoder().encode(header.replace('KID', leaf.kid)))
    expect(await open([segment, ...rest].join('.'))).toBe(code)
  })

  it.each<[string, unknown]>([
    ['a word', 'sub'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"sub"'],
    ['a member twice (M05)', JSON.stringify(claims).replace('{', '{"sub":"mallory",')],
    ['white space', JSON.stringify(claims, undefined, 1)],
    ['an own __proto__ (M05)', JSON.stringify(claims).replace('{', '{"__proto__":{"sub":"mallory"},')],
    ['a byte order mark', `\ufeff${JSON.stringify(claims)}`],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
    ['UTF-16', Uint8Array.from([...JSON.stringify(claims)].flatMap((character) => [character.charCodeAt(0), 0]))],
    ['a PlainJWT (C02)', 'eyJhbGciOiJub25lIn0.e30.'],
    ['two dots (C02)', '..'],
  ])('refuses what holds %s', async (_, payload) => {
    expect(await open(await forge(payload))).toBe('payload')
  })

  it('takes one without scope beside details, and it has none (RFC 9396 §3)', async () => {
    const detailed = { ...claims, scope: undefined, authorization_details: [{ type: 'x', more: [1] }] }
    const opened = await open(await forge(detailed))
    expect(opened).toMatchObject({ scope: [], authorization_details: [{ type: 'x', more: [1] }] })
  })

  it.each<[string, object, string]>([
    ['no iss', { iss: undefined }, 'claims'],
    ['no sub', { sub: undefined }, 'claims'],
    ['an empty sub', { sub: '' }, 'claims'],
    ['no aud', { aud: undefined }, 'claims'],
    ['a list as aud (H28)', { aud: [API] }, 'claims'],
    ['no scope', { scope: undefined }, 'claims'],
    ['a list as scope', { scope: ['read'] }, 'claims'],
    ['no jti', { jti: undefined }, 'claims'],
    ['no iat', { iat: undefined }, 'claims'],
    ['no exp (H61)', { exp: undefined }, 'claims'],
    ['exp as text (H61)', { exp: String(NOW + 600) }, 'claims'],
    ['exp of 1e308 (H61)', { exp: 1e308 }, 'claims'],
    ['exp with a fraction', { exp: NOW + 0.5 }, 'claims'],
    ['a negative exp', { exp: -1 }, 'claims'],
    ['a number as client_id', { client_id: 1 }, 'claims'],
    ['a text as amr', { amr: 'pwd' }, 'claims'],
    ['a confirmation by a way that is not known (RFC 7800 §3.1)', { cnf: { jkt: 'x', jwk: {} } }, 'claims'],
    ['an empty confirmation', { cnf: {} }, 'claims'],
    ['a number as thumbprint', { cnf: { jkt: 1 } }, 'claims'],
    ['an actor without sub', { act: { act: { sub: 'x' } } }, 'claims'],
    ['an actor for nobody', { act: { sub: 'x', act: {} } }, 'claims'],
    ['details without a type', { authorization_details: [{}] }, 'claims'],
    ['no details in a list of them', { authorization_details: [] }, 'claims'],
    ['an empty scope', { scope: '' }, 'claims'],
    ['an empty scope beside details', { scope: '', authorization_details: [{ type: 'x' }] }, 'claims'],
    ['neither scope nor details', { scope: undefined, authorization_details: [] }, 'claims'],
    ['details that are no list', { authorization_details: { type: 'x' } }, 'claims'],
    ['a text as auth_time', { auth_time: 'now' }, 'claims'],
    ['another issuer', { iss: 'https://evil.example' }, 'issuer'],
    ['the issuer with a slash', { iss: `${ISSUER}/` }, 'issuer'],
    ['another resource (C03)', { aud: 'https://api2.example' }, 'audience'],
    ['the resource with a slash (H28)', { aud: `${API}/` }, 'audience'],
    ['the resource in upper case (H28)', { aud: API.toUpperCase() }, 'audience'],
    ['a longer resource (H28)', { aud: `${API}.evil` }, 'audience'],
    ['no client', { client_id: undefined }, 'client'],
    ['an end ten seconds ago', { iat: NOW - 600, exp: NOW - 10 }, 'expired'],
    ['a beginning an hour ahead (H61)', { iat: NOW + 3600, exp: NOW + 3700 }, 'early'],
    ['a life of a second too long (H61)', { exp: NOW + 601 }, 'lifetime'],
    ['an end before its beginning', { iat: NOW + 5, exp: NOW + 5 }, 'lifetime'],
  ])('refuses one with %s', async (_, changes, code) => {
    expect(await open(await forge({ ...claims, ...changes }))).toBe(code)
  })

  it.each([
    [NOW + 609, undefined],
    [NOW + 610, 'expired'],
    [NOW - 10, undefined],
    [NOW - 11, 'early'],
  ])('at %i, ten seconds being tolerated, gives %s (M20)', async (now, code) => {
    const result = await open(await sealDirect(entitlement, ISSUER, leaves, NOW), { now })
    expect(code === undefined ? (result as Entitlement).sub : result).toBe(code ?? 'alice')
  })

  it('takes a token without a client only where it is told so', async () => {
    const token = await forge({ ...claims, client_id: undefined })
    expect(await open(token, { anonymous: true })).toMatchObject({ client_id: undefined })
  })

  it('finds no claim in the prototype (M05)', async () => {
    expect(await open(await forge({ ...claims, constructor: undefined }))).toMatchObject({ claims: {} })
    expect(await open(await forge({ ...claims, toString: 'x' }))).toMatchObject({ claims: { toString: 'x' } })
  })

  it('refuses a token under any other key', async () => {
    const other = keyring.leavesFor('access', 'https://api2.example', 'A256GCM', 600).sealing(NOW) as Leaf
    expect(await open(await forge(claims, {}, other.key))).toBe('decryption')
  })
})

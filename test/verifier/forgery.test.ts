import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createKeyring, exportKeys, type Purpose, writeKeys } from '../../keys/index.ts'
import { readySigningKey } from '../../src/jose/jwks.ts'
import { sealEnvelope } from '../../src/token/envelope.ts'
import { createVerifier, type Verification, type Verifier } from '../../src/verifier/index.ts'
import { API, API2, ISSUER, NOW } from '../fixtures.ts'
import { createSealer, PARTNER_KEYS, PARTNER_STRANGER, signingRing } from '../parties/partner.ts'
import {
  CLAIMS,
  deflate,
  derive,
  encode,
  type Flaw,
  headerOf,
  hmac,
  MODES,
  type Mode,
  ownKey,
  sealClaims,
  sealer,
  sealInto,
  sealPayload,
  sign,
  signBy,
  toBytes,
} from './forger.ts'

const jwks = await sealer.jwks()
const fetched: string[] = []
const fetch = (url: unknown): Promise<Response> => {
  fetched.push(String(url))
  throw new Error('nothing is fetched')
}
const keysOf = (resource: string): string =>
  writeKeys(exportKeys(signingRing(), { issuer: ISSUER, resource, now: NOW }))

/** Returns the verifier of a mode. */
function verifierOf(mode: Mode): Verifier {
  const common = { issuer: ISSUER, resource: API, longestLife: 600, now: () => NOW, fetch }
  if (mode === 'direct') return createVerifier({ ...common, keys: keysOf(API) })
  if (mode === 'dir') return createVerifier({ ...common, keys: keysOf(API), jwks })
  return createVerifier({ ...common, decryptionKeys: { keys: [PARTNER_KEYS[mode]] }, jwks })
}

/** Returns an answer as it goes over the wire. */
async function wire(verification: Verification): Promise<string> {
  if (verification.ok) throw new Error('the token was taken')
  const { status, headers } = verification.response
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`).sort()
  return [status, ...lines, '', await verification.response.text()].join('\n')
}
const ANSWER = [
  '401',
  'cache-control: no-store',
  'content-type: application/json',
  `www-authenticate: Bearer realm="${API}", error="invalid_token", error_description="The access token is invalid or has expired."`,
  '',
  '{"error":"invalid_token","error_description":"The access token is invalid or has expired."}',
].join('\n')

/** A forged token, and why the log says that it is refused. */
interface Row {
  readonly name: string
  /** The modes that it is for. Default: all. */
  readonly modes?: readonly Mode[]
  readonly make: (mode: Mode) => Promise<string> | string
  readonly reason: string | ((mode: Mode) => string)
}
const NESTED: readonly Mode[] = ['P-256', 'X25519', 'RSA', 'dir']
const PUBLIC: readonly Mode[] = ['P-256', 'X25519', 'RSA']
const AGREED: readonly Mode[] = ['P-256', 'X25519']
const claims = JSON.stringify(CLAIMS)
const good = (mode: Mode): Promise<string> => sealClaims(mode)
const isDirect = (mode: Mode): boolean => mode === 'direct'
/** What is inside a nested token, for nested modes, and the claims themselves for direct ones. */
const inside = async (mode: Mode): Promise<string> => (isDirect(mode) ? claims : sign(claims))
const kid = (mode: Mode): string => String(headerOf(mode)['kid'])
const withHeader = (mode: Mode, changes: object): Promise<string> =>
  sealClaims(mode, {}, { header: (members) => ({ ...members, ...changes }) })
const segment = async (mode: Mode, index: number, change: (text: string) => string): Promise<string> => {
  const segments = (await good(mode)).split('.')
  return segments.with(index, change(segments[index] ?? '')).join('.')
}
const plus = (text: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return text.slice(0, -1) + alphabet[(alphabet.indexOf(text.at(-1) ?? 'A') + 1) % 64]
}

/** C01, C02: a public key proves nothing. */
const unsigned: readonly Row[] = [
  {
    name: 'claims to a public key, unsigned (C01)',
    modes: PUBLIC,
    make: (mode) => sealInto(mode, claims),
    reason: 'form',
  },
  {
    name: 'claims under its leaf, unsigned (C01)',
    modes: ['dir'],
    make: (mode) => sealInto(mode, claims),
    reason: 'form',
  },
  {
    name: 'claims to a public key, with the header of a direct token (C01)',
    modes: PUBLIC,
    make: (mode) => sealInto(mode, claims, { header: ({ cty: _, ...members }) => ({ ...members, typ: 'at+jwe' }) }),
    reason: 'header',
  },
  ...PUBLIC.map(
    (to): Row => ({
      name: `claims to a public key, ${to}, where a shared one is due (C01)`,
      modes: ['direct'],
      make: () =>
        sealInto(to, claims, {
          header: ({ cty: _, ...members }) => ({ ...members, kid: kid('direct'), typ: 'at+jwe' }),
        }),
      reason: to === 'RSA' ? 'form' : 'header',
    }),
  ),
  ...(
    [
      ['a PlainJWT (RFC 7519 §6)', `${encode('{"alg":"none"}')}.${encode(claims)}.`],
      [
        'a PlainJWT with the members of ours',
        `${encode('{"alg":"none","kid":"r1.20833","typ":"at+jwt"}')}.${encode(claims)}.`,
      ],
      ['a PlainJWT of nothing', 'eyJhbGciOiJub25lIn0.e30.'],
      ['two dots', '..'],
      ['nothing', ''],
      ['a JWS in JSON', JSON.stringify({ payload: encode(claims), signatures: [] })],
      ['claims in white space', ` ${claims}`],
    ] as const
  ).map(
    ([what, text]): Row => ({
      name: `an envelope around ${what} (C02)`,
      make: (mode) => sealInto(mode, text),
      reason: (mode) => (text === '' ? 'form' : !isDirect(mode) ? 'form' : text.startsWith('{') ? 'claims' : 'payload'),
    }),
  ),
  {
    name: 'an envelope around claims whose signature is theirs, of an alg none (C02)',
    modes: NESTED,
    make: async (mode) => sealInto(mode, await sign(claims, { header: (members) => ({ ...members, alg: 'none' }) })),
    reason: 'algorithm',
  },
]

/** C03, C04, C05: other keys, other kinds. */
const PURPOSES = [
  'code',
  'refresh',
  'par',
  'login',
  'session',
  'consent',
  'remember',
  'provider',
  'device',
  'nonce',
  'mark',
  'settings',
  'sign',
] as const satisfies readonly Purpose[]
const other = createSealer(signingRing(), ISSUER, API2)
const purposeLeaf = (purpose: Purpose) => {
  const leaf = createKeyring(signingRing(), ISSUER).leavesFor(purpose, '', 'A256GCM', 600).sealing(NOW)
  if (leaf === undefined) throw new Error('no leaf')
  return leaf
}
const confused: readonly Row[] = [
  {
    name: "claims under another resource's leaf (C03)",
    modes: ['direct', 'dir'],
    make: async (mode) => sealInto(mode, await inside(mode), { key: other.leaf('A256GCM').key }),
    reason: 'decryption',
  },
  {
    name: 'what was for another resource, passed on (C03)',
    make: (mode) => sealClaims(mode, { aud: API2 }),
    reason: 'audience',
  },
  {
    name: "what another resource server's own key opens (C03)",
    modes: ['P-256'],
    make: (mode) => withHeader(mode, { kid: PARTNER_STRANGER.kid }),
    reason: 'key',
  },
  ...PURPOSES.map(
    (purpose): Row => ({
      name: `an envelope for ${purpose} (C04)`,
      make: () => sealEnvelope(CLAIMS, `${purpose}+jwe`, purposeLeaf(purpose)),
      reason: (mode) => (isDirect(mode) ? 'type' : 'header'),
    }),
  ),
  ...PURPOSES.map(
    (purpose): Row => ({
      name: `an envelope under the leaf for ${purpose} that says it is a token (C04)`,
      modes: ['direct', 'dir'],
      make: async (mode) => sealInto(mode, await inside(mode), { key: purposeLeaf(purpose).key }),
      reason: 'decryption',
    }),
  ),
  {
    name: 'a direct token, where a nested one is due (C05)',
    modes: NESTED,
    make: () => good('direct'),
    reason: 'header',
  },
  {
    name: 'a nested token, where a direct one is due (C05)',
    modes: ['direct'],
    make: () => good('dir'),
    reason: 'header',
  },
  ...MODES.slice(1).map(
    (to): Row => ({
      name: `a nested token in ${to}, where another is due (C05)`,
      modes: MODES.filter((mode) => mode !== to),
      make: () => good(to),
      reason: (mode) => (!isDirect(mode) ? 'key' : to === 'RSA' ? 'form' : 'header'),
    }),
  ),
  { name: 'the signed part alone (C05)', make: () => sign(claims), reason: 'form' },
  {
    name: 'a signed part alone that says it is a JWE (C05)',
    make: () => sign(claims, { header: () => ({ alg: 'dir', enc: 'A256GCM', kid: kid('dir'), cty: 'JWT' }) }),
    reason: 'form',
  },
  {
    name: 'a direct token inside a nested one (C05)',
    modes: NESTED,
    make: async (mode) => sealInto(mode, await good('direct')),
    reason: 'form',
  },
  {
    name: 'a nested token inside a nested one (C05)',
    make: async (mode) => sealInto(mode, await good('dir')),
    reason: (mode) => (isDirect(mode) ? 'payload' : 'form'),
  },
  {
    name: 'a signed token inside a direct one (C05)',
    modes: ['direct'],
    make: async () => sealInto('direct', await sign(claims)),
    reason: 'payload',
  },
  {
    name: 'a signed token that holds a signed token (C05)',
    modes: NESTED,
    make: async (mode) => sealInto(mode, await sign(await sign(claims))),
    reason: 'payload',
  },
  ...[
    'JWT',
    'at+jwe',
    'AT+JWT',
    'application/at+jwt',
    'revocations+jwt',
    'token-introspection+jwt',
    'dpop+jwt',
    'logout+jwt',
    '',
  ].map(
    (typ): Row => ({
      name: `a signed part of typ ${JSON.stringify(typ)} (C05)`,
      modes: NESTED,
      make: async (mode) => sealInto(mode, await sign(claims, { header: (members) => ({ ...members, typ }) })),
      reason: 'type',
    }),
  ),
]

/** C15: the token does not choose the algorithm. */
const ALGS = [
  'none',
  'NONE',
  'nOnE',
  '',
  'dir',
  'DIR',
  'Dir',
  'ECDH-ES',
  'ecdh-es',
  'ECDH-ES+A256KW',
  'ECDH-ES+A128KW',
  'RSA-OAEP-256',
  'rsa-oaep-256',
  'RSA-OAEP',
  'RSA-OAEP-512',
  'RSA1_5',
  'A256KW',
  'A256GCMKW',
  'PBES2-HS512+A256KW',
  'HS256',
  'hs256',
  'ES256',
  '__proto__',
]
const ENCS = ['A256gcm', 'a256gcm', 'A128GCM', 'A192GCM', 'A256CBC-HS512', 'A128CBC-HS256', 'A256CBC', 'none', '']
const chosen: readonly Row[] = [
  ...ALGS.map(
    (alg): Row => ({
      name: `alg ${JSON.stringify(alg)} (C15${alg === 'RSA1_5' ? ', H04' : ''})`,
      modes: MODES.filter((mode) => headerOf(mode)['alg'] !== alg),
      make: (mode) => withHeader(mode, { alg }),
      reason: 'algorithm',
    }),
  ),
  ...ENCS.map(
    (enc): Row => ({
      name: `enc ${JSON.stringify(enc)} (C15)`,
      make: (mode) => withHeader(mode, { enc }),
      reason: 'algorithm',
    }),
  ),
  {
    name: 'another content encryption, truly (C15)',
    modes: NESTED,
    make: (mode) => sealer.seal(mode === 'direct' ? 'dir' : mode, 'A256CBC-HS512', 'ES256', { ...entitlement() }),
    reason: 'algorithm',
  },
  ...['none', 'NONE', 'HS256', 'hs256', 'RS256', 'PS256', 'Ed25519', 'EdDSA', 'ES384', 'es256', ''].map(
    (alg): Row => ({
      name: `a signed part of alg ${JSON.stringify(alg)} (C15)`,
      modes: NESTED,
      make: async (mode) => sealInto(mode, await sign(claims, { header: (members) => ({ ...members, alg }) })),
      reason: 'algorithm',
    }),
  ),
  ...(['ES256', 'RS256'] as const).map(
    (alg): Row => ({
      name: `an HMAC under the public key for ${alg} as signature (C15)`,
      modes: NESTED,
      make: async (mode) => {
        const { publicJwk } = await readySigningKey(sealer.signer(alg))
        const by = (data: Uint8Array<ArrayBuffer>) => hmac(JSON.stringify(publicJwk), data)
        return sealInto(mode, await sign(claims, { alg, by, header: (members) => ({ ...members, alg: 'HS256' }) }))
      },
      reason: 'algorithm',
    }),
  ),
  {
    name: 'a signature by the RSA key under the kid of the ES256 key (C15)',
    modes: NESTED,
    make: async (mode) => sealInto(mode, await sign(claims, { by: (data) => signBy(sealer.signer('RS256'), data) })),
    reason: 'signature',
  },
  {
    name: 'alg and enc in lists (C15)',
    make: (mode) => withHeader(mode, { alg: [headerOf(mode)['alg']] }),
    reason: 'header',
  },
]

/** C16, M05, M06, M43, H01, H02: members that nobody asked for. */
const forgers = await ownKey()
const EXTRA: readonly (readonly [string, object])[] = [
  ['jwk', { jwk: forgers.jwk }],
  ['jku', { jku: 'https://evil.example/jwks' }],
  ['x5u', { x5u: 'https://evil.example/x5u' }],
  ['x5c', { x5c: ['MIIB'] }],
  ['x5t', { x5t: 'AAAA' }],
  ['x5t#S256', { 'x5t#S256': 'AAAA' }],
  ['crit (M06)', { crit: ['exp'], exp: NOW + 600 }],
  ['an empty crit (M06)', { crit: [] }],
  ['b64 (M06, RFC 7797)', { b64: false, crit: ['b64'] }],
  ['b64 of true (M06)', { b64: true }],
  ['p2c (H02)', { p2c: 2_147_483_647, p2s: 'AAAA' }],
  ['apu', { apu: 'AAAA' }],
  ['apv', { apv: 'AAAA' }],
  ['iv and tag (RFC 7518 §4.7.1)', { iv: 'AAAA', tag: 'AAAA' }],
  ['iss (M43)', { iss: ISSUER }],
  ['aud (M43)', { aud: API }],
  ['url', { url: 'https://evil.example' }],
  ['another alg', { Alg: 'none' }],
]
const headers: readonly Row[] = [
  ...EXTRA.flatMap(([name, changes]): readonly Row[] => [
    { name: `${name} in its header (C16)`, make: (mode) => withHeader(mode, changes), reason: 'header' },
    {
      name: `${name} in the header of the signed part (C16)`,
      modes: NESTED,
      make: async (mode) => sealInto(mode, await sign(claims, { header: (members) => ({ ...members, ...changes }) })),
      reason: 'header',
    },
  ]),
  {
    name: 'a signature by the key that it brings (C16)',
    modes: NESTED,
    make: async (mode) =>
      sealInto(mode, await sign(claims, { by: forgers.by, header: (members) => ({ ...members, jwk: forgers.jwk }) })),
    reason: 'header',
  },
  {
    name: "a signature by the forger's key under the issuer's kid",
    modes: NESTED,
    make: async (mode) => sealInto(mode, await sign(claims, { by: forgers.by })),
    reason: 'signature',
  },
  {
    name: 'zip in its header, and nothing compressed (H01)',
    make: (mode) => withHeader(mode, { zip: 'DEF' }),
    reason: 'header',
  },
  {
    name: 'a small plaintext compressed (H01)',
    make: async (mode) =>
      sealInto(mode, await deflate(await inside(mode)), { header: (members) => ({ ...members, zip: 'DEF' }) }),
    reason: 'header',
  },
  {
    name: 'a bomb of 4 MB in 4 KB (H01)',
    make: async (mode) =>
      sealInto(mode, await deflate(new Uint8Array(4_000_000)), { header: (members) => ({ ...members, zip: 'DEF' }) }),
    reason: 'header',
  },
  {
    name: 'a bomb of 20 MB (H01)',
    make: async (mode) =>
      sealInto(mode, await deflate(new Uint8Array(20_000_000)), { header: (members) => ({ ...members, zip: 'DEF' }) }),
    reason: 'length',
  },
  {
    name: 'PBES2 with two billion rounds (H02)',
    make: (mode) =>
      sealClaims(
        mode,
        {},
        {
          header: (members) => ({ ...members, alg: 'PBES2-HS512+A256KW', p2c: 2_147_483_647, p2s: encode('salt') }),
          encryptedKey: encode(new Uint8Array(40)),
        },
      ),
    reason: (mode) => (isDirect(mode) ? 'form' : 'header'),
  },
  {
    name: 'alg RSA1_5 and an encrypted key (H04)',
    make: (mode) =>
      sealClaims(
        mode,
        {},
        {
          header: ({ epk: _, ...members }) => ({ ...members, alg: 'RSA1_5' }),
          encryptedKey: encode(new Uint8Array(256).fill(1)),
        },
      ),
    reason: (mode) => (isDirect(mode) ? 'form' : 'algorithm'),
  },
  {
    name: 'an RSA encrypted key of zeros',
    modes: ['RSA'],
    make: (mode) => sealClaims(mode, {}, { encryptedKey: encode(new Uint8Array(256)) }),
    reason: 'decryption',
  },
  {
    name: 'an encrypted key, where none is due',
    modes: ['direct', 'dir'],
    make: (mode) => sealClaims(mode, {}, { encryptedKey: encode(new Uint8Array(40)) }),
    reason: (mode) => (isDirect(mode) ? 'form' : 'algorithm'),
  },
  {
    name: 'an encrypted key beside an agreed one',
    modes: AGREED,
    make: (mode) => sealClaims(mode, {}, { encryptedKey: encode(new Uint8Array(40)) }),
    reason: 'header',
  },
  {
    name: 'no encrypted key',
    modes: ['RSA'],
    make: (mode) => sealClaims(mode, {}, { encryptedKey: '' }),
    reason: 'algorithm',
  },
  ...(
    [
      ['a member twice (M05)', (text: string) => text.replace('{', '{"alg":"none",')],
      ['the same member twice (M05)', (text: string) => text.replace('{', '{"enc":"A256GCM",')],
      ['white space', (text: string) => text.replace(',', ', ')],
      ['a line break', (text: string) => `${text}\n`],
      ['an escaped letter', (text: string) => text.replace('"alg"', '"\\u0061lg"')],
      ['an own __proto__ (M05)', (text: string) => text.replace('{', '{"__proto__":{"alg":"none"},')],
      ['a byte order mark', (text: string) => `\ufeff${text}`],
      ['a NUL', (text: string) => text.replace('A256GCM', 'A256GCM\\u0000')],
      ['a list around it', (text: string) => `[${text}]`],
      ['its end missing', (text: string) => text.slice(0, -1)],
    ] as const
  ).map(
    ([what, change]): Row => ({
      name: `a header with ${what}`,
      make: (mode) => sealClaims(mode, {}, { header: (members) => change(JSON.stringify(members)) }),
      reason: what === 'a NUL' ? 'algorithm' : 'header',
    }),
  ),
  ...(
    [
      ['JWT in another case', 'jwt'],
      ['its media type', 'application/jwt'],
      ['JSON', 'json'],
      ['a JWK Set', 'jwk-set+json'],
      ['nothing', ''],
    ] as const
  ).map(
    ([what, cty]): Row => ({
      name: `cty of ${what}`,
      modes: NESTED,
      make: (mode) => withHeader(mode, { cty }),
      reason: 'type',
    }),
  ),
  {
    name: 'typ beside cty',
    modes: NESTED,
    make: (mode) => withHeader(mode, { typ: 'at+jwt' }),
    reason: 'header',
  },
  { name: 'cty beside typ', modes: ['direct'], make: (mode) => withHeader(mode, { cty: 'JWT' }), reason: 'header' },
]

/** C28: ephemeral keys that are none. */
const epk = (mode: Mode, change: (good: Record<string, unknown>) => unknown, flaw: Flaw = {}): Promise<string> =>
  sealClaims(mode, {}, { ...flaw, header: (members) => ({ ...members, epk: change(members['epk'] as never) }) })
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]
const ephemeral: readonly Row[] = [
  {
    name: 'epk as a text (C28)',
    modes: AGREED,
    make: (mode) => epk(mode, (one) => JSON.stringify(one)),
    reason: 'header',
  },
  { name: 'epk as a list (C28)', modes: AGREED, make: (mode) => epk(mode, (one) => [one]), reason: 'header' },
  { name: 'epk of null (C28)', modes: AGREED, make: (mode) => epk(mode, () => null), reason: 'header' },
  { name: 'no epk (C28)', modes: AGREED, make: (mode) => epk(mode, () => undefined), reason: 'header' },
  { name: 'an empty epk (C28)', modes: AGREED, make: (mode) => epk(mode, () => ({})), reason: 'header' },
  {
    name: 'epk with a private part (C28)',
    modes: AGREED,
    make: (mode) => epk(mode, (one) => ({ ...one, d: 'AAAA' })),
    reason: 'header',
  },
  {
    name: 'epk with alg (C28)',
    modes: AGREED,
    make: (mode) => epk(mode, (one) => ({ ...one, alg: 'ECDH-ES' })),
    reason: 'header',
  },
  {
    name: 'epk with kid (C28)',
    modes: AGREED,
    make: (mode) => epk(mode, (one) => ({ ...one, kid: 'x' })),
    reason: 'header',
  },
  {
    name: 'epk with numbers for coordinates (C28)',
    modes: AGREED,
    make: (mode) => epk(mode, (one) => ({ ...one, x: 1 })),
    reason: 'header',
  },
  {
    name: 'epk of another kind (C28)',
    modes: AGREED,
    make: (mode) => epk(mode, (one) => ({ ...one, kty: 'RSA' })),
    reason: 'header',
  },
  {
    name: 'epk on P-384 (C28)',
    modes: AGREED,
    make: (mode) =>
      epk(mode, () => ({
        x: 'lInTxl8fjLKp_UCrxI0WDklahi-7-_6JbtiHjiRvMvhedhKVdHBfi2HCY8t_QJyc',
        crv: 'P-384',
        kty: 'EC',
        y: 'y6N1IC-2mXxHreETBW7K3mBcw0qGr3CWHCs-yl09yCQRLcyfGv7XhqAngHOu51Zv',
      })),
    reason: 'header',
  },
  {
    name: 'epk that says P-384 (C28)',
    modes: ['P-256'],
    make: (mode) => epk(mode, (one) => ({ ...one, crv: 'P-384' })),
    reason: 'header',
  },
  {
    name: 'epk off the curve (C28)',
    modes: ['P-256'],
    make: (mode) => epk(mode, (one) => ({ ...one, y: one['x'] })),
    reason: 'decryption',
  },
  {
    name: 'epk at infinity (C28)',
    modes: ['P-256'],
    make: (mode) => epk(mode, (one) => ({ ...one, x: 'A'.repeat(43), y: 'A'.repeat(43) })),
    reason: 'decryption',
  },
  {
    name: 'epk of a coordinate too short (C28)',
    modes: AGREED,
    make: (mode) => epk(mode, (one) => ({ ...one, x: 'AAAA' })),
    reason: 'decryption',
  },
  {
    name: 'epk without y (C28)',
    modes: ['P-256'],
    make: (mode) => epk(mode, ({ y: _, ...one }) => one),
    reason: 'header',
  },
  {
    name: 'epk with y (C28)',
    modes: ['X25519'],
    make: (mode) => epk(mode, (one) => ({ ...one, y: one['x'] })),
    reason: 'header',
  },
  {
    name: 'epk of the other curve (C28)',
    modes: ['P-256'],
    make: (mode) => epk(mode, () => ({ x: 'A'.repeat(43), crv: 'X25519', kty: 'OKP' })),
    reason: 'decryption',
  },
  {
    name: 'epk on the other curve (C28)',
    modes: ['X25519'],
    make: (mode) => epk(mode, () => ({ x: PARTNER_STRANGER.x, crv: 'P-256', kty: 'EC', y: PARTNER_STRANGER.y })),
    reason: 'decryption',
  },
  ...LOW_ORDER.map(
    (hex): Row => ({
      name: `epk of low order, and the content key that follows: ${hex.slice(0, 8)}… (C28)`,
      modes: ['X25519'],
      make: async (mode) => {
        const x = encode(Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)))
        return epk(mode, (one) => ({ ...one, x }), { key: await derive(new Uint8Array(32)) })
      },
      reason: 'decryption',
    }),
  ),
  {
    name: 'epk where no key is agreed on (C28)',
    modes: ['direct', 'RSA', 'dir'],
    make: (mode) => epk(mode, () => ({ x: PARTNER_STRANGER.x, crv: 'P-256', kty: 'EC', y: PARTNER_STRANGER.y })),
    reason: 'header',
  },
]

/** H03, H05, H06, H08, H09, M07: sizes, bytes, kids, spellings. */
const KIDS = [
  '',
  'R1.20833',
  'r1.20833 ',
  'r1.020833',
  'r1.20834',
  'r9.20833',
  '../../etc/passwd',
  "' OR 1=1 --",
  '__proto__',
  'constructor',
  'toString',
  '*',
  'partner',
  'undefined',
  '%00',
  'r1.20833\u0000',
  'r'.repeat(300),
]
const spellings: readonly Row[] = [
  { name: 'nothing (H03)', make: () => '', reason: 'length' },
  { name: '8193 characters (H03)', make: () => `${'A'.repeat(4096)}.${'A'.repeat(4096)}`, reason: 'length' },
  {
    name: 'a good token made longer than 8192 characters (H03)',
    make: async (mode) => segment(mode, 3, (text) => text + 'A'.repeat(8192)),
    reason: 'length',
  },
  { name: '1 MB (H03)', make: () => 'A'.repeat(1_000_000), reason: 'length' },
  { name: 'a million dots (H03)', make: () => '.'.repeat(1_000_000), reason: 'length' },
  { name: 'eight thousand dots (H03)', make: () => '.'.repeat(8000), reason: 'form' },
  { name: 'a header of 7 KB (H03)', make: (mode) => withHeader(mode, { kid: 'k'.repeat(5000) }), reason: 'header' },
  { name: 'a header of 513 bytes (H03)', make: (mode) => withHeader(mode, { kid: 'k'.repeat(513) }), reason: 'header' },
  ...[0, 2, 3, 4].flatMap((index): readonly Row[] => [
    { name: `segment ${index} empty (H06)`, make: (mode) => segment(mode, index, () => ''), reason: 'form' },
    {
      name: `segment ${index} of one byte (H06)`,
      make: (mode) => segment(mode, index, () => 'AA'),
      reason: index === 0 ? 'header' : 'decryption',
    },
    {
      name: `segment ${index} with a bit changed (H05)`,
      make: (mode) => segment(mode, index, (text) => (text[0] === 'A' ? 'E' : 'A') + text.slice(1)),
      reason: index === 0 ? 'header' : 'decryption',
    },
    { name: `segment ${index} padded`, make: (mode) => segment(mode, index, (text) => `${text}=`), reason: 'form' },
    {
      name: `segment ${index} with a space`,
      make: (mode) => segment(mode, index, (text) => `${text} `),
      reason: 'form',
    },
    {
      name: `segment ${index} with a letter of base64`,
      make: (mode) => segment(mode, index, (text) => `+${text.slice(1)}`),
      reason: 'form',
    },
  ]),
  { name: 'a tag whose unused bits are not zero (C12)', make: (mode) => segment(mode, 4, plus), reason: 'form' },
  { name: 'a dot behind it', make: async (mode) => `${await good(mode)}.`, reason: 'form' },
  { name: 'a dot before it', make: async (mode) => `.${await good(mode)}`, reason: 'form' },
  { name: 'a sixth segment', make: async (mode) => `${await good(mode)}.AAAA`, reason: 'form' },
  { name: 'a line break behind it', make: async (mode) => `${await good(mode)}\n`, reason: 'form' },
  { name: 'a space before it', make: async (mode) => ` ${await good(mode)}`, reason: 'form' },
  { name: 'the scheme before it', make: async (mode) => `Bearer ${await good(mode)}`, reason: 'form' },
  {
    name: 'the flattened JSON serialization (M07)',
    make: async (mode) => {
      const [protectedHeader, encrypted_key, iv, ciphertext, tag] = (await good(mode)).split('.')
      return JSON.stringify({ protected: protectedHeader, encrypted_key, iv, ciphertext, tag })
    },
    reason: 'form',
  },
  {
    name: 'the general JSON serialization (M07)',
    make: async (mode) => {
      const [protectedHeader, encrypted_key, iv, ciphertext, tag] = (await good(mode)).split('.')
      return JSON.stringify({ protected: protectedHeader, recipients: [{ encrypted_key }], iv, ciphertext, tag })
    },
    reason: 'form',
  },
  {
    name: 'GCM with a vector of 128 bits',
    make: (mode) => sealClaims(mode, {}, { ivBytes: 16 }),
    reason: 'decryption',
  },
  {
    name: 'GCM with a vector of 64 bits',
    make: (mode) => segment(mode, 2, () => encode(new Uint8Array(8))),
    reason: 'decryption',
  },
  ...[120, 112, 104, 96].map(
    (tagBits): Row => ({
      name: `GCM with a tag of ${tagBits} bits (H06)`,
      make: (mode) => sealClaims(mode, {}, { tagBits }),
      reason: 'decryption',
    }),
  ),
  {
    name: 'a tag of another token (H05)',
    make: async (mode) => segment(mode, 4, () => encode(new Uint8Array(16))),
    reason: 'decryption',
  },
  { name: 'no kid (H08)', make: (mode) => withHeader(mode, { kid: undefined }), reason: 'header' },
  { name: 'a number as kid (H09)', make: (mode) => withHeader(mode, { kid: 1 }), reason: 'header' },
  ...KIDS.map(
    (one): Row => ({
      name: `kid ${JSON.stringify(one.slice(0, 20))} (H08, H09)`,
      make: (mode) => withHeader(mode, { kid: one }),
      reason: 'key',
    }),
  ),
  ...KIDS.filter((one) => one.length < 300).map(
    (one): Row => ({
      name: `kid ${JSON.stringify(one)} in the signed part (H08, H09)`,
      modes: NESTED,
      make: async (mode) => sealInto(mode, await sign(claims, { header: (members) => ({ ...members, kid: one }) })),
      reason: one === 'r1.20834' ? 'signature' : 'signing_key',
    }),
  ),
  {
    name: 'the kid of the envelope in the signed part (H08)',
    modes: PUBLIC,
    make: async (mode) => sealInto(mode, await sign(claims, { header: (members) => ({ ...members, kid: kid(mode) }) })),
    reason: 'signing_key',
  },
  {
    name: 'the kid of the signature in the envelope (H08)',
    modes: PUBLIC,
    make: (mode) => withHeader(mode, { kid: sealer.signer('ES256').kid }),
    reason: 'key',
  },
  {
    name: 'no kid in the signed part (H08)',
    modes: NESTED,
    make: async (mode) => sealInto(mode, await sign(claims, { header: ({ kid: _, ...members }) => members })),
    reason: 'header',
  },
]

/** Signatures that are none. */
const ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
const pair = (r: string, s: string) => async (): Promise<Uint8Array> =>
  bytesOf(r.padStart(64, '0') + s.padStart(64, '0'))
const signatures: readonly Row[] = (
  [
    ['r and s of zero (CVE-2022-21449)', pair('', '')],
    ['r of zero', pair('', '1')],
    ['s of zero', pair('1', '')],
    ['r and s of the order', pair(ORDER, ORDER)],
    ['r of the order', pair(ORDER, '1')],
    ['one byte', async () => Uint8Array.of(1)],
    ['65 bytes', async () => new Uint8Array(65).fill(1)],
    [
      'the form of DER (RFC 7518 §3.4)',
      async (data) => {
        const raw = await signBy(sealer.signer('ES256'), data)
        const integer = (part: Uint8Array): readonly number[] => [2, 33, 0, ...part]
        return Uint8Array.from([0x30, 70, ...integer(raw.slice(0, 32)), ...integer(raw.slice(32))])
      },
    ],
    ['the signature of another token', async () => signBy(sealer.signer('ES256'), toBytes('other'))],
  ] as readonly (readonly [string, (data: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>])[]
).map(
  ([what, by]): Row => ({
    name: `an ES256 signature: ${what}`,
    modes: NESTED,
    make: async (mode) => sealInto(mode, await sign(claims, { by })),
    reason: 'signature',
  }),
)
const curves: readonly Row[] = (
  [
    ['R of the neutral point, S of zero', `01${'00'.repeat(63)}`],
    ['R of order two, S of zero', `ec${'ff'.repeat(30)}7f${'00'.repeat(32)}`],
    ['zeros', '00'.repeat(64)],
  ] as const
).map(
  ([what, hex]): Row => ({
    name: `an Ed25519 signature: ${what}`,
    modes: NESTED,
    make: async (mode) => sealInto(mode, await sign(claims, { alg: 'Ed25519', by: async () => bytesOf(hex) })),
    reason: 'signature',
  }),
)

/** Claims that are wrong, truly sealed and signed. */
const CLAIM_ROWS: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  ['no exp (H61)', { exp: undefined }, 'claims'],
  ['exp as a text (H61)', { exp: String(NOW + 600) }, 'claims'],
  ['exp of 1e308 (H61)', { exp: 1e308 }, 'claims'],
  ['exp of null', { exp: null }, 'claims'],
  ['exp with a fraction', { exp: NOW + 0.5 }, 'claims'],
  ['a negative exp', { exp: -1 }, 'claims'],
  ['exp long ago', { iat: NOW - 7200, exp: NOW - 6600 }, 'expired'],
  ['exp ten seconds ago', { iat: NOW - 610, exp: NOW - 10 }, 'expired'],
  ['no iat (H61)', { iat: undefined }, 'claims'],
  ['iat in the future (H61)', { iat: NOW + 3600, exp: NOW + 4200 }, 'early'],
  ['a life too long (H61)', { exp: NOW + 601 }, 'lifetime'],
  ['a life of nothing', { iat: NOW + 5, exp: NOW + 5 }, 'lifetime'],
  ['aud as a list (H28)', { aud: [API] }, 'claims'],
  ['aud as a list with another (H28)', { aud: [API2, API] }, 'claims'],
  ['no aud (H28)', { aud: undefined }, 'claims'],
  ['aud with a slash (H28)', { aud: `${API}/` }, 'audience'],
  ['aud longer (H28)', { aud: `${API}.evil` }, 'audience'],
  ['aud in upper case (H28)', { aud: API.toUpperCase() }, 'audience'],
  ['another iss', { iss: 'https://evil.example' }, 'issuer'],
  ['iss with a slash', { iss: `${ISSUER}/` }, 'issuer'],
  ['iss as a list', { iss: [ISSUER] }, 'claims'],
  ['no iss', { iss: undefined }, 'claims'],
  ['no sub', { sub: undefined }, 'claims'],
  ['an empty sub', { sub: '' }, 'claims'],
  ['no client_id', { client_id: undefined }, 'client'],
  ['no scope', { scope: undefined }, 'claims'],
  ['no jti', { jti: undefined }, 'claims'],
]
const contents: readonly Row[] = [
  ...CLAIM_ROWS.map(([name, changes, reason]): Row => ({ name, make: (mode) => sealClaims(mode, changes), reason })),
  ...(
    [
      ['a claim twice (M05)', claims.replace('{', '{"sub":"mallory",')],
      ['an own __proto__ (M05)', claims.replace('{', '{"__proto__":{"sub":"mallory"},')],
      ['exp of 1e400', claims.replace(String(NOW + 600), '1e400')],
      ['exp of NaN', claims.replace(String(NOW + 600), 'NaN')],
      ['exp with an exponent', claims.replace(String(NOW + 600), '18000006e2')],
      ['exp of minus zero', claims.replace(String(NOW + 600), '-0')],
      ['white space', JSON.stringify(CLAIMS, undefined, 1)],
      ['a byte order mark (M05)', `\ufeff${claims}`],
      ['a list', `[${claims}]`],
      ['null', 'null'],
    ] as const
  ).map(
    ([what, text]): Row => ({
      name: `claims with ${what}`,
      make: (mode) => sealPayload(mode, text),
      reason: 'payload',
    }),
  ),
  {
    name: 'claims that are not UTF-8 (M05)',
    make: (mode) => sealPayload(mode, Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)),
    reason: 'payload',
  },
  {
    name: 'a plaintext that is not UTF-8',
    modes: NESTED,
    make: (mode) => sealInto(mode, Uint8Array.of(0xff, 0xfe)),
    reason: 'decryption',
  },
]

function entitlement() {
  const { iss: _, scope: __, ...rest } = CLAIMS
  return { ...rest, scope: ['read'], claims: {} } as unknown as Parameters<typeof sealer.seal>[3]
}

const ROWS = [
  ...unsigned,
  ...confused,
  ...chosen,
  ...headers,
  ...ephemeral,
  ...spellings,
  ...signatures,
  ...curves,
  ...contents,
]

describe.each(MODES)('a verifier set up for %s', (mode) => {
  const verifier = verifierOf(mode)

  beforeEach(() => {
    vi.stubGlobal('fetch', fetch)
    fetched.length = 0
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('takes what the issuer seals, and what the workshop seals without a flaw', async () => {
    expect(await verifier.verify(await good(mode))).toMatchObject({ ok: true, entitlement: { sub: 'victim' } })
    if (mode === 'direct') return
    for (const alg of ['ES256', 'Ed25519', 'RS256'] as const) {
      expect(await verifier.verify(await sealer.seal(mode, 'A256GCM', alg, entitlement()))).toMatchObject({ ok: true })
      expect(await verifier.verify(await sealInto(mode, await sign(claims, { alg })))).toMatchObject({ ok: true })
    }
  })

  it.each(ROWS.filter(({ modes = MODES }) => modes.includes(mode)))(
    'refuses $name, with the same answer as all and nothing fetched',
    async ({ make, reason }) => {
      const token = await make(mode)
      const verification = await verifier.verify(token)
      expect(verification).toMatchObject({ ok: false, reason: typeof reason === 'string' ? reason : reason(mode) })
      expect(await wire(verification)).toBe(ANSWER)
      if (/^[\w.~+/-]+=*$/.test(token) && token.length < 100_000)
        expect(await wire(await verifier.verify({ headers: { authorization: `Bearer ${token}` } }))).toBe(ANSWER)
      expect(fetched).toEqual([])
    },
  )
})

it('the table has no row twice, and every row a mode', () => {
  expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length)
  expect(ROWS.filter(({ modes }) => modes?.length === 0)).toEqual([])
})

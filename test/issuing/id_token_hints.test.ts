import { CompactEncrypt, CompactSign, exportJWK, generateKeyPair, importJWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import {
  createKeyring,
  createRing,
  type Ring,
  revokeRoot,
  rotateRing,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type SigningKey,
  writeRing,
} from '../../keys/index.ts'
import { createContext } from '../../src/context.ts'
import { createIdTokenHints, type Hint } from '../../src/issuing/id_token_hints.ts'
import { readySigningKey } from '../../src/jose/jwks.ts'
import { signClaims } from '../../src/jose/signed.ts'
import { API, ISSUER, NOW, named, testKey, VARS } from '../fixtures.ts'
import { createProvider } from '../parties/openid_provider.ts'
import { RING_RSA } from '../parties/partner.ts'

const RING = named(createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA }))
const CLAIMS = { iss: ISSUER, sub: 'alice', aud: 'rp', sid: 'a-session', iat: NOW, exp: NOW + 600, at_hash: 'x' }
const HINT: Hint = { sub: 'alice', aud: 'rp', sid: 'a-session', iat: NOW }

function open(hint: string, { now = NOW, ring = RING }: { now?: number; ring?: Ring } = {}): Promise<Hint | undefined> {
  const context = createContext({
    issuer: ISSUER,
    keyRing: writeRing(ring),
    resources: { [API]: VARS.RESOURCES[API] },
    clients: {},
    log: () => {},
  })
  return createIdTokenHints(context).open(hint, now)
}

function keyOf(alg: SigningAlgorithm, now = NOW, ring = RING): SigningKey {
  const key = createKeyring(ring, ISSUER).signingKeys.signing(alg, now)
  if (key === undefined) throw new Error('no key')
  return key
}

const hintOf = (changes: object = {}, alg: SigningAlgorithm = 'ES256', typ = 'JWT', key = keyOf(alg)) =>
  signClaims({ ...CLAIMS, ...changes }, typ, key)

/** Signs with a key of the ring what our own signer would not. */
async function signed(header: object, claims: object | string = CLAIMS): Promise<string> {
  const { privateKey } = await readySigningKey(keyOf('ES256'))
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims)
  return new CompactSign(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'ES256', kid: keyOf('ES256').kid, typ: 'JWT', ...header })
    .sign(privateKey)
}

const part = (value: object): string => encodeBase64url(new TextEncoder().encode(JSON.stringify(value)))

describe('an ID token that comes back as a hint', () => {
  it.each(SIGNING_ALGORITHMS)(
    'opens when it was signed by %s, long after it ended (RP-Initiated Logout §2)',
    async (alg) => {
      const hint = await hintOf({}, alg)
      expect(await open(hint)).toEqual(HINT)
      expect(await open(hint, { now: NOW + 80 * 86_400 })).toEqual(HINT)
    },
  )

  it('is what the token endpoint gave', async () => {
    const provider = createProvider()
    const { id_token = '' } = await provider.login()
    expect(await open(id_token, { ring: createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA }) })).toMatchObject({
      sub: 'alice',
      aud: 'rp',
      iat: NOW,
    })
  })

  it('opens by a root that seals no more, until that is retired, and by none that was revoked', async () => {
    const rotation = rotateRing(RING, { now: NOW, key: testKey(1) })
    if (!rotation.ok) throw new Error(rotation.detail)
    const ring = named(rotation.ring)
    const [{ end, del }] = ring.roots as [Ring['roots'][number]]
    const hint = await hintOf()
    expect(await open(hint, { ring, now: end + 60 })).toEqual(HINT)
    expect(await open(hint, { ring, now: del - 61 })).toEqual(HINT)
    expect(await open(hint, { ring, now: del })).toBeUndefined()
    expect(await open(hint, { ring: revokeRoot(ring, 'r1'), now: end + 60 })).toBeUndefined()
  })

  describe('is none of ours', () => {
    let stranger: { readonly privateKey: CryptoKey; readonly jwk: object }
    beforeAll(async () => {
      const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
      stranger = { privateKey: privateKey as CryptoKey, jwk: await exportJWK(publicKey) }
    })

    it.each<[what: string, hint: () => string | Promise<string>]>([
      ['when it is no token', () => 'hello'],
      ['when it is empty', () => ''],
      ['when nobody signed it: alg none', () => `${part({ alg: 'none' })}.${part(CLAIMS)}.`],
      [
        'when nobody signed it, and it names a key',
        () => `${part({ alg: 'none', kid: 'r1.1', typ: 'JWT' })}.${part(CLAIMS)}.`,
      ],
      [
        'when a letter of its signature is another',
        async () => (await hintOf()).replace(/.(?=.{5}$)/, (one) => (one === 'A' ? 'B' : 'A')),
      ],
      [
        'when its claims were exchanged',
        async () => (await hintOf()).replace(/\.[^.]+\./, `.${part({ ...CLAIMS, sub: 'bob' })}.`),
      ],
      [
        'when a stranger signed it under the name of our key',
        () =>
          new CompactSign(new TextEncoder().encode(JSON.stringify(CLAIMS)))
            .setProtectedHeader({ alg: 'ES256', kid: keyOf('ES256').kid, typ: 'JWT' })
            .sign(stranger.privateKey),
      ],
      ['when a stranger brings a key along', () => signed({ jwk: stranger.jwk })],
      [
        'when it is keyed by our public key as a secret',
        async () => {
          const { publicJwk } = await readySigningKey(keyOf('RS256'))
          return new CompactSign(new TextEncoder().encode(JSON.stringify(CLAIMS)))
            .setProtectedHeader({ alg: 'HS256', kid: keyOf('RS256').kid, typ: 'JWT' })
            .sign(await importJWK({ kty: 'oct', k: String(publicJwk['n']).slice(0, 43) }, 'HS256'))
        },
      ],
      ['when it has no kid', () => signed({ kid: undefined })],
      ['when its kid is that of the root', () => signed({ kid: 'r1' })],
      ['when its kid is that of a branch', () => signed({ kid: `${keyOf('ES256').kid}.2` })],
      ['when its kid is that of the other algorithm', () => signed({ kid: `${keyOf('ES256').kid}-Ed25519` })],
      ['when it is a logout token', () => hintOf({}, 'ES256', 'logout+jwt')],
      ['when it is an access token', () => hintOf({}, 'ES256', 'at+jwt')],
      ['when its typ is spelled otherwise', () => hintOf({}, 'ES256', 'jwt')],
      ['when its header says more', () => signed({ cty: 'JWT' })],
      ['when another issuer is in it', () => hintOf({ iss: 'https://as2.example' })],
      ['when the issuer is no text', () => hintOf({ iss: [ISSUER] })],
      ['when nobody is in it', () => hintOf({ sub: undefined })],
      ['when it is for several clients', () => hintOf({ aud: ['rp', 'other'] })],
      ['when it has no session', () => hintOf({ sid: undefined })],
      ['when it has no beginning', () => hintOf({ iat: undefined })],
      ['when it has no end, as nothing of ours', () => hintOf({ exp: undefined })],
      ['when it comes from the future', () => hintOf({ iat: NOW + 61 })],
      ['when its key is tomorrow’s', () => hintOf({}, 'ES256', 'JWT', keyOf('ES256', NOW + 2 * 86_400))],
      ['when it is longer than an ID token may be', () => hintOf({ name: 'x'.repeat(8192) })],
      [
        'when its last letter is spelled otherwise',
        async () => {
          const hint = await hintOf()
          const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
          return hint.slice(0, -1) + letters[letters.indexOf(hint.at(-1) ?? '') + 1]
        },
      ],
      [
        'when its client alone can open it',
        async () =>
          new CompactEncrypt(new TextEncoder().encode(await hintOf()))
            .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT', typ: 'JWT', kid: 'rp' })
            .encrypt((await generateKeyPair('ECDH-ES')).publicKey),
      ],
      ['when its claims are no object', () => signed({}, '"alice"')],
      ['when a claim stands in it twice', () => signed({}, JSON.stringify(CLAIMS).replace('{', '{"sub":"bob",'))],
    ])('%s', async (_, hint) => {
      expect(await open(await hint())).toBeUndefined()
    })
  })
})

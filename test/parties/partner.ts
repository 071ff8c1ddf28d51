/**
 * A resource server that somebody else runs: its keys, and how its tokens are sealed and opened; and an RSA key for rings.
 * All keys are from published examples: they protect nothing.
 *
 * @module
 */

import type { ContentEncryption, Leaf, RsaJwk, SigningAlgorithm, SigningKey } from '../../keys/index.ts'
import { createKeyring, createRing, type Keyring, type Ring } from '../../keys/index.ts'
import { readVerificationKeys, readySigningKey, type VerificationKeys } from '../../src/jose/jwks.ts'
import { leafRecipient, type Recipient, recipientOf } from '../../src/jose/recipient.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { sealNested } from '../../src/token/nested.ts'
import { API, ISSUER, NOW, named, testKey } from '../ring.ts'
import frodo from '../vectors/cookbook/jwe/5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2.json' with {
  type: 'json',
}
import jwsExamples from '../vectors/rfc/rfc7515-appendix-a.json' with { type: 'json' }
import agreement from '../vectors/rfc/rfc7518-appendix-c.json' with { type: 'json' }
import curves from '../vectors/rfc/rfc8037-appendix-a.json' with { type: 'json' }

type Jwk = Readonly<Record<string, unknown>> & { readonly kid: string }

const [{ bob, alice_ephemeral: alice }] = agreement as [(typeof agreement)[number]]
const { bob_pub, bob_priv } = curves.find(({ id }) => id === 'rfc8037-A.6') as { bob_pub: string; bob_priv: string }
const { kty, n, e, d, p, q, dp, dq, qi } = frodo.input.key as unknown as Readonly<Record<string, string>>

/** The partner's private keys, by what they are. */
export const PARTNER_KEYS = {
  'P-256': { ...bob, kid: 'partner-ec', use: 'enc', alg: 'ECDH-ES' },
  X25519: { kty: 'OKP', crv: 'X25519', x: bob_pub, d: bob_priv, kid: 'partner-x', use: 'enc' },
  RSA: { kty, n, e, d, p, q, dp, dq, qi, kid: 'partner-rsa', use: 'enc' },
} as const satisfies Readonly<Record<string, Jwk>>

/** The public key of somebody else. */
export const PARTNER_STRANGER = { kty: 'EC', crv: 'P-256', x: alice.x, y: alice.y, kid: 'stranger' } as const

/** How a content key can be managed, in tests: to one of the partner's keys, or under its leaf. */
export type Outer = keyof typeof PARTNER_KEYS | 'dir'

export const OUTERS: readonly Outer[] = ['P-256', 'X25519', 'RSA', 'dir']
export const ENCS: readonly ContentEncryption[] = ['A256GCM', 'A256CBC-HS512']

/** Returns the public part of a private key. */
export function publicOf(jwk: Readonly<Record<string, unknown>>): Jwk {
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest } = jwk
  return rest as Jwk
}

/** An RSA key for a ring: that of RFC 7515 §A.2. */
export const RING_RSA: RsaJwk = (() => {
  const jwk = jwsExamples.find(({ id }) => id === 'rfc7515-A2')?.jwk as unknown as RsaJwk & { kty: string }
  const { kty: _, ...members } = jwk
  return members
})()

/** Another one: that of RFC 7520 §5.1. */
export const RING_RSA_2: RsaJwk = { n, e, d, p, q, dp, dq, qi } as unknown as RsaJwk

/** A ring whose root and RSA key work from `now` on. */
export function signingRing(now = NOW): Ring {
  return named(createRing({ now, key: testKey(), rsaKey: RING_RSA }))
}

/** An issuer that seals nested tokens. */
export interface Sealer {
  readonly keyring: Keyring
  signer(alg: SigningAlgorithm): SigningKey
  leaf(enc: ContentEncryption): Leaf
  /** The issuer's public keys, as its JWK Set tells them. */
  jwks(): Promise<{ readonly keys: readonly Readonly<Record<string, string>>[] }>
  verification(): Promise<VerificationKeys>
  recipient(outer: Outer, enc: ContentEncryption): Promise<Recipient>
  seal(outer: Outer, enc: ContentEncryption, alg: SigningAlgorithm, entitlement: Entitlement): Promise<string>
}

/** Returns an issuer that seals nested tokens at `now`. */
export function createSealer(ring = signingRing(), issuer = ISSUER, resource = API, now = NOW): Sealer {
  const keyring = createKeyring(ring, issuer)
  const signer = (alg: SigningAlgorithm): SigningKey => {
    const key = keyring.signingKeys.signing(alg, now)
    if (key === undefined) throw new Error('no signing key')
    return key
  }
  const leaf = (enc: ContentEncryption): Leaf => {
    const found = keyring.leavesFor('access', resource, enc, 86_400).sealing(now)
    if (found === undefined) throw new Error('no leaf')
    return found
  }
  const jwks: Sealer['jwks'] = async () => {
    const all = (['ES256', 'Ed25519', 'RS256'] as const).flatMap((alg) => keyring.signingKeys.published(alg, now, 600))
    return { keys: await Promise.all(all.map(async (key) => (await readySigningKey(key)).publicJwk)) }
  }
  const recipient: Sealer['recipient'] = (outer, enc) =>
    outer === 'dir' ? leafRecipient(leaf(enc)) : recipientOf(publicOf(PARTNER_KEYS[outer]), enc)
  return {
    keyring,
    signer,
    leaf,
    jwks,
    verification: async () => readVerificationKeys(await jwks()),
    recipient,
    seal: async (outer, enc, alg, entitlement) =>
      sealNested(entitlement, issuer, signer(alg), await recipient(outer, enc)),
  }
}

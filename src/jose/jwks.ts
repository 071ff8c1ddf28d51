/**
 * JWK Sets (RFC 7517 §5): the issuer's public signing keys, told and read; and the encryption keys of resource servers.
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import { importJWK } from 'jose/key/import'
import type { SigningAlgorithm, SigningKey } from '../../keys/index.ts'
import { TokenError } from './error.ts'
import { signByNode } from './platform/node_signing.ts'
import { type Sign, signByWeb } from './platform/web_signing.ts'
import { isAnybodys } from './weak_keys.ts'

/** A public key as it is told: its public members, and what it is for. */
export type PublicJwk = Readonly<Record<string, string>>

/** The public members of each kind of key: nothing else ever leaves (RFC 7518 §6, RFC 8037 §2). */
const PUBLIC_MEMBERS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['EC', ['kty', 'crv', 'x', 'y']],
  ['OKP', ['kty', 'crv', 'x']],
  ['RSA', ['kty', 'n', 'e']],
])

/** What WebCrypto calls the signature algorithms. */
const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  Ed25519: { name: 'Ed25519' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const

/** A signing key, ready for use. */
export interface ReadySigningKey {
  readonly privateKey: CryptoKey
  readonly publicJwk: PublicJwk
  /** Signs by it, in the way that is fastest here. */
  readonly sign: Sign
}

const ready = new WeakMap<SigningKey, Promise<ReadySigningKey>>()

/**
 * Returns the public members of a key, and no others.
 *
 * @throws {TokenError} `key` when one is missing
 */
export function publicMembers(jwk: Readonly<Record<string, unknown>>): PublicJwk {
  return Object.fromEntries(
    (PUBLIC_MEMBERS.get(jwk['kty']) ?? []).map((name) => {
      const value = jwk[name]
      if (typeof value !== 'string') throw new TokenError('key')
      return [name, value]
    }),
  )
}

/**
 * Imports a public key for one algorithm.
 *
 * @throws {TokenError} `key` when it is none: not on its curve, an RSA key under 2048 bits, or one that anybody can sign by
 */
export async function importPublicKey(jwk: Readonly<Record<string, unknown>>, alg: string): Promise<CryptoKey> {
  if (isAnybodys(jwk)) throw new TokenError('key')
  try {
    const key = (await importJWK(publicMembers(jwk), alg)) as CryptoKey
    checkStrength(key)
    // Deno imports a point that is on no curve, and looks at it when it is told again.
    if (jwk['kty'] === 'EC') await crypto.subtle.exportKey('raw', key)
    return key
  } catch (cause) {
    throw new TokenError('key', { cause })
  }
}

/**
 * Checks that an RSA key is as strong as it must be (RFC 7518 §3.3, §4.3).
 *
 * @throws {TokenError} `key`
 */
export function checkStrength({ algorithm }: CryptoKey): void {
  const { modulusLength, publicExponent } = algorithm as { modulusLength?: number; publicExponent?: Uint8Array }
  if (modulusLength === undefined || publicExponent === undefined) return
  const isOne = publicExponent.at(-1) === 1 && publicExponent.slice(0, -1).every((byte) => byte === 0)
  if (modulusLength < 2048 || isOne) throw new TokenError('key')
}

async function prepare({ kid, alg, material }: SigningKey): Promise<ReadySigningKey> {
  const algorithm = ALGORITHMS[alg]
  const extractable =
    'pkcs8' in material
      ? await crypto.subtle.importKey('pkcs8', material.pkcs8, algorithm, true, ['sign'])
      : await crypto.subtle.importKey('jwk', { kty: 'RSA', ...material.rsa }, algorithm, true, ['sign'])
  const jwk = await crypto.subtle.exportKey('jwk', extractable)
  const publicJwk = { ...publicMembers({ ...jwk }), kid, alg, use: 'sig' }
  return { privateKey: extractable, publicJwk, sign: signByNode(extractable) ?? signByWeb(extractable) }
}

/** Returns a signing key, imported once. */
export function readySigningKey(key: SigningKey): Promise<ReadySigningKey> {
  const known = ready.get(key)
  if (known !== undefined) return known
  const made = prepare(key)
  ready.set(key, made)
  return made
}

/** A public key to verify with. */
export interface VerificationKey {
  readonly alg: SigningAlgorithm
  readonly key: CryptoKey
}

/** Public keys by their kid. */
export interface VerificationKeys {
  /** Returns the key of exactly this kid, or nothing. */
  find(kid: string): Promise<VerificationKey | undefined>
}

/** The kinds of key that each algorithm takes. */
const KIND_OF: ReadonlyMap<unknown, string> = new Map([
  ['ES256', 'EC P-256'],
  ['Ed25519', 'OKP Ed25519'],
  ['RS256', 'RSA '],
])

/**
 * Reads an issuer's JWK Set. Keys are taken only with a kid of their own, an `alg` that fits, and not for encryption.
 *
 * @throws {TokenError} `key` when it is no JWK Set, or two keys have the same kid
 */
export function readVerificationKeys(jwks: unknown): VerificationKeys {
  const keys = (jwks as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys)) throw new TokenError('key')
  const usable = keys.filter((jwk: Readonly<Record<string, unknown>>) => {
    const { kid, alg, use = 'sig', key_ops = ['verify'], kty, crv = '', d } = jwk ?? {}
    return (
      typeof kid === 'string' &&
      use === 'sig' &&
      Array.isArray(key_ops) &&
      key_ops.includes('verify') &&
      d === undefined &&
      typeof kty === 'string' &&
      typeof crv === 'string' &&
      KIND_OF.get(alg) === `${kty} ${crv}`
    )
  })
  const byKid = new Map(usable.map((jwk) => [jwk.kid as string, jwk]))
  if (byKid.size !== usable.length) throw new TokenError('key')
  const imported = new Map<string, Promise<VerificationKey>>()
  const importOne = async (jwk: Readonly<Record<string, unknown>>): Promise<VerificationKey> => {
    const alg = jwk['alg'] as SigningAlgorithm
    return { alg, key: await importPublicKey(jwk, alg) }
  }
  return {
    async find(kid) {
      const jwk = byKid.get(kid)
      if (jwk === undefined) return undefined
      const known = imported.get(kid) ?? importOne(jwk)
      imported.set(kid, known)
      return known
    },
  }
}

/** Returns the issuer's own keys as it verifies with them, each made when it is asked for. */
export function keysByName(named: (kid: string) => SigningKey | undefined): VerificationKeys {
  return {
    async find(kid) {
      const key = named(kid)
      if (key === undefined) return undefined
      return { alg: key.alg, key: await importPublicKey((await readySigningKey(key)).publicJwk, key.alg) }
    },
  }
}

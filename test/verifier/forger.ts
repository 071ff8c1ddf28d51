/**
 * A forger's workshop: compact JWEs and JWSs with any header and any bytes, sound in all that is not asked otherwise, so
 * that a refusal is for the one thing that is wrong.
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import type { SigningAlgorithm, SigningKey } from '../../keys/index.ts'
import { readySigningKey } from '../../src/jose/jwks.ts'
import { API, ISSUER, NOW } from '../fixtures.ts'
import { createSealer, type Outer, PARTNER_KEYS, publicOf } from '../parties/partner.ts'

/** How a verifier is set up: for direct tokens, or for nested ones to one of its keys or under its leaf. */
export type Mode = 'direct' | Outer

export const MODES: readonly Mode[] = ['direct', 'P-256', 'X25519', 'RSA', 'dir']

type Members = Readonly<Record<string, unknown>>
type Bytes = Uint8Array<ArrayBuffer>
type Key = Awaited<ReturnType<typeof readySigningKey>>['privateKey']
interface Pair {
  readonly publicKey: Key
  readonly privateKey: Key
}

/** The real issuer. */
export const sealer: ReturnType<typeof createSealer> = createSealer()

/** Claims of a good token. */
export const CLAIMS: Members = {
  iss: ISSUER,
  sub: 'victim',
  aud: API,
  client_id: 'app',
  scope: 'read write',
  iat: NOW,
  exp: NOW + 600,
  jti: 'AAAAAAAAAAAAAAAAAAAAAA',
}

export const toBytes = (text: string): Bytes => Uint8Array.from(new TextEncoder().encode(text))
export const encode = (text: string | Uint8Array): string =>
  encodeBase64url(typeof text === 'string' ? toBytes(text) : text)

const join = (...parts: readonly Uint8Array[]): Bytes => Uint8Array.from(parts.flatMap((part) => [...part]))
const uint32 = (number: number): Bytes => Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number)

/** Returns the content key that two parties agree on by `ECDH-ES` for A256GCM (RFC 7518 §4.6.2). */
async function agree(privateKey: Key, publicKey: Key): Promise<Bytes> {
  const { name } = publicKey.algorithm
  return derive(new Uint8Array(await crypto.subtle.deriveBits({ name, public: publicKey }, privateKey, 256)))
}

/** Returns the content key that follows from a shared secret. */
export async function derive(z: Uint8Array): Promise<Bytes> {
  const info = join(uint32(7), toBytes('A256GCM'), uint32(0), uint32(0), uint32(256))
  return new Uint8Array(await crypto.subtle.digest('SHA-256', join(uint32(1), z, info)))
}

/** A content key for a mode, and what the token says of it. */
interface ContentKey {
  readonly key: Bytes
  readonly encryptedKey: string
  readonly epk?: Members
}

/** Returns a content key that the verifier will find too. */
async function contentKey(mode: Mode): Promise<ContentKey> {
  if (mode === 'direct' || mode === 'dir') return { key: sealer.leaf('A256GCM').key, encryptedKey: '' }
  const { kty, crv, x, y, n, e } = publicOf(PARTNER_KEYS[mode]) as Readonly<Record<string, string>>
  if (mode === 'RSA') {
    const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' }
    const wrapping = await crypto.subtle.importKey('jwk', { kty, n, e } as never, algorithm, false, ['encrypt'])
    const key = crypto.getRandomValues(new Uint8Array(32))
    const wrapped = await crypto.subtle.encrypt({ name: 'RSA-OAEP' }, wrapping, key)
    return { key, encryptedKey: encode(new Uint8Array(wrapped)) }
  }
  const algorithm = mode === 'P-256' ? { name: 'ECDH', namedCurve: 'P-256' } : { name: 'X25519' }
  const jwk = { kty, crv, x, ...(mode === 'P-256' ? { y } : {}) }
  const theirs = await crypto.subtle.importKey('jwk', jwk as never, algorithm, true, [])
  const own = (await crypto.subtle.generateKey(algorithm, true, ['deriveBits'])) as unknown as Pair
  const told = (await crypto.subtle.exportKey('jwk', own.publicKey)) as Members
  const epk = mode === 'P-256' ? { x: told['x'], crv, kty, y: told['y'] } : { x: told['x'], crv, kty }
  return { key: await agree(own.privateKey, theirs), encryptedKey: '', epk }
}

/** Returns the header of a good token. */
export function headerOf(mode: Mode, epk?: Members): Members {
  if (mode === 'direct') return { alg: 'dir', enc: 'A256GCM', kid: sealer.leaf('A256GCM').kid, typ: 'at+jwe' }
  if (mode === 'dir') return { alg: 'dir', enc: 'A256GCM', kid: sealer.leaf('A256GCM').kid, cty: 'JWT' }
  const alg = mode === 'RSA' ? 'RSA-OAEP-256' : 'ECDH-ES'
  return { alg, enc: 'A256GCM', kid: PARTNER_KEYS[mode].kid, cty: 'JWT', ...(epk === undefined ? {} : { epk }) }
}

/** What is wrong with an envelope. */
export interface Flaw {
  /** Returns other members of the header, or its text. */
  readonly header?: (good: Members) => Members | string
  /** Bytes of the initialization vector: 12 in a good one. */
  readonly ivBytes?: number
  /** Bits of the tag: 128 in a good one. */
  readonly tagBits?: number
  readonly encryptedKey?: string
  /** The content key, where the forger knows another way to it. */
  readonly key?: Uint8Array
}

/** Seals a plaintext to a verifier, soundly but for the flaw. */
export async function sealInto(mode: Mode, plaintext: string | Uint8Array, flaw: Flaw = {}): Promise<string> {
  const { key, encryptedKey, epk } = await contentKey(mode)
  const good = headerOf(mode, epk)
  const header = flaw.header?.(good) ?? good
  const segment = encode(typeof header === 'string' ? header : JSON.stringify(header))
  const { ivBytes = 12, tagBits = 128 } = flaw
  const iv = crypto.getRandomValues(new Uint8Array(ivBytes))
  const aes = await crypto.subtle.importKey('raw', Uint8Array.from(flaw.key ?? key), 'AES-GCM', false, ['encrypt'])
  const algorithm = { name: 'AES-GCM', iv, additionalData: toBytes(segment), tagLength: tagBits }
  const bytes = typeof plaintext === 'string' ? toBytes(plaintext) : Uint8Array.from(plaintext)
  const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, aes, bytes))
  const cut = sealed.length - tagBits / 8
  return [
    segment,
    flaw.encryptedKey ?? encryptedKey,
    ...[iv, sealed.slice(0, cut), sealed.slice(cut)].map(encode),
  ].join('.')
}

/** What is wrong with a signed token. */
export interface SignatureFlaw {
  readonly header?: (good: Members) => Members | string
  /** Signs by another key than the issuer's. */
  readonly by?: (data: Bytes) => Promise<Uint8Array>
  readonly alg?: SigningAlgorithm
}

const SIGN = {
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  Ed25519: { name: 'Ed25519' },
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
} as const

/** Signs by the issuer's own key. */
export async function signBy(signer: SigningKey, data: Bytes): Promise<Uint8Array> {
  const { privateKey } = await readySigningKey(signer)
  return new Uint8Array(await crypto.subtle.sign(SIGN[signer.alg], privateKey, data))
}

/** Signs a payload as the issuer does, but for the flaw. */
export async function sign(payload: string | Uint8Array, flaw: SignatureFlaw = {}): Promise<string> {
  const signer = sealer.signer(flaw.alg ?? 'ES256')
  const good = { alg: signer.alg, kid: signer.kid, typ: 'at+jwt' }
  const header = flaw.header?.(good) ?? good
  const data = `${encode(typeof header === 'string' ? header : JSON.stringify(header))}.${encode(payload)}`
  return `${data}.${encode(await (flaw.by ?? ((bytes: Bytes) => signBy(signer, bytes)))(toBytes(data)))}`
}

/** Seals a payload as the issuer does: for `direct` as it is, else signed. */
export async function sealPayload(mode: Mode, payload: string | Uint8Array, flaw: Flaw = {}): Promise<string> {
  return sealInto(mode, mode === 'direct' ? payload : await sign(payload), flaw)
}

/** Seals claims as the issuer does. */
export function sealClaims(mode: Mode, changes: Members = {}, flaw: Flaw = {}): Promise<string> {
  return sealPayload(mode, JSON.stringify({ ...CLAIMS, ...changes }), flaw)
}

/** Makes a pair of keys that are the forger's own. */
export async function ownKey(): Promise<{ readonly jwk: Members; readonly by: (data: Bytes) => Promise<Uint8Array> }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as unknown as Pair
  const { kty, crv, x, y } = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as Members
  return {
    jwk: { kty, crv, x, y },
    by: async (data) => new Uint8Array(await crypto.subtle.sign(SIGN.ES256, pair.privateKey, data)),
  }
}

/** Signs by HMAC-SHA-256. */
export async function hmac(secret: string | Uint8Array, data: Bytes): Promise<Uint8Array> {
  const bytes = typeof secret === 'string' ? toBytes(secret) : Uint8Array.from(secret)
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, data))
}

/** Compresses as `zip: DEF` does (RFC 7516 §4.1.3). */
export async function deflate(text: string | Uint8Array): Promise<Uint8Array> {
  const bytes = typeof text === 'string' ? toBytes(text) : Uint8Array.from(text)
  const stream = new Response(bytes).body?.pipeThrough(new CompressionStream('deflate-raw') as never)
  return new Uint8Array(await new Response(stream as never).arrayBuffer())
}

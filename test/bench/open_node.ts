/**
 * Opening tokens in Node: our verifiers beside jose, iron, PASETO, an introspection call, and the floor.
 *
 * @module
 */

import { createDecipheriv, createSecretKey } from 'node:crypto'
import { type CryptoKey, compactDecrypt, importJWK, jwtDecrypt, jwtVerify, SignJWT } from 'jose'
import { createDirectVerifier } from '../../src/verifier/direct.ts'
import { createVerifier, type Verifier } from '../../src/verifier/index.ts'
import { fastJwt, jsonwebtoken } from './jwt_peers.ts'
import { atOnce, awaited, type Contender, type Effort, race, ratioIn, type Times, timeIn } from './measure.ts'
import { importPeer } from './peers.ts'
import { type Row, writeTime } from './report.ts'
import { API, CLAIMS, directToken, ISSUER, LEDGER, NOW, nestedTokens, PARTNER, PARTNER_KEY } from './tokens.ts'

/** Returns the least that can be done in Node with the bytes of a token: decrypt by AES-256-GCM, parse. */
export function nodeFloor(token: string, key: Uint8Array): Contender {
  const [header = '', , ...parts] = token.split('.')
  const aad = Buffer.from(header)
  const [iv, ciphertext, tag] = parts.map((part) => Buffer.from(part, 'base64url')) as [Buffer, Buffer, Buffer]
  const secret = createSecretKey(key)
  return atOnce('floor', () => {
    const decipher = createDecipheriv('aes-256-gcm', secret, iv)
    decipher.setAAD(aad)
    decipher.setAuthTag(tag)
    const plaintext = decipher.update(ciphertext)
    decipher.final()
    return JSON.parse(plaintext.toString())
  })
}

async function signed(alg: 'ES256' | 'Ed25519' | 'RS256'): Promise<Contender> {
  const algorithm = {
    ES256: { name: 'ECDSA', namedCurve: 'P-256' },
    Ed25519: { name: 'Ed25519' },
    RS256: {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
    },
  }[alg]
  const { privateKey, publicKey } = (await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])) as {
    privateKey: CryptoKey
    publicKey: CryptoKey
  }
  const jwt = await new SignJWT(CLAIMS).setProtectedHeader({ alg, kid: '1', typ: 'at+jwt' }).sign(privateKey)
  const options = { issuer: ISSUER, audience: API, typ: 'at+jwt', algorithms: [alg] }
  return awaited(`jwtVerify ${alg}`, () => jwtVerify(jwt, publicKey, options))
}

/** A verifier; it throws where its token is not let in: what is refused fast is no speed. */
function verifying(name: string, { verify }: Verifier, token: string): Contender {
  return {
    name,
    async run(times) {
      for (let index = 0; index < times; index++)
        if (!(await verify(token)).ok) throw new Error(`${name}: a good token is refused`)
    },
  }
}

async function iron(): Promise<Contender> {
  const { seal, unseal, defaults } = await importPeer('iron-webcrypto')
  const password = 'a password of more than thirty-two characters'
  const sealed = await seal(CLAIMS, password, defaults)
  return awaited('iron unseal', () => unseal(sealed, password, defaults))
}

async function paseto(): Promise<Contender> {
  const { decrypt, encrypt, generateKeys } = await importPeer('paseto-ts/v4')
  const key = await generateKeys('local')
  const { iat, exp, ...claims } = CLAIMS
  const times = { iat: new Date(iat * 1000).toISOString(), exp: new Date(exp * 1000).toISOString() }
  const token = await encrypt(key, { ...claims, ...times }, { addIat: false, addExp: false })
  return awaited('PASETO v4.local', async () => decrypt(key, token))
}

/** Measures all rows of opening in Node. */
export async function openInNode(effort: Effort, introspect: Contender | undefined): Promise<readonly Row[]> {
  const { token, leaf, keys } = await directToken()
  const nested = await nestedTokens()
  const gcmKey = await crypto.subtle.importKey('raw', leaf.key, 'AES-GCM', false, ['decrypt'])
  const ledgerKey = await crypto.subtle.importKey('raw', nested.leaf.key, 'AES-GCM', false, ['decrypt'])
  const partnerKey = (await importJWK({ ...PARTNER_KEY }, 'ECDH-ES')) as CryptoKey
  const signerKey = (await importJWK({ ...nested.jwks.keys[0] })) as CryptoKey
  const verifier = createDirectVerifier({ issuer: ISSUER, resource: API, keys })
  const { jwks } = nested
  const common = { issuer: ISSUER, jwks }
  const partner = createVerifier({ ...common, resource: PARTNER, decryptionKeys: { keys: [PARTNER_KEY] } })
  const ledger = createVerifier({ ...common, resource: LEDGER, keys: nested.keys })
  const claims = (audience: string, typ: string) => ({
    issuer: ISSUER,
    audience,
    typ,
    currentDate: new Date(NOW * 1000),
  })

  async function joseNested(jwe: string, key: CryptoKey, audience: string, alg: string): Promise<unknown> {
    const options = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: ['A256GCM'] }
    const { plaintext } = await compactDecrypt(jwe, key, options)
    return jwtVerify(plaintext, signerKey, { ...claims(audience, 'at+jwt'), algorithms: ['ES256'] })
  }

  const direct = verifying('direct', verifier, token)
  // A resource server has one verifier, and little else to do with tokens: what is compiled for one race alone is not
  // made slower by what another needs.
  const races = [
    [direct, nodeFloor(token, leaf.key)],
    [direct, awaited('jwtDecrypt', () => jwtDecrypt(token, gcmKey, claims(API, 'at+jwe'))), await signed('ES256')],
    [direct, await signed('Ed25519'), await signed('RS256'), await iron(), await paseto()],
    [direct, ...(await fastJwt()), await jsonwebtoken()],
    ...(introspect === undefined ? [] : [[direct, introspect]]),
    [
      verifying('nested dir', ledger, nested.byLeaf),
      awaited('jose nested dir', () => joseNested(nested.byLeaf, ledgerKey, LEDGER, 'dir')),
    ],
    [
      verifying('nested', partner, nested.byKey),
      awaited('jose nested', () => joseNested(nested.byKey, partnerKey, PARTNER, 'ECDH-ES')),
    ],
  ]
  const raced: Times[] = []
  for (const contenders of races) raced.push(await race(contenders, effort))
  const row = (name: string, other: string, ours: string, beside: string, bar?: Row['bar']): Row => {
    const times = raced.find((one) => one.has(name) && one.has(other)) ?? new Map()
    return {
      group: 'open, Node',
      ours,
      beside,
      figures: `${writeTime(timeIn(times, name))} : ${writeTime(timeIn(times, other))}`,
      ratio: ratioIn(times, name, other),
      ...(bar && { bar }),
    }
  }
  return [
    row('direct', 'floor', 'direct', 'floor: node:crypto AES-256-GCM + JSON.parse', { atLeast: 0.65 }),
    row('direct', 'fast-jwt HS256', 'direct', 'fast-jwt HS256'),
    row('direct', 'jsonwebtoken HS256', 'direct', 'jsonwebtoken HS256'),
    row('direct', 'fast-jwt ES256', 'direct', 'fast-jwt ES256'),
    row('direct', 'fast-jwt EdDSA', 'direct', 'fast-jwt EdDSA'),
    row('direct', 'fast-jwt, cached', 'direct', 'fast-jwt, a verdict that it has cached'),
    row('direct', 'jwtDecrypt', 'direct', 'jose jwtDecrypt of the same', { atLeast: 12 }),
    row('direct', 'jwtVerify ES256', 'direct', 'jose jwtVerify ES256', { atLeast: 12 }),
    row('direct', 'jwtVerify Ed25519', 'direct', 'jose jwtVerify Ed25519'),
    row('direct', 'jwtVerify RS256', 'direct', 'jose jwtVerify RS256'),
    row('direct', 'iron unseal', 'direct', 'iron-webcrypto unseal'),
    row('direct', 'PASETO v4.local', 'direct', 'paseto-ts v4.local decrypt'),
    ...(introspect === undefined
      ? []
      : [row('direct', introspect.name, 'direct', 'introspection call, oidc-provider in memory, loopback')]),
    row('nested dir', 'jose nested dir', 'nested, under a leaf', 'jose: the same two steps', { atLeast: 1.1 }),
    row('nested', 'jose nested', 'nested, to a P-256 key', 'jose: the same two steps', { atLeast: 1.1 }),
  ]
}

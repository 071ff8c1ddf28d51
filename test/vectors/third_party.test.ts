import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { calculateJwkThumbprint, compactDecrypt, compactVerify, importJWK, type JWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../keys/base64url.ts'
import type { Leaf, Leaves } from '../../keys/index.ts'
import { readEncryptedOutside } from '../../src/jose/encrypted.ts'
import { publicMembers, readVerificationKeys } from '../../src/jose/jwks.ts'
import { openerOf } from '../../src/jose/recipient.ts'
import { verifyClaims } from '../../src/jose/signed.ts'
import { openEnvelope } from '../../src/token/envelope.ts'
import nesting from './cookbook/6.nesting_signatures_and_encryption.json' with { type: 'json' }
import agreed25519 from './cookbook/curve25519/ecdh-es.json' with { type: 'json' }
import signed25519 from './cookbook/curve25519/jws.json' with { type: 'json' }
import rsa15 from './cookbook/jwe/5_1.key_encryption_using_rsa_v15_and_aes-hmac-sha2.json' with { type: 'json' }
import rsaOaep from './cookbook/jwe/5_2.key_encryption_using_rsa-oaep_with_aes-gcm.json' with { type: 'json' }
import pbes2 from './cookbook/jwe/5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2.json' with {
  type: 'json',
}
import ecdhKw from './cookbook/jwe/5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm.json' with {
  type: 'json',
}
import ecdhEs from './cookbook/jwe/5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2.json' with { type: 'json' }
import dir from './cookbook/jwe/5_6.direct_encryption_using_aes-gcm.json' with { type: 'json' }
import gcmKw from './cookbook/jwe/5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2.json' with { type: 'json' }
import aesKw from './cookbook/jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm.json' with { type: 'json' }
import zip from './cookbook/jwe/5_9.compressed_content.json' with { type: 'json' }
import jwsExamples from './rfc/rfc7515-appendix-a.json' with { type: 'json' }
import appendixA from './rfc/rfc7516-appendix-a.json' with { type: 'json' }
import appendixB from './rfc/rfc7518-appendix-b.json' with { type: 'json' }
import appendixC from './rfc/rfc7518-appendix-c.json' with { type: 'json' }
import curves from './rfc/rfc8037-appendix-a.json' with { type: 'json' }
import cbc from './wycheproof/a256cbc_hs512_test.json' with { type: 'json' }
import gcm from './wycheproof/aes_gcm_test.json' with { type: 'json' }
import hkdfVectors from './wycheproof/hkdf_sha256_test.json' with { type: 'json' }
import jwe from './wycheproof/json_web_encryption_test.json' with { type: 'json' }
import jwk from './wycheproof/json_web_key_test.json' with { type: 'json' }

const bytes = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
const hex = (from: Uint8Array): string => [...from].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** Leaves that would give this key for any kid at all: only the opener itself can refuse. */
function leavesOf(jwk: { readonly k?: string }): Leaves {
  const key = jwk.k === undefined ? new Uint8Array(32) : decodeBase64url(jwk.k)
  const leaf: Leaf = { kid: 'any', enc: 'A256GCM', key, nbf: 0, exp: 1 }
  return { enc: leaf.enc, opening: () => leaf, sealing: () => leaf, told: () => [leaf], within: () => [leaf] }
}
const refusal = (envelope: string, key: { readonly k?: string }): Promise<unknown> =>
  openEnvelope(envelope, 'at+jwe', leavesOf(key), 0).then(
    () => 'opened',
    (error: { code: string }) => error.code,
  )

/** Whether jose with our allow-lists, but without our other checks, refuses too: the second line of defence. */
async function joseRefuses(envelope: string, jwk: JWK): Promise<boolean> {
  const options = {
    keyManagementAlgorithms: ['dir'],
    contentEncryptionAlgorithms: ['A256GCM', 'A256CBC-HS512'],
    maxDecompressedLength: 0,
  }
  const key = await importJWK(jwk, jwk.alg ?? 'RSA-OAEP').catch(() => new Uint8Array(32))
  return compactDecrypt(envelope, key, options).then(
    () => false,
    () => true,
  )
}

describe("Wycheproof's JWEs", () => {
  const rows = jwe.testGroups.flatMap((group) => group.tests.map((test) => ({ ...test, key: group.private })))
  const invalid = rows.filter(({ result }) => result === 'invalid')
  const valid = rows.filter(({ result }) => result === 'valid')

  it('are the 139 that they were', () => {
    expect([invalid.length, valid.length]).toEqual([74, 65])
  })

  it.each(invalid)('$tcId $comment: the invalid one is refused (H05)', async ({ jwe: envelope, key }) => {
    const text = typeof envelope === 'string' ? envelope : JSON.stringify(envelope)
    expect(['form', 'header']).toContain(await refusal(text, key as JWK))
  })

  // Each valid one is outside our allow-list. All but one wrap or agree on a key, so they have an encrypted key or, with
  // ECDH-ES, members beyond ours in the header; the one with `dir` has A128GCM, no kid and no typ.
  it.each(valid)('$tcId $comment: the valid one is not ours', async ({ jwe: envelope, key }) => {
    const text = String(envelope)
    const { alg, enc } = JSON.parse(atob((text.split('.')[0] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) as {
      alg: string
      enc: string
    }
    const reason = alg === 'dir' || alg === 'ECDH-ES' ? 'header' : 'form'
    expect(await refusal(text, key as JWK)).toBe(reason)
    expect(alg === 'dir' && enc === 'A256GCM').toBe(false)
    expect(await joseRefuses(text, key as JWK)).toBe(true)
  })
})

describe('the examples of RFC 7520 §5 and RFC 7516 appendix A', () => {
  const examples = [rsa15, rsaOaep, pbes2, ecdhKw, ecdhEs, dir, gcmKw, aesKw, zip].map(({ title, input, output }) => ({
    title,
    key: (input as { key?: JWK }).key ?? {},
    token: output.compact,
  }))
  const compact = appendixA.flatMap(({ id, jwk, token }) =>
    token === undefined ? [] : [{ title: id, key: jwk as JWK, token }],
  )

  it.each([...examples, ...compact])('$title is not ours', async ({ key, token }) => {
    expect(['form', 'header']).toContain(await refusal(token, key))
    expect(await joseRefuses(token, { ...key, alg: 'dir' })).toBe(true)
  })

  it('in JSON serialization are not ours (M07)', async () => {
    const json = [
      dir.output.json_flat,
      dir.output.json,
      appendixA.find(({ jwe_json }) => jwe_json !== undefined)?.jwe_json,
    ]
    for (const one of json) expect(await refusal(JSON.stringify(one), dir.input.key)).toBe('form')
  })
})

/** Returns what became of a JWS: whether a key of the set is taken for it, and is right. Its typ is not looked at. */
async function judge(set: unknown, jws: string): Promise<string> {
  try {
    const keys = readVerificationKeys(set)
    const { kid = '' } = JSON.parse(atob(jws.split('.')[0] ?? '')) as { kid?: string }
    const found = await keys.find(kid)
    if (found === undefined) return 'no key'
    const { payload } = await compactVerify(jws, found.key, { algorithms: [found.alg] })
    return new TextDecoder().decode(payload)
  } catch {
    return 'refused'
  }
}
const refusalOfSigned = (jws: string, set: unknown): Promise<unknown> =>
  (async () => verifyClaims(jws, 'at+jwt', readVerificationKeys(set)))().then(
    () => 'verified',
    (error: { code: string }) => error.code,
  )

describe("Wycheproof's JWK Sets", () => {
  const rows = jwk.testGroups.flatMap((group) =>
    group.tests.map((test) => ({
      ...test,
      kind: group.comment,
      set: 'public' in group ? group.public : group.private,
    })),
  )

  it('are the 26 that they were', () => {
    expect(rows.map(({ tcId }) => tcId)).toEqual(Array.from({ length: 26 }, (_, index) => index + 1))
  })

  // The key of 7 has primes of a form that lets them be found (ROCA, CVE-2017-15361). An issuer's own keys are read, not
  // made by the smart cards that made such: their form is not looked at.
  it.each(rows.filter(({ result, tcId }) => result === 'invalid' && tcId !== 7))(
    '$tcId $kind, $comment: no key of the set is taken, or the signature is refused',
    async ({ set, jws }) => {
      expect(['no key', 'refused']).toContain(await judge(set, jws))
    },
  )

  it.each(rows.filter(({ result }) => result === 'valid'))(
    '$tcId $kind, $comment: a valid one is verified by RS256, and no shared key is ever taken',
    async ({ set, jws, kind }) => {
      expect(await judge(set, jws)).toBe(kind === 'rs256' ? 'foo' : 'no key')
    },
  )

  it.each(rows)('$tcId $kind, $comment: the token is none of ours', async ({ set, jws }) => {
    expect(['form', 'header', 'key']).toContain(await refusalOfSigned(jws, set))
  })
})

describe('the examples of RFC 7515 appendix A, RFC 7520 §6, RFC 8037 and of the cookbook for Curve25519', () => {
  const told = (key: object, alg: string, kid = 'example') => ({
    keys: [{ ...publicMembers({ ...key }), alg, kid, use: 'sig' }],
  })

  it.each(jwsExamples)('$id: $alg is verified where it is ours, and the token is not', async (example) => {
    const { alg, token, payload_b64u, jwk: key } = example
    if (alg === 'RS256' || alg === 'ES256') {
      const found = await readVerificationKeys(told(key, alg)).find('example')
      if (found === undefined) throw new Error('no key')
      const { payload } = await compactVerify(token, found.key, { algorithms: [alg] })
      expect(payload).toEqual(decodeBase64url(payload_b64u))
    } else {
      expect(await readVerificationKeys(told(key, alg)).find('example')).toBeUndefined()
    }
    expect(await refusalOfSigned(token, told(key, alg))).toBe('header')
  })

  it('Ed25519 is verified, under the name of the curve (RFC 9864)', async () => {
    const {
      public: key,
      token,
      thumbprint,
    } = curves.find(({ id }) => id === 'rfc8037-A.1-A.5') as Required<(typeof curves)[0]>
    const found = await readVerificationKeys(told(key, 'Ed25519')).find('example')
    if (found === undefined) throw new Error('no key')
    for (const jws of [token, signed25519.output.compact]) {
      const { payload } = await compactVerify(jws, found.key)
      expect(new TextDecoder().decode(payload)).toBe('Example of Ed25519 signing')
      expect(await refusalOfSigned(jws, told(key, 'Ed25519'))).toBe('header')
    }
    expect(await readVerificationKeys(told(key, 'EdDSA')).find('example')).toBeUndefined()
    expect(await calculateJwkThumbprint(publicMembers(key) as never)).toBe(thumbprint)
  })

  it('X25519 agrees on the key (RFC 8037 appendix A.6)', async () => {
    const { key } = await openerOf(agreed25519.input.key, 'A256GCM')
    const { plaintext } = await compactDecrypt(agreed25519.output.compact, key)
    expect(new TextDecoder().decode(plaintext)).toBe(agreed25519.input.plaintext)
    expect(() => readEncryptedOutside(agreed25519.output.compact, 'JWT')).toThrow(
      expect.objectContaining({ code: 'header' }),
    )
  })

  it('P-256 agrees on the key (RFC 7518 appendix C)', async () => {
    for (const { bob, header, derived_key } of appendixC) {
      const { key } = await openerOf({ ...bob, kid: 'bob' }, 'A256GCM')
      const segment = btoa(JSON.stringify(header)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
      const aes = await crypto.subtle.importKey('raw', decodeBase64url(derived_key), 'AES-GCM', false, ['encrypt'])
      const algorithm = { name: 'AES-GCM', iv: new Uint8Array(12), additionalData: new TextEncoder().encode(segment) }
      const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, aes, new TextEncoder().encode('hello')))
      const parts = [algorithm.iv, sealed.slice(0, -16), sealed.slice(-16)].map(encodeBase64url)
      const { plaintext } = await compactDecrypt([segment, '', ...parts].join('.'), key)
      expect(new TextDecoder().decode(plaintext)).toBe('hello')
      expect(() => readEncryptedOutside([segment, '', ...parts].join('.'), 'JWT')).toThrow(
        expect.objectContaining({ code: 'header' }),
      )
    }
  })

  it('a nested JWT by PS256 in RSA-OAEP is not ours (RFC 7520 §6)', async () => {
    const { compact } = nesting.encrypt.output
    const { alg: _, ...key } = nesting.encrypt.input.key
    // With its own algorithms jose opens it: there is nothing wrong with it.
    const { plaintext } = await compactDecrypt(compact, await importJWK({ ...key, alg: 'RSA-OAEP' }))
    expect(new TextDecoder().decode(plaintext)).toBe(nesting.sign.output.compact)
    expect(() => readEncryptedOutside(compact, 'JWT')).toThrow(expect.objectContaining({ code: 'header' }))
    expect(await refusalOfSigned(nesting.sign.output.compact, told(nesting.sign.input.key, 'RS256'))).toBe('header')
    expect(await readVerificationKeys(told(nesting.sign.input.key, 'PS256')).find('example')).toBeUndefined()
  })
})

describe('the primitives of this runtime', () => {
  const wanted = gcm.testGroups.filter(
    ({ keySize, ivSize, tagSize }) => keySize === 256 && ivSize === 96 && tagSize === 128,
  )
  it.each(wanted.flatMap(({ tests }) => tests))(
    'AES-GCM, Wycheproof $tcId: $result',
    async ({ key, iv, aad, msg, ct, tag, result }) => {
      const imported = await crypto.subtle.importKey('raw', bytes(key), 'AES-GCM', false, ['decrypt'])
      const algorithm = { name: 'AES-GCM', iv: bytes(iv), additionalData: bytes(aad), tagLength: 128 }
      const opened = await crypto.subtle.decrypt(algorithm, imported, bytes(ct + tag)).then(
        (plain) => hex(new Uint8Array(plain)),
        () => 'refused',
      )
      expect(opened).toBe(result === 'valid' ? msg : 'refused')
    },
  )

  it.each(hkdfVectors.testGroups.flatMap(({ tests }) => tests))(
    'HKDF-SHA-256, Wycheproof $tcId: $result',
    ({ ikm, salt, info, size, okm, result }) => {
      const derive = (): string => hex(hkdf(sha256, bytes(ikm), bytes(salt), bytes(info), size))
      if (result === 'valid') expect(derive()).toBe(okm)
      else expect(derive).toThrow()
    },
  )

  /** A256CBC-HS512 as RFC 7518 §5.2.2.2 writes it, of the platform's HMAC and AES-CBC. */
  async function openCbc(
    key: Uint8Array<ArrayBuffer>,
    iv: Uint8Array<ArrayBuffer>,
    aad: Uint8Array,
    ciphertext: Uint8Array<ArrayBuffer>,
    tag: Uint8Array,
  ): Promise<Uint8Array> {
    const mac = await crypto.subtle.importKey('raw', key.slice(0, 32), { name: 'HMAC', hash: 'SHA-512' }, false, [
      'sign',
    ])
    const length = new Uint8Array(8)
    new DataView(length.buffer).setBigUint64(0, BigInt(aad.length * 8))
    const signed = new Uint8Array(
      await crypto.subtle.sign('HMAC', mac, Uint8Array.from([...aad, ...iv, ...ciphertext, ...length])),
    )
    if (hex(signed.slice(0, 32)) !== hex(tag)) throw new Error('tag')
    const cipher = await crypto.subtle.importKey('raw', key.slice(32), 'AES-CBC', false, ['decrypt'])
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, cipher, ciphertext))
  }

  it.each(cbc.testGroups.flatMap(({ tests }) => tests))(
    'A256CBC-HS512, Wycheproof $tcId: $result',
    async ({ key, iv, aad, msg, ct, tag, result }) => {
      const opened = await openCbc(bytes(key), bytes(iv), bytes(aad), bytes(ct), bytes(tag)).then(hex, () => 'refused')
      expect(opened).toBe(result === 'valid' ? msg : 'refused')
    },
  )

  it('A256CBC-HS512, RFC 7518 appendix B.3', async () => {
    const vector = appendixB.find(({ enc }) => enc === 'A256CBC-HS512')
    if (vector === undefined) throw new Error('no such vector')
    const [key, iv, aad, ciphertext, tag] = [vector.key, vector.iv, vector.aad, vector.ciphertext, vector.tag].map(
      decodeBase64url,
    ) as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>, Uint8Array, Uint8Array<ArrayBuffer>, Uint8Array]
    expect(await openCbc(key, iv, aad, ciphertext, tag)).toEqual(decodeBase64url(vector.plaintext))
  })
})

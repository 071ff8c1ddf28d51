import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { type ContentEncryption, deriveLeaf } from '../../keys/index.ts'
import { readJwe } from '../../src/jose/canonical.ts'
import type { Bytes, Content, MakeOpener, MakeSealer } from '../../src/jose/content_encryption.ts'
import { contentOpenerOf, deriveOpener, makeOpener } from '../../src/jose/content_opening.ts'
import { contentSealerOf } from '../../src/jose/content_sealing.ts'
import { authenticatedOf, sealDir, spellHeader } from '../../src/jose/dir.ts'
import { findNodeCrypto, isNode } from '../../src/jose/platform/node_crypto.ts'
import { findNodeOpening } from '../../src/jose/platform/node_opening.ts'
import { findNodeSealing } from '../../src/jose/platform/node_sealing.ts'
import { signByNode } from '../../src/jose/platform/node_signing.ts'
import { makeWebOpener } from '../../src/jose/platform/web_opening.ts'
import { makeWebSealer } from '../../src/jose/platform/web_sealing.ts'
import { signByWeb } from '../../src/jose/platform/web_signing.ts'

const ENCS: readonly ContentEncryption[] = ['A256GCM', 'A256CBC-HS512']
const IV = { A256GCM: 12, 'A256CBC-HS512': 16 } as const
const isHere = /^Node\.js\//.test(globalThis.navigator?.userAgent ?? '')
const OPENING: readonly MakeOpener[] = [makeWebOpener, findNodeOpening()?.makeOpener].filter((way) => way !== undefined)
const SEALING: readonly MakeSealer[] = [makeWebSealer, findNodeSealing()].filter((way) => way !== undefined)

const count = (length: number, from = 0): Bytes => Uint8Array.from({ length }, (_, index) => (index + from) % 256)
const keyOf = (enc: ContentEncryption): Bytes => count(enc === 'A256GCM' ? 32 : 64, 1)
const draw = (length: number): Bytes => count(length, 100)
const text = (bytes: Uint8Array | ArrayBuffer): string => new TextDecoder().decode(bytes)
/** Returns a content that is nobody else's. */
const contentOf = (jwe: string): Content => {
  const { iv, sealed, tagBytes } = readJwe(jwe).content
  return { iv: iv.slice(), sealed: sealed.slice(), tagBytes }
}

it('there are two ways in Node, and one elsewhere', () => {
  expect([OPENING.length, SEALING.length]).toEqual(isHere ? [2, 2] : [1, 1])
})

describe.each(ENCS)('%s', (enc) => {
  const header = spellHeader({ alg: 'dir', enc })
  const aad = authenticatedOf(header.segment)
  const sealAll = (plaintext: string): Promise<readonly string[]> =>
    Promise.all(SEALING.map((make) => sealDir(header, plaintext, make(enc, keyOf(enc)), draw)))

  it('is sealed alike by each way, under the vector that was drawn', async () => {
    for (const plaintext of ['hello', '', 'é'.repeat(100)]) {
      const all = await sealAll(plaintext)
      expect(new Set(all).size).toBe(1)
      for (const jwe of all) {
        expect(jwe.split('.')[2]).toBe(encodeBase64url(draw(IV[enc])))
        if (plaintext !== '') expect(contentOf(jwe).tagBytes).toBe(enc === 'A256GCM' ? 16 : 32)
      }
    }
  })

  it('opens and is sealed at once in Node, and later elsewhere, whatever its key came from', async () => {
    const [jwe = ''] = await sealAll('hello')
    const leaf = { kid: 'r1.1', enc, key: keyOf(enc), nbf: 0, exp: 1 }
    const branch = count(32)
    const derived = deriveLeaf(branch, enc, 7)
    const sealed = await makeWebSealer(enc, Uint8Array.from(derived)).seal('derived', aad, draw)
    const ofDerived = [header.segment, '', sealed.iv, sealed.ciphertext, sealed.tag].join('.')
    const all = [
      makeOpener(enc, keyOf(enc)).open(contentOf(jwe), aad),
      contentOpenerOf(leaf).open(contentOf(jwe), aad),
      deriveOpener(branch, enc, 7).open(contentOf(ofDerived), aad),
    ]
    expect(all.map((one) => one instanceof Uint8Array)).toEqual([isHere, isHere, isHere])
    expect((await Promise.all(all)).map(text)).toEqual(['hello', 'hello', 'derived'])
    const sealing = contentSealerOf(leaf).seal('hello', aad, draw)
    expect(sealing instanceof Promise).toBe(!isHere)
    const { iv, ciphertext, tag } = await sealing
    expect([header.segment, '', iv, ciphertext, tag].join('.')).toBe(jwe)
  })

  it('is sealed by one sealer again and again', async () => {
    for (const make of SEALING) {
      const sealer = make(enc, keyOf(enc))
      const first = await sealer.seal('one', aad, draw)
      expect(await sealer.seal('one', aad, draw)).toEqual(first)
      expect(await sealer.seal('two', aad, draw)).not.toEqual(first)
    }
  })

  it('opens as it was, by each way, at first and later', async () => {
    const [jwe = ''] = await sealAll('hello')
    for (const make of OPENING) {
      const opener = make(enc, keyOf(enc))
      for (let turn = 0; turn < 3; turn++) expect(text(await opener.open(contentOf(jwe), aad))).toBe('hello')
    }
    const late = makeWebOpener(enc, Promise.resolve(keyOf(enc)))
    expect(text(await late.open(contentOf(jwe), aad))).toBe('hello')
  })

  it('opens though the content is overwritten as soon as it was given', async () => {
    const [jwe = ''] = await sealAll('hello')
    for (const make of OPENING) {
      const opener = make(enc, keyOf(enc))
      for (let turn = 0; turn < 2; turn++) {
        const content = contentOf(jwe)
        const opening = opener.open(content, aad)
        content.iv.fill(0)
        content.sealed.fill(0)
        expect(text(await opening)).toBe('hello')
      }
    }
  })

  it('is refused by each way with anything changed, and with another length of vector or tag', async () => {
    const [jwe = ''] = await sealAll('hello')
    const good = contentOf(jwe)
    const flip = (bytes: Bytes, at: number): Bytes =>
      bytes.map((byte, index) => (index === (at + bytes.length) % bytes.length ? byte ^ 1 : byte))
    const bad: readonly Content[] = [
      { ...good, iv: flip(good.iv, 0) },
      { ...good, iv: flip(good.iv, -1) },
      { ...good, iv: good.iv.slice(1) },
      { ...good, iv: Uint8Array.of(...good.iv, 0) },
      { ...good, sealed: flip(good.sealed, 0) },
      { ...good, sealed: flip(good.sealed, -1) },
      { ...good, sealed: flip(good.sealed, -good.tagBytes) },
      { ...good, sealed: good.sealed.slice(0, -1), tagBytes: good.tagBytes - 1 },
      { ...good, tagBytes: good.tagBytes - 1 },
      { ...good, tagBytes: good.tagBytes + 1 },
    ]
    const open = async (make: MakeOpener, content: Content, by = aad, key = keyOf(enc)): Promise<string> =>
      text(await make(enc, key).open(content, by))
    for (const make of OPENING) {
      for (const [index, content] of bad.entries()) await expect(open(make, content), `${index}`).rejects.toThrow()
      await expect(open(make, good, flip(aad, 0))).rejects.toThrow()
      for (const at of [0, -1]) await expect(open(make, good, aad, flip(keyOf(enc), at))).rejects.toThrow()
      expect(await open(make, good)).toBe('hello')
    }
  })
})

describe('node:crypto', () => {
  it('is asked in Node, and nowhere else', () => {
    expect([isNode(), findNodeCrypto() !== undefined]).toEqual([isHere, isHere])
    expect([findNodeOpening() !== undefined, findNodeSealing() !== undefined]).toEqual([isHere, isHere])
  })

  it('is not asked on an edge that has a process of its own, nor where somebody else is the navigator', () => {
    const had = ['EdgeRuntime', 'navigator', 'process'].map(
      (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
    )
    const within = (name: string, value: unknown): boolean => {
      try {
        Object.defineProperty(globalThis, name, { value, configurable: true })
        const is = isNode()
        return (findNodeCrypto() !== undefined) === is && is
      } finally {
        for (const [one, descriptor] of had)
          if (descriptor === undefined) Reflect.deleteProperty(globalThis, one)
          else Object.defineProperty(globalThis, one, descriptor)
      }
    }
    expect(within('EdgeRuntime', 'edge-runtime')).toBe(false)
    expect(within('navigator', { userAgent: 'Cloudflare-Workers' })).toBe(false)
    expect(within('navigator', { userAgent: 'Bun/1.2 Node.js/24' })).toBe(false)
    expect(within('process', undefined)).toBe(false)
    expect(within('process', {})).toBe(false)
    // Node before 21 has no navigator.
    expect(within('navigator', undefined)).toBe(typeof process !== 'undefined' && 'getBuiltinModule' in process)
    expect(isNode()).toBe(isHere)
  })
})

describe('a signature', () => {
  const bytes = count(50)

  it.each([
    ['ECDSA', { name: 'ECDSA', namedCurve: 'P-256' }, isHere],
    ['Ed25519', { name: 'Ed25519' }, isHere],
    [
      'RSASSA-PKCS1-v1_5',
      {
        name: 'RSASSA-PKCS1-v1_5',
        hash: 'SHA-256',
        modulusLength: 2048,
        publicExponent: Uint8Array.of(1, 0, 1),
      },
      false,
    ],
  ])('by %s is made by WebCrypto, and at once by Node where it takes no time', async (name, algorithm, isAtOnce) => {
    const { privateKey, publicKey } = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as never
    const atOnce = signByNode(privateKey)
    expect(atOnce !== undefined).toBe(isAtOnce)
    const all = [signByWeb(privateKey), ...(atOnce === undefined ? [] : [atOnce])]
    for (const sign of all) {
      const signature = Uint8Array.from(new Uint8Array(await sign(bytes)))
      expect(await crypto.subtle.verify({ name, hash: 'SHA-256' }, publicKey, signature, bytes)).toBe(true)
    }
    expect(atOnce?.(bytes) instanceof Uint8Array).toBe(isAtOnce)
  })
})

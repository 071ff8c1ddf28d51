import fc from 'fast-check'
import { CompactEncrypt, compactDecrypt } from 'jose'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { type ContentEncryption, createKeyring, type Leaves, type Ring, readRing } from '../../keys/index.ts'
import { readJwe } from '../../src/jose/canonical.ts'
import type { ContentOpener, MakeOpener, MakeSealer } from '../../src/jose/content_encryption.ts'
import { authenticatedOf, sealDir, spellHeader } from '../../src/jose/dir.ts'
import { TokenError } from '../../src/jose/error.ts'
import { readHeader } from '../../src/jose/header.ts'
import { findNodeOpening } from '../../src/jose/platform/node_opening.ts'
import { findNodeSealing } from '../../src/jose/platform/node_sealing.ts'
import { makeWebOpener } from '../../src/jose/platform/web_opening.ts'
import { makeWebSealer } from '../../src/jose/platform/web_sealing.ts'
import { parseStrictly } from '../../src/jose/strict_json.ts'
import { openEnvelope, sealEnvelope } from '../../src/token/envelope.ts'
import direct from '../vectors/v1/direct.json' with { type: 'json' }
import purposes from '../vectors/v1/purpose.json' with { type: 'json' }
import cbc from '../vectors/wycheproof/a256cbc_hs512_test.json' with { type: 'json' }
import gcm from '../vectors/wycheproof/aes_gcm_test.json' with { type: 'json' }

const ENCS: readonly ContentEncryption[] = ['A256GCM', 'A256CBC-HS512']
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const isNode = /^Node\.js\//.test(globalThis.navigator?.userAgent ?? '')
const nodeOpening = findNodeOpening()
const WAYS: readonly (readonly [string, MakeOpener])[] = [
  ['WebCrypto', makeWebOpener],
  ...(nodeOpening === undefined ? [] : [['node:crypto', nodeOpening.makeOpener] as const]),
]
const nodeSealing = findNodeSealing()
const SEALING: readonly (readonly [string, MakeSealer])[] = [
  ['WebCrypto', makeWebSealer],
  ...(nodeSealing === undefined ? [] : [['node:crypto', nodeSealing] as const]),
]
const SEALING_ROWS = SEALING.flatMap(([way, make]) => ENCS.map((enc) => [enc, way, make] as const))
const ROWS = WAYS.flatMap(([way, make]) => ENCS.map((enc) => [enc, way, make] as const))

const bytes = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
const hex = (from: Uint8Array): string => [...from].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const keyOf = (enc: ContentEncryption, turn = 0): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: enc === 'A256GCM' ? 32 : 64 }, (_, index) => (index * 13 + turn * 7 + 5) % 256)

/** What came of opening: the bytes in hex, or that there are none. */
const outcome = (opening: () => ReturnType<ContentOpener['open']>): Promise<string> =>
  Promise.resolve()
    .then(opening)
    .then(
      (plaintext) => hex(new Uint8Array(plaintext)),
      () => 'refused',
    )

/** Opens a token by one of our ways, once its form is found good. */
const ours = (token: string, opener: ContentOpener): Promise<string> =>
  outcome(() => {
    const { header, encryptedKey, content } = readJwe(token)
    if (encryptedKey !== '') throw new TokenError('form')
    return opener.open(content, authenticatedOf(header))
  })

/** Opens the same by jose, once its form is found good. */
const byJose = (token: string, key: Uint8Array, enc: ContentEncryption): Promise<string> =>
  outcome(async () => {
    readJwe(token)
    const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: [enc] }
    return (await compactDecrypt(token, key, options)).plaintext
  })

const sealByJose = (plaintext: Uint8Array, key: Uint8Array, enc: ContentEncryption): Promise<string> =>
  new CompactEncrypt(plaintext).setProtectedHeader({ alg: 'dir', enc, kid: 'r1.20780', typ: 'at+jwe' }).encrypt(key)

const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 400 })

/** Changes to the segments of a token: most are no longer good, and some are no change. */
const change = fc.record({
  segment: fc.integer({ min: 0, max: 4 }),
  kind: fc.constantFrom('replace', 'insert', 'remove', 'cut', 'repeat', 'empty', 'exchange', 'shift'),
  at: fc.nat(600),
  letters: fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/),
})

function changed(
  token: string,
  { segment, kind, at, letters }: typeof change extends fc.Arbitrary<infer T> ? T : never,
) {
  const segments = token.split('.')
  const text = segments[segment] ?? ''
  const place = at % (text.length + 1)
  const next = (segment + 1) % 5
  const [head, tail] = [text.slice(0, place), text.slice(place)]
  const results: Record<typeof kind, readonly string[]> = {
    replace: segments.with(segment, head + letters + tail.slice(letters.length)),
    insert: segments.with(segment, head + letters + tail),
    remove: segments.with(segment, head + tail.slice(letters.length)),
    cut: segments.with(segment, head),
    repeat: segments.with(segment, text + text),
    empty: segments.with(segment, ''),
    exchange: segments.with(segment, segments[next] ?? '').with(next, text),
    // The same bytes in all, with the border between two segments elsewhere.
    shift: segments.with(segment, text.slice(0, -4)).with(next, text.slice(-4) + segments[next]),
  }
  return results[kind].join('.')
}

describe('the content encryption', () => {
  it('is by node:crypto in Node alone: workerd decrypts at once by WebCrypto', () => {
    expect(nodeOpening !== undefined).toBe(isNode)
  })

  it.each(SEALING_ROWS)(
    '%s by %s seals what jose opens, under another initialization vector each time',
    async (enc, _, make) => {
      const sealer = make(enc, keyOf(enc))
      const header = { alg: 'dir', enc, kid: 'r1.20780', typ: 'at+jwe' }
      const ivs = new Set<string>()
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), async (text) => {
          const token = await sealDir(spellHeader(header), text, sealer)
          ivs.add(hex(readJwe(token).content.iv))
          expect(await byJose(token, keyOf(enc), enc)).toBe(hex(new TextEncoder().encode(text)))
        }),
        { numRuns: 150 },
      )
      expect(ivs.size).toBeGreaterThanOrEqual(150)
    },
  )

  it.each(ROWS)('%s by %s opens what jose seals', async (enc, _, make) => {
    const opener = make(enc, keyOf(enc))
    await fc.assert(
      fc.asyncProperty(anyBytes, async (plaintext) => {
        expect(await ours(await sealByJose(plaintext, keyOf(enc), enc), opener)).toBe(hex(plaintext))
      }),
      { numRuns: 150 },
    )
  })

  it.each(ROWS)('%s by %s takes and refuses just what jose does, however a token is changed', async (enc, _, make) => {
    const [opener, other] = [make(enc, keyOf(enc)), make(enc, keyOf(enc, 1))]
    let refused = 0
    await fc.assert(
      fc.asyncProperty(anyBytes, fc.array(change, { maxLength: 2 }), async (plaintext, changes) => {
        const token = changes.reduce(changed, await sealByJose(plaintext, keyOf(enc), enc))
        const expected = await byJose(token, keyOf(enc), enc)
        if (expected === 'refused') refused++
        expect(await ours(token, opener)).toBe(expected)
        expect(await ours(token, other)).toBe('refused')
      }),
      { numRuns: 600 },
    )
    expect(refused).toBeGreaterThan(100)
    expect(refused).toBeLessThan(590)
  })

  it.each(ROWS)(
    '%s by %s refuses each length of iv and tag that is not its own, as jose does',
    async (enc, _, make) => {
      const opener = make(enc, keyOf(enc))
      const token = await sealByJose(Uint8Array.of(1, 2, 3), keyOf(enc), enc)
      const segments = token.split('.')
      for (const index of [2, 4]) {
        for (const length of [1, 4, 8, 11, 12, 13, 15, 16, 17, 24, 31, 32, 33, 64]) {
          const one = segments.with(index, encodeBase64url(new Uint8Array(length))).join('.')
          expect([length, await ours(one, opener)]).toEqual([length, await byJose(one, keyOf(enc), enc)])
        }
      }
      // The tag of the RFC, and a beginning of it: one who guesses a shorter one would be done sooner.
      for (const kept of [6, 11, 16, 18]) {
        const short = segments.with(4, (segments[4] ?? '').slice(0, kept - (kept % 4 === 1 ? 1 : 0))).join('.')
        expect(await ours(short, opener)).toBe('refused')
      }
    },
  )

  it.each(ROWS)('%s by %s opens each of many at once, before and after its key is ready', async (enc, _, make) => {
    const texts = Array.from({ length: 20 }, (_, index) => Uint8Array.from({ length: 40 + index * 3 }, () => index))
    const tokens = await Promise.all(texts.map((text) => sealByJose(text, keyOf(enc), enc)))
    const opener = make(enc, keyOf(enc))
    // None is waited for before the next is read: what they are spelled out in is one place for all.
    for (const _time of ['first', 'second'])
      expect(await Promise.all(tokens.map((token) => ours(token, opener)))).toEqual(texts.map(hex))
  })

  const vectors = [
    ...gcm.testGroups.map((group) => ({ ...group, enc: 'A256GCM' as const })),
    ...cbc.testGroups.map((group) => ({ ...group, enc: 'A256CBC-HS512' as const })),
  ].flatMap(({ tests, enc, keySize, ivSize, tagSize }) => {
    const [keyBits, ivBits, tagBits] = enc === 'A256GCM' ? [256, 96, 128] : [512, 128, 256]
    const isOurs = ivSize === ivBits && tagSize === tagBits
    return keySize === keyBits ? tests.map((test) => ({ ...test, enc, isOurs })) : []
  })

  it('has vectors of every kind', () => {
    expect(vectors.filter(({ enc, isOurs }) => enc === 'A256GCM' && isOurs).length).toBeGreaterThan(60)
    expect(vectors.filter(({ enc, isOurs }) => enc === 'A256GCM' && !isOurs).length).toBeGreaterThan(20)
    expect(vectors.filter(({ enc, isOurs }) => enc === 'A256CBC-HS512' && isOurs).length).toBeGreaterThan(20)
  })

  it.each(WAYS)('by %s gives what Wycheproof gives, for every key that is as long as ours', async (_, make) => {
    for (const { enc, key, iv, aad, msg, ct, tag, result, tcId, isOurs } of vectors) {
      const content = { iv: bytes(iv), sealed: bytes(ct + tag), tagBytes: tag.length / 2 }
      const opened = await outcome(() => make(enc, bytes(key)).open(content, bytes(aad)))
      expect([enc, tcId, opened]).toEqual([enc, tcId, isOurs && result === 'valid' ? msg : 'refused'])
    }
  })
})

/** Opens an envelope as openEnvelope says that it does, by jose and without any memory. */
async function reference(envelope: string, typ: string, leaves: Leaves, now: number): Promise<unknown> {
  const { header, encryptedKey } = readJwe(envelope)
  if (encryptedKey !== '') throw new TokenError('form')
  const said = readHeader(header, ['alg', 'enc', 'kid', 'typ'])
  if (said.typ !== typ) throw new TokenError('type')
  const leaf = leaves.opening(said.kid, now)
  if (leaf === undefined) throw new TokenError('key')
  if (said.alg !== 'dir' || said.enc !== leaf.enc) throw new TokenError('algorithm')
  const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: [leaf.enc] }
  const { plaintext } = await compactDecrypt(envelope, leaf.key, options).catch((cause: unknown) => {
    throw new TokenError('decryption', { cause })
  })
  const facts = parseStrictly(plaintext)
  if (facts === undefined) throw new TokenError('payload')
  return { facts, kid: said.kid }
}

const said = (opening: Promise<unknown>): Promise<unknown> => opening.catch((error: { code: string }) => error.code)

const ringOf = (json: unknown): Ring => {
  const reading = readRing(JSON.stringify(json))
  if (!reading.ok) throw new Error('the ring of the vectors does not read')
  return reading.ring
}

describe('an envelope is taken or refused, with the same code, just as by jose', () => {
  const keyring = createKeyring(ringOf(direct.ring), direct.issuer)
  const accessLeaves = (enc: ContentEncryption): Leaves => keyring.leavesFor('access', direct.resource, enc, 86_400)

  it('all vectors of v1, good and bad, in any order', async () => {
    const purposeRing = createKeyring(ringOf(purposes.ring), purposes.issuer)
    const rows = [
      ...direct.tokens.map(({ envelope, now, enc }) => ({
        envelope,
        now,
        typ: 'at+jwe',
        enc: enc as ContentEncryption,
      })),
      ...direct.refused.map(({ envelope, now }) => ({ envelope, now, typ: 'at+jwe', enc: 'A256GCM' as const })),
    ].map((row) => ({ ...row, leaves: accessLeaves(row.enc) }))
    const sealed = purposes.envelopes.map(({ envelope, now, purpose }) => ({
      envelope,
      now,
      typ: `${purpose}+jwe`,
      leaves: purposeRing.leavesFor(purpose as 'code', '', 'A256GCM', 2_592_000),
    }))
    // Twice: what is remembered from the first time must not change anything.
    for (const { envelope, typ, leaves, now } of [...rows, ...sealed, ...rows.toReversed(), ...sealed]) {
      const expected = await said(reference(envelope, typ, leaves, now))
      expect(await said(openEnvelope(envelope, typ, leaves, now))).toEqual(expected)
    }
  })

  it.each(direct.tokens.slice(0, 3))('every character of a token of $name changed', async ({ envelope, enc, now }) => {
    const leaves = accessLeaves(enc as ContentEncryption)
    for (let at = 0; at < envelope.length; at++) {
      for (const letter of [ALPHABET.charAt((at * 7) % 64), 'A', '.', '=']) {
        const one = envelope.slice(0, at) + letter + envelope.slice(at + 1)
        const expected = await said(reference(one, 'at+jwe', leaves, now))
        expect([at, letter, await said(openEnvelope(one, 'at+jwe', leaves, now))]).toEqual([at, letter, expected])
      }
    }
  })

  it('at any time, in any kind, whatever opened before', async () => {
    const [today, now] = [accessLeaves('A256GCM'), direct.tokens[0]?.now ?? 0]
    const leaf = today.sealing(now)
    if (leaf === undefined) throw new Error('no leaf')
    const tokens = await Promise.all(['at+jwe', 'code+jwe'].map((typ) => sealEnvelope({ a: 1 }, typ, leaf)))
    const times = [0, -1, 90_000, -90_000, 172_800 + 121, 400 * 86_400].map((later) => now + later)
    const wish = fc.record({
      token: fc.constantFrom(...tokens),
      typ: fc.constantFrom('at+jwe', 'code+jwe'),
      enc: fc.constantFrom(...ENCS),
      at: fc.constantFrom(...times),
      change: fc.option(change, { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(wish, async ({ token, typ, enc, at, change }) => {
        const one = change === undefined ? token : changed(token, change)
        // Leaves that have opened nothing yet remember nothing.
        const fresh = createKeyring(ringOf(direct.ring), direct.issuer).leavesFor(
          'access',
          direct.resource,
          enc,
          86_400,
        )
        const expected = await said(reference(one, typ, fresh, at))
        expect(await said(openEnvelope(one, typ, accessLeaves(enc), at))).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })
})

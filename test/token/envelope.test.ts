import { describe, expect, it } from 'vitest'
import { type ContentEncryption, createKeyring, type Leaf } from '../../keys/index.ts'
import { contentSealerOf } from '../../src/jose/content_sealing.ts'
import { sealDir, spellHeader } from '../../src/jose/dir.ts'
import { openEnvelope, openWith, readOutside, sealEnvelope } from '../../src/token/envelope.ts'
import { ISSUER, NOW, testRing } from '../fixtures.ts'

const ENCS: readonly ContentEncryption[] = ['A256GCM', 'A256CBC-HS512']
const keyring = createKeyring(testRing(NOW), ISSUER)
const facts = { a: 1 }

describe.each(ENCS)('an envelope by %s', (enc) => {
  const leaves = keyring.leavesFor('code', '', enc, 600)
  const leaf = leaves.sealing(NOW) as Leaf
  const open = (envelope: string, from = leaves): Promise<unknown> =>
    openEnvelope(envelope, 'code+jwe', from, NOW).catch(({ code }: { code: string }) => code)
  /** Seals under the leaf with another header, or something else inside. */
  const forge = async (header: object, inside = JSON.stringify(facts)): Promise<string> =>
    sealDir(
      spellHeader({ alg: 'dir', enc, kid: leaf.kid, typ: 'code+jwe', ...header }),
      inside,
      contentSealerOf(leaf),
      undefined,
    )

  it('opens again and again, and says outside what it is for, and the kid of its leaf', async () => {
    const [one, other] = [await sealEnvelope(facts, 'code+jwe', leaf), await sealEnvelope({ a: 2 }, 'code+jwe', leaf)]
    for (const envelope of [one, one]) expect(await open(envelope)).toEqual({ facts, kid: leaf.kid })
    expect(await open(other)).toEqual({ facts: { a: 2 }, kid: leaf.kid })
    expect(readOutside(one)).toEqual({ typ: 'code+jwe', kid: leaf.kid })
  })

  it.each<[string, string, object, string?]>([
    ['type', 'of another type', { typ: 'refresh+jwe' }],
    ['key', 'of a leaf that is not known', { kid: 'r9.1' }],
    ['algorithm', 'by another algorithm', { alg: 'A256KW' }],
    ['algorithm', 'by another content encryption', { enc: enc === 'A256GCM' ? 'A256CBC-HS512' : 'A256GCM' }],
    ['header', 'with a member more', { zip: 'DEF' }],
    ['header', 'with a member less', { kid: undefined }],
    ['payload', 'of no JSON', {}, '{'],
    ['payload', 'of a list', {}, '[]'],
  ])('is refused as %s: one %s', async (code, _, header, inside) => {
    const good = await sealEnvelope(facts, 'code+jwe', leaf)
    for (const turn of [0, 1]) {
      expect([turn, await open(await forge(header, inside))]).toEqual([turn, code])
      expect(await open(good)).toMatchObject({ facts })
    }
  })

  it('is refused with an encrypted key, or under another key, and the one before still opens', async () => {
    const good = await sealEnvelope(facts, 'code+jwe', leaf)
    const withKey = good.replace('..', '.AAAA.')
    expect(await open(withKey)).toBe('form')
    expect(() => readOutside(withKey)).toThrow(expect.objectContaining({ code: 'form' }))
    const others = { ...leaves, opening: () => ({ ...leaf, key: leaf.key.toReversed() }) }
    expect(await open(good, others as typeof leaves)).toBe('decryption')
    expect(await open(good)).toMatchObject({ facts })
  })

  it('is no longer than is said, sealed and opened', async () => {
    const envelope = await sealEnvelope(facts, 'code+jwe', leaf)
    const { length } = envelope
    expect(await sealEnvelope(facts, 'code+jwe', leaf, undefined, length)).toHaveLength(length)
    await expect(sealEnvelope(facts, 'code+jwe', leaf, undefined, length - 1)).rejects.toMatchObject({ code: 'size' })
    const read = (): string => 'read'
    expect(await openWith(envelope, 'code+jwe', leaves, NOW, read, length)).toBe('read')
    const shorter = async (): Promise<string> => openWith(envelope, 'code+jwe', leaves, NOW, read, length - 1)
    await expect(shorter()).rejects.toMatchObject({ code: 'length' })
  })
})

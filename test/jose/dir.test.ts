import { describe, expect, it } from 'vitest'
import { decodeBase64url } from '../../keys/base64url.ts'
import { contentOpenerOf } from '../../src/jose/content_opening.ts'
import { contentSealerOf } from '../../src/jose/content_sealing.ts'
import { authenticatedOf, headerUnder, openDir, sealDir } from '../../src/jose/dir.ts'
import { createSealer } from '../parties/partner.ts'

const sealer = createSealer()
const leaf = sealer.leaf('A256GCM')
const other = sealer.leaf('A256CBC-HS512')

describe('what is sealed under a leaf', () => {
  it('says under one leaf what each of it is, in any order', () => {
    for (const under of [leaf, other, leaf])
      for (const [member, what] of [
        ['typ', 'at+jwe'],
        ['typ', 'code+jwe'],
        ['cty', 'code+jwe'],
        ['cty', 'JWT'],
        ['typ', 'JWT'],
        ['typ', 'JWT'],
      ] as const) {
        const { segment, aad } = headerUnder(under, member, what)
        const header = JSON.stringify({ alg: 'dir', enc: under.enc, kid: under.kid, [member]: what })
        expect(new TextDecoder().decode(decodeBase64url(segment))).toBe(header)
        expect(aad).toEqual(new TextEncoder().encode(segment))
      }
    expect(headerUnder(leaf, 'typ', 'at+jwe')).toBe(headerUnder(leaf, 'typ', 'at+jwe'))
  })

  it.each([leaf, other])('opens under it, and with its header alone: $enc', async (one) => {
    const [header, another] = ['JWT', 'at+jwt'].map((cty) => headerUnder(one, 'cty', cty))
    if (header === undefined || another === undefined) throw new Error('two headers')
    const jwe = await sealDir(header, 'grüße', contentSealerOf(one))
    expect(jwe.startsWith(`${header.segment}..`)).toBe(true)
    const open = async (text: string): Promise<string> =>
      new TextDecoder().decode(await openDir(text, contentOpenerOf(one)))
    expect(await open(jwe)).toBe('grüße')
    await expect(open(jwe.replace(header.segment, another.segment))).rejects.toThrow()
    // Its length is not looked at.
    const long = await sealDir(header, 'x'.repeat(20_000), contentSealerOf(one))
    expect(await open(long)).toBe('x'.repeat(20_000))
  })

  it('is sealed, and opened, by what was made for the leaf once', () => {
    expect([contentSealerOf(leaf), contentOpenerOf(leaf)]).toEqual([contentSealerOf(leaf), contentOpenerOf(leaf)])
    expect(contentSealerOf(leaf)).toBe(contentSealerOf(leaf))
    expect(contentOpenerOf(leaf)).toBe(contentOpenerOf(leaf))
    expect(contentSealerOf(leaf)).not.toBe(contentSealerOf(other))
    expect(contentOpenerOf(leaf)).not.toBe(contentOpenerOf(other))
  })

  it('is authenticated as it is spelled', () => {
    expect(authenticatedOf('e30')).toEqual(Uint8Array.of(0x65, 0x33, 0x30))
  })
})

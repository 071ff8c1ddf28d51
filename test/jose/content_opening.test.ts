import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLeaves, createOpeningLeaves, deriveLeaf, leafInfo } from '../../keys/index.ts'
import { deriveOpener } from '../../src/jose/content_opening.ts'
import { findNodeOpening } from '../../src/jose/platform/node_opening.ts'
import { deriveByWeb } from '../../src/jose/platform/web_opening.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { openEnvelope, openWith } from '../../src/token/envelope.ts'
import { API, ISSUER, NOW } from '../fixtures.ts'
import { ENCS } from '../parties/partner.ts'

type Derive = (
  key: Uint8Array<ArrayBuffer>,
  info: Uint8Array<ArrayBuffer>,
  length: number,
) => Uint8Array | Promise<Uint8Array>

const node = findNodeOpening()
const WAYS: readonly (readonly [string, Derive])[] = [
  ['WebCrypto', deriveByWeb],
  ...(node === undefined ? [] : [['node:crypto', node.derive] as const]),
]
const ENTITLEMENT: Entitlement = {
  ...{ sub: 'alice', client_id: 'app', aud: API, scope: ['read'], jti: 'CFx6p0m0X_b2d84eI1o5-w', claims: {} },
  ...{ iat: NOW, exp: NOW + 600 },
}
const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

const audience = (plaintext: Uint8Array | ArrayBuffer): unknown => JSON.parse(new TextDecoder().decode(plaintext)).aud

describe('the key of a leaf', () => {
  it.each(WAYS)('comes from its branch by %s as by ours', async (_, derive) => {
    const key32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
    await fc.assert(
      fc.asyncProperty(key32, fc.constantFrom(...ENCS), fc.nat(9_999_999), async (key, enc, period) => {
        const ours = deriveLeaf(key, enc, period)
        const theirs = await derive(Uint8Array.from(key), leafInfo(enc, period), ours.length)
        expect(hex(theirs)).toBe(hex(ours))
      }),
      { numRuns: 200 },
    )
  })

  it.each(WAYS)('is made by %s as RFC 5869 §A.3 says, without a salt', async (_, derive) => {
    const key = new Uint8Array(22).fill(0x0b)
    expect(hex(await derive(key, new Uint8Array(), 42))).toBe(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    )
  })

  it.each(ENCS)('for %s opens at once and later, with what the platform derived', async (enc) => {
    const key = Uint8Array.from({ length: 32 }, (_, index) => index)
    const dates = { pub: NOW - 100, use: NOW - 100, end: NOW + 864_000, del: NOW + 8_640_000 }
    const branches = [{ kid: 'r1', k: () => key, ...dates }]
    const options = { branches, enc, period: 86_400, skew: 60, longestLife: 3600 }
    const token = await sealDirect(ENTITLEMENT, ISSUER, createLeaves(options), NOW)
    const leaves = createOpeningLeaves(deriveOpener, options)
    const open = () => openWith(token, 'at+jwe', leaves, NOW, audience)
    expect(await Promise.all([open(), open(), open()])).toEqual([API, API, API])
    expect(await open()).toBe(API)
    expect((await openEnvelope(token, 'at+jwe', createLeaves(options), NOW)).facts['aud']).toBe(API)
    const other = createOpeningLeaves(deriveOpener, {
      ...options,
      branches: [{ kid: 'r1', k: () => key.toReversed(), ...dates }],
    })
    await expect((async () => openWith(token, 'at+jwe', other, NOW, audience))()).rejects.toMatchObject({
      code: 'decryption',
    })
  })
})

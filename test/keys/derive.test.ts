import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { branchOfLeaf, deriveBranch, deriveLeaf, encodeLabels, readLeafKid, writeLeafKid } from '../../keys/index.ts'
import { testKey } from '../fixtures.ts'

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

describe('labels', () => {
  it('are UTF-8 with a 16-bit length before each (design §3)', () => {
    expect(hex(encodeLabels('bulla/1', '', 'é'))).toBe('000762756c6c612f3100000002c3a9')
  })

  it('never give the same bytes for two lists', () => {
    const texts = fc.array(fc.string({ maxLength: 5 }), { maxLength: 4 })
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(hex(encodeLabels(...a)) === hex(encodeLabels(...b))).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
    )
  })

  it('are at most 65,535 bytes long', () => {
    expect(encodeLabels('a'.repeat(65_535))).toHaveLength(65_537)
    expect(() => encodeLabels('a'.repeat(65_536))).toThrow(RangeError)
  })
})

describe('keys', () => {
  const branch = deriveBranch(testKey(), 'https://as.example', 'access', 'https://api.example')

  it('differ for another root, issuer, purpose, resource and number (C03, C04)', () => {
    const others = [
      deriveBranch(testKey(1), 'https://as.example', 'access', 'https://api.example'),
      deriveBranch(testKey(), 'https://as2.example', 'access', 'https://api.example'),
      deriveBranch(testKey(), 'https://as.example', 'code', 'https://api.example'),
      deriveBranch(testKey(), 'https://as.example', 'access', 'https://api.example/'),
      deriveBranch(testKey(), 'https://as.example', 'access', 'https://api.example', 2),
      deriveBranch(testKey(), 'https://as.example', 'access', 'https://api.example', 22),
      deriveBranch(testKey(), 'https://as.example', 'access', 'https://api.example2'),
      testKey(),
    ]
    expect(new Set([branch, ...others].map(hex)).size).toBe(9)
  })

  it('of the first number are those from before there were numbers', () => {
    const first = deriveBranch(testKey(), 'https://as.example', 'access', 'https://api.example', 1)
    expect(hex(first)).toBe(hex(branch))
  })

  it('differ for another content encryption and period, and have the length that it needs (RFC 7518 §5)', () => {
    const leaves = [
      deriveLeaf(branch, 'A256GCM', 1),
      deriveLeaf(branch, 'A256GCM', 2),
      deriveLeaf(branch, 'A256CBC-HS512', 1),
    ]
    expect(leaves.map((leaf) => leaf.length)).toEqual([32, 32, 64])
    expect(new Set(leaves.map((leaf) => hex(leaf).slice(0, 64))).size).toBe(3)
  })
})

describe('the kid of a leaf', () => {
  it('is read as it was written', () => {
    expect(readLeafKid(writeLeafKid('r1', 20_780))).toEqual({ root: 'r1', period: 20_780, branch: 1 })
    expect(readLeafKid('r1.0')).toEqual({ root: 'r1', period: 0, branch: 1 })
    expect(writeLeafKid('r1', 20_780, 2)).toBe('r1.20780.2')
    expect(readLeafKid('r1.20780.9999')).toEqual({ root: 'r1', period: 20_780, branch: 9999 })
  })

  it("tells the number of the branch; one that is no leaf's tells the first", () => {
    expect(['r1.7.22', 'r1.7', 'r1', 'r1.7.1'].map(branchOfLeaf)).toEqual([22, 1, 1, 1])
  })

  it.each([
    '',
    'r1',
    '.1',
    'r1.',
    'r1.01',
    'r1.-1',
    'r1.1e3',
    'r1.1.1',
    'r1.1.0',
    'r1.1.02',
    'r1.1.-2',
    'r1.1.10000',
    'r1.1.',
    'r1..2',
    'r1.1.2.2',
    'r1. 1',
    'r1.٣',
    '../../etc/passwd',
    "' OR 1=1",
    '__proto__',
    'constructor',
    `${'r'.repeat(17)}.1`,
    `r1.${'9'.repeat(11)}`,
    'r1.1\n',
  ])('is not %j (H09)', (kid) => expect(readLeafKid(kid)).toBeUndefined())
})

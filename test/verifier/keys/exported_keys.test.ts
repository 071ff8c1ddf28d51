import { describe, expect, it } from 'vitest'
import {
  createKeyring,
  createRing,
  deriveBranch,
  deriveNamesKey,
  exportKeys,
  type Leaf,
  writeKeys,
} from '../../../keys/index.ts'
import { checkOptions } from '../../../src/verifier/common_options.ts'
import { leavesOfKeys, namesKeysOfKeys, openersOfKeys } from '../../../src/verifier/keys/exported_keys.ts'

const ISSUER = 'https://as.example'
const API = 'https://api.example'
const NOW = 1_800_000_000
const LIFE = 900

const root = Uint8Array.from({ length: 32 }, (_, index) => index)
const ring = createRing({ now: NOW, key: root })
const text = writeKeys(exportKeys(ring, { issuer: ISSUER, resource: API, now: NOW }))
const leaf = createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', LIFE).sealing(NOW) as Leaf
const options = checkOptions({ issuer: ISSUER, resource: API, longestLife: LIFE })
/** The instant from which the leaf opens nothing any more. */
const END = leaf.exp + LIFE + 2 * ring.skew

describe('exported keys', () => {
  it("have the issuer's leaves, each as long as what it sealed may live", () => {
    const leaves = leavesOfKeys(text, options)
    expect([leaves.enc, leaves.opening(leaf.kid, NOW), leaves.sealing(NOW)]).toEqual(['A256GCM', leaf, leaf])
    expect([leaves.opening(leaf.kid, END - 1), leaves.opening(leaf.kid, END)]).toEqual([leaf, undefined])
  })

  it('have what opens under them, and no key that anybody could take', () => {
    const openers = openersOfKeys(text, options)
    const { key, ...rest } = { ...openers.opening(leaf.kid, NOW) }
    const { key: _, ...known } = leaf
    expect(rest).toEqual(known)
    expect([typeof key?.open, key instanceof Uint8Array]).toEqual(['function', false])
    expect([openers.opening(leaf.kid, END - 1)?.kid, openers.opening(leaf.kid, END)]).toEqual([leaf.kid, undefined])
  })

  it('have the keys that tell names, each of its root', () => {
    const names = namesKeysOfKeys(text, options)
    const key = deriveNamesKey(deriveBranch(root, ISSUER, 'access', API))
    expect(names.map((known) => [known.kid, known.key()])).toEqual([[ring.roots[0]?.kid, key]])
  })
})

describe.each([
  ['leaves', leavesOfKeys],
  ['openers', openersOfKeys],
  ['names keys', namesKeysOfKeys],
])('of keys that are not for this server there are no %s', (_, of) => {
  const refusal = (keys: unknown, changes: object = {}): (() => unknown) => {
    return () => of(keys as string, { ...options, ...changes })
  }

  it.each([
    ['an empty text', '', RangeError],
    ['blanks', ' \n', RangeError],
    ['nothing', undefined, TypeError],
    ['bytes', new TextEncoder().encode(text), TypeError],
    ['no JSON', 'keys', TypeError],
  ])('but a refusal that names the option: %s', (_, keys, kind) => {
    expect(refusal(keys)).toThrow(kind)
    expect(refusal(keys)).toThrow(/^"keys" expected .*`bulla keys export`/)
  })

  it.each([
    ['of another issuer', { issuer: 'https://as.example/b' }, /of another issuer, https:\/\/as\.example,.*\/b$/],
    ['for another resource', { resource: 'https://api2.example' }, /for another resource, https:\/\/api\.example,/],
    [
      'for it in another spelling',
      { resource: 'https://api.example/' },
      /in another spelling, https:\/\/api\.example,/,
    ],
  ])('but a refusal that says so: %s', (_, changes, words) => {
    expect(refusal(text, changes)).toThrow(RangeError)
    expect(refusal(text, changes)).toThrow(words)
  })
})

import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import {
  createKeyring,
  createLeaves,
  exportJwks,
  exportKeys,
  readKeys,
  revokeRoot,
  rotateRing,
  writeKeys,
} from '../../keys/index.ts'
import { API, API2, ISSUER, NOW, named, testKey, testRing } from '../fixtures.ts'

const ring = testRing(NOW)
const options = { issuer: ISSUER, resource: API, now: NOW }

describe('the keys of a resource server', () => {
  it('open what the issuer seals for that resource, and nothing else (C03)', () => {
    const keys = readKeys(writeKeys(exportKeys(ring, options)))
    const theirs = createLeaves({ ...keys, longestLife: 600 })
    const keyring = createKeyring(ring, ISSUER)
    const sealing = keyring.leavesFor('access', API, 'A256GCM', 600).sealing(NOW)
    expect(theirs.opening(sealing?.kid ?? '', NOW)).toEqual(sealing)
    const other = keyring.leavesFor('access', API2, 'A256GCM', 600).sealing(NOW)
    expect(theirs.opening(other?.kid ?? '', NOW)?.key).not.toEqual(other?.key)
  })

  it('of a branch are of that branch alone: neither opens what is sealed under the other', () => {
    const openedBy = (branch: number, number: number): boolean => {
      const keys = readKeys(writeKeys(exportKeys(ring, { ...options, branch })))
      const sealing = createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', 600, number).sealing(NOW)
      const found = createLeaves({ ...keys, longestLife: 600 }).opening(sealing?.kid ?? '', NOW)
      if (found !== undefined) expect(found).toEqual(sealing)
      return found !== undefined
    }
    expect([openedBy(1, 1), openedBy(1, 2), openedBy(2, 1), openedBy(2, 2)]).toEqual([true, false, false, true])
  })

  it.each([0, -1, 1.5, 10_000, '2'])('are of no branch %j', (branch) => {
    expect(() => exportKeys(ring, { ...options, branch: branch as number })).toThrow('"branch" expected an integer')
  })

  it('hold no root key (C03)', () => {
    const text = writeKeys(exportKeys(ring, options))
    for (const root of ring.roots) expect(text).not.toContain(encodeBase64url(root.k))
  })

  it('are those of live roots: staged, primary, retiring; not revoked', () => {
    const rotation = rotateRing(ring, { now: NOW, key: testKey(1) })
    if (!rotation.ok) throw new Error(rotation.detail)
    const kids = (now: number, changed = named(rotation.ring)): readonly string[] =>
      exportKeys(changed, { ...options, now }).branches.map(({ kid }) => kid)
    expect(kids(NOW)).toEqual(['r1', 'r2'])
    expect(kids(NOW, revokeRoot(named(rotation.ring), 'r1'))).toEqual(['r2'])
    expect(kids(NOW - 1)).toEqual([])
    expect(kids(ring.roots[0]?.del ?? 0)).toEqual(['r2'])
  })

  const json = JSON.parse(writeKeys(exportKeys(ring, options)))
  it.each<[string, unknown]>([
    ['no JSON', 'secret'],
    ['a ring', { v: 1, roots: [] }],
    ['another version', { ...json, v: 2 }],
    ['an unknown member', { ...json, more: 1 }],
    ['no branches', { ...json, branches: undefined }],
    ['another content encryption', { ...json, enc: 'A128GCM' }],
    ['a branch with a short key', { ...json, branches: [{ ...json.branches[0], k: 'AAAA' }] }],
    ['a branch twice', { ...json, branches: [json.branches[0], json.branches[0]] }],
    ['the first branch by its number', { ...json, branches: [{ ...json.branches[0], branch: 1 }] }],
    ['a branch of no number', { ...json, branches: [{ ...json.branches[0], branch: '2' }] }],
    ['a branch with its dates out of order', { ...json, branches: [{ ...json.branches[0], use: 0 }] }],
  ])('are refused with %s, and no key is repeated', (_, value) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    const message = ((): string => {
      try {
        readKeys(text)
        return 'taken'
      } catch (error) {
        expect(error instanceof TypeError || error instanceof RangeError).toBe(true)
        return (error as Error).message
      }
    })()
    expect(message).toContain('"keys')
    expect(message).not.toContain(json.branches[0].k)
  })
})

describe('a JWK Set of leaves', () => {
  const keys = exportKeys(ring, options)

  it('has the previous, the current and the next period, as far as there are roots (RFC 7517 §5)', () => {
    const later = NOW + 10 * 86_400
    const number = Math.floor(later / 86_400)
    const { keys: jwks } = exportJwks(keys, later, 3)
    expect(jwks.map(({ kid }) => kid)).toEqual([`r1.${number - 1}`, `r1.${number}`, `r1.${number + 1}`])
    expect(jwks[0]).toMatchObject({
      kty: 'oct',
      use: 'enc',
      alg: 'dir',
      enc: 'A256GCM',
      nbf: (number - 1) * 86_400,
      exp: number * 86_400,
    })
    expect(exportJwks(keys, later, 1).keys.map(({ kid }) => kid)).toEqual([`r1.${number}`])
    expect(exportJwks(keys, NOW, 3).keys.map(({ kid }) => kid)).toEqual(['r1.20833', 'r1.20834'])
  })

  it('holds the very leaves', () => {
    const leaf = createLeaves({ ...keys, longestLife: 0 }).sealing(NOW)
    expect(exportJwks(keys, NOW, 1).keys[0]?.k).toBe(encodeBase64url(leaf?.key ?? new Uint8Array()))
  })
})

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
    const [first] = named(rotation.ring).roots
    expect([first?.end ?? 0, (first?.del ?? 0) - 1, first?.del ?? 0].map((now) => kids(now))).toEqual([
      ['r1', 'r2'],
      ['r1', 'r2'],
      ['r2'],
    ])
  })

  it('are written as they were before branches had numbers, and read without one', () => {
    const text = writeKeys(exportKeys(ring, options))
    expect(Object.keys(JSON.parse(text).branches[0])).toEqual(['kid', 'k', 'pub', 'use', 'end', 'del'])
    expect(readKeys(text).branches.map((branch) => 'branch' in branch)).toEqual([false])
    const second = readKeys(writeKeys(exportKeys(ring, { ...options, branch: 2 })))
    expect(second.branches).toMatchObject([{ kid: 'r1', branch: 2 }])
  })

  const json = JSON.parse(writeKeys(exportKeys(ring, options)))
  const [one] = json.branches
  const withBranch = (changes: object): object => ({ ...json, branches: [{ ...one, ...changes }] })
  it.each<[string, unknown, string]>([
    ['no JSON', 'secret', '"keys" expected the JSON'],
    ['JSON null', 'null', '"keys" expected an object'],
    ['a ring', { v: 1, roots: [] }, '"keys" has no setting "roots"'],
    ['another version', { ...json, v: 2 }, '"keys.v" expected 1'],
    ['another issuer', { ...json, issuer: 'as.example' }, '"keys.issuer" expected'],
    ['another resource', { ...json, resource: 'orders' }, '"keys.resource" expected'],
    ['an unknown member', { ...json, more: 1 }, '"keys" has no setting "more"'],
    ['no branches', { ...json, branches: undefined }, '"keys.branches" expected a list'],
    ['another content encryption', { ...json, enc: 'A128GCM' }, '"keys.enc" expected'],
    ['a period of less than a minute', { ...json, period: 59 }, '"keys.period" expected'],
    ['a skew below zero', { ...json, skew: -1 }, '"keys.skew" expected'],
    ['a branch that is a text', { ...json, branches: ['a'] }, '"keys.branches[0]" expected an object'],
    ['a branch with more', withBranch({ more: 1 }), '"keys.branches[0]" has no setting "more"'],
    ['a branch with a kid that no root has', withBranch({ kid: 'r.1' }), '"keys.branches[0].kid" expected 1'],
    ['a branch with a short key', withBranch({ k: 'AAAA' }), '"keys.branches[0].k" expected 32'],
    ['a branch twice', { ...json, branches: [one, one] }, '"keys.branches" expected each'],
    ['the first branch by its number', withBranch({ branch: 1 }), '"keys.branches[0].branch" expected'],
    ['a branch of no number', withBranch({ branch: '2' }), '"keys.branches[0].branch" expected'],
    ['a branch of too high a number', withBranch({ branch: 10_000 }), '"keys.branches[0].branch" expected'],
    ['a branch published before 1970', withBranch({ pub: -1 }), '"keys.branches[0].pub" expected'],
    ['a branch with its dates out of order', withBranch({ use: 0 }), '"keys.branches[0].use" expected'],
    ['a branch that never seals', withBranch({ end: one.use }), '"keys.branches[0].end" expected'],
    ['a branch that is deleted early', withBranch({ del: one.end - 1 }), '"keys.branches[0].del" expected'],
  ])('are refused with %s, which is named, and no key is repeated', (_, value, named) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    const error = ((): unknown => {
      try {
        return readKeys(text)
      } catch (error) {
        return error
      }
    })()
    expect(error instanceof TypeError || error instanceof RangeError).toBe(true)
    expect((error as Error).message.slice(0, named.length)).toBe(named)
    expect((error as Error).message).not.toContain(one.k)
  })

  it('are taken at the bounds of their values, and where the same root has two branches', () => {
    const bounds = { ...json, period: 60, skew: 0, branches: [one, { ...one, branch: 2 }, { ...one, branch: 9999 }] }
    expect(readKeys(JSON.stringify(bounds))).toMatchObject({ period: 60, skew: 0, branches: [{}, {}, {}] })
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

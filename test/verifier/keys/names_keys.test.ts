import { describe, expect, it } from 'vitest'
import { createRing, exportKeys, writeKeys } from '../../../keys/index.ts'
import { checkOptions } from '../../../src/verifier/common_options.ts'
import { findNamesKeysOf, type NamesKeysOptions } from '../../../src/verifier/keys/names_keys.ts'
import type { RemoteKeys } from '../../../src/verifier/keys/remote_keys.ts'

const ISSUER = 'https://as.example'
const API = 'https://api.example'
const NOW = 1_800_000_000
const revocations = { url: `${ISSUER}/revocations` }

const ring = createRing({ now: NOW, key: new Uint8Array(32) })
const keys = writeKeys(exportKeys(ring, { issuer: ISSUER, resource: API, now: NOW }))
const options = checkOptions({ issuer: ISSUER, resource: API })
const of = (given: NamesKeysOptions) => findNamesKeysOf(given, options)

/** Keys from the issuer that tell of what they were asked. */
function remote() {
  const asked: unknown[] = []
  const told = [{ kid: 'r1', key: () => new Uint8Array(32) }]
  const from: RemoteKeys = {
    url: `${ISSUER}/keys`,
    leaves: async () => undefined,
    namesKeys: async (...of) => {
      asked.push(of)
      return told
    },
  }
  return { from, asked, told }
}

describe('the keys that tell names', () => {
  it('are those of exported keys, once and for all', async () => {
    for (const given of [{ keys }, { keys, revocations }]) {
      const find = of(given)
      const names = await find(NOW, false)
      expect(names.map(({ kid }) => kid)).toEqual([ring.roots[0]?.kid])
      expect(await find(NOW + 1, true)).toBe(names)
    }
    expect(() => of({ keys: '{}' })).toThrow(/^"keys/)
  })

  it('come from the issuer as the others do, and are asked for anew where one is lacking', async () => {
    for (const where of ['keys', 'revocations'] as const) {
      const { from, asked, told } = remote()
      const find = of(where === 'keys' ? { keys: from, revocations } : { revocations: { ...revocations, keys: from } })
      expect([await find(NOW, false), await find(NOW + 1, true)]).toEqual([told, told])
      expect(asked).toEqual([
        [NOW, false],
        [NOW + 1, true],
      ])
    }
    expect(await of({ keys: remote().from })(NOW, false)).toHaveLength(1)
  })

  it('are not looked for in two places, nor in none', () => {
    const { from } = remote()
    const own = { ...revocations, keys: from }
    for (const given of [{}, { revocations }, { keys, revocations: own }, { keys: from, revocations: own }]) {
      expect(() => of(given)).toThrow(TypeError)
      expect(() => of(given)).toThrow(/^"revocations\.keys" expected/)
    }
  })
})

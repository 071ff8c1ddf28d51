import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { API, testKey } from '../fixtures.ts'
import { ARTEFACTS } from './artefacts.ts'
import { createPair, exported, introspect, type Pair, ringOf, verifierOf } from './pair.ts'
import { REVOCATIONS } from './revoked.ts'
import { type RunningStore, STORES } from './stores.ts'
import { OWN, unpack, type Version } from './versions.ts'

const DIRECTIONS = [
  ['made by 0.1.0, taken by this version', true],
  ['made by this version, taken by 0.1.0', false],
] as const

// promise: V03
describe.each(STORES)('0.1.0 and this version on one ring, guard and list: $name', ({ start }) => {
  let packed: Version
  let store: RunningStore | undefined
  let pair: Pair | undefined
  beforeAll(async () => {
    packed = await unpack('0.1.0')
    store = await start(packed)
  }, 60_000)
  afterEach(async () => {
    await pair?.close()
    pair = undefined
  })
  afterAll(() => store?.stop())

  async function setUp(isForward: boolean): Promise<Pair> {
    if (store === undefined) throw new Error('no store')
    pair = await createPair(store, isForward ? [packed, OWN] : [OWN, packed])
    return pair
  }

  describe.each(DIRECTIONS)('%s', (_, isForward) => {
    it.each(ARTEFACTS)('$what: $holds', async ({ take }) => {
      await take(await setUp(isForward))
    })

    it.each(REVOCATIONS)('revoked: $what', async ({ stands, revoke }) => {
      const set = await setUp(isForward)
      const token = await revoke(set)
      set.wait(30)
      const both = [set.maker, set.taker]
      for (const { version } of both)
        for (const told of both)
          for (const keys of [undefined, exported(OWN, set.ring, API, set.at())]) {
            const { ok, reason } = await verifierOf(set, version, told, API, keys).verify(token)
            // Verifiers of 0.1.0 pass names over, and let in until they end the access tokens of a person, or an approval; those of this
            // version that were told keys by 0.1.0 alone let nobody in.
            const canTell = keys !== undefined || told.version === OWN
            const here = stands === 'plain' || canTell ? 'revoked' : 'unavailable'
            const expected = isForward ? 'revoked' : version === OWN ? here : stands === 'named' ? undefined : 'revoked'
            expect([ok, reason]).toEqual([expected === undefined, expected])
          }
      for (const side of [set.taker, set.maker]) expect((await introspect(side, token)).active).toBe(false)
    })
  })
})

describe('a ring that one version made', () => {
  it.each(DIRECTIONS)('%s: however it was rotated, and with a root that was revoked', async (_, isForward) => {
    const packed = await unpack('0.1.0')
    const [made, taking] = isForward ? [packed, OWN] : [OWN, packed]
    const begun = 1_800_000_000
    let ring = made.keys.createRing({ now: begun, key: testKey() })
    for (let day = 1; day <= 40; day++) {
      const rotation = made.keys.rotateRing(ring, { now: begun + day * 8_000_000, key: testKey(day) })
      if (rotation.ok) ring = rotation.ring
      const read = ringOf(taking, made.keys.writeRing(ring))
      expect(taking.keys.writeRing(read)).toBe(made.keys.writeRing(ring))
    }
    const [root] = ring.roots
    const revoked = made.keys.revokeRoot(ring, root?.kid ?? '')
    expect(ringOf(taking, made.keys.writeRing(revoked)).revoked).toEqual([root?.kid])
  })
})

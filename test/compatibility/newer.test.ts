import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Ask } from '../parties/person.ts'
import { CLIENTS, NEWER, NEWER_ARTEFACTS } from './newer.ts'
import { createPair, type Pair } from './pair.ts'
import { STORES } from './stores.ts'
import { OWN, unpack, type Version } from './versions.ts'

describe('0.1.0, shown what it does not know', () => {
  let packed: Version
  let pair: Pair | undefined
  beforeAll(async () => {
    packed = await unpack('0.1.0')
  }, 60_000)
  afterEach(() => pair?.close())

  // promise: V05
  it.each(NEWER_ARTEFACTS)('spends and ends nothing, and never fails: $what', async ({ show }) => {
    const store = await STORES.find(({ name }) => name === 'memory of this version')?.start(packed)
    if (store === undefined) throw new Error('no store')
    pair = await createPair(store, [OWN, packed], { maker: NEWER, taker: { CLIENTS } })
    const { taker } = pair
    /** Whatever it is asked, it answers. */
    const ask: Ask = async (request) => {
      const answer = await taker.ask(request)
      expect(answer.status).toBeLessThan(500)
      return answer
    }
    await show({ ...pair, taker: { ...taker, ask } })
  })
})

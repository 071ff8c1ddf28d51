import { describe, expect, it } from 'vitest'
import { digestLabels } from '../../keys/digest.ts'
import {
  createProviderGrants,
  markOf,
  type ProviderGrant,
  type ProviderGrants,
} from '../../src/grants/provider_grants.ts'
import type { Guard } from '../../src/index.ts'
import { NOW } from '../house.ts'
import { createGranting, refusalOf } from '../parties/granting.ts'

const ALICE = { sub: 'github|1', provider: 'github' }
const PLACE = `provider grants ${digestLabels('provider grants', 'github', 'github|1')}`

const grant = (gid: string, until = NOW + 100, marks: readonly string[] = []): ProviderGrant => ({ gid, until, marks })

/** Lists of grants at a guard, and until when each is to be remembered. */
function listing() {
  const { context, guard, envelopesAt } = createGranting()
  const seen: unknown[] = []
  const state = { busy: false }
  const noting: typeof guard = {
    ...guard,
    leave: async (name, envelope, until) => {
      seen.push([name, until])
      return state.busy ? 'taken' : guard.leave(name, envelope, until)
    },
    swap: async (name, before, after, until) => {
      seen.push([name, until])
      return guard.swap(name, before, after, until)
    },
  }
  const at = (now: number, of: Required<Pick<Guard, 'leave' | 'look' | 'swap'>> & Guard = noting): ProviderGrants =>
    createProviderGrants({ guard: of, envelopes: envelopesAt(now), now, newId: context.newId })
  return { ...at(NOW), at, seen, state, guard, envelopesAt }
}

describe('the grants of a person at a provider', () => {
  it('are known from when they are noted until they are over, the newest first', async () => {
    const { note, find, at } = listing()
    expect(await find(ALICE)).toEqual([])
    await note(ALICE, grant('a', NOW + 100))
    await note(ALICE, grant('b', NOW + 50))
    expect(await find(ALICE)).toEqual(['b', 'a'])
    expect(await at(NOW + 49).find(ALICE)).toEqual(['b', 'a'])
    expect(await at(NOW + 50).find(ALICE)).toEqual(['a'])
    expect(await at(NOW + 100).find(ALICE)).toEqual([])
    for (const other of [
      { ...ALICE, sub: 'github|2' },
      { ...ALICE, provider: 'google' },
    ])
      expect(await find(other)).toEqual([])
  })

  it('lie in one list under a name that tells nobody whose it is, which lasts as long as the last of them', async () => {
    const { note, end, seen } = listing()
    await note(ALICE, grant('a', NOW + 100))
    await note(ALICE, grant('b', NOW + 50))
    await end(ALICE, ['a'])
    await end(ALICE, ['b'])
    expect(seen).toEqual([
      [PLACE, NOW + 100],
      [PLACE, NOW + 100],
      [PLACE, NOW + 50],
      [PLACE, NOW + 1],
    ])
  })

  it('are of the purpose and the kind that they were before', async () => {
    const { note, guard, envelopesAt } = listing()
    await note(ALICE, grant('a'))
    const facts = await envelopesAt(NOW).open('provider', (await guard.look(PLACE)) ?? '')
    expect(facts).toMatchObject({ kind: 'grants', exp: NOW + 100, grants: [grant('a')] })
  })

  it('stand there once, as they are known now', async () => {
    const { note, find, at } = listing()
    await note(ALICE, grant('a'))
    await note(ALICE, grant('b'))
    await note(ALICE, grant('a', NOW + 200, ['m']))
    expect(await find(ALICE)).toEqual(['a', 'b'])
    expect(await find(ALICE, 'm')).toEqual(['a'])
    expect(await at(NOW + 150).find(ALICE)).toEqual(['a'])
  })

  it('are twelve at the most', async () => {
    const { note, find } = listing()
    const names = Array.from({ length: 13 }, (_, index) => `g${index}`)
    for (const name of names) await note(ALICE, grant(name))
    expect(await find(ALICE)).toEqual(names.slice(1).toReversed())
  })

  it('are found by what they end with', async () => {
    const { note, find } = listing()
    await note(ALICE, grant('a', NOW + 100, ['one', 'both']))
    await note(ALICE, grant('b', NOW + 100, ['other', 'both']))
    expect(await find(ALICE, 'one')).toEqual(['a'])
    expect(await find(ALICE, 'both')).toEqual(['b', 'a'])
    expect(await find(ALICE, 'none')).toEqual([])
  })

  it('are taken out: whether one was there, and others are', async () => {
    const { note, find, end, seen } = listing()
    expect(await end(ALICE, ['a'])).toEqual({ wasKnown: false, areOthers: false })
    expect(seen).toEqual([])
    for (const name of ['a', 'b', 'c', 'd']) await note(ALICE, grant(name))
    const before = seen.length
    expect(await end(ALICE, ['x'])).toEqual({ wasKnown: false, areOthers: true })
    expect(await end(ALICE, [])).toEqual({ wasKnown: false, areOthers: true })
    expect(seen).toHaveLength(before)
    expect(await end(ALICE, ['a', 'c'])).toEqual({ wasKnown: true, areOthers: true })
    expect(await find(ALICE)).toEqual(['d', 'b'])
    expect(await end(ALICE, ['d', 'x', 'b'])).toEqual({ wasKnown: true, areOthers: false })
    expect(await find(ALICE)).toEqual([])
  })

  it('that are over are no others', async () => {
    const { note, at } = listing()
    await note(ALICE, grant('a', NOW + 50))
    await note(ALICE, grant('b', NOW + 100))
    expect(await at(NOW + 50).end(ALICE, ['b'])).toEqual({ wasKnown: true, areOthers: false })
  })

  it('are told to be asked for again where too many change them at once', async () => {
    const { note, end, state } = listing()
    state.busy = true
    const { code, reason, retryAfter } = await refusalOf(() => note(ALICE, grant('a')))
    expect([code, reason, retryAfter]).toEqual(['temporarily_unavailable', 'contention', 2])
    await expect(end(ALICE, ['a'])).resolves.toEqual({ wasKnown: false, areOthers: false })
  })
})

it('what a grant ends with is a short digest of its kind and name, the same as ever', () => {
  expect(markOf('session', 'x')).toBe(digestLabels('session', 'x').slice(0, 11))
  expect(markOf('app', 'x')).toBe(digestLabels('app', 'x').slice(0, 11))
})

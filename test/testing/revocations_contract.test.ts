import { describe, expect, it } from 'vitest'
import { type Addition, createMemoryRevocations, type Revocations } from '../../src/index.ts'
import { replayContract, revocationsContract } from '../../src/testing/index.ts'
import type { Bundle } from '../../src/token/revocations.ts'
import { createMemoryReplay } from '../../src/verifier/index.ts'

type Break = (good: Revocations) => Partial<Revocations>

/** Adds something else, or says what it would not. */
const adding =
  (change: (addition: Addition, good: Revocations) => Addition | Promise<Addition>): Break =>
  (good) => ({ add: async (addition, now) => good.add(await change(addition, good), now) })

/** Tells of another bundle. */
const telling =
  (change: (bundle: Bundle, at: number, what: string) => Bundle): Break =>
  (good) => ({ read: async (at, what, isElse) => change(await good.read(at, what, isElse), at, what) })

const seen = (): ((name: string) => number) => {
  const counts = new Map<string, number>()
  return (name) => {
    counts.set(name, (counts.get(name) ?? 0) + 1)
    return counts.get(name) ?? 0
  }
}

/** Each case of the contract, and a list that breaks this promise and keeps all others. */
const BROKEN: Readonly<Record<string, Break>> = {
  'what was added is in every later read, and hits what was issued until then and nothing else': telling(
    (bundle, _, what) => {
      if (what !== 'access tokens') return bundle
      const sub = Object.entries(bundle.events.sub ?? {}).map(([hash, at]) => [hash, at + 1])
      return { ...bundle, events: { ...bundle.events, sub: Object.fromEntries(sub) } }
    },
  ),
  'what was added is kept as long as an access token can live, and for anything else longer': (good) => {
    let now = 0
    return {
      add: (addition, at) => {
        now = at
        return good.add(addition, at)
      },
      read: (at, what, isElse) => good.read(at === now + 600 ? at - 1 : at, what, isElse),
    }
  },
  'what was added again only ever reaches further': (good) => {
    const count = seen()
    return {
      add: async (addition, now) =>
        addition.kind === 'sub' && count(addition.value) > 1 ? { added: true, isHalf: false } : good.add(addition, now),
    }
  },
  'what was added of a resource is the lowest branch that counts: it never goes back': (good) => {
    let last: number | undefined
    return {
      add: (addition, now) => {
        if (addition.kind === 'resource') last = addition.at
        return good.add(addition, now)
      },
      read: async (...of) => {
        const bundle = await good.read(...of)
        if (last === undefined) return bundle
        const resource = Object.fromEntries(Object.keys(bundle.events.resource ?? {}).map((hash) => [hash, last]))
        return { ...bundle, events: { ...bundle.events, resource: resource as Record<string, number> } }
      },
    }
  },
  'what was added is told as a hash, never as it was': (good) => {
    let value = ''
    return {
      add: (addition, now) => {
        value = addition.value
        return good.add(addition, now)
      },
      read: async (now, what, isElse) => {
        const bundle = await good.read(now, what, isElse)
        if (what === 'access tokens' || value === '') return bundle
        return { ...bundle, events: { ...bundle.events, kid: { [value]: now } } }
      },
    }
  },
  'what was added of one kind does not hit another kind with the same value': (good) => ({
    add: async (addition, now) => {
      if (addition.kind === 'client') await good.add({ ...addition, kind: 'sub' }, now)
      return good.add(addition, now)
    },
  }),
  'much of one grant becomes one event, which hits all of it, nothing later, and no refresh token': adding(
    ({ within = [], ...addition }) => ({ ...addition, within: within.filter(({ kind }) => kind !== 'gid') }),
  ),
  'much of one person at one client becomes one event, and nobody else is hit': (good) => {
    const grants = new Set<string>()
    return {
      add: async (addition, now) => {
        const [gid] = addition.within ?? []
        if (gid !== undefined) grants.add(gid.value)
        if (grants.size === 9) await good.add({ ...addition, kind: 'client', value: 'another', within: [] }, now)
        return good.add(addition, now)
      },
    }
  },
  'much of the same at once never stays more than a few, and all of it is hit': (good) => {
    let under = 0
    return {
      add: async ({ within = [], ...addition }, now) => {
        under++
        await null
        const isRaced = under > 1 && within.length > 0
        const outcome = await good.add(isRaced ? addition : { ...addition, within }, now)
        under--
        return outcome
      },
    }
  },
  'what takes the place of many reaches as far as the furthest of them': adding((addition) =>
    addition.within !== undefined && addition.keep === addition.at + 7200
      ? { ...addition, until: addition.at + 600 }
      : addition,
  ),
  'what takes the place of many hits what each was to hit, though the clock of who wrote the last is behind': telling(
    (bundle, now) => {
      const dated = (events: Readonly<Record<string, number>> = {}) =>
        Object.fromEntries(Object.entries(events).map(([hash, at]) => [hash, Math.min(at, now)]))
      return { ...bundle, events: { ...bundle.events, gid: dated(bundle.events.gid), app: dated(bundle.events.app) } }
    },
  ),
  'much on the word of one client that does not fold is refused at last, and no other client with it': adding(
    ({ by, ...addition }) => (by === undefined || typeof by === 'object' ? addition : { ...addition, by }),
  ),
  'the epoch is when the list was made, in milliseconds, and stays': telling((bundle, _, what) =>
    what === 'anything' ? bundle : { ...bundle, epoch: (bundle.epoch ?? 0) - 1 },
  ),
  'seq begins at the instant when the list was made, so that it is higher than any of a list before it': telling(
    (bundle) => ({ ...bundle, seq: bundle.seq - (bundle.epoch ?? 0) - 1 }),
  ),
  'seq grows with every event, and never falls': (good) => {
    let last = 0
    return {
      read: async (...of) => {
        const bundle = await good.read(...of)
        if (bundle.seq - last > 1) last = bundle.seq
        return { ...bundle, seq: last }
      },
    }
  },
  'seq counts all at once, and none of them is lost': (good) => {
    let under = 0
    return {
      add: async (addition, now) => {
        under++
        await null
        const isLost = under > 3 && addition.kind === 'sub'
        const value = isLost ? `${addition.value} lost` : addition.value
        const outcome = await good.add({ ...addition, value }, now)
        under--
        return outcome
      },
    }
  },
  'add and read throw where the list cannot be reached: it never guesses': () => ({}),
}

const throwing = (): Promise<never> => Promise.reject(new Error('down'))

/** Returns the names of the cases that a list does not pass, and what they say. */
async function failuresOf(broken: Break, isDownGood = true): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>()
  const make = (): Revocations => {
    const good = createMemoryRevocations('salt')
    return { ...good, ...broken(good) }
  }
  const add: Revocations['add'] = async () => ({ added: true, isHalf: false })
  const down = (): Revocations => ({ add: isDownGood ? throwing : add, read: throwing })
  for (const { name, run } of revocationsContract(make, { down }))
    await run().catch((error: unknown) => failures.set(name, (error as Error).message))
  return failures
}

describe('the contract of revocations', () => {
  it('has a broken list for each of its cases', () => {
    const make = (): Revocations => createMemoryRevocations('salt')
    const names = revocationsContract(make, { down: make }).map(({ name }) => name)
    expect(Object.keys(BROKEN).toSorted()).toEqual(names.toSorted())
  })

  it('is kept by the list in memory', async () => {
    expect(await failuresOf(() => ({}))).toEqual(new Map())
  })

  it.each(Object.entries(BROKEN))('is broken here and nowhere else: %s', async (name, broken) => {
    const failures = await failuresOf(broken, !name.startsWith('add and read throw'))
    expect([...failures.keys()]).toEqual([name])
    expect(failures.get(name)).toMatch(/the store said .* where .* is promised/)
  })
})

describe('the contract of a memory for proofs', () => {
  const make = () => createMemoryReplay(() => Date.now() / 1000)

  it('is kept by the one in memory', async () => {
    const cases = replayContract(make, { down: () => ({ spend: throwing }) })
    for (const { run } of cases) await run()
    expect(cases.map(({ name }) => name.split(' ')[0])).toEqual(['spend', 'spend', 'spend', 'spend'])
  })

  it('fails where one guesses', async () => {
    const guessing = { spend: async () => 'first' as const }
    const failed = replayContract(() => guessing, { down: () => guessing }).map(({ run }) => run())
    const settled = await Promise.allSettled(failed)
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'rejected'])
  })
})

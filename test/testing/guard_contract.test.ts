import { describe, expect, it } from 'vitest'
import { createMemoryGuard } from '../../src/index.ts'
import type { Advance, Step } from '../../src/stores/guard.ts'
import { type GuardContractOptions, guardContract, type WholeGuard } from '../../src/testing/index.ts'

/** A good guard, and what a broken one knows of its calls. */
interface Bench {
  readonly good: WholeGuard
  /** How often each name was asked for, by whatever counts it. */
  readonly calls: Map<string, number>
  /** Calls that are under way. */
  under: number
}

type Break = (bench: Bench) => Partial<WholeGuard>

const count = ({ calls }: Bench, name: string): number => {
  calls.set(name, (calls.get(name) ?? 0) + 1)
  return calls.get(name) ?? 0
}
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))
const isOver = (expiresAt: number): boolean => expiresAt < Date.now() / 1000 - 30

/** Says how many calls there are at once, one's own among them. */
async function during<Answer>(bench: Bench, call: (atOnce: () => number) => Promise<Answer>): Promise<Answer> {
  bench.under++
  try {
    return await call(() => bench.under)
  } finally {
    bench.under--
  }
}

/** Keeps what is left under another name. */
const keeps =
  (rename: (name: string) => string): Break =>
  ({ good }) => ({
    leave: (name, ...rest) => good.leave(rename(name), ...rest),
    look: (name) => good.look(rename(name)),
  })

/** Moves on by other steps, or says something else of them. */
const steps =
  (change: (step: Step, nth: number, bench: Bench) => Partial<Step> | Advance): Break =>
  (bench) => ({
    advance: async (step) => {
      const changed = change(step, count(bench, step.gid), bench)
      const advance = await bench.good.advance({ ...step, ...('outcome' in changed ? {} : changed) })
      return 'outcome' in changed ? changed : advance
    },
  })

/** Each case of the contract, and a guard that breaks this promise and keeps all others. */
const BROKEN: Readonly<Record<string, Break>> = {
  'spend says first once, and spent ever after': (bench) => ({
    spend: (id, expiresAt) =>
      during(bench, async (atOnce) => {
        const said = await bench.good.spend(id, expiresAt)
        return count(bench, id) === 3 && atOnce() === 1 ? 'first' : said
      }),
  }),
  'spend keeps names apart, however alike': ({ good }) => ({ spend: (id, at) => good.spend(id.replace(/ $/, ''), at) }),
  'spend says first to exactly one of all at once, whatever is restarted meanwhile': (bench) => ({
    spend: async (id, expiresAt) => {
      const others = bench.calls.get(id) ?? 0
      bench.calls.set(id, others + 1)
      const said = await bench.good.spend(id, expiresAt)
      bench.calls.set(id, (bench.calls.get(id) ?? 0) - 1)
      return others === 1 ? 'first' : said
    },
  }),
  'every method keeps names apart that have NUL': keeps((name) => name.split('\0')[0] ?? ''),
  'every method keeps names apart that have 10 KB': keeps((name) => (name.length > 10_000 ? name.slice(0, -1) : name)),
  'every method keeps names apart that have surrogates without another half': keeps((name) =>
    new TextDecoder().decode(new TextEncoder().encode(name)),
  ),
  'every method keeps names apart that have what is the same letter to people': keeps((name) => name.normalize('NFC')),
  'everything is remembered until its end and two minutes more: no clock differs by more': ({ good }) => ({
    leave: async (name, envelope, at) => (isOver(at) ? 'first' : good.leave(name, envelope, at)),
  }),
  'what is over is dropped, two minutes after its end': ({ good }) => ({
    leave: (name, envelope, at) => good.leave(name, envelope, isOver(at) ? at + 60 : at),
  }),
  'advance moves on by one generation': (bench) => ({
    advance: async (step) => {
      const isSecond = count(bench, step.gid) === 2 && step.generation === 1
      const advance = await bench.good.advance(step)
      const isPlain = step.bound === undefined && step.graceUses === undefined && advance.outcome === 'advanced'
      return isSecond && isPlain ? { ...advance, generation: 3 } : advance
    },
  }),
  'advance gives the same successor again inside the grace, and ends the family after it': steps(({ grace }) =>
    grace > 0 ? { grace: grace + 1 } : {},
  ),
  'advance gives nothing again without a grace, not even in the same second': steps(({ grace }) => ({
    grace: Math.max(1, grace),
  })),
  'advance ends the family for anything older, even inside the grace': (bench) => ({
    advance: async (step) => {
      const isOlder = step.generation === 0 && bench.calls.get(step.gid) === 1
      bench.calls.set(step.gid, step.generation)
      return isOlder ? { outcome: 'reused' } : bench.good.advance(step)
    },
  }),
  'advance moves into the first key, and gives the same successor to that key alone': steps(
    ({ generation, bound }): Partial<Step> | Advance =>
      generation === 3 && bound === 'k' ? { outcome: 'reused' } : {},
  ),
  'advance ends the family for the generation before with a key, when it had none': (bench) => ({
    advance: (step) => {
      const isFirst = count(bench, step.gid) === 1
      if (isFirst && step.bound === undefined) bench.calls.set(`${step.gid} bare`, 1)
      const { bound: _, ...bare } = step
      return bench.good.advance(step.generation === 0 && bench.calls.has(`${step.gid} bare`) ? bare : step)
    },
  }),
  'advance ends the family for the generation before with another key': steps(({ generation, bound }) =>
    generation === 0 && bound === 'other' ? { bound: 'k' } : {},
  ),
  'advance ends the family for the generation before without a key, when it had one': (bench) => ({
    advance: (step) => {
      if (step.bound === 'k') bench.calls.set(step.gid, 1)
      const isLeftOut = step.generation === 0 && step.bound === undefined && bench.calls.has(step.gid)
      return bench.good.advance(isLeftOut ? { ...step, bound: 'k' } : step)
    },
  }),
  'advance ends the family for the current generation with another key': steps(({ generation, bound }) =>
    generation === 1 && bound === 'other' ? { bound: 'k' } : {},
  ),
  'advance ends the family for the current generation without a key, when it has one': steps(({ bound }) =>
    bound === '' ? { bound: 'k' } : {},
  ),
  'advance counts how often the generation before comes again, ends nothing, and begins anew with each': steps(
    ({ graceUses }) => (graceUses === 2 ? { graceUses: 3 } : {}),
  ),
  'advance lets exactly as many at once come again as may, and ends nothing': steps(({ graceUses }) =>
    graceUses !== undefined && graceUses > 2 ? { graceUses: graceUses + 1 } : {},
  ),
  'advance ends the family for a generation that was never given: something was forgotten': steps(
    ({ generation, bound }, nth) =>
      generation === 3 && bound === undefined && nth === 1 ? { outcome: 'advanced', generation: 4 } : {},
  ),
  'advance gives all at once the same successor, whatever is restarted meanwhile': (bench) => ({
    advance: (step) =>
      during(bench, async (atOnce) => {
        const advance = await bench.good.advance(step)
        await pause()
        return atOnce() > 2 && step.generation === 0 && step.graceUses === undefined
          ? { outcome: 'advanced', generation: 2 }
          : advance
      }),
  }),
  'end ends a family at once and for good, and no other': ({ good }) => ({
    hasEnded: (ids) => good.hasEnded(ids.slice(0, 1)),
  }),
  'end ends what it has never heard of, too': (bench) => ({
    advance: async (step) => {
      const isNew = count(bench, step.gid) === 1
      const advance = await bench.good.advance(step)
      return isNew && advance.outcome === 'ended' ? { outcome: 'reused' } : advance
    },
  }),
  'hasEnded knows of nothing that ended when it is asked for nothing': ({ good }) => ({
    hasEnded: async (ids) => ids.length === 0 || good.hasEnded(ids),
  }),
  'leave keeps what is left, for the first alone, and look hands it back as it is': ({ good }) => ({
    leave: async (name, envelope, at) => {
      const said = await good.leave(name, envelope, at)
      return envelope === 'b' ? 'first' : said
    },
  }),
  'leave and swap know the same envelope again: whoever asks once more gets the same answer': ({ good }) => ({
    swap: async (name, before, after, at) =>
      (await good.look(name)) === after ? 'other' : good.swap(name, before, after, at),
  }),
  'swap puts nothing in the place of what is not there': ({ good }) => ({
    swap: async (name, before, after, at) => {
      if ((await good.look(name)) === undefined) await good.leave(name, after, at)
      return good.swap(name, before, after, at)
    },
  }),
  'leave and swap let exactly one of all at once leave, and one of all at once replace it': (bench) => ({
    leave: (name, envelope, at) =>
      during(bench, async (atOnce) => {
        const said = await bench.good.leave(name, envelope, at)
        return atOnce() > 1 ? 'first' : said
      }),
  }),
  'leave has nothing to do with what is spent or ended under the same name': ({ good }) => ({
    spend: async (id, at) => ((await good.look(id)) === undefined ? good.spend(id, at) : 'spent'),
  }),
  'raise only ever grows, tells the highest, and is never forgotten': ({ good }) => ({
    raise: async (name, number) => {
      const highest = await good.raise(name, number)
      return number === 3 && highest === 7 ? 3 : highest
    },
  }),
  'raise is exact up to 2^53 - 1, and takes nothing else': ({ good }) => ({
    raise: async (name, number) => (number === 1.5 ? 1 : good.raise(name, number)),
  }),
  'raise tells each of all at once no less than its own, and at last the highest': (bench) => ({
    raise: (name, number) =>
      during(bench, async (atOnce) => {
        const highest = await bench.good.raise(name, number)
        return atOnce() > 1 ? 0 : highest
      }),
  }),
  'raise has nothing to do with what is spent, left or ended under the same name': (bench) => ({
    raise: (name, number) => {
      count(bench, name)
      return bench.good.raise(name, number)
    },
    spend: async (id, at) => (bench.calls.has(id) ? 'spent' : bench.good.spend(id, at)),
  }),
  'spendUnlessEnded says first once, and spent ever after, while nothing has ended': ({ good }) => ({
    spendUnlessEnded: async (id, at, unless) => {
      const said = await good.spendUnlessEnded(id, at, unless)
      return unless.length === 0 ? 'first' : said
    },
  }),
  'spendUnlessEnded spends nothing once one of them has ended, and says so whether it was spent or not': ({
    good,
  }) => ({
    spendUnlessEnded: async (id, at, unless) => {
      if (unless.length === 2 && (await good.hasEnded(unless.slice(0, 1)))) await good.spend(id, at)
      return good.spendUnlessEnded(id, at, unless)
    },
  }),
  'spendUnlessEnded takes a family that moves on for none that has ended, and one that ended itself for one that has': (
    bench,
  ) => ({
    advance: (step) => {
      count(bench, step.gid)
      return bench.good.advance(step)
    },
    spendUnlessEnded: async (id, at, unless) =>
      unless.some((one) => bench.calls.has(one)) ? 'ended' : bench.good.spendUnlessEnded(id, at, unless),
  }),
  'spendUnlessEnded keeps names apart that may have ended, however odd': ({ good }) => ({
    spendUnlessEnded: (id, at, unless) =>
      good.spendUnlessEnded(
        id,
        at,
        unless.map((one) => one.slice(0, 10_000)),
      ),
  }),
  'spendUnlessEnded says first to exactly one of all at once, whatever is restarted meanwhile': (bench) => ({
    spendUnlessEnded: (id, at, unless) =>
      during(bench, async (atOnce) => {
        const said = await bench.good.spendUnlessEnded(id, at, unless)
        return said === 'spent' && atOnce() > 1 ? 'first' : said
      }),
  }),
  'advanceUnlessEnded moves on as advance does, while none of the others has ended': ({ good }) => ({
    advanceUnlessEnded: async (step, unless) => {
      const advance = await good.advanceUnlessEnded(step, unless)
      return step.bound === undefined ? advance : { outcome: 'exhausted' }
    },
  }),
  'advanceUnlessEnded leaves the family as it is once one of the others has ended, whatever comes': ({ good }) => ({
    advanceUnlessEnded: async (step, unless) => {
      if (unless.length === 2 && (await good.hasEnded(unless))) await good.end(step.gid, step.expiresAt)
      return good.advanceUnlessEnded(step, unless)
    },
  }),
  'advanceUnlessEnded gives all at once the same successor, be it asked for others or not': (bench) => ({
    advanceUnlessEnded: (step, unless) =>
      during(bench, async (atOnce) => {
        const advance = await bench.good.advanceUnlessEnded(step, unless)
        return atOnce() > 1 && advance.outcome === 'advanced' ? { ...advance, generation: 9 } : advance
      }),
  }),
  'whoever ends comes before or after each that spends and moves on, and nothing is had once it has answered': (
    bench,
  ) => ({
    advanceUnlessEnded: (step, unless) =>
      during(bench, async () => {
        await null
        return bench.good.advanceUnlessEnded(step, unless)
      }),
    end: async (id, at) => {
      if (bench.under === 0) await bench.good.end(id, at)
      else setTimeout(() => bench.good.end(id, at), 20)
    },
  }),
  'every method throws where the memory cannot be reached: a guard never guesses': () => ({}),
}

/** Returns the names of the cases that a guard does not pass, and what they say. */
async function failuresOf(broken: Break | undefined, isDownGood = true): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>()
  let last: WholeGuard | undefined
  const make = (): WholeGuard => {
    const good = createMemoryGuard()
    last = good
    return broken === undefined ? good : { ...good, ...broken({ good, calls: new Map(), under: 0 }) }
  }
  const options: GuardContractOptions = {
    // A thousand calls are when a guard in memory tidies.
    tidy: async () => {
      for (let call = 0; call < 1000; call++) await last?.spend(`other ${call}`, 0)
    },
    down: () => {
      const throwing = async (): Promise<never> => Promise.reject(new Error('down'))
      const down = Object.fromEntries(Object.keys(createMemoryGuard()).map((name) => [name, throwing]))
      return { ...(down as unknown as WholeGuard), ...(isDownGood ? {} : { hasEnded: async () => false }) }
    },
  }
  for (const { name, run } of guardContract(make, options)) {
    await run().catch((error: unknown) => failures.set(name, (error as Error).message))
  }
  return failures
}

describe('the contract of a guard', () => {
  // promise: G10
  it('has a broken guard for each of its cases', () => {
    const names = guardContract(() => createMemoryGuard(), { tidy: async () => {}, down: () => createMemoryGuard() })
    expect(Object.keys(BROKEN).toSorted()).toEqual(names.map(({ name }) => name).toSorted())
  })

  it('is kept by the guard in memory', async () => {
    expect(await failuresOf(undefined)).toEqual(new Map())
  })

  // promise: G11
  it.each(Object.entries(BROKEN))('is broken here and nowhere else: %s', async (name, broken) => {
    const failures = await failuresOf(broken, !name.startsWith('every method throws'))
    expect([...failures.keys()]).toEqual([name])
    expect(failures.get(name)).toMatch(/the store said .* where .* is promised/)
  })

  it('asks a guard for nothing that it says it leaves out, and fails where it lacks something else', async () => {
    const { spend, advance, end, hasEnded } = createMemoryGuard()
    const bare = { spend, advance, end, hasEnded }
    for (const { run } of guardContract(() => bare, { without: ['keeping', 'raising', 'sparing'] })) await run()
    const [failed] = guardContract(() => bare).filter(({ name }) => name.startsWith('raise only'))
    await expect(failed?.run()).rejects.toThrow(/raise/)
  })

  it.each([
    [{ caller: 6 }, 'caller'],
    [{ callers: 1 }, 'an integer ≥ 2'],
  ])('refuses %o', (options, said) => {
    expect(() => guardContract(() => createMemoryGuard(), options as GuardContractOptions)).toThrow(said)
  })
})

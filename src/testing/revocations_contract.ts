/**
 * What every list of revocations must do: one contract, for ours and for anybody's; it races them.
 *
 * @module
 */

import { checkMembers } from '../../keys/check.ts'
import { MOST_OF_A_CLIENT, MOST_OF_A_GROUP } from '../stores/revocation_list.ts'
import type { Addition, Revocations } from '../stores/revocations.ts'
import { type Bundle, hashRevoked, isRevoked, lowestBranchIn } from '../token/revocations.ts'
import { type Bench, type ContractCase, type ContractOptions, createBench, fresh, refusalsOf } from './contract.ts'
import { foldingCases } from './revocations_folding.ts'
import { type Moment, momentOf } from './revocations_moment.ts'

/** Returns the cases of what was added. */
function addedCases(bench: Bench<Revocations>): readonly ContractCase[] {
  const { disturb, promise } = bench
  const moment = (): Moment => momentOf(bench.now())
  const read = (list: Revocations, now: number, what: 'access tokens' | 'anything'): Promise<Bundle> =>
    list.read(now, what)
  return [
    promise(
      'what was added is in every later read, and hits what was issued until then and nothing else',
      async (list, same) => {
        const [{ now, event, target }, sub] = [moment(), fresh()]
        await list.add(event(sub), now)
        await disturb()
        const bundle = await read(list, now, 'access tokens')
        const targets = [target(sub), target(sub, now + 1), target(fresh())]
        same(
          targets.map((one) => isRevoked(bundle, one)),
          [true, false, false],
        )
      },
    ),

    promise(
      'what was added is kept as long as an access token can live, and for anything else longer',
      async (list, same) => {
        const [{ now, event, target }, sub] = [moment(), fresh()]
        await list.add(event(sub), now)
        const hits = async (at: number, what: 'access tokens' | 'anything'): Promise<boolean> =>
          isRevoked(await read(list, at, what), target(sub))
        same([await hits(now + 599, 'access tokens'), await hits(now + 600, 'access tokens')], [true, false])
        same([await hits(now + 3599, 'anything'), await hits(now + 3600, 'anything')], [true, false])
      },
    ),

    promise('what was added again only ever reaches further', async (list, same) => {
      const [{ now, event, target }, sub] = [moment(), fresh()]
      await list.add(event(sub, { at: now + 50, until: now + 900 }), now)
      await list.add(event(sub, { at: now, until: now + 10 }), now)
      same(isRevoked(await read(list, now + 899, 'access tokens'), target(sub, now + 50)), true)
      await list.add(event(sub, { at: now + 70, until: now + 1000 }), now)
      same(isRevoked(await read(list, now + 999, 'access tokens'), target(sub, now + 70)), true)
    }),

    promise('what was added of a resource is the lowest branch that counts: it never goes back', async (list, same) => {
      const [{ now, event }, resource] = [moment(), `https://${crypto.randomUUID()}.example`]
      const lowest = async () => lowestBranchIn(await read(list, now, 'access tokens'), resource)
      same(await lowest(), 1)
      for (const [branch, counts] of [
        [3, 3],
        [2, 3],
        [12, 12],
      ] as const) {
        const till = { until: now + 900, keep: now + 900 }
        await list.add(event(resource, { kind: 'resource', at: branch, ...till }), now)
        await disturb()
        same(await lowest(), counts)
      }
    }),

    promise('what was added is told as a hash, never as it was', async (list, same) => {
      const [{ now, event }, sub] = [moment(), fresh()]
      await list.add(event(sub), now)
      const bundle = await read(list, now, 'anything')
      same(JSON.stringify(bundle).includes(sub), false)
      same(bundle.events.sub?.[hashRevoked(bundle.salt, 'sub', sub)], now)
    }),

    promise('what was added of one kind does not hit another kind with the same value', async (list, same) => {
      const [{ now, event, target }, value] = [moment(), fresh()]
      await list.add(event(value, { kind: 'client' }), now)
      const bundle = await read(list, now, 'anything')
      const targets = [target(value), { ...target('x'), client_id: value }]
      same(
        targets.map((one) => isRevoked(bundle, one)),
        [false, true],
      )
    }),
  ]
}

/** Returns the cases of what the list says of itself. */
function countedCases(bench: Bench<Revocations>): readonly ContractCase[] {
  const { disturb, promise, callers } = bench
  return [
    promise('the epoch is when the list was made, in milliseconds, and stays', async (list, same) => {
      const { now, event } = momentOf(bench.now())
      const { epoch = Number.NaN } = await list.read(now, 'anything')
      await list.add(event(fresh()), now)
      await disturb()
      same([epoch > 1_600_000_000_000, (await list.read(now, 'access tokens')).epoch], [true, epoch])
    }),

    promise(
      'seq begins at the instant when the list was made, so that it is higher than any of a list before it',
      async (list, same) => {
        const { epoch = Number.NaN, seq } = await list.read(bench.now(), 'anything')
        same(seq >= epoch, true)
      },
    ),

    promise('seq grows with every event, and never falls', async (list, same) => {
      const { now, event } = momentOf(bench.now())
      const seqs = [(await list.read(now, 'anything')).seq]
      for (let times = 0; times < 2; times++) {
        await list.add(event(fresh()), now)
        await disturb()
        seqs.push((await list.read(now, 'anything')).seq)
      }
      same(
        seqs.map((seq, at) => at === 0 || seq > (seqs[at - 1] ?? 0)),
        [true, true, true],
      )
    }),

    promise('seq counts all at once, and none of them is lost', async (list, same) => {
      const { now, event, target } = momentOf(bench.now())
      const before = (await list.read(now, 'anything')).seq
      const subs = Array.from({ length: callers }, fresh)
      await Promise.all(subs.map((sub) => list.add(event(sub), now)))
      const bundle = await list.read(now, 'anything')
      same(bundle.seq - before, callers)
      same(subs.filter((sub) => !isRevoked(bundle, target(sub))).length, 0)
    }),
  ]
}

/**
 * Returns what every list of revocations must do, as cases for whatever runs your tests: each settles where the list keeps its promise, and
 * throws an `Error` that says what was promised where it does not. `create` is called once for each; what it returns may share one memory.
 * One of them revokes 2,000 tokens of one client.
 *
 * @throws {TypeError | RangeError} when an option is misspelt, or `callers` is less than 2
 * @example
 * import { createMemoryRevocations } from 'bulla'
 * import { revocationsContract } from 'bulla/testing'
 * import { it } from 'node:test'
 *
 * for (const { name, run } of revocationsContract(() => createMemoryRevocations('a salt of the tests'))) it(name, run)
 * @see docs/guides/testing-your-api.md#a-store-of-your-own
 */
export function revocationsContract(
  create: () => Revocations | Promise<Revocations>,
  options: ContractOptions<Revocations> = {},
): readonly ContractCase[] {
  const { down } = options
  const bench = createBench(create, options)
  checkMembers('revocationsContract', options, ['disturb', 'callers', 'now', 'down'])
  const cases = [
    ...addedCases(bench),
    ...foldingCases(bench, MOST_OF_A_GROUP, MOST_OF_A_CLIENT),
    ...countedCases(bench),
  ]
  if (down === undefined) return cases
  const unreached = bench.promise(
    'add and read throw where the list cannot be reached: it never guesses',
    async (_, same) => {
      const [list, { now, event }] = [await down(), momentOf(bench.now())]
      const addition: Addition = event(fresh())
      const calls = [async () => list.add(addition, now), async () => list.read(now, 'anything')]
      same(await refusalsOf(calls), ['threw', 'threw'])
    },
  )
  return [...cases, unreached]
}

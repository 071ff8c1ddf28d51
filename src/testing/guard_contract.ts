/**
 * What every guard must do: one contract, for ours and for anybody's; it races them.
 *
 * @module
 */

import { checkMembers } from '../../keys/check.ts'
import type { Guard, Keeping, Raising, Sparing } from '../stores/guard.ts'
import type { ReplayStore } from '../verifier/index.ts'
import { type ContractCase, type ContractOptions, createBench, fresh, refusalsOf } from './contract.ts'
import { familyCases } from './guard_families.ts'
import { keepingCases, raisingCases } from './guard_keeping.ts'
import { sparingCases } from './guard_sparing.ts'
import { nameCases, type Parts, rememberingCases, spendingCases } from './guard_spending.ts'

/**
 * A guard that does all that a guard can.
 *
 * @see docs/guides/testing-your-api.md#a-store-of-your-own
 */
export type WholeGuard = Guard & Keeping & Raising & Sparing

/**
 * What the contract of a guard is told.
 *
 * @see docs/guides/testing-your-api.md#a-store-of-your-own
 */
export interface GuardContractOptions extends ContractOptions<Guard> {
  /** Does what drops what is over. Without it, no case asks whether it is dropped. */
  readonly tidy?: () => Promise<unknown>
  /**
   * What the guard leaves out, which then no case asks for: `keeping` is `leave`, `look` and `swap`, `raising` is `raise`, `sparing` is
   * `spendUnlessEnded` and `advanceUnlessEnded`. Default: nothing.
   */
  readonly without?: readonly ('keeping' | 'raising' | 'sparing')[]
}

const OPTIONS = ['disturb', 'callers', 'now', 'down', 'tidy', 'without']

/** Calls each method once. */
function callsOf(guard: Guard, now: number): readonly (() => Promise<unknown>)[] {
  const later = now + 3600
  const step = { gid: fresh(), generation: 0, now, grace: 30, expiresAt: later }
  const { leave, look, swap, raise, spendUnlessEnded, advanceUnlessEnded } = guard
  return [
    async () => guard.spend(fresh(), later),
    async () => guard.advance(step),
    async () => guard.end(fresh(), later),
    async () => guard.hasEnded([fresh()]),
    ...(leave ? [async () => leave.call(guard, fresh(), 'a', later)] : []),
    ...(look ? [async () => look.call(guard, fresh())] : []),
    ...(swap ? [async () => swap.call(guard, fresh(), 'a', 'b', later)] : []),
    ...(raise ? [async () => raise.call(guard, fresh(), 1)] : []),
    ...(spendUnlessEnded ? [async () => spendUnlessEnded.call(guard, fresh(), later, [fresh()])] : []),
    ...(advanceUnlessEnded ? [async () => advanceUnlessEnded.call(guard, step, [fresh()])] : []),
  ]
}

/**
 * Returns what every guard must do, as cases for whatever runs your tests: each settles where the guard keeps its promise, and throws an
 * `Error` that says what was promised where it does not. `create` is called once for each; what it returns may share one memory.
 *
 * @throws {TypeError | RangeError} when an option is misspelt, or `callers` is less than 2
 * @example
 * import { createMemoryGuard } from 'bulla'
 * import { guardContract } from 'bulla/testing'
 * import { describe, it } from 'vitest'
 *
 * describe('my guard', () => {
 *   for (const { name, run } of guardContract(() => createMemoryGuard())) it(name, run)
 * })
 * @see docs/guides/testing-your-api.md#a-store-of-your-own
 */
export function guardContract(
  create: () => Guard | Promise<Guard>,
  options: GuardContractOptions = {},
): readonly ContractCase[] {
  const { down, tidy, without = [] } = options
  checkMembers('guardContract', options, OPTIONS)
  // What it leaves out it is not asked for; what it lacks beyond that fails where it is called.
  const bench = createBench(create as () => WholeGuard | Promise<WholeGuard>, options as ContractOptions<WholeGuard>)
  const part = (name: keyof Parts): boolean => !without.includes(name)
  const has: Parts = { keeping: part('keeping'), raising: part('raising'), sparing: part('sparing') }
  const cases = [
    ...spendingCases(bench),
    ...nameCases(bench, has),
    ...rememberingCases(bench, has, tidy),
    ...familyCases(bench),
    ...(has.keeping ? keepingCases(bench) : []),
    ...(has.raising ? raisingCases(bench, has, tidy ?? (async () => {})) : []),
    ...(has.sparing ? sparingCases(bench) : []),
  ]
  if (down === undefined) return cases
  const unreached = bench.promise(
    'every method throws where the memory cannot be reached: a guard never guesses',
    async (_, same) => {
      const calls = callsOf(await down(), bench.now())
      same(
        await refusalsOf(calls),
        calls.map(() => 'threw'),
      )
    },
  )
  return [...cases, unreached]
}

/**
 * Returns what every memory for proofs must do (RFC 9449 §11.1), as `guardContract` does for guards.
 *
 * @throws {TypeError | RangeError} when an option is misspelt, or `callers` is less than 2
 * @example
 * import { replayContract } from 'bulla/testing'
 * import { createMemoryReplay } from 'bulla/verifier'
 * import { it } from 'vitest'
 *
 * for (const { name, run } of replayContract(() => createMemoryReplay(() => Date.now() / 1000))) it(name, run)
 * @see docs/guides/testing-your-api.md#a-store-of-your-own
 */
export function replayContract(
  create: () => ReplayStore | Promise<ReplayStore>,
  options: ContractOptions<ReplayStore> = {},
): readonly ContractCase[] {
  const { down } = options
  const bench = createBench(create, options)
  checkMembers('replayContract', options, ['disturb', 'callers', 'now', 'down'])
  if (down === undefined) return spendingCases(bench)
  const unreached = bench.promise(
    'spend throws where the memory cannot be reached: it never guesses',
    async (_, same) => {
      const store = await down()
      same(await refusalsOf([async () => store.spend(fresh(), bench.now() + 60)]), ['threw'])
    },
  )
  return [...spendingCases(bench), unreached]
}

/**
 * A guard in the memory of one process: for development, tests, and an issuer that is one process and never two.
 *
 * @module
 */

import { checkMembers } from '../../keys/check.ts'
import { decideStep, type Family, NEW_FAMILY } from './family.ts'
import {
  type Advance,
  checkRaised,
  type Guard,
  type Keeping,
  MARGIN,
  type Raising,
  type Sparing,
  type Step,
} from './guard.ts'
import { keepInMemory, type OneProcessOptions } from './one_process.ts'

/** How many calls there are between two clean-ups. */
const TIDY_EVERY = 1000

/**
 * Returns a guard that forgets everything when the process ends: what was spent can then be spent again, and refresh
 * tokens of public clients are dead.
 *
 * @param now returns Unix seconds. Default: the clock
 * @throws {TypeError} when `now` is no function, or an option is misspelt
 * @see {@link createIssuer}
 */
export function createMemoryGuard(
  now: () => number = () => Math.floor(Date.now() / 1000),
  options: OneProcessOptions = {},
): Guard & Keeping & Raising & Sparing {
  checkMembers('createMemoryGuard', options, ['single'])
  if (typeof now !== 'function') throw new TypeError('"now" expected a function that returns Unix seconds')
  const spent = new Map<string, number>()
  const families = new Map<string, { readonly family: Family; readonly expiresAt: number }>()
  const raised = new Map<string, number>()
  const kept = new Map<string, { readonly envelope: string; readonly expiresAt: number }>()
  let calls = 0

  function tidy(): void {
    if (++calls % TIDY_EVERY !== 0) return
    const limit = now() - MARGIN
    for (const [id, expiresAt] of spent) if (expiresAt < limit) spent.delete(id)
    for (const [gid, { expiresAt }] of families) if (expiresAt < limit) families.delete(gid)
    for (const [name, { expiresAt }] of kept) if (expiresAt < limit) kept.delete(name)
  }

  function spend(id: string, expiresAt: number): 'first' | 'spent' {
    tidy()
    if (spent.has(id)) return 'spent'
    spent.set(id, expiresAt)
    return 'first'
  }

  function advance(step: Step): Advance {
    tidy()
    const known = families.get(step.gid)
    const { family, advance } = decideStep(known?.family ?? NEW_FAMILY, step)
    families.set(step.gid, { family, expiresAt: Math.max(step.expiresAt, known?.expiresAt ?? 0) })
    return advance
  }

  function hasEnded(ids: readonly string[]): boolean {
    return ids.some((id) => families.get(id)?.family.ended === true)
  }

  const guard: Guard & Keeping & Raising & Sparing = {
    spend: async (id, expiresAt) => spend(id, expiresAt),
    advance: async (step) => advance(step),
    async end(id, expiresAt) {
      tidy()
      const known = families.get(id)
      const family = { ...(known?.family ?? NEW_FAMILY), ended: true }
      families.set(id, { family, expiresAt: Math.max(expiresAt, known?.expiresAt ?? 0) })
    },
    hasEnded: async (ids) => hasEnded(ids),
    spendUnlessEnded: async (id, expiresAt, unless) => (hasEnded(unless) ? 'ended' : spend(id, expiresAt)),
    advanceUnlessEnded: async (step, unless) => (hasEnded(unless) ? { outcome: 'ended' } : advance(step)),
    async leave(name, envelope, expiresAt) {
      tidy()
      const known = kept.get(name)
      if (known !== undefined) return known.envelope === envelope ? 'first' : 'taken'
      kept.set(name, { envelope, expiresAt })
      return 'first'
    },
    async raise(name, number) {
      checkRaised(number)
      const highest = Math.max(number, raised.get(name) ?? 0)
      raised.set(name, highest)
      return highest
    },
    async look(name) {
      return kept.get(name)?.envelope
    },
    async swap(name, before, after, expiresAt) {
      tidy()
      const known = kept.get(name)
      if (known === undefined || ![before, after].includes(known.envelope)) return 'other'
      kept.set(name, { envelope: after, expiresAt: Math.max(expiresAt, known.expiresAt) })
      return 'swapped'
    },
  }
  return keepInMemory(guard, options)
}

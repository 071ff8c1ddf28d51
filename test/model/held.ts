/**
 * The model's rule, held against `decideStep` wherever an exploration comes: so it is a model of this code.
 *
 * @module
 */

import { decideStep, type Family } from '../../src/stores/family.ts'
import type { Advance, Step } from '../../src/stores/guard.ts'
import { type Branch, RULE, type Rule, type Showing, type Verdict } from './rule.ts'

/** The clock's 0. Unix seconds. */
export const START = 1_900_000_000

/** Returns a family as the code has it. */
export function familyOf({ newest, born, key, returns, isOver }: Branch): Family {
  return { generation: newest, since: newest === 0 ? 0 : START + born, ended: isOver, bound: key, uses: returns }
}

/** Returns a step as the code has it. */
export function stepOf(gid: string, { generation, key, now, grace, uses }: Showing): Step {
  const graceUses = Number.isFinite(uses) ? { graceUses: uses } : {}
  const bound = key === '' ? {} : { bound: key }
  return { gid, generation, now: START + now, grace, expiresAt: START + 86_400, ...graceUses, ...bound }
}

/** Returns what the code says where the model says so. */
export function advanceOf(verdict: Verdict, { newest }: Branch): Advance {
  switch (verdict) {
    case 'next':
    case 'again':
      return { outcome: 'advanced', generation: newest }
    case 'enough':
      return { outcome: 'exhausted' }
    case 'end':
      return { outcome: 'reused' }
    case 'ended':
      return { outcome: 'ended' }
  }
}

/** A rule that is held against the code. */
export interface Held {
  readonly rule: Rule
  /** How many pairs of a family and a step there were. */
  pairs(): number
}

/**
 * Returns the model's rule, that asks `decideStep` the same each time.
 *
 * @throws {Error} from the rule, when the two differ
 */
export function createHeld(decide: typeof decideStep = decideStep): Held {
  const seen = new Set<string>()
  const rule: Rule = (branch, showing) => {
    const said = RULE(branch, showing)
    const { newest, born, key, returns, isOver } = branch
    const { generation, now, grace, uses } = showing
    const pair = `${newest} ${born} ${key} ${returns} ${isOver}: ${generation} ${showing.key} ${now} ${grace} ${uses}`
    if (!seen.has(pair)) {
      seen.add(pair)
      const [before, step] = [familyOf(branch), stepOf('family', showing)]
      const code = decide(before, step)
      const model = { family: familyOf(said.branch), advance: advanceOf(said.verdict, said.branch) }
      if (!isSame(model, code))
        throw new Error(`the model says ${JSON.stringify(model)}, and the code ${JSON.stringify(code)}: ${pair}`)
    }
    return said
  }
  return { rule, pairs: () => seen.size }
}

function isSame(one: ReturnType<typeof decideStep>, other: ReturnType<typeof decideStep>): boolean {
  const names = ['generation', 'since', 'ended', 'bound', 'uses'] as const
  const generationOf = (advance: Advance) => (advance.outcome === 'advanced' ? advance.generation : undefined)
  return (
    names.every((name) => one.family[name] === other.family[name]) &&
    one.advance.outcome === other.advance.outcome &&
    generationOf(one.advance) === generationOf(other.advance)
  )
}

/**
 * What the mutants of a folder came to, and the score: what was found, of all that could be found.
 *
 * @module
 */

import type { Equivalent } from './equivalents.ts'

/** What became of one mutant. */
export interface Mutant {
  readonly file: string
  /** Line of the file, from 1. */
  readonly line: number
  readonly code: string
  readonly becomes: string
  /** `Killed`, `Timeout`, `Survived`, `NoCoverage`, `Ignored`, or a fault of its own. */
  readonly status: string
}

/** The mutants of a folder, counted. */
export interface Score {
  /** Percent of the mutants that are not equivalent that a test found, to two digits, rounded down. */
  readonly score: number
  readonly found: number
  readonly survived: number
  readonly equivalent: number
  /** Of which the tests could not be asked: they say nothing. */
  readonly unknown: number
}

/** The score, with what it says nothing of. */
export interface Counted extends Score {
  /** Those that survived, and that nobody has said to be equivalent. */
  readonly survivors: readonly Mutant[]
  /** Entries that say of more or fewer mutants than there are that they survive. */
  readonly stale: readonly string[]
}

const FOUND = ['Killed', 'Timeout']
const NOT_FOUND = ['Survived', 'NoCoverage']
const LEFT_OUT = ['Ignored', 'CompileError']

/** Returns a piece of code in one line. */
export function inOneLine(code: string): string {
  return code.replace(/\s+/g, ' ').trim()
}

function isOf(equivalent: Equivalent, mutant: Mutant): boolean {
  const { file, code, becomes } = equivalent
  if (mutant.file !== file || mutant.becomes !== becomes) return false
  return code.endsWith('…') ? mutant.code.startsWith(code.slice(0, -1)) : mutant.code === code
}

/** Counts the mutants of a folder. */
export function countMutants(mutants: readonly Mutant[], equivalents: readonly Equivalent[]): Counted {
  const missed = mutants.filter(({ status }) => NOT_FOUND.includes(status))
  const stale = equivalents.flatMap((equivalent) => {
    const { file, code, becomes, times = 1 } = equivalent
    const count = missed.filter((mutant) => isOf(equivalent, mutant)).length
    return count === times ? [] : [`${file}: ${code} → ${becomes}: ${times} expected to survive, got ${count}`]
  })
  const survivors = missed.filter((mutant) => !equivalents.some((equivalent) => isOf(equivalent, mutant)))
  const found = mutants.filter(({ status }) => FOUND.includes(status)).length
  const unknown = mutants.filter(({ status }) => ![...FOUND, ...NOT_FOUND, ...LEFT_OUT].includes(status)).length
  const survived = survivors.length
  const score = found + survived === 0 ? 100 : Math.floor((10_000 * found) / (found + survived)) / 100
  return { score, found, survived, equivalent: missed.length - survived, unknown, survivors, stale }
}

/**
 * What was meant by a call that there is not.
 *
 * @module
 */

import { findMeant } from '../../keys/did_you_mean.ts'
import type { Command, Values } from './command.ts'

/** How many are told at the most: with more, help tells them better. */
const MOST = 3

/** Returns the calls that two words can have meant, the likeliest first. */
function callsLike(first: string, second: string, commands: readonly Command[]): readonly string[] {
  const calls = commands.map(({ call }) => call)
  const endOf = (call: string): string => call.split(' ').at(-1) ?? ''
  const groups = [...new Set(calls.filter((call) => call.includes(' ')).map((call) => call.split(' ')[0] ?? ''))]
  const whole = [`${first} ${second}`, `${second} ${first}`, first].flatMap((words) => findMeant(words, calls, 1) ?? [])
  const group = groups.includes(first) ? first : findMeant(first, groups, 1)
  const guessed = commands.filter(({ guesses = [] }) => guesses.includes(first) || guesses.includes(second))
  const ends = [first, second].map((word) => findMeant(word, calls.map(endOf), 1) ?? word)
  const ending = calls.filter((call) => call.includes(' ') && ends.includes(endOf(call)))
  const inGroup = [...guessed.map(({ call }) => call), ...ending].filter((call) => call.startsWith(`${group} `))
  const ways = [whole, inGroup, group === undefined ? [] : [group], guessed.map(({ call }) => call), ending]
  return ways.find((way) => way.length > 0) ?? []
}

/** Returns what was meant by words that begin no command, as it is written; undefined where nobody can tell. */
export function meantCall(args: readonly string[], commands: readonly Command[]): string | undefined {
  const [first = '', second = ''] = args.filter((word) => !word.startsWith('-'))
  const calls = [...new Set(callsLike(first, second, commands))]
  return calls.length === 0 || calls.length > MOST ? undefined : calls.map((call) => `bulla ${call}`).join(', ')
}

/** Returns what was meant by a word too many: the value of an option that is not there, one that is needed before others. */
export function meantOperand(
  { call, operand, options, needs = [] }: Command,
  values: Values,
  words: readonly string[],
): string | undefined {
  const [first, ...more] = operand === undefined ? words : words.slice(1)
  const before = operand === undefined ? [] : words.slice(0, 1)
  if (first === undefined || more.length > 0 || first.startsWith('-')) return undefined
  if (first === 'help') return `bulla ${call} --help`
  const lacking = (names: readonly string[]): string | undefined =>
    names.find((name) => options[name]?.type === 'string' && !values.has(name))
  const files = Object.keys(options).filter((name) => options[name]?.value === 'FILE' && name !== 'out')
  const name = lacking(needs) ?? lacking(files)
  return name === undefined ? undefined : ['bulla', call, ...before, `--${name}`, first].join(' ')
}

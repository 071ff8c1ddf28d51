/**
 * The words behind a command's own: its options, and what it takes without an option's name.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { findMeant } from '../../keys/did_you_mean.ts'
import { type Option, UsageError } from './command.ts'

/** What was written, read. */
interface Arguments {
  readonly values: Readonly<Record<string, unknown>>
  readonly operands: readonly string[]
  /** Of the operands what may have been meant as an option: what begins with `-`, and does not stand behind `--`. */
  readonly dashed: readonly string[]
}

/** Tells whether a word is a value that begins with `-`, for options are written otherwise: `-h`, `--ring`, `--ring=FILE`. */
function isDashed(word: string): boolean {
  return /^-./s.test(word) && !/^(?:-h|--|--[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:=.*)?)$/s.test(word)
}

/**
 * Reads the words behind a command's own. Of ids that are made at random one in 64 begins with `-`: such a word is the value
 * of the option before it, or an operand. One that is written like an option is taken for one: it goes behind `=` or `--`.
 *
 * @throws {UsageError} for options that are unknown, lack their value, or have one too many
 */
export function readArguments(
  args: readonly string[],
  options: Readonly<Record<string, Pick<Option, 'type' | 'multiple'>>>,
): Arguments {
  const end = args.includes('--') ? args.indexOf('--') : args.length
  const [plain, dashed]: [string[], string[]] = [[], []]
  for (const word of args.slice(0, end)) {
    const before = plain.at(-1) ?? ''
    if (!isDashed(word)) plain.push(word)
    else if (before.startsWith('--') && options[before.slice(2)]?.type === 'string')
      plain.splice(-1, 1, `${before}=${word}`)
    else dashed.push(word)
  }
  const isLacking = (word: string, next = '--'): boolean =>
    options[word.replace(/^--/, '')]?.type === 'string' && word.startsWith('--') && /^-./.test(next)
  const lacking = plain.find((word, at) => isLacking(word, plain[at + 1]))
  if (lacking !== undefined) throw new UsageError(`Option '${lacking}' lacks its value`)
  try {
    const config = Object.fromEntries(
      Object.entries(options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
    )
    const { values, positionals } = parseArgs({
      args: [...plain, '--', ...dashed, ...args.slice(end + 1)],
      options: { json: { type: 'boolean' }, ...config, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    })
    return { values, operands: positionals, dashed }
  } catch (error) {
    const [message = ''] = (error as Error).message.split('.')
    const unknown = /^Unknown option '(--.*)'$/s.exec(message)?.[1]
    const meant = unknown && findMeant(unknown.slice(2), [...Object.keys(options), 'help', 'json'], 1)
    throw new UsageError(message, meant && `--${meant}`)
  }
}

/**
 * Takes one option out of words that are for another program, which gets all others as they were written.
 *
 * @returns its last value; `''` where it has none, and nothing where it was not written
 */
export function takeOption(
  args: readonly string[],
  name: string,
): { readonly value: string | undefined; readonly others: readonly string[] } {
  const { tokens } = parseArgs({
    args: [...args],
    options: { [name]: { type: 'string' } },
    strict: false,
    tokens: true,
  })
  const taken = tokens.flatMap((token) => (token.kind === 'option' && token.name === name ? [token] : []))
  const places = taken.flatMap(({ index, inlineValue }) => (inlineValue === false ? [index, index + 1] : [index]))
  return {
    value: taken.at(-1)?.value ?? (taken.length > 0 ? '' : undefined),
    others: args.filter((_, index) => !places.includes(index)),
  }
}

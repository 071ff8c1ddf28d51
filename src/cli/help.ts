/**
 * What `--help` prints: of all commands, of those with one first word, and of one; for people, and as JSON.
 *
 * @module
 */

import type { Command, Example, Option } from './command.ts'
import { type Terminal, wrap } from './terminal.ts'

/** Commands with one first word. */
export interface Group {
  readonly summary: string
  readonly example: Example
}

/** What every call takes. */
export const EVERYWHERE: Readonly<Record<'json' | 'help', Option>> = {
  json: { type: 'boolean', help: 'data as JSON, and what is wrong as an object on stderr' },
  help: { type: 'boolean', help: 'this text' },
}

/** Columns that a description needs beside what it describes; with fewer it goes below. */
const LEAST_ROOM = 30

/** Returns how an option is written. */
function flagOf(name: string, { value }: Option): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`
}

/** Returns how a command is called, in one line. */
export function usageOf({ call, operand, options, needs = [] }: Command): string {
  const shown = Object.entries(options).map(([name, option]) => {
    const flag = flagOf(name, option)
    return needs.includes(name) ? flag : `[${flag}]${option.multiple ? '…' : ''}`
  })
  return ['bulla', call, ...(operand === undefined ? [] : [operand]), ...shown].join(' ')
}

/** Returns names and what they are, beside each other, or below where that is too narrow. */
function writeRows(rows: readonly (readonly [string, string])[], { columns, paint }: Terminal): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length))
  const isBelow = columns !== undefined && columns - width - 4 < LEAST_ROOM
  return rows.map(([name, words]) =>
    isBelow
      ? `  ${paint.name(name)}\n      ${wrap(words, columns, 6)}`
      : `  ${paint.name(name)}${' '.repeat(width - name.length)}  ${wrap(words, columns, width + 4)}`,
  )
}

/** Returns an example, and what it prints, as a terminal shows them. */
function writeExample({ line, prints }: Example, { columns, paint }: Terminal): readonly string[] {
  const printed = prints === undefined ? [] : prints.split('\n').map((words) => `  ${wrap(words, columns, 2)}`)
  return [paint.heading('example:'), `  $ ${line}`, ...printed]
}

/** Returns what a command takes, its own first. */
function flagsOf({ options }: Command): readonly (readonly [string, string])[] {
  const all: Command['options'] = { ...options, ...EVERYWHERE, ...options }
  return Object.entries(all).map(([name, option]) => [flagOf(name, option), option.help] as const)
}

/** Returns the help text of one command. */
export function helpOf(command: Command, terminal: Terminal): string {
  const { columns, paint } = terminal
  const { summary, details = '', example } = command
  const paragraphs = [summary, ...details.split('\n\n').filter(Boolean)]
  return [
    `${paint.heading('usage:')} ${wrap(usageOf(command), columns, 7)}`,
    ...paragraphs.flatMap((text) => ['', ...text.split('\n').map((line) => wrap(line, columns))]),
    '',
    ...writeRows(flagsOf(command), terminal),
    '',
    ...writeExample(example, terminal),
  ].join('\n')
}

/**
 * Returns the help text of several commands.
 *
 * @param first their first word; nothing for all commands
 */
export function helpOfAll(
  of: readonly Command[],
  { summary, example }: Group,
  first: string | undefined,
  terminal: Terminal,
): string {
  const { columns, paint } = terminal
  const called = ['bulla', ...(first === undefined ? [] : [first])].join(' ')
  const end =
    first === undefined
      ? '`bulla COMMAND --help` tells the options of a command. What is written like an option, but is none, goes behind `--`.'
      : `\`bulla ${first} COMMAND --help\` tells the options of a command.`
  const rows = of.map(({ call, operand, summary }) => [[call, operand].filter(Boolean).join(' '), summary] as const)
  return [
    wrap(`${called}: ${summary}`, columns),
    '',
    `${paint.heading('usage:')} ${wrap(`${called} COMMAND [OPTIONS]`, columns, 7)}`,
    '',
    ...writeRows(rows, terminal),
    '',
    ...writeExample(example, terminal),
    '',
    wrap(end, columns),
  ].join('\n')
}

/** Returns what commands there are, for programs. */
export function describe(of: readonly Command[]): string {
  const commands = of.map(({ call, operand, choices, summary, options, needs = [], example }) => ({
    call,
    ...(operand !== undefined && { operand }),
    ...(choices && { choices }),
    summary,
    options: Object.fromEntries(
      Object.entries({ ...options, ...EVERYWHERE, ...options }).map(
        ([name, { value, choices, multiple, help }]: [string, Option]) => [
          name,
          {
            ...(value !== undefined && { value }),
            ...(choices && { choices }),
            ...(multiple && { multiple }),
            ...(needs.includes(name) && { needed: true }),
            help,
          },
        ],
      ),
    ),
    example,
  }))
  return JSON.stringify(commands, undefined, 2)
}

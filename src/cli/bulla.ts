#!/usr/bin/env node
/**
 * The `bulla` command: data on stdout, words on stderr; exit 0, 1 (no) or 2 (wrong usage).
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { readArguments } from './arguments.ts'
import { openBrowser } from './browser.ts'
import { checkCommands } from './check.ts'
import { clientCommands } from './client.ts'
import { type Command, type Io, Refusal, UsageError, type Values } from './command.ts'
import { doctorCommands } from './doctor.ts'
import { guardCommands } from './guard.ts'
import { keysCommands } from './keys.ts'
import { loginCommands } from './login.ts'
import { registrationCommands } from './registration_keys.ts'
import { revokeCommands } from './revoke.ts'
import { makeRsaKey } from './rsa_key.ts'
import { checkIsFree, writeNewFile } from './secret_file.ts'
import { serveCommands } from './serve.ts'
import { settingsCommands } from './settings.ts'
import { subjectCommands } from './subject.ts'
import { tokenCommands } from './token.ts'
import { watchCommands } from './watch.ts'

const commands: readonly Command[] = [
  ...keysCommands,
  ...tokenCommands,
  ...revokeCommands,
  ...subjectCommands,
  ...clientCommands,
  ...registrationCommands,
  ...loginCommands,
  ...checkCommands,
  ...settingsCommands,
  ...doctorCommands,
  ...serveCommands,
  ...guardCommands,
  ...watchCommands,
]

function usageOf({ call, operand, options, needs = [] }: Command): string {
  const shown = Object.entries(options).map(([name, option]) => {
    const flag = option.value === undefined ? `--${name}` : `--${name} ${option.value}`
    return needs.includes(name) ? flag : `[${flag}]${option.multiple ? '…' : ''}`
  })
  return ['bulla', call, ...(operand === undefined ? [] : [operand]), ...shown].join(' ')
}

function helpOf(command: Command): string {
  const flags = Object.entries(command.options).map(
    ([name, { value, help }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, help] as const,
  )
  const width = Math.max(0, ...flags.map(([flag]) => flag.length))
  const lines = flags.map(([flag, help]) => `  ${flag.padEnd(width)}  ${help}`)
  return [
    `usage: ${usageOf(command)}`,
    '',
    command.summary,
    ...(command.details === undefined ? [] : ['', command.details]),
    '',
    ...lines,
  ].join('\n')
}

function help(of: readonly Command[]): string {
  const calls = of.map(({ call, operand, summary }) => [[call, operand].filter(Boolean).join(' '), summary] as const)
  const width = Math.max(...calls.map(([call]) => call.length))
  const lines = calls.map(([call, summary]) => `  ${call.padEnd(width)}  ${summary}`)
  const head = 'bulla: keys, tokens and clients of the OAuth issuer without a database'
  return [
    head,
    '',
    'usage: bulla COMMAND [OPTIONS]',
    '',
    ...lines,
    '',
    '`bulla COMMAND --help` tells the options of a command. What is written like an option, but is none, goes behind `--`.',
  ].join('\n')
}

function valuesOf(given: Readonly<Record<string, unknown>>): Values {
  const textOf = (name: string): string | undefined => (typeof given[name] === 'string' ? given[name] : undefined)
  return {
    text: textOf,
    has: (name) => given[name] !== undefined && given[name] !== false,
    list: (name) => (Array.isArray(given[name]) ? given[name] : []),
    need(name) {
      const value = textOf(name)
      if (value === undefined || value === '') throw new UsageError(`--${name} is missing`)
      return value
    },
    number(name) {
      const value = textOf(name)
      if (value === undefined) return undefined
      if (!/^(0|[1-9][0-9]{0,11})$/.test(value)) throw new UsageError(`--${name} expected a whole number`)
      return Number(value)
    },
  }
}

/** Tells whether a version of Node comes before another. */
function isBefore(version: string, oldest: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number)
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
}

async function runCommand(command: Command, args: readonly string[], io: Io): Promise<number> {
  const { call, node = '0' } = command
  if (isBefore(process.versions.node, node)) {
    io.say(`bulla ${call} needs Node ${node} or later; this is ${process.versions.node}`)
    return 2
  }
  const { values: given, operands, dashed } = readArguments(args, command.options)
  if (given['help'] === true) {
    io.out(helpOf(command))
    return 0
  }
  const expected = command.operand === undefined ? 0 : 1
  if (operands.length < expected) throw new UsageError(`${command.operand} is missing`)
  if (operands.length > expected)
    throw new UsageError(dashed.length > 0 ? `Unknown option '${dashed.at(-1)}'` : 'there is a word too many')
  const values = valuesOf(given)
  const run = (to: Io): Promise<number> => command.run(values, operands[0] ?? '', to)
  return values.text('out') === undefined ? run(io) : runInto(values, run, io)
}

/** Runs a command whose data go into the file of `--out`. */
async function runInto(values: Values, run: (io: Io) => Promise<number>, io: Io): Promise<number> {
  const file = values.need('out')
  if (values.has('in-place')) throw new UsageError('--out does not go with --in-place')
  await checkIsFree(file)
  const lines: string[] = []
  const code = await run({ ...io, out: (data) => lines.push(`${data}\n`) })
  if (code === 0) await writeNewFile(file, lines.join(''))
  return code
}

/** Runs a call of the command, and returns its exit status. */
async function run(args: readonly string[], io: Io): Promise<number> {
  const [first = '', second = ''] = args
  const command = commands.find(({ call }) => call === first || call === `${first} ${second}`)
  if (['', 'help', '--help', '-h'].includes(first)) {
    ;(first === '' ? io.say : io.out)(help(commands))
    return first === '' ? 2 : 0
  }
  try {
    if (command !== undefined) return await runCommand(command, args.slice(command.call.split(' ').length), io)
    const group = commands.filter(({ call }) => call.startsWith(`${first} `))
    if (group.length > 0 && ['', 'help', '--help', '-h'].includes(second)) {
      ;(second === '' ? io.say : io.out)(help(group))
      return second === '' ? 2 : 0
    }
    throw new UsageError('there is no such command')
  } catch (error) {
    // TypeError and RangeError are what keys/ says of an operator's number or file; anything else is a bug.
    const isPlain =
      error instanceof Refusal ||
      error instanceof UsageError ||
      error instanceof TypeError ||
      error instanceof RangeError
    if (!isPlain) throw error
    io.say(`bulla: ${error.message}`)
    if (!(error instanceof UsageError)) return 1
    io.say(`try: bulla ${command === undefined ? 'help' : `${command.call} --help`}`)
    return 2
  }
}

process.exitCode = await run(process.argv.slice(2), {
  stdin: () => text(process.stdin),
  out: (data) => console.log(data),
  say: (words) => console.error(words),
  ...(process.stderr.isTTY && { progress: (words) => process.stderr.write(`\r\x1b[K${words}`) }),
  now: Math.floor(Date.now() / 1000),
  random: () => randomBytes(32),
  wait: (seconds) => setTimeout(seconds * 1000),
  open: openBrowser,
  makeRsaKey,
})

/**
 * A call of `bulla`, from its words to its exit status.
 *
 * @module
 */

import { VERSION } from '../version.ts'
import { readArguments } from './arguments.ts'
import { type Command, type Io, Refusal, UsageError, type Values } from './command.ts'
import { ALL, COMMANDS, GROUPS } from './commands.ts'
import { describe, helpOf, helpOfAll } from './help.ts'
import { withProgress } from './progress.ts'
import { checkIsFree, writeNewFile } from './secret_file.ts'
import { meantCall, meantOperand } from './suggest.ts'
import { paintWords, type Terminal } from './terminal.ts'
import { valuesOf } from './values.ts'

/** Where help and words are read. */
export interface Terminals {
  readonly out: Terminal
  readonly say: Terminal
}

/** Tells whether a version of Node comes before another. */
function isBefore(version: string, oldest: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number)
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
}

/** Checks that a command got as many words as it takes. */
function checkOperands(command: Command, values: Values, operands: readonly string[], dashed: readonly string[]): void {
  const { operand, choices } = command
  const expected = operand === undefined ? 0 : 1
  if (operands.length < expected) throw new UsageError(`${operand} is missing`)
  if (operands.length > expected) {
    if (dashed.length > 0) throw new UsageError(`Unknown option '${dashed.at(-1)}'`)
    throw new UsageError('there is a word too many', meantOperand(command, values, operands))
  }
  const [word = ''] = operands
  if (choices !== undefined && !choices.includes(word))
    throw new UsageError(`${operand} expected ${choices.join(', ')}`)
}

async function runCommand(command: Command, args: readonly string[], io: Io, terminal: Terminal): Promise<number> {
  const { call, node = '0' } = command
  if (isBefore(process.versions.node, node)) {
    io.say(`bulla ${call} needs Node ${node} or later; this is ${process.versions.node}`)
    return 2
  }
  const { values: given, operands, dashed } = readArguments(args, command.options)
  if (given['help'] === true) {
    io.out(given['json'] === true ? describe([command]) : helpOf(command, terminal))
    return 0
  }
  const values = valuesOf(given)
  checkOperands(command, values, operands, dashed)
  const run = (to: Io): Promise<number> => command.run(values, operands[0] ?? '', to)
  return withProgress(command, io, (to) => (values.text('out') === undefined ? run(to) : runInto(values, run, to)))
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

const isHelp = (word: string): boolean => ['', 'help', '--help', '-h'].includes(word)

/** Prints what commands there are: on stdout where somebody asked, which is right, else on stderr, which is wrong usage. */
function tell(
  of: readonly Command[],
  first: string | undefined,
  isAsked: boolean,
  isJson: boolean,
  io: Io,
  { out, say }: Terminals,
): number {
  const group = first === undefined ? ALL : GROUPS[first]
  if (isJson && isAsked) io.out(describe(of))
  else if (isAsked) io.out(helpOfAll(of, group ?? ALL, first, out))
  else io.say(helpOfAll(of, group ?? ALL, first, say))
  return isAsked ? 0 : 2
}

/** Runs what the words begin with: a command, or help of some. */
async function runWords(
  words: readonly string[],
  command: Command | undefined,
  isJson: boolean,
  io: Io,
  to: Terminals,
): Promise<number> {
  const [first = '', second = ''] = words
  if (command !== undefined) return runCommand(command, words.slice(command.call.split(' ').length), io, to.out)
  if (isHelp(first)) return tell(COMMANDS, undefined, first !== '', isJson, io, to)
  if (['version', '--version', '-v', '-V'].includes(first)) {
    io.out(isJson ? JSON.stringify({ version: VERSION, node: process.versions.node }) : VERSION)
    return 0
  }
  const group = COMMANDS.filter(({ call }) => call.startsWith(`${first} `))
  if (group.length > 0 && isHelp(second)) return tell(group, first, second !== '', isJson, io, to)
  throw new UsageError('there is no such command', meantCall(words, COMMANDS))
}

/** Says what went wrong, and what may be done. */
function sayWrong(error: Error, command: Command | undefined, isJson: boolean, io: Io, { paint }: Terminal): void {
  const isUsage = error instanceof UsageError
  const meant = isUsage ? error.meant : undefined
  if (isJson) {
    const told = { code: isUsage ? 'usage' : 'refused', message: error.message, ...(meant !== undefined && { meant }) }
    io.say(JSON.stringify({ error: told }))
    return
  }
  const lines = [
    `bulla: ${error.message}`,
    ...(meant === undefined ? [] : [`did you mean: ${meant}`]),
    ...(isUsage ? [`try: bulla ${command === undefined ? 'help' : `${command.call} --help`}`] : []),
    ...(isUsage && command !== undefined && meant === undefined ? [`like: ${command.example.line}`] : []),
  ]
  for (const line of lines) io.say(paintWords(line, paint))
}

/**
 * Runs a call of the command, and returns its exit status.
 *
 * @throws what is neither a refusal nor wrong usage: a defect
 */
export async function run(args: readonly string[], io: Io, to: Terminals): Promise<number> {
  const isJson = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length).includes('--json')
  const isAskingFor = args[0] === 'help' && !isHelp(args[1] ?? '') && args[1] !== '--json'
  const words = isAskingFor ? [...args.slice(1), '--help'] : args
  const [first = '', second = ''] = words
  const command = COMMANDS.find(({ call }) => call === first || call === `${first} ${second}`)
  const painted = { ...io, say: (text: string) => io.say(isJson ? text : paintWords(text, to.say.paint)) }
  try {
    return await runWords(words, command, isJson, painted, to)
  } catch (error) {
    // TypeError and RangeError are what keys/ says of an operator's number or file; anything else is a bug.
    const isPlain =
      error instanceof Refusal ||
      error instanceof UsageError ||
      error instanceof TypeError ||
      error instanceof RangeError
    if (!isPlain) throw error
    sayWrong(error, command, isJson, io, to.say)
    return error instanceof UsageError ? 2 : 1
  }
}

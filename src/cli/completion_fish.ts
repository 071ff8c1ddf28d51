/**
 * Completion for fish, from 3.0 on.
 *
 * @module
 */

import type { Command, Option } from './command.ts'
import { firstWords, OTHERS, secondWord, type Wanted, wantedBy, wantedOf } from './completion_words.ts'

/** Returns a text as fish reads it whole. */
function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

/** Returns what completes a value: nothing for a switch. */
function completing(wanted: Wanted | undefined): string {
  if (wanted === undefined) return ''
  if (wanted === 'file') return ' -r -F'
  return wanted === 'free' ? ' -x' : ` -x -a ${quote(wanted.join(' '))}`
}

function optionLine(call: string, [name, option]: readonly [string, Option]): string {
  const short = name === 'help' ? ' -s h' : ''
  return `complete -c bulla -n '__bulla_is ${call}' -l ${name}${short}${completing(wantedBy(option))} -d ${quote(option.help)}`
}

/** Returns what completes the word that a command takes. */
function operandLines(command: Command): readonly string[] {
  const wanted = wantedOf(command)
  if (wanted === undefined || wanted === 'free') return []
  const words = wanted === 'file' ? '-F' : `-a ${quote(wanted.join(' '))}`
  return [`complete -c bulla -n '__bulla_is ${command.call}' ${words}`]
}

/**
 * Returns the script.
 *
 * @param about what is said of a first word that begins several commands
 */
export function completeFish(commands: readonly Command[], about: (first: string) => string): string {
  const first = firstWords(commands)
  const offer = (behind: string, word: string, what: string): string =>
    `complete -c bulla -n '__bulla_next ${behind}' -a ${quote(word)} -d ${quote(what)}`
  return [
    '# Completion of bulla for fish: bulla completion fish > ~/.config/fish/completions/bulla.fish',
    ...['__bulla_next', '__bulla_is'].flatMap((name) => [
      `function ${name}`,
      '  set -l words (commandline -opc)',
      '  set -e words[1]',
      name === '__bulla_next' ? '  test "$words" = "$argv"' : '  string match -q -- "$argv *" "$words "',
      'end',
    ]),
    'complete -c bulla -f',
    ...[...first.keys()].map((word) =>
      offer('', word, commands.find(({ call }) => call === word)?.summary ?? about(word)),
    ),
    ...Object.entries(OTHERS).map(([word, what]) => offer('', word, what)),
    ...commands
      .filter(({ call }) => call.includes(' '))
      .map((command) => offer(command.call.split(' ')[0] ?? '', secondWord(command), command.summary)),
    ...commands.flatMap((command) => [
      ...Object.entries(command.options).map((entry) => optionLine(command.call, entry)),
      ...operandLines(command),
    ]),
  ].join('\n')
}

/**
 * Completion for zsh: a file of `fpath`, or what is evaluated behind `compinit`.
 *
 * @module
 */

import type { Command, Option } from './command.ts'
import { firstWords, OTHERS, quote, secondWord, type Wanted, wantedBy, wantedOf } from './completion_words.ts'

/** Returns a text in which nothing means something to `_arguments` or `_describe`. */
function plain(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&')
}

/** Returns what completes a value, as `_arguments` reads it. */
function action(called: string, wanted: Wanted): string {
  const how = wanted === 'file' ? '_files' : wanted === 'free' ? ' ' : `(${wanted.map(plain).join(' ')})`
  return `:${plain(called)}:${how}`
}

/** Returns what `_arguments` is told of an option. */
function argumentOf([name, option]: readonly [string, Option]): string {
  const wanted = wantedBy(option)
  const value = wanted === undefined ? '' : action(option.value ?? '', wanted)
  return `${option.multiple ? '*' : ''}--${name}${wanted === undefined ? '' : '='}[${plain(option.help)}]${value}`
}

/** Returns what completes behind one call, of which `words` is rid. */
function argumentsOf(command: Command, indent: string): string {
  const operand = wantedOf(command)
  const told = [
    ...Object.entries(command.options).map(argumentOf),
    ...(operand === undefined ? [] : [`1${action(command.operand ?? '', operand)}`]),
  ]
  const depth = command.call.split(' ').length
  return [
    `${indent}words=(bulla "\${(@)words[${depth + 2},-1]}"); (( CURRENT -= ${depth} ))`,
    `${indent}_arguments \\`,
    told.map((one) => `${indent}  ${quote(one)}`).join(' \\\n'),
  ].join('\n')
}

/** Returns what offers words with what they are. */
function describing(words: readonly (readonly [string, string])[], indent: string): string {
  const told = words.map(([word, what]) => `${indent}  ${quote(`${plain(word)}:${what}`)}`)
  return [`${indent}calls=(`, ...told, `${indent})`, `${indent}_describe -t commands 'command of bulla' calls`].join(
    '\n',
  )
}

/** Returns what completes behind a first word. */
function caseOf([word, behind]: readonly [string, readonly Command[]], commands: readonly Command[]): string {
  const whole = commands.find(({ call }) => call === word)
  if (whole !== undefined) return `    ${word})\n${argumentsOf(whole, '      ')}\n      ;;`
  const seconds = behind.map(
    (command) => `        ${secondWord(command)})\n${argumentsOf(command, '          ')}\n          ;;`,
  )
  return [
    `    ${word})`,
    '      if (( CURRENT == 3 )); then',
    describing(
      behind.map((command) => [secondWord(command), command.summary]),
      '        ',
    ),
    '        return',
    '      fi',
    '      case $words[3] in',
    ...seconds,
    '      esac',
    '      ;;',
  ].join('\n')
}

/**
 * Returns the script.
 *
 * @param about what is said of a first word that begins several commands
 */
export function completeZsh(commands: readonly Command[], about: (first: string) => string): string {
  const first = firstWords(commands)
  const words = [...first.keys()].map(
    (word) => [word, commands.find(({ call }) => call === word)?.summary ?? about(word)] as const,
  )
  return `#compdef bulla
# Completion of bulla for zsh: a file _bulla in a folder of fpath, or eval "$(bulla completion zsh)" behind compinit.
_bulla() {
  local -a calls
  if (( CURRENT == 2 )); then
${describing([...words, ...Object.entries(OTHERS)], '    ')}
    return
  fi
  case $words[2] in
${[...first].map((entry) => caseOf(entry, commands)).join('\n')}
  esac
}
if [[ $funcstack[1] == _bulla ]]; then
  _bulla "$@"
else
  compdef _bulla bulla
fi`
}

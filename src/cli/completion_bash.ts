/**
 * Completion for bash, from 3.2 on: that of macOS knows neither `compopt` nor `mapfile`.
 *
 * @module
 */

import type { Command } from './command.ts'
import { firstWords, OTHERS, quote, secondWord, type Wanted, wantedBy, wantedOf } from './completion_words.ts'

/** Returns what completes a value. */
function completing(wanted: Wanted): string {
  if (wanted === 'file') return '_bulla_files'
  return wanted === 'free' ? ':' : `_bulla_words ${quote(wanted.join(' '))}`
}

/** Returns what completes behind one call. */
function caseOf(command: Command): string {
  const { call, options } = command
  const pattern = call.includes(' ') ? quote(call) : `${quote(`${call} `)}*`
  const values = Object.entries(options).flatMap(([name, option]) => {
    const wanted = wantedBy(option)
    return wanted === undefined ? [] : [`        --${name}) ${completing(wanted)}; return ;;`]
  })
  const flags = `_bulla_words ${quote(
    Object.keys(options)
      .map((name) => `--${name}`)
      .join(' '),
  )}`
  const operand = wantedOf(command)
  return [
    `    ${pattern})`,
    ...(values.length === 0 ? [] : ['      case $prev in', ...values, '      esac']),
    operand === undefined || operand === 'free'
      ? `      ${flags} ;;`
      : `      case $cur in -*) ${flags} ;; *) ${completing(operand)} ;; esac ;;`,
  ].join('\n')
}

/** Returns the script. */
export function completeBash(commands: readonly Command[]): string {
  const first = firstWords(commands)
  const seconds = [...first]
    .filter(([, behind]) => behind.length > 0)
    .map(([word, behind]) => `    2:${word}) _bulla_words ${quote(behind.map(secondWord).join(' '))}; return ;;`)
  return `# Completion of bulla for bash: eval "$(bulla completion bash)"
_bulla_words() {
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
_bulla_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$cur"))
}
_bulla() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  # Bash parts --option=value into three words.
  if [[ $cur == '=' ]]; then cur=
  elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case $COMP_CWORD:\${COMP_WORDS[1]} in
    1:*) _bulla_words ${quote([...first.keys(), ...Object.keys(OTHERS)].join(' '))}; return ;;
${seconds.join('\n')}
  esac
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${commands.map(caseOf).join('\n')}
  esac
}
complete -F _bulla bulla`
}

/**
 * The command: what calls there are, and what each takes.
 *
 * @module
 */

import { COMMANDS } from '../../src/cli/commands.ts'
import { EVERYWHERE, usageOf } from '../../src/cli/help.ts'
import { tableOf } from './table.ts'

const code = (text: string): string => `\`${text}\``

/** Angle brackets that a page would take for a tag, and backquotes as they are. */
const prose = (text: string): string => text.replace(/<(?=\w)/g, '&lt;')

/** Each call, and what it is for. */
export function calls(): string {
  return tableOf(
    ['call', 'what it is for'],
    COMMANDS.map(({ call, operand, summary }) => [
      code(['bulla', call, ...(operand === undefined ? [] : [operand])].join(' ')),
      prose(summary),
    ]),
  )
}

/** The options of each call, and an example. */
export function options(): string {
  const general = Object.entries(EVERYWHERE).map(([name, { help }]) => `${code(`--${name}`)} (${help})`)
  const each = COMMANDS.map((command) => {
    const rows = Object.entries(command.options).map(([name, { value, choices, help }]) => [
      code(`--${name}${value === undefined ? '' : ` ${value}`}`),
      prose(help),
      choices === undefined ? '' : choices.map(code).join(', '),
    ])
    const hasChoices = rows.some(([, , last]) => last !== '')
    const table = tableOf(
      ['option', 'what it says', ...(hasChoices ? ['one of'] : [])],
      rows.map((row) => (hasChoices ? row : row.slice(0, 2))),
    )
    return [
      `### bulla ${command.call}`,
      code(usageOf(command)),
      ...(rows.length === 0 ? [] : [table]),
      `For example ${command.example.line.includes('`') ? command.example.line : code(command.example.line)}`,
    ].join('\n\n')
  })
  return [`Every call takes ${general.join(' and ')}.`, ...each].join('\n\n')
}

/**
 * What a terminal can show: colours, so many columns, and the letters of its locale. Elsewhere, in a pipe or a file, a line is what it is.
 *
 * @module
 */

import { WriteStream } from 'node:tty'
import { styleText } from 'node:util'

/** Marks up words for who reads them. */
export interface Paint {
  readonly heading: (text: string) => string
  readonly name: (text: string) => string
  readonly fault: (text: string) => string
  readonly warning: (text: string) => string
}

/** What a stream leads to. */
export interface Terminal {
  readonly paint: Paint
  /** How many columns it has; nothing where nobody looks. */
  readonly columns: number | undefined
  /** Returns a text in letters that it can show. */
  readonly spell: (text: string) => string
}

type Stream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>

/** Tells whether words are coloured: at a terminal that can, or where FORCE_COLOR says so; never against NO_COLOR. */
function isColoured({ isTTY }: Stream, env: NodeJS.ProcessEnv): boolean {
  if (env['NO_COLOR']) return false
  if (isTTY !== true && env['FORCE_COLOR'] === undefined) return false
  return WriteStream.prototype.getColorDepth(env) > 1
}

/** Tells whether a locale says that it has no letters but ASCII's. Where none is set, as in most containers, terminals know UTF-8. */
function isAscii(env: NodeJS.ProcessEnv): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || 'UTF-8'
  return !/utf-?8/i.test(locale)
}

/** What stands in ASCII for the signs that the command prints. */
const IN_ASCII: Readonly<Record<string, string>> = {
  '…': '...',
  '’': "'",
  '–': '-',
  '✓': '+',
  '✗': 'x',
  '§': 'section ',
}

/** Returns a painter; at the floor of Node `styleText` knows no streams, so it is told that somebody decided. */
function paintBy(isOn: boolean): Paint {
  const by = (style: 'bold' | 'cyan' | 'red' | 'yellow') => (text: string) =>
    isOn ? styleText(style, text, { validateStream: false }) : text
  return { heading: by('bold'), name: by('cyan'), fault: by('red'), warning: by('yellow') }
}

/** Returns what a stream leads to. */
export function terminalOf(stream: Stream, env: NodeJS.ProcessEnv): Terminal {
  const isShown = stream.isTTY === true
  return {
    paint: paintBy(isColoured(stream, env)),
    columns: isShown && stream.columns > 0 ? stream.columns : undefined,
    spell: (text) => (isShown && isAscii(env) ? text.replace(/[…’–✓✗§]/g, (sign) => IN_ASCII[sign] ?? sign) : text),
  }
}

/** Returns words with what they begin with marked up, where that says how grave they are. */
export function paintWords(words: string, { fault, warning, name }: Paint): string {
  return words
    .replace(/^bulla:/, fault)
    .replace(/^(?:warning|NOT [a-z]+):/, warning)
    .replace(/^(?:note|to know|did you mean|try|like):/, name)
}

/**
 * Returns a text in lines that are no longer than so many columns, each but the first behind so many spaces; a longer word stays whole.
 *
 * @param columns nothing leaves it in one line
 */
export function wrap(text: string, columns: number | undefined, indent = 0): string {
  if (columns === undefined) return text
  const room = Math.max(columns - indent, 1)
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line !== '' && line.length + 1 + word.length > room) lines.push(word)
    else lines.splice(-1, 1, line === '' ? word : `${line} ${word}`)
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}

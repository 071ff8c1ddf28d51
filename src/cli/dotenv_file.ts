/**
 * Dotenv files, such as `.dev.vars`, as the reader of the running issuer has them: wrangler's, which is `dotenv`. Where
 * two readers could disagree about a variable it is refused, never half-read.
 *
 * @module
 */

import { Refusal } from './command.ts'

/** An assignment as dotenv finds it: `export`, spaces, `:`, three kinds of quotes, values of several lines, comments. */
const ASSIGNMENT =
  /^\s*(?:export\s+)?(?<name>[\w.-]+)(?<sign>\s*=\s*?|:\s+?)(?<value>\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\n]+)?\s*(?:#.*)?$/dgm

/** One assignment. `start` and `end` are where its value stands, quotes included, in a text whose lines end in `\n`. */
interface Assignment {
  readonly name: string
  readonly value: string
  readonly line: number
  readonly start: number
  readonly end: number
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

/** Returns a value without its quotes; between double ones `\n` and `\r` are line ends. */
function unquote(written: string): string {
  const trimmed = written.trim()
  const value = trimmed.replace(/^(['"`])([\s\S]*)\1$/gm, '$2')
  return trimmed.startsWith('"') ? value.replace(/\\n/g, '\n').replace(/\\r/g, '\r') : value
}

function readAssignments(text: string): readonly Assignment[] {
  return [...text.matchAll(ASSIGNMENT)].map((match) => {
    const { name = '', value = '' } = match.groups ?? {}
    const spans = match.indices?.groups
    const start = spans?.['value']?.[0] ?? spans?.['sign']?.[1] ?? 0
    return {
      name,
      value: unquote(value),
      line: lineAt(text, spans?.['name']?.[0] ?? 0),
      start,
      end: spans?.['value']?.[1] ?? start,
    }
  })
}

function withPlainLineEnds(text: string): string {
  return text.replace(/\r\n?/g, '\n')
}

/**
 * Finds the one assignment of a variable.
 *
 * @throws {Refusal} when it is assigned twice, or a line looks like an assignment of it and is none
 */
function findAssignment(text: string, name: string): Assignment | undefined {
  const found = readAssignments(text).filter((assignment) => assignment.name === name)
  const naming = new RegExp(`^[^\\S\\n]*(?:export[^\\S\\n]+)?${name}(?![\\w.-])`, 'gm')
  const named = [...text.matchAll(naming)].map(({ index }) => lineAt(text, index))
  const lines = [...new Set([...found.map(({ line }) => line), ...named])].sort((a, b) => a - b)
  if (lines.length > 1)
    throw new Refusal(`${name} stands on lines ${lines.join(' and ')}: leave one, so that all read the same`)
  if (found.length !== lines.length) throw new Refusal(`line ${lines[0]} cannot be read as an assignment of ${name}`)
  return found[0]
}

/**
 * Returns what a variable holds, or nothing.
 *
 * @throws {Refusal} when that cannot be told
 */
export function readVariable(text: string, name: string): string | undefined {
  return findAssignment(withPlainLineEnds(text), name)?.value
}

/** Returns where a place in a text with plain line ends is in the text itself. */
function placeIn(text: string, place: number): number {
  const plain = [...text.matchAll(/\r\n?|[^\r]/g)]
  return plain[place]?.index ?? text.length
}

/**
 * Returns the text with another value of a variable, which comes last where it was not there. All else stays as it was.
 *
 * @param value without quotes, line ends and backslashes
 * @throws {Refusal} when what comes out would not be read as it is meant
 */
export function writeVariable(text: string, name: string, value: string): string {
  const plain = withPlainLineEnds(text)
  const found = findAssignment(plain, name)
  const quoted = `'${value}'`
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n'
  const written =
    found === undefined
      ? `${text}${text === '' || plain.endsWith('\n') ? '' : lineEnd}${name}=${quoted}${lineEnd}`
      : text.slice(0, placeIn(text, found.start)) + quoted + text.slice(placeIn(text, found.end))
  const others = (of: string): string =>
    JSON.stringify(
      readAssignments(withPlainLineEnds(of)).flatMap((one) => (one.name === name ? [] : [one.name, one.value])),
    )
  if (readVariable(written, name) !== value || others(written) !== others(text))
    throw new Refusal(
      `${name} cannot be written so that all else is read as before; look for a quote that is not closed`,
    )
  return written
}

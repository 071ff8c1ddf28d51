/**
 * Other people's clients, and what the tests show of them: read from the tests, where `shows` says it.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { CLIENTS, type ClientName, WORKS, type Work } from '../../test/interop/shows.ts'
import { tableOf } from './table.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** What is shown of a client, and where. */
interface Shown {
  readonly works: Set<Work>
  readonly files: Set<string>
}

/** Returns the texts of an argument, which is one or a list of them. */
function textsOf(node: ts.Expression | undefined, file: string): readonly string[] {
  if (node && ts.isStringLiteral(node)) return [node.text]
  if (node && ts.isArrayLiteralExpression(node)) return node.elements.flatMap((element) => textsOf(element, file))
  throw new TypeError(`${file} does not write out what it shows`)
}

/** Reads what the tests show: each call of `shows`. */
function readShown(): ReadonlyMap<string, Shown> {
  const shown = new Map<string, Shown>()
  for (const file of globSync('test/interop/*.test.ts', { cwd: ROOT }).toSorted()) {
    const text = read(file)
    if (!text.includes('shows(')) continue
    const look = (node: ts.Node): void => {
      if (ts.isCallExpression(node) && node.expression.getText() === 'shows') {
        const [clients, ...works] = node.arguments
        for (const client of textsOf(clients, file)) {
          const { works: known, files } = shown.get(client) ?? { works: new Set(), files: new Set() }
          for (const work of works) for (const word of textsOf(work, file)) known.add(word as Work)
          shown.set(client, { works: known, files: files.add(file) })
        }
      }
      ts.forEachChild(node, look)
    }
    look(ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true))
  }
  return shown
}

/** Returns the version that the tests drive. */
function versionOf(name: ClientName): string {
  const { from } = CLIENTS[name]
  if (from === 'Debian') return "Debian's"
  const found =
    from === 'npm'
      ? JSON.parse(read('package-lock.json')).packages[`node_modules/${name}`]?.version
      : new RegExp(`^${name}==(.+)$`, 'm').exec(read('test/interop/python/requirements.txt'))?.[1]
  if (found === undefined) throw new RangeError(`nothing says which ${name} there is`)
  return found
}

/**
 * Returns the table of those clients that are for MCP, or of all others: a column for each of these works that some of them does.
 *
 * @throws {RangeError} when no test shows anything of a client
 */
function tableOfClients(isMcp: boolean, works: readonly Work[]): string {
  const shown = readShown()
  const names = (Object.keys(CLIENTS) as ClientName[]).filter((name) => 'mcp' in CLIENTS[name] === isMcp)
  const rows = names.map((name) => {
    const { works: able, files } = shown.get(name) ?? { works: new Set<Work>(), files: new Set<string>() }
    if (able.size === 0) throw new RangeError(`no test shows anything of ${name}`)
    const other = [...able].find((work) => !works.includes(work))
    if (other !== undefined) throw new RangeError(`${name} does what has no column: ${other}`)
    const { title = name, from } = { title: undefined, ...CLIENTS[name] }
    const where = [...files].map((file) => `\`${file.replace(/^test\/interop\/|\.test\.ts$/g, '')}\``)
    return [
      `${title ?? name}`,
      from === 'Debian' ? versionOf(name) : `${versionOf(name)}`,
      works.filter((work) => able.has(work)).join(', '),
      where.join(', '),
    ]
  })
  return tableOf(['client', 'version', 'what works', 'shown by'], rows)
}

const OF_MCP: readonly Work[] = [
  'registers',
  'registers with a secret',
  'document',
  'enterprise',
  'refresh',
  'anew by itself',
]
const OF_OTHERS = (Object.keys(WORKS) as Work[]).filter((work) => work === 'refresh' || !OF_MCP.includes(work))

/** What each word in the tables means. */
function legend(): string {
  return tableOf(
    ['word', 'what its test sees the client do'],
    Object.entries(WORKS).map(([word, meaning]) => [word, meaning]),
  )
}

/** The parts of the page of clients. */
export const CLIENT_PARTS = {
  'tried-clients': () => tableOfClients(false, OF_OTHERS),
  'mcp-clients': () => tableOfClients(true, OF_MCP),
  'clients-legend': legend,
}

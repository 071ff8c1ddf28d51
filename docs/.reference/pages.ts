/**
 * The pages of the documentation, and what in them the code says: all that stands between `<!-- generated: NAME -->` and
 * `<!-- end -->` is written by the part of that name.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PARTS } from './parts.ts'

/** The checkout. */
const ROOT = join(import.meta.dirname, '..', '..')

/** A page that has generated parts: its path from the root, its text, and what the code says that it is. */
export interface GeneratedPage {
  readonly file: string
  readonly text: string
  readonly generated: string
}

/** What makes the parts of pages, by their names. */
export type Parts = Readonly<Record<string, () => string | Promise<string>>>

const MARKED = /^<!-- generated: ([\w-]+) -->\n[\s\S]*?^<!-- end -->$/gm

/**
 * Returns a text with what stands between the marks made anew.
 *
 * @throws {RangeError} when nothing makes a part of that name, or a mark has no other end
 */
export async function replaceParts(text: string, parts: Parts): Promise<string> {
  const made = new Map<string, string>()
  for (const [, name = ''] of text.matchAll(MARKED)) {
    const make = parts[name]
    if (make === undefined) throw new RangeError(`nothing makes the part "${name}"`)
    made.set(name, (await make()).trim())
  }
  const marks = text.match(/^<!-- (?:generated: [\w-]+|end) -->$/gm) ?? []
  if (marks.length !== 2 * made.size) throw new RangeError('a part has no end, or stands there twice')
  return text.replace(MARKED, (_, name) => `<!-- generated: ${name} -->\n\n${made.get(name)}\n\n<!-- end -->`)
}

/** Returns the pages that have generated parts. */
export async function generatedPages(): Promise<readonly GeneratedPage[]> {
  const files = globSync('docs/**/*.md', { cwd: ROOT, exclude: (name) => name === 'node_modules' }).toSorted()
  const pages = files
    .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }))
    .filter(({ text }) => /^<!-- generated: /m.test(text))
  return Promise.all(pages.map(async (page) => ({ ...page, generated: await replaceParts(page.text, PARTS) })))
}

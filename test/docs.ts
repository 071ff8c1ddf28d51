/**
 * The documentation: README and the pages in `docs/`, and the commands and programs that they show, so that tests can run them
 * as they stand there.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './checkout.ts'

/** The README's text. */
export const README: string = readFileSync(join(ROOT, 'README.md'), 'utf8')

/** The pages by their path from the root. */
export const PAGES: ReadonlyMap<string, string> = new Map(
  globSync('docs/**/*.md', { cwd: ROOT, exclude: (name) => ['node_modules', 'api'].includes(name) })
    .sort()
    .map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
)

/** The text of all pages. */
export const DOCS: string = [...PAGES.values()].join('\n')

/** How to work on it. */
export const CONTRIBUTING: string = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8')

/** Returns the block that follows `<!-- test: NAME -->`. */
export function blockOf(name: string): string {
  const block = new RegExp(`<!-- test: ${name} -->\\n\`\`\`[a-z]+\\n([\\s\\S]*?)\`\`\``).exec(
    `${DOCS}\n${CONTRIBUTING}`,
  )?.[1]
  if (block === undefined) throw new Error(`the documentation has no block ${name}`)
  return block
}

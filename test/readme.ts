/**
 * The commands and programs that the README shows, so that tests can run them as they stand there.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './checkout.ts'

/** The README's text. */
export const README: string = readFileSync(join(ROOT, 'README.md'), 'utf8')

/** Returns the block that follows `<!-- test: NAME -->`. */
export function blockOf(name: string): string {
  const block = new RegExp(`<!-- test: ${name} -->\\n\`\`\`[a-z]+\\n([\\s\\S]*?)\`\`\``).exec(README)?.[1]
  if (block === undefined) throw new Error(`the README has no block ${name}`)
  return block
}

/**
 * Links from the reference to the pages that explain.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where something is explained, from the folder of the reference: what is said of one by its name, and of all others. */
export interface Guides {
  readonly usual: string
  readonly of?: Readonly<Record<string, string>>
}

const REFERENCE = join(import.meta.dirname, '..', 'reference')

const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

/**
 * Returns a link to where something is explained, called by the heading there.
 *
 * @throws {RangeError} when there is no such heading
 */
export function linkTo({ usual, of = {} }: Guides, name: string): string {
  const path = Object.hasOwn(of, name) ? (of[name] ?? usual) : usual
  const [file = '', anchor] = path.split('#')
  const text = readFileSync(join(REFERENCE, file === '' ? 'settings.md' : file), 'utf8').replace(
    /^```[\s\S]*?^```$/gm,
    '',
  )
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading)
  const found = anchor === undefined ? headings[0] : headings.find((heading) => anchorOf(heading) === anchor)
  if (found === undefined) throw new RangeError(`there is no ${path}`)
  return `[${found.replaceAll('`', '')}](${path})`
}

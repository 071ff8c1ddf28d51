/**
 * Links: anchors as GitHub makes them, and what leaves the folder of the documentation leads to the repository.
 *
 * @module
 */

import { readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'

const { repository } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  repository?: string | { readonly url: string }
}

/** Where the repository is to be seen. */
export const REPOSITORY: string = (
  (typeof repository === 'string' ? repository : repository?.url) ?? 'https://github.com/bulla-auth/bulla'
).replace(/^git\+|\.git$/g, '')

/** The page that opens a token: its source, which GitHub shows, and what it is called on the site. */
const BUILT: Readonly<Record<string, string>> = { '.vitepress/open/page.html': 'open.html' }

/** Returns the anchor of a heading, as GitHub makes it. */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, '')
    .replaceAll(' ', '-')
}

/** Where a link leads that is no page: another address, or one of the site that nothing else may touch. */
interface Elsewhere {
  readonly href: string
  readonly isOfSite: boolean
}

/**
 * Returns where a link leads that is no page of the documentation; nothing for all others.
 *
 * @param page the path of its page, from the folder of the documentation
 * @throws {Error} when there is no such file
 */
export function elsewhereOf(href: string, page: string, source: string): Elsewhere | undefined {
  if (/^(?:[a-z]+:|#|\/)/.test(href)) return undefined
  const [path = '', anchor] = href.split('#')
  const file = join(dirname(page), path)
  const built = BUILT[file]
  if (built !== undefined) return { href: relative(dirname(page), built), isOfSite: true }
  if (!file.startsWith('../')) return undefined
  const kind = statSync(join(source, file)).isDirectory() ? 'tree' : 'blob'
  const address = `${REPOSITORY}/${kind}/main/${relative('..', file)}`
  return { href: anchor === undefined ? address : `${address}#${anchor}`, isOfSite: false }
}

/** Leads links elsewhere, before they are looked at as links to pages. */
export function linksToRepository(md: MarkdownRenderer, source: string): void {
  md.core.ruler.push('links_to_repository', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const href = token.type === 'link_open' ? token.attrGet('href') : null
      const elsewhere = href === null ? undefined : elsewhereOf(href, env.relativePath, source)
      if (elsewhere === undefined) continue
      token.attrSet('href', elsewhere.href)
      if (elsewhere.isOfSite) token.attrSet('target', '_self')
    }
  })
}

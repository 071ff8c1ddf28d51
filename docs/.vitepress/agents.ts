/**
 * The documentation for programs that read: `llms.txt`, `llms-full.txt`, and each page as Markdown beside its HTML.
 *
 * @module
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { elsewhereOf } from './links.ts'
import { pagesOf, type Section } from './sections.ts'

/** Returns a page's Markdown: without the names of its tests, and with links that leave the site as addresses. */
function markdownOf(path: string, source: string): string {
  const text = readFileSync(join(source, path), 'utf8').replace(/^<!--[\s\S]*?-->\n/gm, '')
  return text.replace(/\]\(([^)\s]+)\)/g, (link, href) => {
    const elsewhere = elsewhereOf(href, path, source)
    return elsewhere === undefined ? link : `](${elsewhere.href})`
  })
}

function listOf({ title, pages, below }: Section, level = 2): string {
  const list = pages.map((page) => `- [${page.title}](${page.path})${page.summary === '' ? '' : `: ${page.summary}`}`)
  const parts = [`${'#'.repeat(level)} ${title}`, list.join('\n'), ...below.map((one) => listOf(one, level + 1))]
  return parts.filter((part) => part !== '').join('\n\n')
}

/** Writes what programs read beside the site. */
export function writeForAgents(sections: readonly Section[], source: string, outDir: string): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(outDir, path)), { recursive: true })
    writeFileSync(join(outDir, path), text)
  }
  const paths = ['index.md', ...pagesOf(sections).map(({ path }) => path)]
  const texts = paths.map((path) => [path, markdownOf(path, source)] as const)
  for (const [path, text] of texts) write(path, text)
  const home = markdownOf('index.md', source).split('\n\n')
  const what = (home[1] ?? '').replaceAll('\n', ' ')
  write('llms.txt', `# Bulla\n\n> ${what}\n\n${sections.map((section) => listOf(section)).join('\n\n')}\n`)
  write('llms-full.txt', texts.map(([path, text]) => `<!-- ${path} -->\n\n${text}`).join('\n'))
}

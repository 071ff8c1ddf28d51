import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'
import { PAGES } from '../docs.ts'

const PAGE = PAGES.get('docs/reference/advisories.md') ?? ''

/** The rows of the page: what stands in their four cells. */
const ROWS = PAGE.split('\n')
  .filter((line) => line.startsWith('| ['))
  .map((line) => line.slice(2, -2).split(' | '))

const ID = /^\[(CVE-(?:19|20)\d\d-\d{4,7}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3})\]\((https:\/\/\S+)\)$/

/** Returns the id of a row, and where it leads; nothing where it is none. */
function idOf([cell = '']: readonly string[]): readonly [id: string, url: string] | undefined {
  const [, id, url] = ID.exec(cell) ?? []
  return id === undefined || url === undefined ? undefined : [id, url]
}

/** Returns the tests that a row names: the file that is shown, the one that the link leads to, and the title. */
function testsOf([, , , here = '']: readonly string[]): readonly (readonly [string, string, string])[] {
  const named = here.matchAll(/\[`([^`]+)`\]\(\.\.\/\.\.\/([^)]+)\): “([^”]+)”/g)
  return [...named].map(([, file = '', link = '', title = '']) => [file, link, title])
}

/** Tells whether a file has a test, or a row of one, with this title, and does not skip any. */
function hasTitle(file: string, title: string): boolean {
  if (!existsSync(join(ROOT, file))) return false
  const text = readFileSync(join(ROOT, file), 'utf8')
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => text.includes(quoted)) && !/\.skip\b/.test(text)
}

describe('the advisories of others', () => {
  it('are at least forty, of four cells each, none twice', () => {
    expect(ROWS.length).toBeGreaterThanOrEqual(40)
    expect(ROWS.filter((cells) => cells.length !== 4 || cells.some((cell) => cell.trim() === ''))).toEqual([])
    const ids = ROWS.map((cells) => idOf(cells)?.[0])
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  })

  it('are called by ids that there can be, and lead to where these are published', () => {
    expect(ROWS.filter((cells) => idOf(cells) === undefined)).toEqual([])
    const homes = { CVE: 'https://nvd.nist.gov/vuln/detail/', GHSA: 'https://github.com/advisories/' }
    for (const cells of ROWS) {
      const [id = '', url] = idOf(cells) ?? []
      expect(url).toBe(homes[id.startsWith('CVE') ? 'CVE' : 'GHSA'] + id)
    }
  })

  it('are of many: no product has a quarter of them', () => {
    const whose = ROWS.map(([, product]) => product)
    const most = Math.max(...whose.map((one) => whose.filter((other) => other === one).length))
    expect(most).toBeLessThan(ROWS.length / 4)
  })

  it.each(ROWS.map((cells) => [idOf(cells)?.[0], cells] as const))('%s names tests that there are', (_, cells) => {
    const tests = testsOf(cells)
    expect(tests.length).toBeGreaterThan(0)
    // Each link to a test was read as one.
    expect(cells.join(' | ').match(/\(\.\.\/\.\.\/test\//g)).toHaveLength(tests.length)
    expect(tests.filter(([file, link, title]) => file !== link || !hasTitle(file, title))).toEqual([])
  })
})

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'
import { PAGES } from '../docs.ts'

/** A test that shows a promise: as a row names it, or as it is marked. */
interface Shown {
  readonly id: string
  readonly file: string
  readonly title: string
}

const rows = (PAGES.get('docs/promises.md') ?? '')
  .split('\n')
  .filter((line) => /^\| [A-Z]\d\d \|/.test(line))
  .map((line) => line.slice(2, -2).split(' | '))

const named: readonly Shown[] = rows.flatMap(([id = '', , , , tests = '']) =>
  [...tests.matchAll(/\[`(test\/[\w/]+\.test\.ts)`\]\(\.\.\/(test\/[\w/]+\.test\.ts)\): “(.*?)”(?=; \[`|$)/g)].map(
    ([, file = '', link, title = '']) => {
      if (file !== link) throw new Error(`${id} calls ${link} ${file}`)
      return { id, file, title }
    },
  ),
)

const LITERAL = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/g

/** Returns the title that stands on a line: the first text of a test or a suite. */
function titleOn(line: string): string | undefined {
  const [, after] = /^\s*(?:(?:it|describe)\b.*?\(|\].*?\)\(|\)\(|\}\)\(|)(?=['"`])(.*)$/.exec(line) ?? []
  const [literal] = after?.match(LITERAL) ?? []
  return literal?.slice(1, -1).replace(/\\(['"`])/g, '$1')
}

/** What is marked in the tests: the line after a mark has the title. */
const marked: readonly Shown[] = globSync('test/**/*.test.ts', {
  cwd: ROOT,
  exclude: (name) => name === 'node_modules',
})
  .sort()
  .flatMap((file) => {
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n')
    return lines.flatMap((line, index) => {
      const [, ids] = /^\s*\/\/ promise: (.*)$/.exec(line) ?? []
      const title = titleOn(lines[index + 1] ?? '') ?? 'no title'
      return ids?.split(', ').map((id) => ({ id, file, title })) ?? []
    })
  })

const written = ({ id, file, title }: Shown): string => `${id} ${file}: ${title}`

describe('the table of promises', () => {
  it('has rows that are whole: what can fail, what is promised, what it costs, and a test', () => {
    expect(rows.length).toBeGreaterThan(150)
    for (const row of rows)
      expect([row[0], row.map((cell) => cell.trim() !== '')]).toEqual([row[0], Array(5).fill(true)])
    const tested = new Set(named.map(({ id }) => id))
    expect(rows.map(([id]) => id).filter((id) => !tested.has(id ?? ''))).toEqual([])
  })

  it('has each number once, and none is left out', () => {
    const ids = rows.map(([id = '']) => id)
    const groups = Map.groupBy(ids, (id) => id[0])
    for (const [letter, group] of groups)
      expect(group).toEqual(group.map((_, index) => `${letter}${String(index + 1).padStart(2, '0')}`))
  })

  it('names no test that is not there under that title, with its mark', () => {
    const there = new Set(marked.map(written))
    expect(named.map(written).filter((one) => !there.has(one))).toEqual([])
  })

  it('has a row for each test that is marked', () => {
    const there = new Set(named.map(written))
    expect(marked.map(written).filter((one) => !there.has(one))).toEqual([])
  })
})

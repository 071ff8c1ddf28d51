import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'
import { EQUIVALENTS } from './equivalents.ts'
import { FOLDERS } from './folders.ts'
import { countMutants, type Mutant, type Score } from './score.ts'

const scores: Readonly<Record<string, Score>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'scores.json'), 'utf8'),
)

const mutant = (status: string, over: Partial<Mutant> = {}): Mutant => ({
  file: 'keys/a.ts',
  line: 1,
  code: 'a < b',
  becomes: 'a <= b',
  status,
  ...over,
})

describe('a score', () => {
  it('is the part that tests found, of what can be found, and rounds down', () => {
    const mutants = ['Killed', 'Timeout', 'Survived', 'Ignored', 'CompileError', 'RuntimeError'].map((status) =>
      mutant(status),
    )
    expect(countMutants(mutants, [])).toMatchObject({
      score: 66.66,
      found: 2,
      survived: 1,
      equivalent: 0,
      unknown: 1,
      stale: [],
    })
    expect(countMutants([mutant('NoCoverage')], [])).toMatchObject({ score: 0, survived: 1 })
    expect(countMutants([], []).score).toBe(100)
  })

  it('counts equivalents apart, by file, code and what it becomes', () => {
    const entry = { file: 'keys/a.ts', code: 'a < b', becomes: 'a <= b', why: 'b is never a' }
    const others = [
      mutant('Survived', { file: 'keys/b.ts' }),
      mutant('Survived', { code: 'a < c' }),
      mutant('Survived', { becomes: 'true' }),
    ]
    const counted = countMutants([mutant('Survived'), ...others], [entry])
    expect(counted).toMatchObject({ equivalent: 1, survived: 3, stale: [], survivors: others })
    expect(countMutants([mutant('Survived')], [{ ...entry, code: 'a…' }])).toMatchObject({ equivalent: 1, stale: [] })
  })

  it.each([
    ['was found', ['Killed']],
    ['is gone', []],
    ['is there twice', ['Survived', 'Survived']],
  ])('calls an entry stale whose mutant %s', (_, statuses) => {
    const entry = { file: 'keys/a.ts', code: 'a < b', becomes: 'a <= b', why: 'b is never a' }
    const { stale } = countMutants(
      statuses.map((status) => mutant(status)),
      [entry],
    )
    expect(stale).toEqual([expect.stringMatching(/^keys\/a\.ts: a < b → a <= b: 1 expected to survive, got \d$/)])
  })
})

describe('the scores that are published', () => {
  it('are of all folders that are mutated, and none is below 90 %', () => {
    expect(Object.keys(scores).sort()).toEqual(Object.keys(FOLDERS).sort())
    expect(Object.entries(scores).filter(([, { score }]) => score < 90)).toEqual([])
  })

  it('stand in the docs as they are', () => {
    const docs = readFileSync(join(ROOT, 'docs/promises.md'), 'utf8')
    const rows = docs.split('\n').filter((line) => /^\| `(?:keys|src\/\w+)` \|/.test(line))
    expect(rows.sort()).toEqual(
      Object.entries(scores)
        .map(
          ([folder, { score, found, survived, equivalent }]) =>
            `| \`${folder}\` | ${score} % | ${found} | ${survived} | ${equivalent} |`,
        )
        .sort(),
    )
  })

  it('come of folders that there are, and equivalents of files', () => {
    const isThere = (folder: string): boolean =>
      existsSync(join(ROOT, folder)) && readdirSync(join(ROOT, folder)).length > 0
    expect(Object.keys(FOLDERS).filter((folder) => !isThere(folder))).toEqual([])
    expect(EQUIVALENTS.filter(({ file }) => !existsSync(join(ROOT, file)))).toEqual([])
  })
})

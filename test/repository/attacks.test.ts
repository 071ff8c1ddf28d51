import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'
import { PAGES } from '../docs.ts'

const ROWS = (PAGES.get('docs/concepts/attacks-tried.md') ?? '')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:---|tried|what was sent) /.test(line))
  .map((line) => line.slice(2, -2).split(' | '))

const PROMISES = PAGES.get('docs/promises.md') ?? ''

describe('the attacks that were tried', () => {
  it('each name a test that there is, which would find it', () => {
    expect(ROWS.length).toBeGreaterThan(45)
    for (const cells of ROWS) {
      const files = [...(cells.at(-1) ?? '').matchAll(/`([^`]+)`/g)].map(([, file = '']) => file)
      expect([cells[0], files.length > 0, files.filter((file) => !existsSync(join(ROOT, file)))]).toEqual([
        cells[0],
        true,
        [],
      ])
    }
  })

  it('name rows of the promises that are of the same test', () => {
    const named = ROWS.flatMap((cells) => [...(cells.at(-1) ?? '').matchAll(/`([^`]+)` \((P\d\d)\)/g)])
    expect(named.length).toBeGreaterThan(8)
    const strangers = named.filter(
      ([, file = '', id = '']) =>
        !PROMISES.split('\n').some((row) => row.startsWith(`| ${id} |`) && row.includes(file)),
    )
    expect(strangers).toEqual([])
  })
})

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { drawChart } from '../bench/chart.ts'
import { CHART, QUOTING, readKept, withQuotes } from '../bench/quotes.ts'

describe('what is said of speed', () => {
  it.each(QUOTING.map((page) => [basename(page), page]))('in %s is what the run that is kept measured', (_, page) => {
    const text = readFileSync(page, 'utf8')
    expect(text).toMatch(/<!-- bench: (?:short|all) -->/)
    expect(withQuotes(text, readKept())).toBe(text)
  })

  it('in the chart is what the same run measured', () => {
    expect(drawChart(readKept().rows)).toBe(readFileSync(CHART, 'utf8'))
  })
})

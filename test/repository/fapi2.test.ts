import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'
import { FILES, numbersIn, REQUIREMENTS, writeRequirements } from '../rfc/fapi2/fapi2.ts'

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** The numbers of the list, as they were handed down. */
const NUMBERS = Object.entries({ N: 3, G: 14, A: 15, U: 1, R: 5, K: 5, M: 1 }).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
)

/** Tells whether a file has a test, or a row of one, with this title, and does not skip any. */
function hasTitle(file: string, title: string): boolean {
  const text = textOf(file)
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => text.includes(quoted)) && !/\.skip/.test(text)
}

describe('the list of FAPI 2.0', () => {
  it('has every number once, in their order', () => {
    expect(REQUIREMENTS.map(({ number }) => number)).toEqual(NUMBERS)
  })

  it.each(REQUIREMENTS)('$number has a test, or a reason to have none', ({ number, tests = [], isOutside = false }) => {
    const isListed = FILES.some((file) => numbersIn(textOf(file)).has(number))
    expect(isListed || tests.length > 0).toBe(!isOutside)
  })

  it.each(
    REQUIREMENTS.flatMap(({ number, tests = [] }) => tests.map(([file, title]) => [number, file, title] as const)),
  )('%s is proved in %s: %s', (_, file, title) => {
    expect(hasTitle(file, title)).toBe(true)
  })

  it('has a row for every number that a test bears', () => {
    const borne = FILES.flatMap((file) => [...numbersIn(textOf(file))])
    expect(borne.filter((number) => !NUMBERS.includes(number))).toEqual([])
    expect(borne.length).toBeGreaterThan(30)
  })

  it('stands in SECURITY.md as it is here', () => {
    const [shown] = /^\| no\. [\s\S]*?\n(?=\n|$)/m.exec(textOf('SECURITY.md')) ?? []
    expect(shown).toBe(writeRequirements(textOf))
  })
})

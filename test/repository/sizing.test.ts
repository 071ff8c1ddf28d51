import { describe, expect, it } from 'vitest'
import { lengths } from '../bench/sizing/lengths.ts'
import { arrivalsOf, createSchedule, percentile, type Schedule } from '../bench/sizing/schedule.ts'
import { run } from '../checkout.ts'
import { blockOf, PAGES } from '../docs.ts'

const page = PAGES.get('docs/scale/sizing.md') ?? ''

/** Returns the tables of a section, each a list of its rows, of which the first is the head. */
function tablesOf(section: string): readonly (readonly (readonly string[])[])[] {
  const tables = section.match(/(?:^\|.*\n?)+/gm) ?? []
  return tables.map((table) =>
    table
      .trim()
      .split('\n')
      .filter((_, line) => line !== 1)
      .map((line) => line.slice(2, -2).split(' | ')),
  )
}

/** What is newest stands first, under the release and the day. */
const newest = page.split(/^(?=## )/m).find((section) => /^## .*, \d+ [A-Z][a-z]+ \d{4}\n/.test(section)) ?? ''

describe('sizing', () => {
  it('measures all that its page has, however busy the machine is', { timeout: 280_000 }, async () => {
    const { code, out, err } = await run('bash', ['-ec', `${blockOf('sizing').trim()} --quick`])
    expect([code, err]).toEqual([0, expect.stringMatching(/building\n[\s\S]*memory\n/)])
    expect(out).not.toMatch(/NaN|undefined|Infinity/)
    const [measured, kept] = [tablesOf(out), tablesOf(newest)]
    const rowsOf = (tables: typeof measured): readonly string[] =>
      tables.map((table) => `${table.length} rows: ${table[0]?.[0]}`)
    expect(rowsOf(measured)).toEqual(rowsOf(kept))
    const works = measured[0]?.slice(1) ?? []
    expect(works.flatMap(([, ...figures]) => figures).filter((figure) => !/^[\d,]+$/.test(figure))).toEqual([])
    // What a service asks for, and what is only read, comes of keys alone.
    const calls = measured.find(([head]) => head?.[1] === 'calls to the guard') ?? []
    expect(calls.filter(([name]) => name?.startsWith('client credentials')).map(([, ...figures]) => figures)).toEqual([
      ['0', '0', '0'],
      ['0', '0', '0'],
    ])
  })

  it('shows how long tokens are, as they are', async () => {
    const told = tablesOf(newest).find(([head]) => head?.[0] === 'token') ?? []
    const found = (await lengths()).map(({ token, characters }) => [token, characters.toLocaleString('en-US')])
    expect(told.slice(1).map(([token, characters]) => [token, characters])).toEqual(found)
  })
})

describe('a crowd', () => {
  /** Lets as many come as there are instants, to a server that answers each by itself at once, but stands still until then. */
  function standStill(schedule: Schedule, until: number): void {
    for (let now = until; !schedule.isOver(); now++)
      for (let to = schedule.next(now); to !== undefined; to = schedule.next(now)) schedule.answered(to, now)
  }

  it('counts who waits while a server stands still from when he came, also where no connection was idle for him', () => {
    const schedule = createSchedule([0, 10, 20, 30], 1)
    const first = schedule.next(0)
    expect([first, schedule.next(10), schedule.next(30)]).toEqual([0, undefined, undefined])
    schedule.answered(0, 100)
    standStill(schedule, 100)
    expect(schedule.waits).toEqual([100, 90, 80, 70])
  })

  it('comes whether or not the one before is answered, and nobody comes before his time', () => {
    const schedule = createSchedule([0, 10, 20], 3)
    expect([schedule.next(0), schedule.next(9), schedule.next(10), schedule.next(20), schedule.next(20)]).toEqual([
      0,
      undefined,
      1,
      2,
      undefined,
    ])
    schedule.answered(2, 21)
    schedule.answered(0, 22)
    expect([schedule.isOver(), schedule.waits]).toEqual([false, [1, 22]])
    schedule.answered(1, 25)
    expect([schedule.isOver(), schedule.waits]).toEqual([true, [1, 22, 15]])
  })

  it('uses all of its connections, by turns', () => {
    const schedule = createSchedule([1, 2, 3, 4], 2)
    const used = [1, 2, 3, 4].map((now) => {
      const connection = schedule.next(now) ?? Number.NaN
      schedule.answered(connection, now)
      return connection
    })
    expect(used).toEqual([0, 1, 0, 1])
  })

  it('comes at the rate that was said, by chance', () => {
    let state = 1
    // Lehmer's numbers: the same each time.
    const random = (): number => {
      state = (state * 48_271) % 2_147_483_647
      return state / 2_147_483_647
    }
    const arrivals = arrivalsOf(1000, 10_000, random)
    expect(arrivals.length).toBeGreaterThan(9600)
    expect(arrivals.length).toBeLessThan(10_400)
    expect(arrivals.toSorted((a, b) => a - b)).toEqual(arrivals)
    // Of exponential gaps 37 of a hundred are longer than the mean; of equal ones none, or all.
    const gaps = arrivals.map((at, index) => at - (arrivals[index - 1] ?? 0))
    const long = gaps.filter((gap) => gap > 1).length / gaps.length
    expect(long).toBeGreaterThan(0.33)
    expect(long).toBeLessThan(0.41)
  })

  it('is told by what so many of a hundred did not exceed', () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index)
    expect([50, 95, 99, 100].map((of) => percentile(values, of))).toEqual([100, 190, 198, 200])
  })
})

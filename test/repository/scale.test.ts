import { describe, expect, it } from 'vitest'
import { ROOT, run } from '../checkout.ts'
import { blockOf, PAGES } from '../docs.ts'
import { simulateDay } from '../scale/simulation.ts'

const page = PAGES.get('docs/scale/scale.md') ?? ''

describe('the page about scale', () => {
  it('shows what its command prints, each table of it and none beside', async () => {
    const { code, out } = await run('sh', ['-c', blockOf('scale')], { cwd: ROOT })
    expect(code).toBe(0)
    const printed = out.split(/^(?=<!-- scale: )/m).map((table) => table.trim())
    expect(printed.length).toBeGreaterThan(3)
    expect(printed.filter((table) => !page.includes(`${table}\n`))).toEqual([])
    expect(page.match(/^<!-- scale: /gm)).toHaveLength(printed.length)
  })

  // promise: G06
  it('simulates a day in which as many come as it says, and sees a shard that cannot keep up', () => {
    const one = { logins: 864_000, calls: 1, shards: 1, regions: [[1, 0]] } as const
    const enough = simulateDay({ ...one, rate: 1000 })
    expect(enough).toMatchObject({ over: 0, waited: 0 })
    // At the peak 27 come in a second, and of such a Poisson distribution nobody sees half or twice as many.
    expect(enough.busiestSecond).toBeGreaterThan(27)
    expect(enough.busiestSecond).toBeLessThan(70)
    const short = simulateDay({ ...one, rate: 11 })
    expect(short.waited).toBeGreaterThan(3600)
  })
})

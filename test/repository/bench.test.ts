import { describe, expect, it } from 'vitest'
import { run } from '../checkout.ts'
import { blockOf } from '../docs.ts'

interface Told {
  readonly machine: string
  readonly versions: Readonly<Record<string, string>>
  readonly rows: readonly { group: string; ours: string; figures: string; ratio?: number | null; met?: boolean }[]
}

describe('the benchmark, asked for what it does not know,', () => {
  it.each([
    [['--wrong'], "Unknown option '--wrong'"],
    [['growth'], "Unexpected argument 'growth'"],
    [['--sizing', '--json'], '--sizing goes with --quick alone'],
    [['--quick', '--keep'], '--keep goes with no --quick'],
  ])('%s, says so and how it is called, and measures nothing', async (words, why) => {
    const { code, out, err } = await run('node', ['test/bench/bench.ts', ...words])
    expect([code, out]).toEqual([2, ''])
    expect(err.split('\n')).toEqual([expect.stringContaining(why), expect.stringMatching(/^usage: npm run bench/), ''])
  })
})

describe('the benchmark', { timeout: 280_000 }, () => {
  it('measures every group of rows, however busy the machine is', async () => {
    const { code, out, err } = await run('bash', ['-ec', `${blockOf('bench').trim()} -- --quick --json`])
    expect([code, err]).toEqual([0, expect.stringMatching(/minting\n[\s\S]*minting in Node\n[\s\S]*done\n/)])
    const { machine, versions, rows } = JSON.parse(out) as Told
    expect(machine).not.toBe('')
    expect(Object.values(versions)).not.toContain('missing')
    expect([...new Set(rows.map(({ group }) => group))].toSorted()).toEqual(
      [
        'cold start',
        'growth',
        'guard, one home',
        'guard, p99',
        'guard, rate',
        'middleware',
        'middleware, whole request',
        'mint, Node',
        'mint, workerd',
        'open, Node',
        'open, workerd',
        'openid, Node',
        'size',
        'weight',
      ].toSorted(),
    )
    // A ratio that could not be had is NaN, which JSON tells as null.
    expect(rows.filter(({ ratio, figures }) => ratio === null || /NaN|undefined/.test(figures))).toEqual([])
    const calls = ['Redis', 'PostgreSQL', 'SQLite'].flatMap((store) => [`${store}: spend`, `${store}: advance`])
    for (const group of ['guard, rate', 'guard, p99']) {
      const measured = rows.filter((row) => row.group === group && Number(row.ratio) > 0)
      expect(measured.map(({ ours }) => ours)).toEqual(calls)
    }
    // Lengths do not hang on the machine.
    expect(rows.filter(({ group, met }) => group === 'size' && met === false)).toEqual([])
  })
})

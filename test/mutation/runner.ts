/**
 * Stryker's runner of Vitest, so that a mutant costs one test file, not all: what a module does when it is read is covered by the tests
 * that ran it, as all else is, and otherwise by those of its folder; a mutant is awake from the first line on; the test file that bears its
 * name is asked first, and its folder's next; and a test that takes long is not asked at all: what survives may be found by others nevertheless.
 *
 * @module
 */

import { basename } from 'node:path'
import { strykerPlugins as vitestPlugins } from '@stryker-mutator/vitest-runner'

/** How often each mutant was run, by its id. */
type Hits = Record<string, number>

/** What is used here of Stryker's `TestRunner`. */
interface Runner {
  dryRun(options: object): Promise<{
    readonly status: string
    readonly tests?: readonly Ran[]
    readonly mutantCoverage?: { static: Hits; perTest: Record<string, Hits> }
  }>
  mutantRun(options: MutantRun): Promise<{ readonly status: string }>
}

interface Ran {
  readonly id: string
  readonly timeSpentMs: number
}

interface MutantRun {
  readonly sandboxFileName: string
  readonly mutantActivation: 'static' | 'runtime'
  /** Ids of tests, `FILE#NAME`. */
  readonly testFilter?: readonly string[]
}

/** Milliseconds that a test may take where nothing else keeps the machine busy. */
const LONGEST = 500

/** Tells whether a test is of the folder that is mutated: `test/token/…` of `src/token`. */
function isOfFolder(id: string): boolean {
  return id.includes(`test/${basename(process.env['MUTATED'] ?? '')}/`)
}

/**
 * Moves what was run outside of every test to those of the folder, but what a test ran besides to that alone; leaves out those that take
 * long.
 */
function coverByTests(
  coverage: { static: Hits; perTest: Record<string, Hits> },
  tests: readonly Ran[],
  longest: number,
): void {
  const known = new Set(Object.values(coverage.perTest).flatMap((hits) => Object.keys(hits)))
  const outside = Object.entries(coverage.static).filter(([id]) => !known.has(id))
  for (const { id, timeSpentMs } of tests)
    coverage.perTest[id] =
      timeSpentMs > longest
        ? {}
        : { ...coverage.perTest[id], ...(isOfFolder(id) ? Object.fromEntries(outside) : undefined) }
  coverage.static = {}
}

function askFirstByName(runner: Runner): Runner {
  const dryRun = runner.dryRun.bind(runner)
  const mutantRun = runner.mutantRun.bind(runner)
  let asked: readonly string[] = []
  runner.dryRun = async (options) => {
    const [cpu, begun] = [process.cpuUsage(), performance.now()]
    const result = await dryRun(options)
    const { user, system } = process.cpuUsage(cpu)
    const slowness = Math.max(1, ((performance.now() - begun) * 1000) / (user + system))
    const [tests, longest] = [result.tests ?? [], LONGEST * slowness]
    if (result.mutantCoverage !== undefined) coverByTests(result.mutantCoverage, tests, longest)
    asked = tests.filter(({ timeSpentMs }) => timeSpentMs <= longest).map(({ id }) => id)
    return result
  }
  runner.mutantRun = async (options) => {
    const all = options.testFilter ?? []
    const name = basename(options.sandboxFileName, '.ts')
    const isNamed = (id: string): boolean => basename(id.split('#')[0] ?? '') === `${name}.test.ts`
    const others = all.filter((id) => !isNamed(id))
    // Of the file that bears its name all: what one test has made is there for the next.
    const parts = [
      [...new Set([...asked, ...all])].filter((id) => isNamed(id)),
      others.filter((id) => isOfFolder(id)),
      others.filter((id) => !isOfFolder(id)),
    ].filter((ids) => ids.length > 0)
    let result = { status: 'survived' }
    for (const testFilter of parts) {
      result = await mutantRun({ ...options, testFilter, mutantActivation: 'static' })
      if (result.status !== 'survived') break
    }
    return result
  }
  return runner
}

const [vitest] = vitestPlugins as unknown as [{ factory: { (injector: object): Runner; inject: readonly string[] } }]

function createRunner(injector: object): Runner {
  return askFirstByName(vitest.factory(injector))
}
createRunner.inject = vitest.factory.inject

/** Plugins of Stryker: one, the runner. */
export const strykerPlugins: readonly object[] = [{ kind: 'TestRunner', name: 'by-name', factory: createRunner }]

/**
 * Stryker's runner of Vitest, so that a mutant costs one test file, not all: what a module does when it is read is covered by the tests of
 * its folder; a mutant is awake from the first line on; the test file that bears its
 * name is asked first, or else the one that covers it by most tests, and its folder's next; and a test that takes long is not asked at all: what survives may be found by others nevertheless.
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
  mutantRun(options: MutantRun): Promise<MutantResult>
}

interface MutantResult {
  readonly status: string
  readonly errorMessage?: string
  readonly failureMessage?: string
  readonly killedBy?: string | undefined
  readonly nrOfTests?: number
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

/** What is said of a file of tests that cannot be read while a mutant is awake: they all fail. */
const UNREADABLE = 'An error occurred outside of a test run'

/** Milliseconds that a test may take where nothing else keeps the machine busy. */
const LONGEST = 500

/** Tells whether a test is of the folder that is mutated: `test/token/…` of `src/token`. */
function isOfFolder(id: string): boolean {
  return id.includes(`test/${basename(process.env['MUTATED'] ?? '')}/`)
}

/** Moves what was run outside of every test to those of the folder; leaves out those that take long. */
function coverByTests(
  coverage: { static: Hits; perTest: Record<string, Hits> },
  tests: readonly Ran[],
  longest: number,
): void {
  for (const { id, timeSpentMs } of tests)
    coverage.perTest[id] =
      timeSpentMs > longest ? {} : { ...coverage.perTest[id], ...(isOfFolder(id) ? coverage.static : undefined) }
  coverage.static = {}
}

const fileOf = (id: string): string => id.split('#')[0] ?? ''

/** Returns the tests of the file that has most of these. */
function densest(ids: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(fileOf(id), (counts.get(fileOf(id)) ?? 0) + 1)
  const [most] = [...counts].sort(([, one], [, other]) => other - one)
  return ids.filter((id) => fileOf(id) === most?.[0])
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
    // Of the file that bears its name all: what one test has made is there for the next.
    const named = [...new Set([...asked, ...all])].filter((id) => basename(fileOf(id)) === `${name}.test.ts`)
    const first = named.length > 0 ? named : densest(all)
    const others = all.filter((id) => !first.includes(id))
    const parts = [first, others.filter((id) => isOfFolder(id)), others.filter((id) => !isOfFolder(id))].filter(
      (ids) => ids.length > 0,
    )
    let result: MutantResult = { status: 'survived' }
    for (const testFilter of parts) {
      result = await mutantRun({ ...options, testFilter, mutantActivation: 'static' })
      if (result.errorMessage?.startsWith(UNREADABLE) === true)
        return { status: 'killed', failureMessage: result.errorMessage, killedBy: testFilter[0], nrOfTests: 1 }
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

/**
 * Stryker's runner of Vitest, so that a mutant costs a tenth of a second, and not all tests anew:
 *
 * - the test file that bears its name is asked first, or else the one that covers it by most tests; its folder's next;
 * - a thread is kept from mutant to mutant, and has read all modules before one is awake. A test that fails there must pass without the
 *   mutant, there and then; else the thread is dropped. What no test has seen there is shown once more to all of them in threads of
 *   their own, in which it is awake from the first line on, so that what a module does when it is read counts, too;
 * - a test that takes long is not asked at all: what survives may be found by others nevertheless.
 *
 * @module
 */

import { basename } from 'node:path'
import { strykerPlugins as vitestPlugins } from '@stryker-mutator/vitest-runner'
import { keepThread } from './kept_thread.ts'

/** How often each mutant was run, by its id. */
type Hits = Record<string, number>

/** What is used here of Stryker's `TestRunner`. */
interface Runner {
  /** Vitest, once there is one. */
  readonly ctx: { readonly projects: readonly { readonly config: object }[] }
  init(): Promise<void>
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
  readonly killedBy?: readonly string[] | undefined
  readonly nrOfTests?: number
}

interface Ran {
  readonly id: string
  readonly timeSpentMs: number
}

interface MutantRun {
  readonly activeMutant: { readonly id: string }
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

/** Tells whether a failure is of a test, not of what came between tests. */
const isOfTest = ({ status, errorMessage }: MutantResult): boolean => status === 'killed' && errorMessage === undefined

/** No mutant has this id. */
const NONE = 'none'

/** Milliseconds for which a thread may say nothing. A test that waits says so after five seconds (`vitest.config.ts`). */
const PATIENCE = 15_000

/** How many are shown in one thread: Vitest's leaves something behind at each run, so that it becomes slow. */
const MOST_SHOWN = 50

function askFirstByName(runner: Runner): Runner {
  const init = runner.init.bind(runner)
  const dryRun = runner.dryRun.bind(runner)
  const mutantRun = runner.mutantRun.bind(runner)
  const thread = keepThread(PATIENCE)
  let asked: readonly string[] = []
  /** The test files that the thread has read. */
  const read = new Set<string>()
  let shown = 0

  async function drop(): Promise<void> {
    read.clear()
    shown = 0
    await thread.drop()
  }

  /** Shows a mutant to tests in the thread that is there. */
  async function show(options: MutantRun, testFilter: readonly string[], id?: string): Promise<MutantResult> {
    const activeMutant = { ...options.activeMutant, ...(id !== undefined && { id }) }
    const result = await mutantRun({ ...options, testFilter, mutantActivation: 'static', activeMutant })
    return thread.wasSilent() ? { status: 'timeout' } : result
  }

  /** Shows a mutant to tests in a thread of their own. */
  async function showInNew(options: MutantRun, ids: readonly string[]): Promise<MutantResult> {
    const result = await thread.withOther(() => show(options, ids))
    if (result.errorMessage?.startsWith(UNREADABLE) !== true) return result
    return { status: 'killed', failureMessage: result.errorMessage, killedBy: ids.slice(0, 1), nrOfTests: 1 }
  }

  /**
   * Shows a mutant to tests in a thread that others were shown in.
   *
   * @returns what these tests say, if that can be the mutant's doing only
   */
  async function showInKept(options: MutantRun, ids: readonly string[]): Promise<MutantResult | undefined> {
    if (++shown > MOST_SHOWN) await drop()
    // No mutant may be awake while a module is read that stays.
    const unread = ids.filter((each) => !read.has(fileOf(each)))
    if (unread.length > 0) await show(options, unread, NONE)
    for (const each of unread) read.add(fileOf(each))
    const result = await show(options, ids)
    if (result.status === 'survived') return undefined
    // What came after the test that failed was not run.
    const run = ids.slice(0, ids.indexOf(result.killedBy?.[0] ?? '') + 1)
    if (isOfTest(result) && run.length > 0 && (await show(options, run, NONE)).status === 'survived') return result
    await drop()
    // A machine that stood still loops as well, from here.
    return result.status === 'timeout' ? showInNew(options, ids) : undefined
  }

  runner.init = async () => {
    await init()
    for (const { config } of runner.ctx.projects)
      Object.assign(config, { pool: thread.pool.name, poolRunner: thread.pool })
  }
  runner.dryRun = async (options) => {
    const [cpu, begun] = [process.cpuUsage(), performance.now()]
    const result = await dryRun(options)
    await drop()
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
    for (const ids of parts) {
      const result = await showInKept(options, ids)
      if (result !== undefined) return result
    }
    let result: MutantResult = { status: 'survived' }
    for (const ids of parts) {
      result = await showInNew(options, ids)
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

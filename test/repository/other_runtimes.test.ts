import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { run } from '../checkout.ts'

interface Told {
  readonly numTotalTests: number
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/** What draws thousands of cases asks the same code as the rest, and takes as long. */
const DRAWN = ['bench', 'fuzz', 'properties'].flatMap((folder) => ['--exclude', `test/${folder}/**`])

/** Fewer would say that files were not found. */
const AT_LEAST = 7000

it.each([
  ['Bun', ['bun', '--bun']],
  ['Deno', ['deno', 'run', '--allow-all']],
])('the tests that workerd and Node share pass in %s', { timeout: 600_000 }, async (runtime, [file = '', ...words]) => {
  const outcome = join(await mkdtemp(join(tmpdir(), 'bulla-runtime-')), 'outcome.json')
  const vitest = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config',
    'test/runtimes/shared.config.ts',
    '--max-workers=1',
  ]
  const report = ['--reporter=json', `--outputFile=${outcome}`]
  const { code, err } = await run(file, [...words, ...vitest, ...DRAWN, ...report], { env: { RUNTIME: runtime } })
  const told = await readFile(outcome, 'utf8').catch(() => expect.unreachable(`it ended by ${code}: ${err}`))
  const { testResults, numPassedTests, numTotalTests } = JSON.parse(told) as Told
  const failed = testResults.flatMap(({ name, status, message, assertionResults }) =>
    status === 'passed'
      ? []
      : [name, message, ...assertionResults.flatMap((one) => (one.status === 'failed' ? one.fullName : []))],
  )
  expect([failed, numTotalTests - numPassedTests, code]).toEqual([[], 0, 0])
  expect(numPassedTests).toBeGreaterThan(AT_LEAST)
})

/**
 * `npm run mutate`: changes the code of a folder in one place after the other, and asks its tests whether they see it.
 *
 * @module
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { Stryker } from '@stryker-mutator/core'
import { ROOT } from '../checkout.ts'
import { EQUIVALENTS } from './equivalents.ts'
import { FOLDERS } from './folders.ts'
import { countMutants, inOneLine, type Mutant, type Score } from './score.ts'

const HELP = `usage: npm run mutate [-- FOLDER…] [--concurrency N] [--file PATH] [--force]

Mutates the files of each FOLDER (all: ${Object.keys(FOLDERS).join(' ')}) and runs the tests that
concern them. Prints what survived and the score, and keeps that in test/mutation/scores.json. Exits with 1 where a score is
below 90, or an entry of test/mutation/equivalents.ts is stale. What was found before, and has not changed, is not asked
again. A folder takes some ten minutes.

  --concurrency N  processes at a time, from 1 to 64; default 1
  --file PATH      this file of the FOLDER alone; no score is kept
  --force          asks everything again
`

const SCORES = join(import.meta.dirname, 'scores.json')
const LEAST = 90

/** Forgets of what was found before whatever was cut off: it is asked again. */
function forgetBroken(file: string): void {
  if (!existsSync(file)) return
  const report: { files: Record<string, { mutants: { status: string }[] }> } = JSON.parse(readFileSync(file, 'utf8'))
  for (const each of Object.values(report.files))
    each.mutants = each.mutants.filter(({ status }) => status !== 'RuntimeError')
  writeFileSync(file, JSON.stringify(report))
}

/** Returns what Stryker made of a folder, or of one file of it. */
async function mutantsOf(
  folder: string,
  mutate: string,
  concurrency: number,
  force: boolean,
): Promise<readonly Mutant[]> {
  process.env['MUTATED'] = folder
  const incrementalFile = join(ROOT, '.stryker', `${folder.replaceAll('/', '_')}.json`)
  forgetBroken(incrementalFile)
  const stryker = new Stryker({
    mutate: [mutate],
    testRunner: 'by-name',
    plugins: [
      '@stryker-mutator/vitest-runner',
      './test/mutation/runner.ts',
      './test/mutation/words.ts',
      './test/mutation/survivors.ts',
    ],
    ignorers: ['words'],
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    // Stryker reads it by an API that TypeScript 7 has not.
    tsconfigFile: 'none.json',
    tempDirName: '.stryker/sandbox',
    ignorePatterns: ['/docs', '/examples', '/create-bulla', '/test/browser', '/test/pages'],
    incremental: true,
    incrementalFile,
    force,
    concurrency,
    coverageAnalysis: 'perTest',
    timeoutMS: 300_000,
    reporters: ['progress-append-only', 'survivors'],
    allowEmpty: false,
  })
  const lines = new Map<string, readonly string[]>()
  return (await stryker.runMutationTest()).map(({ fileName, location, replacement = '', status }) => {
    const file = relative(ROOT, fileName)
    const text = lines.get(file) ?? readFileSync(join(ROOT, file), 'utf8').split('\n')
    lines.set(file, text)
    const { start, end } = location
    const code = text.slice(start.line - 1, end.line)
    code.push((code.pop() ?? '').slice(0, end.column - 1))
    code[0] = code[0]?.slice(start.column - 1) ?? ''
    return { file, line: start.line, code: inOneLine(code.join('\n')), becomes: inOneLine(replacement), status }
  })
}

async function main(): Promise<number> {
  const options = {
    concurrency: { type: 'string' },
    file: { type: 'string' },
    force: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const
  const { values, positionals } = parseArgs({ options, allowPositionals: true })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const folders = positionals.length === 0 ? Object.keys(FOLDERS) : positionals.map((name) => name.replace(/\/$/, ''))
  const unknown = folders.find((folder) => !(folder in FOLDERS))
  if (unknown !== undefined) throw new RangeError(`no such folder here: ${unknown}`)
  const concurrency = Number(values.concurrency ?? '1')
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 64)
    throw new RangeError('--concurrency expected an integer from 1 to 64')

  let good = true
  for (const folder of folders) {
    const mutants = await mutantsOf(folder, values.file ?? `${folder}/**/*.ts`, concurrency, values.force ?? false)
    const { survivors, stale, ...score } = countMutants(
      mutants,
      EQUIVALENTS.filter(({ file }) =>
        values.file === undefined ? file.startsWith(`${folder}/`) : file === values.file,
      ),
    )
    for (const { file, line, code, becomes, status } of survivors)
      process.stdout.write(`${file}:${line} ${status}: ${code} → ${becomes}\n`)
    for (const line of stale) process.stdout.write(`stale: ${line}\n`)
    process.stdout.write(
      `${folder}: ${score.score} % (${score.found} found, ${score.survived} survived, ${score.equivalent} equivalent, ${score.unknown} unknown)\n`,
    )
    good &&= score.score >= LEAST && stale.length === 0
    if (values.file === undefined) {
      const scores: Record<string, Score> = JSON.parse(readFileSync(SCORES, 'utf8'))
      scores[folder] = score
      writeFileSync(SCORES, `${JSON.stringify(scores, null, 2)}\n`)
    }
  }
  return good ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${HELP}`)
  process.exitCode = 2
}

/**
 * `npm run soak`: many clients, many faults, one history, and what a checker says of it.
 *
 * @module
 */

import { randomInt } from 'node:crypto'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BREAKS, readBreak } from './breaks.ts'
import { check, readHistory } from './check.ts'
import { soak } from './soak.ts'
import { SYSTEMS, type SystemName } from './system.ts'

const HELP = `usage: npm run soak -- [--minutes N] [--seed S] [--system NAME] [--out FILE] [--break PROMISE]

Starts an issuer as users run it, has many clients do everything at once, kills, stops, cuts, delays and redeploys its parts meanwhile, and writes a
history of all that was asked and answered. A checker, which shares no code with the issuer, then says whether a promise was broken: exit 1 if one was.

  --minutes N      from 0.75 to 600; default 2
  --seed S         from 0 to 2147483647: the same decisions and the same faults again; default: a new one, which is printed
  --system NAME    ${SYSTEMS.join(', ')}; default sqlite
  --out FILE       where the history goes, a new file; default: a folder of its own among temporary files, which is printed
  --break PROMISE  has a promise broken on purpose, to see that it is found; not for workerd:
${Object.entries(BREAKS)
  .map(([name, words]) => `                     ${name.padEnd(16)} ${words}`)
  .join('\n')}
`

function readNumber(name: string, text: string, least: number, most: number): number {
  const number = Number(text)
  if (text.trim() === '' || !(number >= least && number <= most))
    throw new RangeError(`--${name} expected a number from ${least} to ${most}`)
  return number
}

function readSystem(text: string): SystemName {
  const found = SYSTEMS.find((name) => name === text)
  if (found === undefined) throw new RangeError(`--system expected one of ${SYSTEMS.join(', ')}`)
  return found
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const
  const options = {
    minutes: text,
    seed: text,
    system: text,
    out: text,
    break: text,
    help: { type: 'boolean' },
  } as const
  const { values } = parseArgs({ options })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const seconds = Math.round(readNumber('minutes', values.minutes ?? '2', 0.75, 600) * 60)
  const seed = readNumber('seed', values.seed ?? String(randomInt(2 ** 31)), 0, 2 ** 31 - 1)
  if (!Number.isInteger(seed)) throw new RangeError('--seed expected an integer')
  const system = readSystem(values.system ?? 'sqlite')
  const broken = values.break === undefined ? undefined : readBreak(values.break)
  if (broken !== undefined && system === 'workerd') throw new RangeError('--break is not for workerd')
  const history = values.out ?? join(await mkdtemp(join(tmpdir(), 'bulla-soak-')), 'history.jsonl')
  const say = (words: string): boolean => process.stderr.write(`${words}\n`)
  say(`${system}, ${seconds} seconds, seed ${seed}; the history: ${history}`)
  const { counts } = await soak({ system, seed, seconds, history, onProgress: say, ...(broken && { broken }) })
  for (const [what, count] of [...counts].toSorted(([a], [b]) => a.localeCompare(b)))
    say(`  ${what.padEnd(24)}${count}`)
  const findings = check(readHistory(await readFile(history, 'utf8')))
  for (const { promise, sentence, lines } of findings)
    process.stdout.write(`BROKEN: ${promise}: ${sentence} (lines ${lines.join(', ')})\n`)
  process.stdout.write(findings.length === 0 ? 'no promise was broken\n' : `${findings.length} times\n`)
  say(`again: npm run soak -- --minutes ${seconds / 60} --seed ${seed} --system ${system}`)
  return findings.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${HELP}`)
  process.exitCode = 2
}

/**
 * `npm run fuzz`: tries until something breaks, or the bound is reached.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

const HELP = `usage: npm run fuzz -- [--requests N] [--seed N]

Asks an issuer in this process N requests made by the grammar of its endpoints, and shows N mutated tokens to
verifiers. Exits with 1 at the first answer that breaks a rule, and prints it as short as it can be made.

  --requests N  from 1 to 10000000; default 20000, about half a minute
  --seed N      from 0 to 2147483647: the same requests again; default: a new one, which is printed
`

function readNumber(name: string, text: string, least: number, most: number): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < least || number > most)
    throw new RangeError(`--${name} expected an integer from ${least} to ${most}`)
  return number
}

async function main(): Promise<number> {
  const options = { requests: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } } as const
  const { values } = parseArgs({ options })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const requests = readNumber('requests', values.requests ?? '20000', 1, 10_000_000)
  const seed = readNumber('seed', values.seed ?? String(Math.floor(Math.random() * 2 ** 31)), 0, 2 ** 31 - 1)
  const say = (text: string): boolean => process.stderr.write(text)
  say(`seed ${seed}\n`)
  let told = 0
  const { statuses, finding, ...tried } = await fuzz({
    requests,
    seed,
    onProgress: (done) => {
      if (done - told < 10_000) return
      told = done
      say(`${done} requests\n`)
    },
  })
  for (const [status, count] of [...statuses].toSorted(([a], [b]) => a - b)) say(`  ${status}  ${count}\n`)
  if (finding !== undefined) {
    process.stdout.write(`${finding}\n\nAgain: npm run fuzz -- --requests ${requests} --seed ${seed}\n`)
    return 1
  }
  process.stdout.write(
    `${tried.requests} requests and ${tried.tokens} tokens: no 5xx, nothing taken that nobody made\n`,
  )
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${HELP}`)
  process.exitCode = 2
}

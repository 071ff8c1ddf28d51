/**
 * `bulla watch`: what an issuer does, made of its events alone.
 *
 * @module
 */

import { createReadStream } from 'node:fs'
import { clearScreenDown, createInterface, cursorTo } from 'node:readline'
import type { Readable } from 'node:stream'
import { styleText } from 'node:util'
import { type Command, Refusal } from './command.ts'
import { whyNot } from './secret_file.ts'
import { drawSummary, drawView, type Look } from './watch/draw.ts'
import { createEventReader } from './watch/read_events.ts'
import { createTally, type Tally } from './watch/tally.ts'

/** Milliseconds that are counted together: fine enough for what a minute is, up to now. */
const STRETCH = 10_000
const HOUR = 3_600_000

/** How many hours a summary has: a month. */
const MOST_HOURS = 744

/** Returns how it is drawn; colours are for terminals. */
async function findLook(): Promise<Look> {
  const { default: Table } = await import('cli-table3').catch(() => {
    throw new Refusal('this takes the package cli-table3, which draws: npm install cli-table3')
  })
  const isColoured = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined
  return { Table, alarm: isColoured ? (text) => styleText(['red', 'bold'], text) : (text) => text }
}

/** Reads events until there are no more. */
async function readAll(from: Readable, tally: Tally, instantOf: (time: string) => number): Promise<void> {
  const read = createEventReader()
  for await (const line of createInterface({ input: from, crlfDelay: Number.POSITIVE_INFINITY }))
    for (const event of read(line)) tally.add(event, instantOf(event.time))
}

/** Shows what comes, each second anew where a terminal can; elsewhere once, when all has come. */
async function watchLive(look: Look, out: (text: string) => void): Promise<void> {
  const tally = createTally(STRETCH, 360)
  const show = (): string => drawView(tally, Date.now(), look)
  const { stdout } = process
  const redraw = (): void => {
    cursorTo(stdout, 0, 0)
    clearScreenDown(stdout)
    stdout.write(`${show()}\n`)
  }
  const timer = stdout.isTTY === true ? setInterval(redraw, 1000) : undefined
  try {
    // Whatever the clock over there says: it counts from when it came.
    await readAll(process.stdin, tally, () => Date.now())
  } finally {
    clearInterval(timer)
  }
  if (timer === undefined) out(show())
  else redraw()
}

/** Reads a file of events. Nobody is shown a part of it as if it were the whole. */
async function summarize(file: string, look: Look): Promise<string> {
  const tally = createTally(HOUR, MOST_HOURS)
  let newest = 0
  const instantOf = (time: string): number => {
    const at = Date.parse(time)
    newest = Math.max(newest, at)
    return at
  }
  try {
    await readAll(file === '-' ? process.stdin : createReadStream(file), tally, instantOf)
  } catch (error) {
    throw new Refusal(`${file} cannot be read: ${whyNot(error)}`)
  }
  if (newest === 0) throw new Refusal('there is no event in it')
  return drawSummary(tally, newest, look)
}

const watch: Command = {
  call: 'watch',
  summary: 'what an issuer does, from its events on stdin: tokens, failures, replays, how long it takes',
  isLasting: true,
  example: { line: 'bulla watch --summary events.jsonl' },
  details:
    '`npx wrangler tail --format json | npx bulla watch`, or `npx bulla serve … | npx bulla watch`. It asks nobody and keeps counts alone.\nIt needs the package cli-table3, which draws.',
  options: {
    summary: { type: 'string', value: 'FILE', help: 'a file of events, by the hour, in place of stdin; - for stdin' },
  },
  async run(values, _operand, { out }) {
    const look = await findLook()
    const file = values.text('summary')
    if (file === undefined) await watchLive(look, out)
    else out(await summarize(file, look))
    return 0
  },
}

/** The command that looks on. */
export const watchCommands: readonly Command[] = [watch]

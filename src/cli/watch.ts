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
import { drawSummary, drawView } from './watch/draw.ts'
import { writeSummary, writeView } from './watch/lines.ts'
import { createEventReader } from './watch/read_events.ts'
import { createTally, type Tally } from './watch/tally.ts'

/** Milliseconds that are counted together: fine enough for what a minute is, up to now. */
const STRETCH = 10_000
const HOUR = 3_600_000

/** How many hours a summary has: a month. */
const MOST_HOURS = 744

/** How what was counted is written. */
interface View {
  /** Returns the last minute and hour. */
  readonly live: (tally: Tally, now: number) => string
  /** Returns the hours of a file. */
  readonly summary: (tally: Tally, now: number) => string
  /** Whether it is for programs: a line after each stretch, wherever it is written. */
  readonly isJson: boolean
}

/** For programs. */
const LINES: View = { live: writeView, summary: writeSummary, isJson: true }

/** Returns what draws for people; colours are for terminals. */
async function findDrawing(): Promise<View> {
  const { default: Table } = await import('cli-table3').catch(() => {
    throw new Refusal('this takes the package cli-table3, which draws: npm install cli-table3')
  })
  const isColoured = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined
  const look = { Table, alarm: (text: string) => (isColoured ? styleText(['red', 'bold'], text) : text) }
  return {
    live: (tally, now) => drawView(tally, now, look),
    summary: (tally, now) => drawSummary(tally, now, look),
    isJson: false,
  }
}

/** Reads events until there are no more. */
async function readAll(from: Readable, tally: Tally, instantOf: (time: string) => number): Promise<void> {
  const read = createEventReader()
  for await (const line of createInterface({ input: from, crlfDelay: Number.POSITIVE_INFINITY }))
    for (const event of read(line)) tally.add(event, instantOf(event.time))
}

/** Shows what comes: each second anew where a terminal can, for programs a line each ten seconds; elsewhere once, when all has come. */
async function watchLive({ live, isJson }: View, out: (text: string) => void): Promise<void> {
  const tally = createTally(STRETCH, 360)
  const { stdout } = process
  const isDrawn = stdout.isTTY === true && !isJson
  const show = (): void => {
    if (isDrawn) {
      cursorTo(stdout, 0, 0)
      clearScreenDown(stdout)
    }
    out(live(tally, Date.now()))
  }
  const timer = isDrawn || isJson ? setInterval(show, isJson ? STRETCH : 1000) : undefined
  try {
    // Whatever the clock over there says: it counts from when it came.
    await readAll(process.stdin, tally, () => Date.now())
  } finally {
    clearInterval(timer)
  }
  show()
}

/** Reads a file of events. Nobody is shown a part of it as if it were the whole. */
async function summarize(file: string, { summary }: View): Promise<string> {
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
  return summary(tally, newest)
}

const watch: Command = {
  call: 'watch',
  summary: 'what an issuer does, from its events on stdin: tokens, failures, replays, how long it takes',
  isLasting: true,
  example: { line: 'bulla watch --summary events.jsonl' },
  details:
    '`npx wrangler tail --format json | npx bulla watch`, or `npx bulla serve … | npx bulla watch`. It asks nobody and keeps counts alone.\nIt needs the package cli-table3, which draws;\nwith --json none: a line each ten seconds, of --summary one for each hour, and one for all.',
  options: {
    summary: { type: 'string', value: 'FILE', help: 'a file of events, by the hour, in place of stdin; - for stdin' },
  },
  async run(values, _operand, { out }) {
    const view = values.has('json') ? LINES : await findDrawing()
    const file = values.text('summary')
    if (file === undefined) await watchLive(view, out)
    else out(await summarize(file, view))
    return 0
  },
}

/** The command that looks on. */
export const watchCommands: readonly Command[] = [watch]

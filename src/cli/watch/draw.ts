/**
 * What the terminal shows of events: tables, and replays in red.
 *
 * @module
 */

import type Table from 'cli-table3'
import { makeVisible } from '../../protocol/visible.ts'
import type { Counts, Part, Stretch, Tally } from './tally.ts'

/** What draws a table. */
type TableMaker = typeof Table

/** How something is shown. */
export interface Look {
  readonly Table: TableMaker
  /** Returns a text as alarming as can be. */
  readonly alarm: (text: string) => string
}

/** Rows that one table shows: what is beyond is said by number. */
const MOST_ROWS = 12

/** Characters of a name that are shown. */
const LONGEST_NAME = 60

const DAY = 86_400_000

/** Returns a name from elsewhere as a terminal may be shown it. */
function shown(name: string): string {
  const visible = makeVisible(name)
  return visible.length > LONGEST_NAME ? `${visible.slice(0, LONGEST_NAME - 1)}…` : visible
}

function sumOf(counts: Counts): number {
  return [...counts.values()].reduce((sum, one) => sum + one, 0)
}

/** Returns names, what came most often first. */
function ranked(counts: Counts): readonly string[] {
  return [...counts].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1)).map(([name]) => name)
}

function tableOf({ Table: Maker }: Look, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Maker({
    head: [...head],
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  })
  table.push(...rows.map((row) => [...row]))
  return table.toString()
}

/** Returns a table of counts, one column for each of several stretches. */
function countsTable(look: Look, heads: readonly string[], columns: readonly Counts[], unnamed: string): string {
  const names = ranked(columns.at(-1) ?? new Map())
  const rows = names.slice(0, MOST_ROWS).map((name) => {
    const counts = columns.map((column) => String(column.get(name) ?? 0))
    return [name === '' ? unnamed : shown(name), ...counts]
  })
  const more = names.length - MOST_ROWS
  const rest = more > 0 ? [[`and ${more} more`, ...columns.map(() => '')]] : []
  return tableOf(look, heads, [...rows, ...rest])
}

function took(stretch: Stretch, part: Part): string {
  const slowest = stretch.slowest(part)
  return slowest === undefined ? '–' : `${slowest} ms`
}

/** Returns when the keys are to be rotated, in days from now. */
function rotationLine(due: string | undefined, now: number, { alarm }: Look): string {
  const at = Date.parse(due ?? '')
  if (Number.isNaN(at)) return 'the next rotation of the keys: no event has told yet'
  const days = (at - now) / DAY
  if (days < 0) return alarm(`the keys are to be rotated since ${(-days).toFixed(1)} days`)
  return `the next rotation of the keys: in ${days.toFixed(1)} days`
}

function replayLines(tally: Tally, { alarm }: Look): readonly string[] {
  return tally
    .replays()
    .map(({ time, type, client, gid }) =>
      alarm(
        `${shown(time)}  ${shown(type)}  client ${shown(client || '?')}${gid === '' ? '' : `  grant ${shown(gid)}`}`,
      ),
    )
}

function slowLine(stretch: Stretch): string {
  const parts = { tokens: 'token', 'the guard': 'guard', others: 'remote' } as const
  return `99 of 100 within: ${Object.entries(parts)
    .map(([name, part]) => `${name} ${took(stretch, part)}`)
    .join(', ')}`
}

/** Returns what a live view shows at an instant: the last minute, and the last hour. */
export function drawView(tally: Tally, now: number, look: Look): string {
  const [minute, hour] = [tally.last(6, now), tally.last(360, now)]
  const replays = replayLines(tally, look)
  return [
    `tokens: ${sumOf(minute.issued)} in a minute, ${sumOf(hour.issued)} in an hour; refused or failed: ${sumOf(minute.reasons)} and ${sumOf(hour.reasons)}`,
    countsTable(look, ['tokens by client', 'minute', 'hour'], [minute.issued, hour.issued], 'no client'),
    ...(hour.reasons.size === 0
      ? []
      : [countsTable(look, ['failures by reason', 'minute', 'hour'], [minute.reasons, hour.reasons], 'no reason')]),
    replays.length === 0 ? 'nothing came again' : look.alarm('came again:'),
    ...replays,
    slowLine(hour),
    rotationLine(tally.due(), now, look),
  ].join('\n')
}

const hourOf = (begin: number): string => new Date(begin).toISOString().slice(0, 16).replace('T', ' ')

/** Returns what a file of events comes to: its hours (UTC), its clients, its reasons. */
export function drawSummary(tally: Tally, now: number, look: Look): string {
  const whole = tally.last(Number.POSITIVE_INFINITY, now)
  const rows = tally.stretches(now).map(([begin, stretch]) => {
    const of = (name: string): string => String(stretch.types.get(name) ?? 0)
    const replays = Number(of('code.replayed refused')) + Number(of('refresh.reused refused'))
    const refused = String(sumOf(stretch.reasons))
    const cells = [hourOf(begin), of('token.issued ok'), of('login.succeeded ok'), refused, String(replays)]
    return [...cells, took(stretch, 'token')].map((cell) => (replays > 0 ? look.alarm(cell) : cell))
  })
  const replays = replayLines(tally, look)
  return [
    tableOf(look, ['hour (UTC)', 'tokens', 'logins', 'refused or failed', 'came again', 'p99'], rows),
    countsTable(look, ['tokens by client', 'in all'], [whole.issued], 'no client'),
    countsTable(look, ['failures by reason', 'in all'], [whole.reasons], 'no reason'),
    countsTable(look, ['events', 'in all'], [whole.types], ''),
    ...(replays.length === 0 ? [] : [look.alarm('the newest that came again:'), ...replays]),
    slowLine(whole),
    rotationLine(tally.due(), now, look),
  ].join('\n')
}

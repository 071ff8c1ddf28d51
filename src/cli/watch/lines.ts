/**
 * What events come to, for programs: a line of JSON each.
 *
 * @module
 */

import { visibleJson } from '../../protocol/visible.ts'
import type { Counts, Stretch, Tally } from './tally.ts'

function sumOf(counts: Counts): number {
  return [...counts.values()].reduce((sum, one) => sum + one, 0)
}

/** Returns the numbers of a stretch; `''` among its clients is no client, and a part that took no time is left out. */
function numbersOf({ issued, reasons, types, slowest }: Stretch): object {
  return {
    tokens: sumOf(issued),
    logins: types.get('login.succeeded ok') ?? 0,
    failures: sumOf(reasons),
    replays: (types.get('code.replayed refused') ?? 0) + (types.get('refresh.reused refused') ?? 0),
    p99_ms: { token: slowest('token'), guard: slowest('guard'), remote: slowest('remote') },
    clients: Object.fromEntries(issued),
    reasons: Object.fromEntries(reasons),
  }
}

/** Returns an instant as events have it. */
function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}

/** Returns what a live view comes to at an instant: the last minute, and the last hour. */
export function writeView(tally: Tally, now: number): string {
  return visibleJson({
    time: timeOf(now),
    minute: numbersOf(tally.last(6, now)),
    hour: numbersOf(tally.last(360, now)),
    came_again: tally.replays(),
    rotation_due: tally.due(),
  })
}

/** Returns what a file of events comes to: a line for each hour, and one for all of them. */
export function writeSummary(tally: Tally, now: number): string {
  const whole = tally.last(Number.POSITIVE_INFINITY, now)
  const hours = tally.stretches(now).map(([begin, stretch]) => ({ hour: timeOf(begin), ...numbersOf(stretch) }))
  const all = {
    hours: hours.length,
    ...numbersOf(whole),
    types: Object.fromEntries(whole.types),
    came_again: tally.replays(),
    rotation_due: tally.due(),
  }
  return [...hours, all].map(visibleJson).join('\n')
}

/**
 * What events come to, in stretches of time: nothing but counts is kept.
 *
 * @module
 */

import type { IssuerEvent } from '../../events/event.ts'

/** How often something came. */
export type Counts = ReadonlyMap<string, number>

/** How long things took: milliseconds, to two digits, and how often. */
type Durations = Map<number, number>

/** What happened in a stretch of time. */
export interface Stretch {
  /** Tokens by client; `''` for those of no client. */
  readonly issued: Counts
  /** What was refused, or went wrong, by its reason. */
  readonly reasons: Counts
  /** Events by type and outcome: `login.failed refused`. */
  readonly types: Counts
  /** Returns the milliseconds within which 99 of 100 were done; nothing where none was. */
  slowest(part: Part): number | undefined
}

/** What takes time: a whole token request; in it the guard; and whoever else is asked. */
export type Part = 'token' | 'guard' | 'remote'

/** A code or refresh token that came again. */
export interface Replay {
  readonly time: string
  readonly type: string
  readonly client: string
  readonly gid: string
}

/** What events come to. */
export interface Tally {
  /** @param at Unix milliseconds by which it counts */
  add(event: IssuerEvent, at: number): void
  /** Returns the stretches from the oldest that is kept on, each with its beginning. Unix milliseconds. */
  stretches(now: number): readonly (readonly [begin: number, stretch: Stretch])[]
  /** Returns all that happened within so many stretches up to now, the one of now among them. */
  last(count: number, now: number): Stretch
  /** The newest replays, the newest first. */
  replays(): readonly Replay[]
  /** When the next rotation is due, as the newest event that told it has it. */
  due(): string | undefined
}

/** A stretch while it is counted. */
interface Counting {
  readonly issued: Map<string, number>
  readonly reasons: Map<string, number>
  readonly types: Map<string, number>
  readonly took: Readonly<Record<Part, Durations>>
}

/** How many replays are shown. */
const MOST_REPLAYS = 8

/** How many names one stretch counts apart: what is beyond is counted as one. */
const MOST_NAMES = 5000

const REPLAYED: readonly string[] = ['code.replayed', 'refresh.reused']

/** What is told beside the refusal that came of it. */
const BESIDE: readonly string[] = [...REPLAYED, 'client.failed', 'guard.failed', 'remote.failed', 'limit.reached']

function newStretch(): Counting {
  const took = { token: new Map(), guard: new Map(), remote: new Map() }
  return { issued: new Map(), reasons: new Map(), types: new Map(), took }
}

function count<Name>(counts: Map<Name, number>, name: Name, by = 1): void {
  counts.set(name, (counts.get(name) ?? 0) + by)
}

function countNamed(counts: Map<string, number>, name: string): void {
  count(counts, counts.has(name) || counts.size < MOST_NAMES ? name : '…')
}

function countDuration(durations: Durations, ms: unknown): void {
  if (typeof ms === 'number' && ms >= 0 && Number.isFinite(ms)) count(durations, Number(ms.toPrecision(2)))
}

function slowestOf(durations: Durations): number | undefined {
  const sorted = [...durations].sort(([one], [other]) => one - other)
  const total = sorted.reduce((sum, [, times]) => sum + times, 0)
  let seen = 0
  return sorted.find(([, times]) => {
    seen += times
    return seen >= 0.99 * total
  })?.[0]
}

function readable({ took, ...counts }: Counting): Stretch {
  return { ...counts, slowest: (part) => slowestOf(took[part]) }
}

function join(stretches: readonly Counting[]): Counting {
  const whole = newStretch()
  const add = <Name>(to: Map<Name, number>, from: ReadonlyMap<Name, number>): void => {
    for (const [name, times] of from) count(to, name, times)
  }
  for (const { issued, reasons, types, took } of stretches) {
    add(whole.issued, issued)
    add(whole.reasons, reasons)
    add(whole.types, types)
    for (const part of ['token', 'guard', 'remote'] as const) add(whole.took[part], took[part])
  }
  return whole
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/**
 * Returns what counts events in stretches.
 *
 * @param length milliseconds of one stretch
 * @param kept how many are kept
 */
export function createTally(length: number, kept: number): Tally {
  const stretches = new Map<number, Counting>()
  let replays: readonly Replay[] = []
  let failed: { readonly failure: string; readonly isBeside: boolean } | undefined
  let due: { readonly time: string; readonly at: string } | undefined

  const numberOf = (at: number): number => Math.floor(at / length)

  function stretchAt(at: number): Counting {
    const number = numberOf(at)
    const stretch = stretches.get(number) ?? newStretch()
    stretches.set(number, stretch)
    // What was told first need not be the oldest.
    if (stretches.size > kept) stretches.delete(Math.min(...stretches.keys()))
    return stretch
  }

  /**
   * Counts a failure once, of which two events tell: a client that failed was refused a token as well. Whoever asks can choose the id
   * of the request, and choose it again: whatever comes twice failed twice.
   */
  function countFailure(reasons: Map<string, number>, { type, request, reason }: IssuerEvent): void {
    const name = textOf(reason) || 'no reason'
    const isBeside = BESIDE.includes(type)
    const failure = `${textOf(request)} ${name}`
    const isTold = textOf(request) !== '' && failed?.failure === failure && failed.isBeside !== isBeside
    if (!isTold) countNamed(reasons, name)
    failed = isTold ? undefined : { failure, isBeside }
  }

  return {
    add(event, at) {
      const { type, outcome, time, ms, guardMs, remoteMs } = event
      const { issued, reasons, types, took } = stretchAt(at)
      countNamed(types, `${type} ${outcome}`)
      const client = textOf(event.client)
      if (type === 'token.issued') countNamed(issued, client)
      if (outcome !== 'ok') countFailure(reasons, event)
      if (type === 'token.issued' || type === 'token.refused') countDuration(took.token, ms)
      countDuration(took.guard, guardMs)
      countDuration(took.remote, remoteMs)
      if (REPLAYED.includes(type))
        replays = [{ time, type, client, gid: textOf(event.gid) }, ...replays]
          .sort((one, other) => Date.parse(other.time) - Date.parse(one.time))
          .slice(0, MOST_REPLAYS)
      const told = textOf(event.due)
      if (told !== '' && Date.parse(time) >= Date.parse(due?.time ?? time)) due = { time, at: told }
    },
    stretches(now) {
      const first = numberOf(now) - kept + 1
      return [...stretches]
        .filter(([number]) => number >= first)
        .sort(([one], [other]) => one - other)
        .map(([number, stretch]) => [number * length, readable(stretch)])
    },
    last(many, now) {
      const first = numberOf(now) - many + 1
      return readable(join([...stretches].flatMap(([number, stretch]) => (number >= first ? stretch : []))))
    },
    replays: () => replays,
    due: () => due?.at,
  }
}

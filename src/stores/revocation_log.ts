/**
 * Revocations that many processes share: a log in a store, and in each process what it comes to.
 *
 * The first row is the list itself, `[epoch, salt]`. Each other bears a number, one more than the one before (the first follows the
 * epoch), and an event as it is from then on. Whoever adds reads what is new, decides by the rule of all lists, and writes the
 * next rows, if nobody did meanwhile. A row bears a mark of its attempt, so no two histories have the same rows: who sees
 * another row than before at a number knows that the list was set back, and reads all of it anew.
 *
 * @module
 */

import { hasElapsed } from '../elapsed.ts'
import type { Bundle } from '../token/revocations.ts'
import { createEventMemory, type EventMemory, type Kept, tableOf } from './event_table.ts'
import { addTo, groupEvents, groupOf } from './revocation_list.ts'
import type { Addition, Outcome, Revocations } from './revocations.ts'
import { type Attempt, PATIENCE, type StoreCalls, timeOf } from './store_calls.ts'
import { StoreError } from './store_error.ts'
import { createTurns } from './turns.ts'

/** How often a list is read that turns out to be another one, or has more. */
const MOST_TURNS = 16

/** Additions that are written at once. */
const MOST_AT_ONCE = 500

/** Seconds that a row which says nothing any more stays: those who saw it as the newest compare it. */
const STAYS = 60

/** Rows that are read at once: a long list comes in parts, and what has come of it stays. */
export const MOST_READ = 10_000

/** Rows that say nothing any more and are dropped at once. */
const MOST_DROPPED = 1000

/** A row of a log: its number, by which it is found, and its text. */
export interface LogRow {
  readonly seq: number
  readonly text: string
}

/** What a store does: each of these is atomic, whoever else asks. */
export interface RevocationLog {
  /**
   * Returns the texts of the first row, whose number is 0, and of the rows from a number on (from 1 on at least), in their order,
   * `MOST_READ` at the most. Where there is none the first is made: the instant by the store's clock in Unix milliseconds, and
   * this salt.
   */
  read(from: number, salt: string): Promise<readonly string[]>
  /**
   * Writes rows, if the newest row has this text; or if these are the newest already, for the answer was lost. At its return
   * they stay, whatever fails then.
   */
  append(newest: string, rows: readonly LogRow[], attempt: Attempt): Promise<'appended' | 'other' | 'late'>
  /** Deletes rows by their number, if there is this row. */
  drop(seqs: readonly number[], there: LogRow): Promise<void>
}

/** Revocations that many processes share. */
export type SharedRevocations = Revocations & {
  /**
   * Looks whether the store can be used: to be awaited at the start. Else the first call does.
   *
   * @throws {RangeError} when it is not set up for what it is used for
   * @throws {StoreError} when it cannot be used for another reason
   */
  ready(): Promise<void>
}

/** An event as it is from a row on. */
interface LogEvent extends Kept {
  readonly seq: number
  /** The number of the row by which it last took the place of narrower ones; 0 when none did. */
  readonly folded: number
}

function writeEvent(mark: string, { seq, kind, hash, at, until, keep, folded, tags }: LogEvent): LogRow {
  return { seq, text: JSON.stringify([seq, mark, kind, hash, at, until, keep, folded, ...tags]) }
}

function readEvent(text: string): LogEvent {
  const [seq, , kind, hash, at, until, keep, folded, ...tags] = JSON.parse(text)
  return { seq, kind, hash, at, until, keep, folded, tags }
}

/** What is known of a list. */
interface Known {
  readonly list: string
  readonly epoch: number
  readonly salt: string
  readonly events: EventMemory<LogEvent>
  newest: LogRow
  /** Numbers of rows that say nothing any more, and since when. Unix seconds. */
  dead: { readonly seq: number; readonly since: number }[]
}

function seqOf({ newest, epoch }: Known): number {
  return newest.seq || epoch
}

/** Takes in rows that follow on what is known; of those that are known already, none. */
function learn(known: Known, texts: readonly string[], now: number): void {
  const { events, dead } = known
  for (const text of texts) {
    const event = readEvent(text)
    if (event.seq <= known.newest.seq) continue
    const before = events.get(event)
    // Others may have dropped the rows that it took the place of, and the row that did so, before anybody here saw that.
    const narrower = events.tagged(groupOf(event)).filter(({ seq }) => seq < event.folded)
    for (const one of narrower) events.drop(one)
    for (const { seq } of before ? [...narrower, before] : narrower) dead.push({ seq, since: now })
    events.write(event)
    known.newest = { seq: event.seq, text }
  }
}

function begin(texts: readonly string[], now: number): Known {
  const [list = '', ...rows] = texts
  const [epoch, salt] = JSON.parse(list)
  const known: Known = { list, epoch, salt, events: createEventMemory(), newest: { seq: 0, text: list }, dead: [] }
  learn(known, rows, now)
  return known
}

/** Decides what becomes of additions, one after the other, and changes nothing. */
function decide(known: Known, additions: readonly Asked[], mark: string) {
  const rows: LogRow[] = []
  const table = tableOf(known.salt, known.events, (event, before, isFold): LogEvent => {
    const seq = seqOf(known) + rows.length + 1
    const written = { ...event, seq, folded: isFold ? seq : (before?.folded ?? 0) }
    rows.push(writeEvent(mark, written))
    return written
  })
  const outcomes = known.events.undone(() => additions.map(({ addition, now }) => addTo(table, addition, now)))
  return { before: known.newest, rows, outcomes }
}

/** An addition, and who waits for what becomes of it. */
interface Asked {
  readonly addition: Addition
  readonly now: number
  readonly tell: (outcome: Outcome) => void
  readonly fail: (error: unknown) => void
}

/** Returns revocations over a log. */
export function createLogRevocations(log: RevocationLog, { call, ready }: StoreCalls): SharedRevocations {
  const inTurn = createTurns(PATIENCE)
  const asked: Asked[] = []
  let known: Known | undefined

  /** Reads what is new; or all, where nothing is known, or another history. */
  async function look({ id }: Attempt, now: number): Promise<Known> {
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const before = known
      const { list, newest } = before ?? {}
      const texts = await log.read(Math.max(1, newest?.seq ?? 0), id)
      if (known !== before) continue
      const isAll = texts.length <= MOST_READ
      const [there, ...rows] = newest?.seq === 0 ? texts : texts.slice(1)
      if (before === undefined) known = begin(texts, now)
      else if (texts[0] === list && there === newest?.text) learn(before, rows, now)
      else known = undefined
      if (isAll && known !== undefined) return known
    }
    throw new StoreError('contention', 'too many wanted the list of revocations')
  }

  /** Deletes rows that say nothing any more. Those that stay for all that do no harm: whoever reads all of them tries again. */
  function sweep(of: Known, now: number): void {
    for (const { seq } of of.events.tidy(now)) of.dead.push({ seq, since: now - STAYS })
    const isDue = ({ seq, since }: Known['dead'][number]): boolean =>
      // Nobody could tell what the list was that has not its newest row.
      seq < of.newest.seq && hasElapsed(since, STAYS, now)
    const due = new Set(of.dead.filter(isDue).slice(0, MOST_DROPPED))
    if (due.size === 0) return
    of.dead = of.dead.filter((one) => !due.has(one))
    const seqs = [...due].map(({ seq }) => seq)
    const { newest } = of
    call(() => log.drop(seqs, newest)).catch(() => {})
  }

  /** Returns what writes additions, until nobody comes before. */
  function write(additions: readonly Asked[], now: number): (attempt: Attempt) => Promise<readonly Outcome[] | 'late'> {
    let decided: ReturnType<typeof decide> | undefined
    return async (attempt) => {
      let isOutrun = false
      // By time, not by turns: who has just written needs one round trip for the next row, and whoever it outran needs three.
      while (!attempt.isOver()) {
        const from = known ?? (await look(attempt, now))
        // What was tried before may have been written, and its answer lost.
        decided ??= decide(from, additions, attempt.id.slice(-12))
        const { before, rows, outcomes } = decided
        const written = rows.length === 0 ? 'other' : await log.append(before.text, rows, attempt)
        if (written === 'late') return 'late'
        if (written === 'appended') {
          if (known?.newest === before)
            learn(
              known,
              rows.map(({ text }) => text),
              now,
            )
          return outcomes
        }
        decided = undefined
        isOutrun = true
        const { newest } = await look(attempt, now)
        // Nobody was let in, and so it is by what is newest.
        if (rows.length === 0 && newest === before) return outcomes
      }
      if (isOutrun) throw new StoreError('contention', 'too many wanted the list of revocations')
      return 'late'
    }
  }

  /** Writes what waits. */
  async function flush(): Promise<void> {
    const additions = asked.splice(0, MOST_AT_ONCE)
    const now = additions[0]?.now
    if (now === undefined) return
    try {
      const outcomes = await call(write(additions, now))
      for (const [index, outcome] of outcomes.entries()) additions[index]?.tell(outcome)
      if (known !== undefined) sweep(known, now)
    } catch (error) {
      for (const { fail } of additions) fail(error)
    }
  }

  function add(addition: Addition, now: number): Promise<Outcome> {
    return new Promise((tell, fail) => {
      asked.push({ addition, now, tell, fail })
      void inTurn('', flush)
    })
  }

  return {
    async ready() {
      await ready()
      for (let turn = 0; ; turn++) {
        try {
          return void (await call((attempt) => look(attempt, 0)))
        } catch (error) {
          // A long list takes longer than anybody waits for an answer: it goes on where it was.
          if (!(error instanceof StoreError && error.reason === 'late') || turn === MOST_TURNS) throw error
        }
      }
    },
    // An issuer of 0.1.0 does not tell the time.
    add: (addition, now: number | undefined) =>
      now === undefined ? call(async (attempt) => timeOf(attempt)).then((at) => add(addition, at)) : add(addition, now),
    async read(now, what, isElse = false): Promise<Bundle> {
      const of = await call((attempt) => look(attempt, now))
      sweep(of, now)
      return { epoch: of.epoch, seq: seqOf(of), salt: of.salt, events: groupEvents(of.events.live(now, what, isElse)) }
    },
  }
}

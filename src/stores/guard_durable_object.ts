/**
 * The guard's memory on Workers: a Durable Object with SQLite. Every call is one synchronous stretch: nothing is awaited
 * between looking and writing.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers'
import { decideStep, type Family, NEW_FAMILY } from './family.ts'
import { type Advance, MARGIN, type Step } from './guard.ts'

/** A row of a family. */
type FamilyRow = Record<'generation' | 'since' | 'ended' | 'uses', number> & Record<'bound' | 'attempt', string>

/** A family, and the attempt that made it what it is; `''` where that had no name. */
interface Row {
  readonly family: Family
  readonly attempt: string
}

/** Columns of a family that 0.1.0 did not know. It may write beside us: what it leaves out has a default. */
const ADDED_COLUMNS = {
  bound: "TEXT NOT NULL DEFAULT ''",
  uses: 'INTEGER NOT NULL DEFAULT 0',
  attempt: "TEXT NOT NULL DEFAULT ''",
} as const

/** Returns what an attempt was told that made a family what it is: it asks again, for its answer was lost. */
function toldBefore({ generation, ended }: Family): Advance {
  return ended ? { outcome: 'reused' } : { outcome: 'advanced', generation }
}

/**
 * A shard of the guard. It can be reached by its binding alone.
 *
 * @example
 * export { default, GuardObject, RevocationsObject } from 'bulla/worker'
 */
export class GuardObject extends DurableObject {
  #sql = this.ctx.storage.sql
  #alarmAt: number | undefined

  constructor(...arguments_: ConstructorParameters<typeof DurableObject>) {
    super(...arguments_)
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS spent (id TEXT PRIMARY KEY, attempt TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID',
    )
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS family (gid TEXT PRIMARY KEY, generation INTEGER NOT NULL, since INTEGER NOT NULL, ended INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID',
    )
    // 0.1.0 does not know it: what stands there it leaves alone.
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, envelope TEXT NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID',
    )
    // Nor this, which no alarm looks at: what is raised has no end.
    this.#sql.exec('CREATE TABLE IF NOT EXISTS raised (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID')
    const known = this.#sql.exec<{ name: string }>("SELECT name FROM pragma_table_info('family')").toArray()
    for (const [name, type] of Object.entries(ADDED_COLUMNS))
      if (!known.some((column) => column.name === name)) this.#sql.exec(`ALTER TABLE family ADD COLUMN ${name} ${type}`)
  }

  /**
   * Spends a name, unless it is too late: whoever asked has given up by then, and nothing may be spent for nobody.
   *
   * @param attempt names the caller's attempt: the same attempt may ask again, and gets the same answer
   * @param deadline Unix milliseconds
   */
  spend(id: string, expiresAt: number, attempt: string, deadline: number): 'first' | 'spent' | 'late' {
    if (Date.now() > deadline) return 'late'
    const insert =
      'INSERT INTO spent (id, attempt, expires_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING id'
    const isFirst = this.#sql.exec(insert, id, attempt, expiresAt).toArray().length === 1
    this.#remember(expiresAt)
    if (isFirst) return 'first'
    return this.#sql.exec('SELECT 1 FROM spent WHERE id = ? AND attempt = ?', id, attempt).toArray().length === 1
      ? 'first'
      : 'spent'
  }

  /**
   * Moves a family on, by the rule of `decideStep`; after `deadline` (Unix milliseconds) not at all.
   *
   * @param attempt names the caller's attempt: the same attempt may ask again, and gets the same answer. 0.1.0 has none
   */
  advance(step: Step, deadline: number, attempt = ''): Advance | 'late' {
    if (Date.now() > deadline) return 'late'
    const row = this.#read(step.gid)
    if (attempt !== '' && row.attempt === attempt) return toldBefore(row.family)
    const { family, advance } = decideStep(row.family, step)
    this.#write(step.gid, { family, attempt: family === row.family ? row.attempt : attempt }, step.expiresAt)
    return advance
  }

  /** Spends a name, unless one of these that lie here was ended; else as `spend`. */
  spendUnlessEnded(
    id: string,
    expiresAt: number,
    unless: readonly string[],
    attempt: string,
    deadline: number,
  ): 'first' | 'spent' | 'ended' | 'late' {
    if (Date.now() > deadline) return 'late'
    return this.hasEnded(unless) ? 'ended' : this.spend(id, expiresAt, attempt, deadline)
  }

  /** Moves a family on, unless one of these others that lie here was ended; else as `advance`. */
  advanceUnlessEnded(step: Step, unless: readonly string[], deadline: number, attempt: string): Advance | 'late' {
    if (Date.now() > deadline) return 'late'
    return this.hasEnded(unless) ? { outcome: 'ended' } : this.advance(step, deadline, attempt)
  }

  /** Ends a family or a session. */
  end(id: string, expiresAt: number): void {
    const { family } = this.#read(id)
    this.#write(id, { family: { ...family, ended: true }, attempt: '' }, expiresAt)
  }

  /** Tells whether one of these was ended. */
  hasEnded(ids: readonly string[]): boolean {
    const select = 'SELECT 1 FROM family WHERE gid = ? AND ended = 1'
    return ids.some((id) => this.#sql.exec(select, id).toArray().length > 0)
  }

  /** Leaves an envelope under a name that is free; after `deadline` (Unix milliseconds) not at all. */
  leave(name: string, envelope: string, expiresAt: number, deadline: number): 'first' | 'taken' | 'late' {
    if (Date.now() > deadline) return 'late'
    const insert = `INSERT INTO kept (name, envelope, expires_at) VALUES (?, ?, ?)
      ON CONFLICT (name) DO UPDATE SET expires_at = expires_at WHERE envelope = excluded.envelope RETURNING name`
    const isFirst = this.#sql.exec(insert, name, envelope, expiresAt).toArray().length === 1
    this.#remember(expiresAt)
    return isFirst ? 'first' : 'taken'
  }

  /** Returns what is left under a name. */
  look(name: string): string | undefined {
    const select = 'SELECT envelope FROM kept WHERE name = ?'
    return this.#sql.exec<{ envelope: string }>(select, name).toArray()[0]?.envelope
  }

  /** Puts one envelope in the place of another; after `deadline` (Unix milliseconds) not at all. */
  swap(name: string, before: string, after: string, expiresAt: number, deadline: number): 'swapped' | 'other' | 'late' {
    if (Date.now() > deadline) return 'late'
    const update = `UPDATE kept SET envelope = ?, expires_at = MAX(expires_at, ?)
      WHERE name = ? AND envelope IN (?, ?) RETURNING name`
    return this.#sql.exec(update, after, expiresAt, name, before, after).toArray().length === 1 ? 'swapped' : 'other'
  }

  /** Raises the number under a name, and returns the highest; after `deadline` (Unix milliseconds) not at all. */
  raise(name: string, number: number, deadline: number): number | 'late' {
    if (Date.now() > deadline) return 'late'
    const upsert = `INSERT INTO raised (name, number) VALUES (?, ?)
      ON CONFLICT (name) DO UPDATE SET number = MAX(number, excluded.number) RETURNING number`
    return this.#sql.exec<{ number: number }>(upsert, name, number).one().number
  }

  /** Drops the rows whose time is over. */
  override async alarm(): Promise<void> {
    const limit = Math.floor(Date.now() / 1000) - MARGIN
    this.#sql.exec('DELETE FROM spent WHERE expires_at < ?', limit)
    this.#sql.exec('DELETE FROM family WHERE expires_at < ?', limit)
    this.#sql.exec('DELETE FROM kept WHERE expires_at < ?', limit)
    this.#alarmAt = undefined
    const rows = `SELECT MIN(expires_at) AS next FROM (SELECT expires_at FROM spent
      UNION ALL SELECT expires_at FROM family UNION ALL SELECT expires_at FROM kept)`
    const { next } = this.#sql.exec<{ next: number | null }>(rows).one()
    if (next !== null) this.#remember(next)
  }

  #read(gid: string): Row {
    const select = 'SELECT generation, since, ended, bound, uses, attempt FROM family WHERE gid = ?'
    const [row] = this.#sql.exec<FamilyRow>(select, gid).toArray()
    if (row === undefined) return { family: NEW_FAMILY, attempt: '' }
    const { ended, attempt, ...family } = row
    return { family: { ...family, ended: ended === 1 }, attempt }
  }

  #write(gid: string, { family, attempt }: Row, expiresAt: number): void {
    const { generation, since, ended, bound, uses } = family
    const upsert = `INSERT INTO family (gid, generation, since, ended, bound, uses, attempt, expires_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (gid) DO UPDATE SET generation = excluded.generation, since = excluded.since, ended = excluded.ended,
      bound = excluded.bound, uses = excluded.uses, attempt = excluded.attempt,
      expires_at = MAX(expires_at, excluded.expires_at)`
    this.#sql.exec(upsert, gid, generation, since, ended ? 1 : 0, bound, uses, attempt, expiresAt)
    this.#remember(expiresAt)
  }

  /** Sees to it that there is a clean-up after `expiresAt`. */
  #remember(expiresAt: number): void {
    const at = (expiresAt + MARGIN + 1) * 1000
    if (this.#alarmAt !== undefined && this.#alarmAt <= at) return
    this.#alarmAt = at
    this.ctx.waitUntil(this.#wakeBy(at))
  }

  async #wakeBy(at: number): Promise<void> {
    const current = await this.ctx.storage.getAlarm()
    if (current === null || current > at) await this.ctx.storage.setAlarm(at)
  }
}

/**
 * The memory of the revocations on Workers: one Durable Object with SQLite. It keeps hashes, never the values.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers'
import { encodeBase64url } from '../../keys/base64url.ts'
import { hasElapsed } from '../elapsed.ts'
import type { Bundle } from '../token/revocations.ts'
import { addTo, type EventTable, groupEvents, mergeTags, type Row } from './revocation_list.ts'
import type { Addition, Outcome } from './revocations.ts'

/** Milliseconds between two clean-ups. */
const TIDY_EVERY = 3_600_000

/** Seconds after which the events are counted anew: those whose time is over count until then. */
const COUNT_EVERY = 60

/**
 * The list of revocations. It can be reached by its binding alone.
 *
 * @see {@link GuardObject}
 */
export class RevocationsObject extends DurableObject {
  #sql = this.ctx.storage.sql
  #counted: { count: number; readonly at: number } | undefined

  constructor(...arguments_: ConstructorParameters<typeof DurableObject>) {
    super(...arguments_)
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS list (one INTEGER PRIMARY KEY CHECK (one = 1), salt TEXT NOT NULL, seq INTEGER NOT NULL)',
    )
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS event (kind TEXT NOT NULL, hash TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL, keep INTEGER NOT NULL, PRIMARY KEY (kind, hash)) WITHOUT ROWID',
    )
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS tag (tag TEXT NOT NULL, kind TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (tag, kind, hash)) WITHOUT ROWID',
    )
    this.#sql.exec('CREATE INDEX IF NOT EXISTS tags_of ON tag (kind, hash)')
    // A list of 0.1.0 has no epoch, and goes on without: zero. Any that is made later is later than it.
    const columns = this.#sql.exec<{ name: string }>("SELECT name FROM pragma_table_info('list')").toArray()
    if (!columns.some(({ name }) => name === 'epoch'))
      this.#sql.exec('ALTER TABLE list ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0')
    const [salt, made] = [encodeBase64url(crypto.getRandomValues(new Uint8Array(16))), Date.now()]
    // `seq` begins at that instant: so verifiers of 0.1.0, which know of no epoch, take a list that is made after a loss.
    const insert = 'INSERT INTO list (one, salt, seq, epoch) VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING'
    this.#sql.exec(insert, salt, made, made)
  }

  /** Adds to the list, by the rule of `addTo`. */
  add(addition: Addition, now: number = Math.floor(Date.now() / 1000)): Outcome {
    const { salt } = this.#sql.exec<{ salt: string }>('SELECT salt FROM list').one()
    const outcome = this.ctx.storage.transactionSync(() => addTo(this.#table(salt), addition, now))
    if (!outcome.added) return outcome
    this.#sql.exec('UPDATE list SET seq = seq + 1')
    this.ctx.waitUntil(this.#wake())
    return outcome
  }

  /** Returns the events that can still hit something. */
  read(now: number, what: 'access tokens' | 'anything', isElse = false): Bundle {
    const list = this.#sql.exec<{ salt: string; seq: number; epoch: number }>('SELECT salt, seq, epoch FROM list').one()
    const { salt, seq, epoch } = list
    const live = what !== 'anything' ? 'until > ?' : isElse ? 'keep > ? AND keep > until' : 'keep > ?'
    const rows = this.#sql.exec<Row>(`SELECT kind, hash, at FROM event WHERE ${live}`, now)
    return { ...(epoch === 0 ? {} : { epoch }), seq, salt, events: groupEvents(rows.toArray()) }
  }

  /** Drops the events that can hit nothing any more. */
  override async alarm(): Promise<void> {
    this.#sql.exec('DELETE FROM event WHERE keep <= ?', Math.floor(Date.now() / 1000) - 120)
    this.#sql.exec('DELETE FROM tag WHERE (kind, hash) NOT IN (SELECT kind, hash FROM event)')
    if (this.#sql.exec('SELECT 1 FROM event LIMIT 1').toArray().length > 0) await this.#wake()
  }

  #table(salt: string): EventTable {
    const sql = this.#sql
    const tagged = 'FROM tag JOIN event USING (kind, hash) WHERE tag = ?'
    return {
      salt,
      has: ({ kind, hash }, now) =>
        sql.exec('SELECT 1 FROM event WHERE kind = ? AND hash = ? AND keep > ?', kind, hash, now).toArray().length > 0,
      count: (now, tag) =>
        tag === undefined
          ? this.#count(now)
          : sql.exec<{ n: number }>(`SELECT COUNT(*) AS n ${tagged} AND keep > ?`, tag, now).one().n,
      take: (tag) => {
        const last = `SELECT COUNT(*) AS n, COALESCE(MAX(until), 0) AS until, COALESCE(MAX(keep), 0) AS keep ${tagged}`
        const { n, until, keep } = sql.exec<{ n: number; until: number; keep: number }>(last, tag).one()
        const these = '(kind, hash) IN (SELECT kind, hash FROM tag WHERE tag = ?)'
        const tags = sql
          .exec<{ tag: string }>(`SELECT DISTINCT tag FROM tag JOIN event USING (kind, hash) WHERE ${these}`, tag)
          .toArray()
        sql.exec(`DELETE FROM event WHERE ${these}`, tag)
        sql.exec(`DELETE FROM tag WHERE ${these}`, tag)
        if (this.#counted !== undefined) this.#counted.count -= n
        return { until, keep, tags: tags.map((one) => one.tag) }
      },
      put: ({ kind, hash, at, until, keep }, tags, now) => {
        const over = 'SELECT kind, hash FROM event WHERE kind = ? AND hash = ? AND keep <= ?'
        sql.exec(`DELETE FROM tag WHERE (kind, hash) IN (${over})`, kind, hash, now)
        const insert = `INSERT INTO event (kind, hash, at, until, keep) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1`
        const isNew = sql.exec(insert, kind, hash, at, until, keep).toArray().length === 1
        if (isNew && this.#counted !== undefined) this.#counted.count++
        const reach = 'UPDATE event SET at = MAX(at, ?), until = MAX(until, ?), keep = MAX(keep, ?)'
        if (!isNew) sql.exec(`${reach} WHERE kind = ? AND hash = ?`, at, until, keep, kind, hash)
        const own = sql.exec<{ tag: string }>('DELETE FROM tag WHERE kind = ? AND hash = ? RETURNING tag', kind, hash)
        for (const tag of mergeTags([...tags, ...own.toArray().map((one) => one.tag)]))
          sql.exec('INSERT INTO tag (tag, kind, hash) VALUES (?, ?, ?)', tag, kind, hash)
      },
    }
  }

  /** Counts the events: rarely one by one, else by what was written since. */
  #count(now: number): number {
    if (this.#counted === undefined || hasElapsed(this.#counted.at, COUNT_EVERY, now)) {
      const count = this.#sql.exec<{ n: number }>('SELECT COUNT(*) AS n FROM event WHERE keep > ?', now).one().n
      this.#counted = { count, at: now }
    }
    return this.#counted.count
  }

  async #wake(): Promise<void> {
    const [current, at] = [await this.ctx.storage.getAlarm(), Date.now() + TIDY_EVERY]
    // One that is further away was set by a clock that has been set back since.
    if (current === null || current > at) await this.ctx.storage.setAlarm(at)
  }
}

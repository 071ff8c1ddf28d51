/**
 * The memory of the revocations on Workers: one Durable Object with SQLite. It keeps hashes, never the values.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers'
import { encodeBase64url } from '../../keys/base64url.ts'
import { type Bundle, hashRevoked } from '../token/revocations.ts'
import { groupEvents, type RevocationEvent } from './revocations.ts'

/** Milliseconds between two clean-ups. */
const TIDY_EVERY = 3_600_000

/** The list of revocations. It can be reached by its binding alone. */
export class RevocationsObject extends DurableObject {
  #sql = this.ctx.storage.sql

  constructor(...arguments_: ConstructorParameters<typeof DurableObject>) {
    super(...arguments_)
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS list (one INTEGER PRIMARY KEY CHECK (one = 1), salt TEXT NOT NULL, seq INTEGER NOT NULL)',
    )
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS event (kind TEXT NOT NULL, hash TEXT NOT NULL, at INTEGER NOT NULL, until INTEGER NOT NULL, keep INTEGER NOT NULL, PRIMARY KEY (kind, hash)) WITHOUT ROWID',
    )
    const salt = encodeBase64url(crypto.getRandomValues(new Uint8Array(16)))
    this.#sql.exec('INSERT INTO list (one, salt, seq) VALUES (1, ?, 0) ON CONFLICT DO NOTHING', salt)
  }

  /** Adds an event; the same one again only ever reaches further. */
  add({ kind, value, at, until, keep }: RevocationEvent): void {
    const { salt } = this.#sql.exec<{ salt: string }>('UPDATE list SET seq = seq + 1 RETURNING salt').one()
    const upsert = `INSERT INTO event (kind, hash, at, until, keep) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET at = MAX(at, excluded.at), until = MAX(until, excluded.until), keep = MAX(keep, excluded.keep)`
    this.#sql.exec(upsert, kind, hashRevoked(salt, kind, value), at, until, keep)
    this.ctx.waitUntil(this.#wake())
  }

  /** Returns the events that can still hit something. */
  read(now: number, what: 'access tokens' | 'anything'): Bundle {
    const { salt, seq } = this.#sql.exec<{ salt: string; seq: number }>('SELECT salt, seq FROM list').one()
    const column = what === 'anything' ? 'keep' : 'until'
    const query = `SELECT kind, hash, at FROM event WHERE ${column} > ?`
    const rows = this.#sql.exec<{ kind: string; hash: string; at: number }>(query, now)
    return { seq, salt, events: groupEvents(rows.toArray()) }
  }

  /** Drops the events that can hit nothing any more. */
  override async alarm(): Promise<void> {
    this.#sql.exec('DELETE FROM event WHERE keep <= ?', Math.floor(Date.now() / 1000) - 120)
    if (this.#sql.exec('SELECT 1 FROM event LIMIT 1').toArray().length > 0) await this.#wake()
  }

  async #wake(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + TIDY_EVERY)
  }
}

/**
 * Revocations on PostgreSQL or SQLite, and what speaks like them.
 *
 * @module
 */

import { createLogRevocations, MOST_READ, type RevocationLog, type SharedRevocations } from './revocation_log.ts'
import { refusalOfSql } from './sql_refusal.ts'
import { IN_TIME, TIME } from './sql_statement.ts'
import { createSqlStore, type SqlStoreOptions } from './sql_store.ts'

/** What revocations on SQL are made of. */
export type SqlRevocationsOptions = SqlStoreOptions

/** A list in JSON as rows, one `value` each; its members by their place, and itself, as texts. */
const JSON_ROWS = {
  postgresql: {
    from: 'jsonb_array_elements(CAST(? AS JSONB)) AS one (value)',
    member: (place: number) => `(one.value ->> ${place})`,
    self: "(one.value #>> '{}')",
  },
  sqlite: {
    from: 'json_each(?) AS one',
    member: (place: number) => `(one.value ->> ${place})`,
    self: 'one.value',
  },
} as const

/**
 * Returns revocations on SQL. Their table is that of `sqlSchema`: a database, or a schema, for each issuer. Await `ready()` at the
 * start: it looks whether the database may be trusted with this.
 *
 * @throws {TypeError | RangeError} when an option is wrong
 * @see {@link createSqlGuard}
 */
export function createSqlRevocations(options: SqlRevocationsOptions): SharedRevocations {
  const store = createSqlStore('createSqlRevocations', options)
  const { ask } = store
  const { dialect } = options
  const [inTime, json] = [IN_TIME[dialect], JSON_ROWS[dialect]]
  const newestText = '(SELECT value FROM bulla_revocation ORDER BY seq DESC LIMIT 1)'

  async function read(from: number): Promise<readonly string[] | undefined> {
    const select = `SELECT seq, value FROM bulla_revocation WHERE seq = 0 OR seq >= CAST(? AS BIGINT)
      ORDER BY seq LIMIT ${MOST_READ + 1}`
    const rows = await ask(select, from)
    return Number(rows[0]?.['seq'] ?? -1) === 0 ? rows.map(({ value }) => String(value)) : undefined
  }

  const revocations: RevocationLog = {
    async read(from, salt) {
      const texts = await read(from)
      if (texts !== undefined) return texts
      const insert = `INSERT INTO bulla_revocation (seq, value)
        VALUES (0, '[' || CAST(CAST(${TIME[dialect]} AS BIGINT) AS TEXT) || ',"' || CAST(? AS TEXT) || '"]')
        ON CONFLICT (seq) DO NOTHING RETURNING seq`
      await ask(insert, salt)
      return (await read(from)) ?? []
    },
    async append(newest, rows, { deadline }) {
      const insert = `INSERT INTO bulla_revocation (seq, value)
        SELECT CAST(${json.member(0)} AS BIGINT), ${json.member(1)} FROM ${json.from}
        WHERE ${newestText} = ? AND ${inTime} RETURNING seq`
      const values = JSON.stringify(rows.map(({ seq, text }) => [seq, text]))
      const inserted = await ask(insert, values, newest, deadline).catch((error) => {
        // Somebody else writes the same number at this instant (PostgreSQL).
        if (error?.code === '23505' || refusalOfSql(error) === 'contention') return []
        throw error
      })
      if (inserted.length > 0) return 'appended'
      const [row] = await ask(`SELECT ${newestText} AS newest, ${inTime} AS timely`, deadline)
      if (row?.['newest'] === rows.at(-1)?.text) return 'appended'
      return row?.['timely'] ? 'other' : 'late'
    },
    async drop(seqs, { seq, text }) {
      const remove = `DELETE FROM bulla_revocation WHERE seq IN (SELECT CAST(${json.self} AS BIGINT) FROM ${json.from})
        AND seq > 0 AND EXISTS (SELECT 1 FROM bulla_revocation WHERE seq = CAST(? AS BIGINT) AND value = ?) RETURNING seq`
      await ask(remove, JSON.stringify(seqs), seq, text)
    },
  }
  return createLogRevocations(revocations, store)
}

/**
 * SQL for PostgreSQL and SQLite: one text with `?` for each value, and what differs between the two.
 *
 * @module
 */

/** Which SQL a store speaks. */
export type Dialect = 'postgresql' | 'sqlite'

/** A value of a statement. */
export type SqlValue = string | number

/** What a statement returns. */
export type SqlRows = readonly Readonly<Record<string, unknown>>[]

/**
 * Runs one statement, on its own and never inside a transaction of yours, and returns its rows: pg's `(await pool.query(text,
 * [...values])).rows`, postgres.js' `sql.unsafe(text, [...values], { prepare: true })`, SQLite's
 * `database.prepare(text).all(...values)`, D1's `(await db.prepare(text).bind(...values).all()).results`.
 */
export type SqlQuery = (text: string, values: readonly SqlValue[]) => Promise<SqlRows> | SqlRows

/** Returns a statement in a dialect: PostgreSQL counts its values. */
export function written(dialect: Dialect, text: string): string {
  let count = 0
  return dialect === 'sqlite' ? text : text.replace(/\?/g, () => `$${++count}`)
}

/** The time in Unix milliseconds, by the store's clock. */
export const TIME: Readonly<Record<Dialect, string>> = {
  postgresql: '(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)',
  sqlite: "(unixepoch('subsec') * 1000)",
}

/** Tells that of so many families none has ended; each value is the name of one. */
export function noneEnded(count: number): string {
  const places = Array.from({ length: count }, () => '?').join(', ')
  return count === 0 ? '' : `AND NOT EXISTS (SELECT 1 FROM bulla_family WHERE ended = 1 AND id IN (${places}))`
}

/** Returns a statement that asks for so many families, written once for each number of them. */
export function textsFor(write: (families: number) => string): (families: number) => string {
  const texts = new Map<number, string>()
  return (families) => {
    const text = texts.get(families) ?? write(families)
    texts.set(families, text)
    return text
  }
}

/** What is the greatest of several numbers. */
export const GREATEST: Readonly<Record<Dialect, string>> = { postgresql: 'GREATEST', sqlite: 'MAX' }

/**
 * Tells whether it is not too late: its value is a deadline in Unix milliseconds, by the store's clock.
 *
 * PostgreSQL waits, after it has looked at the clock, for whoever is changing the same row: from then on at the most until the
 * deadline, or nothing is written. SQLite looks at the clock when nobody else is writing any more.
 */
export const IN_TIME: Readonly<Record<Dialect, string>> = {
  postgresql: `(SELECT CASE WHEN rest > 0 THEN set_config('lock_timeout', CAST(CEIL(rest) AS TEXT), true) <> '' ELSE false END
    FROM (SELECT CAST(? AS DOUBLE PRECISION) - ${TIME.postgresql} AS rest OFFSET 0) AS clock)`,
  sqlite: `(${TIME.sqlite} <= ?)`,
}

/**
 * SQL for PostgreSQL and SQLite: one text with `?` for each value, and what differs between the two.
 *
 * @module
 */

/** Which SQL a store speaks. */
export type Dialect = 'postgresql' | 'sqlite'

/** A value of a statement. */
export type SqlValue = string | number

/**
 * Runs one statement, on its own and never inside a transaction of yours, and returns its rows: pg's `(await pool.query(text,
 * [...values])).rows`, postgres.js' `sql.unsafe(text, [...values])`, SQLite's `database.prepare(text).all(...values)`.
 */
export type SqlQuery = (
  text: string,
  values: readonly SqlValue[],
) => Promise<readonly Readonly<Record<string, unknown>>[]> | readonly Readonly<Record<string, unknown>>[]

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

/**
 * A database of Cloudflare's D1, in workerd.
 *
 * @module
 */

import { env } from 'cloudflare:workers'
import { type SqlQuery, type SqlRows, sqlSchema } from '../../src/stores/index.ts'

/** What is used of a D1 database. */
interface Database {
  prepare(text: string): Statement
}
interface Statement {
  bind(...values: readonly unknown[]): Statement
  all(): Promise<{ readonly results: SqlRows }>
}

const database = env['GUARD_DATABASE'] as Database

/** Asks it. */
export const query: SqlQuery = async (text, values) =>
  (
    await database
      .prepare(text)
      .bind(...values)
      .all()
  ).results

/** Makes the tables: a statement at a time, as D1 takes them. */
export async function makeTables(): Promise<void> {
  for (const text of sqlSchema('sqlite').split(';').slice(0, -1)) await database.prepare(text).all()
}

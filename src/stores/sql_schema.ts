/**
 * The tables of stores on SQL, as the operator makes them: nothing here ever alters a table.
 *
 * @module
 */

import type { Dialect } from './sql_statement.ts'

/** The version of the tables; `bulla_meta` holds it. */
export const SCHEMA_VERSION = 1

/**
 * Returns the statements that make the tables, each of which may be run again.
 *
 * @example
 * import { DatabaseSync } from 'node:sqlite'
 * import { sqlSchema } from 'bulla/stores'
 *
 * new DatabaseSync('bulla.sqlite').exec(sqlSchema('sqlite'))
 */
export function sqlSchema(dialect: Dialect): string {
  const number = dialect === 'postgresql' ? 'BIGINT' : 'INTEGER'
  const end = dialect === 'postgresql' ? '' : ' WITHOUT ROWID'
  return `CREATE TABLE IF NOT EXISTS bulla_meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  version INTEGER NOT NULL
);
INSERT INTO bulla_meta (one, version) VALUES (1, ${SCHEMA_VERSION}) ON CONFLICT (one) DO NOTHING;
CREATE TABLE IF NOT EXISTS bulla_name (
  id TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  expires_at ${number} NOT NULL
)${end};
CREATE INDEX IF NOT EXISTS bulla_name_expires_at ON bulla_name (expires_at);
CREATE TABLE IF NOT EXISTS bulla_family (
  id TEXT PRIMARY KEY,
  generation ${number} NOT NULL,
  since ${number} NOT NULL,
  ended INTEGER NOT NULL,
  bound TEXT NOT NULL,
  uses ${number} NOT NULL,
  attempt TEXT NOT NULL,
  outcome TEXT NOT NULL,
  expires_at ${number} NOT NULL
)${end};
CREATE INDEX IF NOT EXISTS bulla_family_expires_at ON bulla_family (expires_at);
CREATE TABLE IF NOT EXISTS bulla_revocation (
  seq ${number} PRIMARY KEY,
  value TEXT NOT NULL
);
`
}

/**
 * Refresh families on SQL: `decideStep` in one statement, for a database that is far away, or asked for the same by many.
 *
 * @module
 */

import type { Advance, Step } from './guard.ts'
import { type Dialect, GREATEST, IN_TIME, noneEnded, type SqlRows, type SqlValue, textsFor } from './sql_statement.ts'
import type { SqlStore } from './sql_store.ts'
import type { Attempt } from './store_calls.ts'

/** As often as anybody can come. */
const ANY_NUMBER = Number.MAX_SAFE_INTEGER

/**
 * The rule of `decideStep`, held against it by a test: what a step is to the family that lies there, and what it makes of it.
 * An attempt that has changed it asks again: its answer was lost.
 */
const advanceText = (dialect: Dialect, unless: number): string => `WITH step AS (SELECT CAST(? AS TEXT) AS id,
    CAST(? AS BIGINT) AS generation, CAST(? AS BIGINT) AS now, CAST(? AS BIGINT) AS grace, CAST(? AS BIGINT) AS grace_uses,
    CAST(? AS TEXT) AS bound, CAST(? AS TEXT) AS attempt, CAST(? AS BIGINT) AS expires_at)
  INSERT INTO bulla_family AS t (id, generation, since, ended, bound, uses, attempt, outcome, expires_at)
  SELECT id, CASE generation WHEN 0 THEN 1 ELSE 0 END, CASE generation WHEN 0 THEN now ELSE 0 END,
    CASE generation WHEN 0 THEN 0 ELSE 1 END, CASE generation WHEN 0 THEN bound ELSE '' END, 0, attempt,
    CASE generation WHEN 0 THEN 'advanced' ELSE 'reused' END, expires_at
  FROM step WHERE ${IN_TIME[dialect]} ${noneEnded(unless)}
  ON CONFLICT (id) DO UPDATE SET (generation, since, ended, bound, uses, attempt, outcome, expires_at) = (SELECT
    CASE is_a WHEN 'next' THEN t.generation + 1 ELSE t.generation END,
    CASE is_a WHEN 'next' THEN now ELSE t.since END,
    CASE is_a WHEN 'reused' THEN 1 ELSE t.ended END,
    CASE is_a WHEN 'next' THEN bound ELSE t.bound END,
    CASE is_a WHEN 'next' THEN 0 WHEN 'again' THEN t.uses + 1 ELSE t.uses END,
    CASE WHEN is_a IN ('next', 'again', 'reused') THEN attempt ELSE t.attempt END,
    CASE WHEN is_a IN ('next', 'again') THEN 'advanced' WHEN is_a <> 'same' THEN is_a
      WHEN t.ended = 1 THEN 'reused' ELSE 'advanced' END,
    ${GREATEST[dialect]}(t.expires_at, expires_at)
    FROM (SELECT step.*, CASE
      WHEN t.attempt = step.attempt THEN 'same'
      WHEN t.ended = 1 THEN 'ended'
      WHEN step.generation = t.generation AND t.bound IN ('', step.bound) THEN 'next'
      WHEN step.generation <> t.generation - 1 OR step.bound <> t.bound OR step.grace <= 0 OR
        ABS(step.now - t.since) > step.grace THEN 'reused'
      WHEN t.uses >= step.grace_uses THEN 'exhausted'
      ELSE 'again' END AS is_a FROM step) AS decided)
  RETURNING outcome, generation`

const endText = (dialect: Dialect): string => `INSERT INTO bulla_family AS t
    (id, generation, since, ended, bound, uses, attempt, outcome, expires_at)
  SELECT CAST(? AS TEXT), 0, 0, 1, '', 0, CAST(? AS TEXT), 'ended', CAST(? AS BIGINT) WHERE ${IN_TIME[dialect]}
  ON CONFLICT (id) DO UPDATE SET ended = 1, attempt = excluded.attempt,
    expires_at = ${GREATEST[dialect]}(t.expires_at, excluded.expires_at)
  RETURNING id`

/** Families in a store: each of these is one statement. */
export interface SqlFamilies {
  /**
   * @param step with `gid` and `bound` as they are stored
   * @param unless other families, as they are stored: where one of them has ended nothing moves. Default: none
   */
  advance(step: Step, attempt: Attempt, unless?: readonly string[]): Promise<Advance | 'late'>
  end(id: string, expiresAt: number, attempt: Attempt): Promise<'ended' | 'late'>
  hasEnded(ids: readonly string[]): Promise<boolean>
}

function readAdvance(row: SqlRows[number]): Advance {
  const { outcome, generation } = row
  if (outcome === 'advanced') return { outcome, generation: Number(generation) }
  if (outcome === 'reused' || outcome === 'exhausted' || outcome === 'ended') return { outcome }
  throw new RangeError('a family that is none')
}

/** Returns the families that lie in a store. */
export function createSqlFamilies({ ask }: Pick<SqlStore, 'ask'>, dialect: Dialect): SqlFamilies {
  const [advanceFor, end] = [textsFor((unless) => advanceText(dialect, unless)), endText(dialect)]
  async function hasEnded(ids: readonly string[]): Promise<boolean> {
    if (ids.length === 0) return false
    const places = ids.map(() => '?').join(', ')
    const rows = await ask(`SELECT id FROM bulla_family WHERE ended = 1 AND id IN (${places}) LIMIT 1`, ...ids)
    return rows.length > 0
  }
  return {
    hasEnded,
    async advance(step, { id, deadline }, unless = []) {
      const { gid, generation, now, grace, graceUses = ANY_NUMBER, bound = '', expiresAt } = step
      const uses = Math.min(graceUses, ANY_NUMBER)
      const values: readonly SqlValue[] = [gid, generation, now, grace, uses, bound, id, expiresAt, deadline]
      const [row] = await ask(advanceFor(unless.length), ...values, ...unless)
      if (row !== undefined) return readAdvance(row)
      // Nothing moved: what has ended stays so, and can be asked for after it.
      return (await hasEnded(unless)) ? { outcome: 'ended' } : 'late'
    },
    async end(gid, expiresAt, { id, deadline }) {
      return (await ask(end, gid, id, expiresAt, deadline)).length === 0 ? 'late' : 'ended'
    },
  }
}

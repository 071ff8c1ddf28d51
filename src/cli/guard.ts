/**
 * `bulla guard …`: the tables of a guard on SQL.
 *
 * @module
 */

import type { SharedGuard, SqlGuard } from '../stores/index.ts'
import { type Command, OUT, UsageError } from './command.ts'
import { GUARD, NODE, openGuard } from './guard_url.ts'

/** Tells whether a guard keeps what is over until somebody drops it. */
function isTidied(guard: SharedGuard): guard is SqlGuard {
  return 'tidy' in guard
}

const DIALECTS = ['postgresql', 'sqlite']

const schema: Command = {
  call: 'guard schema',
  summary: 'the statements that make the tables of a guard on SQL',
  guesses: ['migrate', 'tables'],
  example: { line: 'bulla guard schema --dialect postgresql --out guard.sql' },
  details:
    'They can be run again. Nothing of bulla alters tables; `bulla serve` makes them in its own SQLite file alone.',
  options: {
    dialect: { type: 'string', value: 'DIALECT', choices: DIALECTS, help: 'postgresql or sqlite' },
    out: { ...OUT, help: 'write into a new file instead of stdout' },
  },
  needs: ['dialect'],
  async run(values, _operand, io) {
    const dialect = values.need('dialect')
    if (dialect !== 'postgresql' && dialect !== 'sqlite')
      throw new UsageError('--dialect expected postgresql or sqlite')
    const { sqlSchema } = await import('../stores/index.ts')
    const sql = sqlSchema(dialect).trimEnd()
    io.out(values.has('json') ? JSON.stringify({ dialect, sql }) : sql)
    return 0
  },
}

const tidy: Command = {
  call: 'guard tidy',
  summary: 'drop the rows whose time is over from a guard on SQL',
  example: { line: 'bulla guard tidy --guard sqlite:bulla.sqlite', prints: '0 rows are gone' },
  details: 'A guard does that itself, a little now and then: this is for whoever wants it at an hour of his own.',
  options: { guard: GUARD },
  node: NODE,
  async run(values, _operand, io) {
    const { stores } = await openGuard(values, undefined, (words) => io.say(`warning: ${words}`))
    try {
      const { guard } = stores
      const gone = isTidied(guard) ? await guard.tidy() : 0
      if (values.has('json')) io.out(JSON.stringify({ gone }))
      io.say(isTidied(guard) ? `${gone} rows are gone` : 'Redis drops by itself what is over')
    } finally {
      await stores.close()
    }
    return 0
  },
}

/** The commands that look after the guard's tables. */
export const guardCommands: readonly Command[] = [schema, tidy]

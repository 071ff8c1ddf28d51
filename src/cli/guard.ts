/**
 * `bulla guard …`: the tables of a guard on SQL.
 *
 * @module
 */

import type { Command } from './command.ts'
import { OUT, UsageError } from './command.ts'

const schema: Command = {
  call: 'guard schema',
  summary: 'the statements that make the tables of a guard on SQL',
  details:
    'They can be run again. Nothing of bulla alters tables; `bulla serve` makes them in its own SQLite file alone.',
  options: {
    dialect: { type: 'string', value: 'DIALECT', help: 'postgresql or sqlite' },
    out: { ...OUT, help: 'write into a new file instead of stdout' },
  },
  needs: ['dialect'],
  async run(values, _operand, io) {
    const dialect = values.need('dialect')
    if (dialect !== 'postgresql' && dialect !== 'sqlite')
      throw new UsageError('--dialect expected postgresql or sqlite')
    const { sqlSchema } = await import('../stores/index.ts')
    io.out(sqlSchema(dialect).trimEnd())
    return 0
  },
}

/** The commands that look after the guard's tables. */
export const guardCommands: readonly Command[] = [schema]

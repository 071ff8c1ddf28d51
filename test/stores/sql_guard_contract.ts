/**
 * What every guard must do, on a database that has the tables.
 *
 * @module
 */

import { createSqlGuard, type Dialect, type SqlQuery } from '../../src/stores/index.ts'
import { guardContract } from './guard_contract.ts'

/** Runs the contract. `query` may be asked as soon as tests run. `disturb` is as the contract's. */
export function sqlGuardContract(dialect: Dialect, query: SqlQuery, disturb = async (): Promise<void> => {}): void {
  guardContract(() => createSqlGuard({ dialect, query }), disturb, {
    create: (carry) => createSqlGuard({ dialect, query: (text, values) => carry(async () => query(text, values)) }),
    tidy: () => createSqlGuard({ dialect, query }).tidy(),
  })
}

/**
 * The face of `bulla/stores`: what many processes share.
 *
 * @see docs/guides/guards.md
 *
 * @module
 */

export type { SendCommand } from './redis_calls.ts'
export { createRedisGuard, type RedisGuardOptions } from './redis_guard.ts'
export { createRedisRevocations, type RedisRevocationsOptions } from './redis_revocations.ts'
export type { SharedRevocations } from './revocation_log.ts'
export type { SharedGuard } from './shared_guard.ts'
export { createSqlGuard, type SqlGuard, type SqlGuardOptions } from './sql_guard.ts'
export { createSqlRevocations, type SqlRevocationsOptions } from './sql_revocations.ts'
export { sqlSchema } from './sql_schema.ts'

export type { Dialect, SqlQuery, SqlRows, SqlValue } from './sql_statement.ts'
export { StoreError, type StoreReason } from './store_error.ts'

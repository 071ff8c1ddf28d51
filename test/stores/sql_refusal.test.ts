import { expect, it } from 'vitest'
import { refusalOfSql } from '../../src/stores/sql_refusal.ts'

const sqlite = 'ERR_SQLITE_ERROR'

it.each([
  ['PostgreSQL: two in each other’s way', { code: '40P01' }, 'contention'],
  ['PostgreSQL: another transaction came before', { code: '40001' }, 'contention'],
  ['PostgreSQL: a lock was not to be had', { code: '55P03' }, 'contention'],
  ['PostgreSQL: "statement_timeout"', { code: '57014' }, 'late'],
  ['PostgreSQL: a standby', { code: '25006' }, 'readonly_replica'],
  ['PostgreSQL: the disk is full', { code: '53100' }, 'memory_full'],
  ['PostgreSQL: a table is missing', { code: '42P01' }, 'schema'],
  ['PostgreSQL: a column is missing', { code: '42703' }, 'schema'],
  ['PostgreSQL: it may not be written', { code: '42501' }, 'refused_by_server'],
  ['PostgreSQL: a wrong password', { code: '28P01' }, 'refused_by_server'],
  ['PostgreSQL: no such database', { code: '3D000' }, 'refused_by_server'],
  ['PostgreSQL: inside a transaction that has failed', { code: '25P02' }, 'refused_by_server'],
  ['PostgreSQL: it is being stopped, and may have heard', { code: '57P01' }, undefined],
  ['PostgreSQL: too many connections', { code: '53300' }, undefined],
  ['a connection that broke', { code: 'ECONNRESET', errno: -104 }, undefined],
  ['a driver of which nobody knows', new Error('Connection terminated unexpectedly'), undefined],
  ['something that is no error', undefined, undefined],
  ['Node: another process writes', { code: sqlite, errcode: 5 }, 'contention'],
  ['Node: another process has written since', { code: sqlite, errcode: 5 | (2 << 8) }, 'contention'],
  ['Node: no room', { code: sqlite, errcode: 13 }, 'memory_full'],
  ['Node: a file that nobody may write', { code: sqlite, errcode: 8 | (4 << 8) }, 'refused_by_server'],
  ['Node: a file of something else', { code: sqlite, errcode: 26 }, 'refused_by_server'],
  ['Node: a disk that fails, and may have written', { code: sqlite, errcode: 10 }, undefined],
  ['Node: a table is missing', { code: sqlite, errcode: 1, message: 'no such table: bulla_name' }, 'schema'],
  ['Bun, better-sqlite3: another process writes', { code: 'SQLITE_BUSY_SNAPSHOT' }, 'contention'],
  ['D1: another writes', { message: 'D1_ERROR: database is locked: SQLITE_BUSY' }, 'contention'],
  ['D1: no room', { message: 'D1_ERROR: database or disk is full: SQLITE_FULL' }, 'memory_full'],
  ['D1: a table is missing', { message: 'D1_ERROR: no such table: bulla_meta: SQLITE_ERROR' }, 'schema'],
  ['D1: it could not be reached', { message: 'D1_ERROR: Network connection lost.' }, undefined],
])('what a database says is a reason of ours, or nobody knows whether it heard: %s', (_, error, reason) => {
  expect(refusalOfSql(error)).toBe(reason)
})

/**
 * The issuer behind Bun's own server, with Bun's own SQLite.
 *
 * @module
 */

/// <reference path="./other_runtimes.d.ts" />
import { Database } from 'bun:sqlite'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { createIssuer } from '../../../src/index.ts'
import { readSettings } from '../../../src/node/index.ts'
import { createSqlGuard, createSqlRevocations, type SqlQuery, sqlSchema } from '../../../src/stores/index.ts'
import { schemeOf } from '../../parties/drive/scheme.ts'

const database = new Database(join(env['FOLDER'] ?? '', 'bun.sqlite'))
database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = wal; PRAGMA synchronous = FULL')
database.exec(sqlSchema('sqlite'))
const query: SqlQuery = (text, values) => database.query(text).all(...values)
const store = { dialect: 'sqlite', query } as const
const settings = readSettings(readFileSync(env['SETTINGS'] ?? '', 'utf8'), env)
const issuer = createIssuer({
  ...settings,
  guard: createSqlGuard(store),
  revocations: createSqlRevocations(store),
  scheme: schemeOf,
})
Bun.serve({ port: Number(env['PORT']), hostname: '127.0.0.1', fetch: (request) => issuer.fetch(request) })
console.log('ready')

/**
 * The issuer behind Deno's own server, with SQLite.
 *
 * @module
 */

/// <reference path="./other_runtimes.d.ts" />
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { env } from 'node:process'
import { createIssuer } from '../../../src/index.ts'
import { openStores, readSettings } from '../../../src/node/index.ts'
import { schemeOf } from '../../parties/drive/scheme.ts'

const { guard, revocations } = await openStores(`sqlite:${join(env['FOLDER'] ?? '', 'deno.sqlite')}`)
await guard.ready()
const settings = readSettings(readFileSync(env['SETTINGS'] ?? '', 'utf8'), env)
const issuer = createIssuer({ ...settings, guard, revocations, scheme: schemeOf })
const options = { port: Number(env['PORT']), hostname: '127.0.0.1', onListen: () => console.log('ready') }
Deno.serve(options, (request) => issuer.fetch(request))

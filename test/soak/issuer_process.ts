/**
 * An issuer in Node that is not as it should be, started as `bulla serve` is: of the previous version (`SOAK_PREVIOUS`, the folder of its package), which
 * has no `serve` yet; or one that breaks a promise (`SOAK_BREAK`).
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type * as issuerFace from '../../src/index.ts'
import { createIssuer, type Issuer, type readBindings } from '../../src/index.ts'
import { openStores, readSecret, readSettings, serve } from '../../src/node/index.ts'
import { breakFetch, breakStores, readBreak } from './breaks.ts'

const { values } = parseArgs({ options: { settings: { type: 'string' }, port: { type: 'string' } } })
const { SOAK_PREVIOUS: previous, SOAK_BREAK: broken } = process.env
const { close, ...stores } = await openStores(readSecret('GUARD_URL', process.env) ?? '')
await Promise.all([stores.guard.ready(), stores.revocations.ready()])
const { guard, revocations } = broken ? breakStores(readBreak(broken), stores) : stores
const text = (): string => readFileSync(values.settings ?? '', 'utf8')

/** Makes the issuer of the previous version: it reads variables as they are, and tells the list no time. */
async function makePrevious(folder: string): Promise<Pick<Issuer, 'fetch'>> {
  const face = (await import(join(folder, 'dist', 'src', 'index.js'))) as typeof issuerFace
  const bindings = { ...JSON.parse(text()).vars, KEY_RING: readSecret('KEY_RING', process.env) }
  const list: typeof revocations = { ...revocations, add: (event, at = event.at) => revocations.add(event, at) }
  return face.createIssuer({ ...(face.readBindings as typeof readBindings)(bindings), guard, revocations: list })
}

async function make(): Promise<Pick<Issuer, 'fetch'>> {
  if (previous) return makePrevious(previous)
  const issuer = createIssuer({ ...readSettings(text(), process.env), guard, revocations })
  return broken ? breakFetch(readBreak(broken), issuer) : issuer
}

const server = await serve({ issuer: make, port: Number(values.port), host: '127.0.0.1' })
await server.ended
await close()

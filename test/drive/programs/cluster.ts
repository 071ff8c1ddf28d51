/**
 * The issuer in a cluster of Node's: two processes at one port. What they share `GUARD_URL` names; `memory` is what they do not.
 *
 * @module
 */

import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import { env } from 'node:process'
import { createIssuer, createMemoryGuard, createMemoryRevocations } from '../../../src/index.ts'
import { openStores, readSettings, serve } from '../../../src/node/index.ts'
import { schemeOf } from '../../parties/drive/scheme.ts'

async function open(url: string) {
  if (url === 'memory') {
    // What is written out here is not so: to show what that costs.
    const alone = { single: true }
    return {
      guard: createMemoryGuard(undefined, alone),
      revocations: createMemoryRevocations('salt', undefined, alone),
    }
  }
  const stores = await openStores(url)
  await stores.guard.ready()
  return stores
}

if (cluster.isPrimary) {
  const both = [cluster.fork(), cluster.fork()].map(
    (worker) => new Promise((resolve) => worker.once('listening', resolve)),
  )
  await Promise.all(both)
  process.stdout.write('ready\n')
} else {
  const { guard, revocations } = await open(env['GUARD_URL'] ?? '')
  const settings = readSettings(readFileSync(env['SETTINGS'] ?? '', 'utf8'), env)
  const issuer = () => createIssuer({ ...settings, guard, revocations, scheme: schemeOf })
  await serve({ issuer, port: Number(env['PORT']), host: '127.0.0.1' })
}

/**
 * `bulla serve`, in one process or two, with a store as users have it: PostgreSQL, Redis, or a file of SQLite.
 *
 * @module
 */

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeRing } from '../../keys/index.ts'
import { ROOT, run } from '../checkout.ts'
import { unpack } from '../compatibility/versions.ts'
import { freePort } from '../parties/live_issuer.ts'
import type { Break } from './breaks.ts'
import { startNodeServer } from './node_server.ts'
import { SECRETS, soakRing, variablesOf } from './settings.ts'
import { openStore } from './store.ts'
import type { Server, System, SystemName } from './system.ts'

/** Writes a file so that nobody reads half of it. */
async function put(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** What of the settings breaks a promise by itself, and by which program others are broken. */
export interface NodeChoice {
  readonly name: Exclude<SystemName, 'workerd'>
  /** A folder for all that it writes. */
  readonly folder: string
  readonly broken: Break | undefined
}

/** Starts the processes and their store. */
export async function startNodeSystem({ name, folder, broken }: NodeChoice): Promise<System> {
  const store = await openStore(name, folder)
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const previous = join((await unpack('0.1.0')).worker, '..', '..', '..')
  const ring = join(folder, 'ring.json')
  await put(ring, writeRing(soakRing(Math.floor(Date.now() / 1000))))

  const names = name === 'sqlite' ? ['issuer-1'] : ['issuer-1', 'issuer-2']
  const homes = names.map((one) => join(folder, one))
  let turn = 0
  async function giveSettings(home: string): Promise<void> {
    await put(join(home, 'settings.json'), JSON.stringify({ vars: variablesOf(issuer, { turn }) }))
    const older = variablesOf(issuer, { isForPrevious: true })
    await put(join(home, 'previous.json'), JSON.stringify({ vars: older }))
  }
  async function giveRing(home: string): Promise<void> {
    const isForeign = broken === 'foreign-ring' && home === homes.at(-1)
    const now = Math.floor(Date.now() / 1000)
    await put(join(home, 'ring.json'), isForeign ? writeRing(soakRing(now)) : await readFile(ring, 'utf8'))
  }
  for (const home of homes) {
    await mkdir(home)
    await giveSettings(home)
    await giveRing(home)
  }
  const started = await Promise.all(
    names.map((one, at) =>
      startNodeServer({ name: one, folder: homes[at] ?? '', guardUrl: store.url, secrets: SECRETS, previous, broken }),
    ),
  )
  const servers: readonly Server[] = started.map(({ server }) => server)
  const reload = async (): Promise<void> => {
    for (const { tell } of started) tell('SIGHUP')
  }

  return {
    issuer,
    servers,
    store,
    async rotate() {
      const command = [join(ROOT, 'src/cli/bulla.ts'), 'keys', 'rotate', '--ring', ring, '--in-place']
      const { code } = await run('node', command)
      if (code !== 0) return false
      for (const home of homes) await giveRing(home)
      await reload()
      return true
    },
    async swapSettings() {
      turn++
      for (const home of homes) await giveSettings(home)
      await reload()
    },
    async stop() {
      await Promise.all(started.map((one) => one.stop()))
      await store.stop()
    },
  }
}

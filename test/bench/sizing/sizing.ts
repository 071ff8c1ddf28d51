/**
 * `npm run bench -- --sizing`: how much an issuer needs, for whoever is to provide it; the tables of docs/scale/sizing.md.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../checkout.ts'
import { type LoadGenerator, startLoadGenerator } from '../load.ts'
import { versionsOf } from '../peers.ts'
import { letCome, type Waited } from './arrivals.ts'
import { guardCalls } from './guard_calls.ts'
import { handshakeSeconds } from './handshakes.ts'
import { buildPackage, type Installation, onPostgres, onRedis, onSqlite, onWorkerd } from './installations.ts'
import { lengths } from './lengths.ts'
import { memoryOf } from './memory.ts'
import { openingRates } from './opening.ts'
import { type Crowded, type Sized, writeSizes } from './page.ts'
import { rateOf, WORKS, type Work } from './rates.ts'

/** How long to measure, and how much. */
interface Extent {
  /** Seconds for each kind of work. */
  readonly seconds: number
  /** Seconds for each crowd. */
  readonly crowdSeconds: number
  readonly connections: readonly number[]
  readonly few: number
  readonly many: number
  readonly clients: number
  readonly handshakes: number
}

const WHOLE: Extent = {
  seconds: 2,
  crowdSeconds: 3,
  connections: [50, 200, 1000],
  few: 10_000,
  many: 1_000_000,
  clients: 10_000,
  handshakes: 500,
}

const QUICK: Extent = {
  seconds: 0.1,
  crowdSeconds: 0.1,
  connections: [5],
  few: 100,
  many: 300,
  clients: 100,
  handshakes: 10,
}

/** What part of what an issuer answers a second the crowds are: half of it, and what leaves some room. */
const PARTS = [0.5, 0.75]

/** How an issuer is installed, what it needs of the machine, and for which work crowds come. */
interface Setting {
  readonly name: string
  /** A command that fails where it is not there. */
  readonly needs: string
  readonly start: (built: string) => Promise<Installation>
  readonly crowds: readonly Work[]
}

const SETTINGS: readonly Setting[] = [
  { name: 'Node, by SQLite', needs: 'true', start: onSqlite, crowds: [WORKS.credentials, WORKS.code] },
  { name: 'Node, by Redis', needs: 'command -v redis-server', start: onRedis, crowds: [] },
  { name: 'Node, by PostgreSQL', needs: 'test -d /usr/lib/postgresql', start: onPostgres, crowds: [WORKS.code] },
  { name: 'workerd', needs: 'true', start: onWorkerd, crowds: [WORKS.credentials] },
]

function can(command: string): boolean {
  try {
    execFileSync('sh', ['-c', command], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function crowdAt({ name, port }: Installation, work: Work, perSecond: number, part: number, extent: Extent) {
  const rate = perSecond * part
  const waited = new Map<number, Waited>()
  for (const connections of extent.connections) {
    // By chance more may come than on average: six deviations, and each has a body of its own.
    const most = rate * extent.crowdSeconds
    const bodies = await work.bodies(Math.ceil(most + 6 * Math.sqrt(most) + 10))
    const { path, headers } = work
    const come = await letCome({ port, connections, path, headers, bodies, rate, seconds: extent.crowdSeconds })
    if (come.failed > 0) throw new Error(`${name}: ${come.failed} of ${come.count} failed`)
    waited.set(connections, come)
  }
  return { issuer: name, work: work.name, rate, part, waited }
}

async function sizeOf(
  { start, crowds }: Setting,
  built: string,
  extent: Extent,
  generator: LoadGenerator,
): Promise<{ readonly sized: Sized; readonly crowded: readonly Crowded[] }> {
  const issuer = await start(built)
  try {
    const rates = new Map<Work, Awaited<ReturnType<typeof rateOf>>>()
    for (const work of Object.values(WORKS)) rates.set(work, await rateOf(issuer, work, extent.seconds, generator))
    const crowded: Crowded[] = []
    for (const work of crowds)
      for (const part of PARTS) crowded.push(await crowdAt(issuer, work, rates.get(work)?.perSecond ?? 0, part, extent))
    return { sized: { name: issuer.name, rates: [...rates.values()] }, crowded }
  } finally {
    await issuer.stop()
  }
}

/** Returns on what it was measured. */
function machineOf(): string {
  const [{ model = 'unknown' } = {}, ...others] = cpus()
  const said = (name: string, command: string): readonly string[] => {
    const version = /\d+(?:\.\d+)?/.exec(execFileSync('sh', ['-c', `${command} || true`], { encoding: 'utf8' }))?.[0]
    return version === undefined ? [] : [`${name} ${version}`]
  }
  return [
    `${model}, ${others.length + 1} cores, ${process.platform}`,
    `Node ${process.versions.node}`,
    `workerd ${versionsOf(['workerd'])['workerd']}`,
    ...said('Redis', 'redis-server --version'),
    ...said('PostgreSQL', 'ls /usr/lib/postgresql | sort -V | tail -1'),
  ].join(', ')
}

/** Measures all, and returns the section of the page. */
export async function sizing(isQuick: boolean, progress: (step: string) => void): Promise<string> {
  const extent = isQuick ? QUICK : WHOLE
  const begun = performance.now()
  progress('building')
  const built = buildPackage()
  const generator = startLoadGenerator()
  try {
    const issuers: Sized[] = []
    const crowds: Crowded[] = []
    for (const setting of SETTINGS) {
      if (!can(setting.needs)) continue
      progress(`asking an issuer in ${setting.name}`)
      const { sized, crowded } = await sizeOf(setting, built, extent, generator)
      issuers.push(sized)
      crowds.push(...crowded)
    }
    progress('memory')
    const { few, many, clients } = extent
    const memory = { ...(await memoryOf(built, { few, many, clients }, generator)), few, many, clients }
    progress('opening, handshakes, calls, lengths')
    const parts = {
      openings: await openingRates(extent.seconds),
      handshake: await handshakeSeconds(extent.handshakes),
      calls: await guardCalls(),
      lengths: await lengths(),
    }
    const release = /^## \[(.*?)\]/m.exec(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'))?.[1]
    const day = new Date().toLocaleDateString('en-GB', { dateStyle: 'long' })
    const seconds = (performance.now() - begun) / 1000
    return writeSizes({ title: `${release}, ${day}`, machine: machineOf(), seconds, issuers, crowds, memory, ...parts })
  } finally {
    generator.stop()
    rmSync(built, { recursive: true })
  }
}

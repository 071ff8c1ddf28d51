/**
 * A soak: a system as users run it, many clients that do everything at once, and faults meanwhile; all of it becomes a history.
 *
 * @module
 */

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProver } from '../parties/dpop.ts'
import { type AppChoice, createApp, runApp } from './apps.ts'
import { createWorld, type World } from './asking.ts'
import type { Break } from './breaks.ts'
import { createChance } from './chance.ts'
import { kindsFor, planFaults, runFaults } from './faults.ts'
import { createFront } from './front.ts'
import { startNodeSystem } from './node_system.ts'
import { runDevice, runEndings, runService, runThief, runWalkIn } from './others.ts'
import { createPerson } from './people.ts'
import { createRecorder } from './recorder.ts'
import { ACCESS_LIFE, APPS, BOUND, DEVICES, SERVICES, WEBS } from './settings.ts'
import type { System, SystemName } from './system.ts'
import { runVerifiers } from './verifiers.ts'
import { startWorkerdSystem } from './workerd_system.ts'

/** What is soaked, and for how long. */
export interface SoakChoice {
  readonly system: SystemName
  readonly seed: number
  /** Seconds; 30 at the least. */
  readonly seconds: number
  /** The file of the history, which is not there yet. */
  readonly history: string
  /** What is broken on purpose. Default: nothing. */
  readonly broken?: Break
  /** How much is asked: 1 is all clients, less leaves some out. Default 1. */
  readonly share?: number
  /** Told each few seconds how far it is, in words. */
  readonly onProgress?: (words: string) => void
}

/** What came of it. */
export interface Soaked {
  /** How many lines the history has of each kind, and of each with each status. */
  readonly counts: ReadonlyMap<string, number>
}

/** Milliseconds before the first fault. */
const WARM_UP = 4_000
/** Milliseconds between two words of progress. */
const BETWEEN_WORDS = 5_000

/** Returns the milliseconds of the last part, in which nothing is done to anything: longer than it takes until all have heard of a revocation. */
const quietOf = (seconds: number): number => Math.min(60_000, Math.max(28_000, seconds * 250))

/** Runs everybody who asks, until it is over. */
async function runEverybody(world: World, share: number, broken: Break | undefined): Promise<void> {
  const some = <One>(all: readonly One[]): readonly One[] => all.slice(0, Math.max(1, Math.round(all.length * share)))
  const people = some(Array.from({ length: 10 }, (_, at) => createPerson(world, `person-${at + 1}`)))
  const provers = await Promise.all(BOUND.map(() => createProver()))
  const choices: readonly AppChoice[] = [
    ...some(APPS).map((client) => ({ client, processes: 3, most: 2 })),
    ...some(WEBS).map((client) => ({ client, processes: 2, most: 2 })),
    ...some(BOUND).map((client, at) => {
      const prover = provers[at]
      return { client, processes: 1, most: 2, ...(prover && { prover }) }
    }),
  ]
  await Promise.all([
    ...choices.map((choice) => runApp(world, choice, createApp(world, choice, people), choice.client.id)),
    ...some(SERVICES).map((client) => runService(world, client)),
    ...some(DEVICES).map((client) => runDevice(world, client, people)),
    ...some(['walk-in-1', 'walk-in-2', 'walk-in-3']).map((name) => runWalkIn(world, name, people)),
    ...some(['thief-1', 'thief-2']).map((name) => runThief(world, name)),
    runEndings(world, people),
    runVerifiers(world, broken),
  ])
}

/** Runs a soak to its end. */
export async function soak(choice: SoakChoice): Promise<Soaked> {
  const { system: name, seed, seconds, history, broken, share = 1, onProgress = () => {} } = choice
  const folder = await mkdtemp(join(tmpdir(), 'bulla-soak-'))
  await mkdir(folder, { recursive: true })
  const system: System =
    name === 'workerd' ? await startWorkerdSystem(folder) : await startNodeSystem({ name, folder, broken })
  const recorder = createRecorder(history)
  const front = createFront(system.servers, recorder, createChance(seed, 'front'))
  const { world, over } = createWorld(seed, { issuer: system.issuer, front, recorder })
  recorder.write({
    ...{ what: 'begun', at: 0, system: name, seed },
    // docs/guides/clients.md#refreshing and #authorization; docs/guides/api-in-production.md#revoked-tokens; docs/guides/keys-and-rotation.md#clocks
    ...{ grace: 30, revocationBound: 20, maxStale: 60, skew: 60, accessLife: ACCESS_LIFE, codeLife: 60, graceUses: 10 },
  })
  const to = seconds * 1000 - quietOf(seconds)
  const kinds = kindsFor(system)
  const plan = planFaults(seed, kinds, { from: WARM_UP, to, servers: system.servers.length })
  const words = setInterval(() => {
    const { counts } = recorder
    const questions = ['approved', 'token', 'ended', 'opened'].map((what) => `${counts.get(what) ?? 0} ${what}`)
    onProgress(`${Math.round(recorder.now() / 1000)} s: ${questions.join(', ')}`)
  }, BETWEEN_WORDS)
  try {
    const everybody = runEverybody(world, share, broken)
    await runFaults(system, plan, to, recorder)
    recorder.write({ what: 'quiet', at: recorder.now() })
    await world.pause(Math.max(0, seconds * 1000 - recorder.now()))
    over()
    await everybody
    recorder.write({ what: 'over', at: recorder.now() })
  } finally {
    clearInterval(words)
    await recorder.end()
    await system.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { counts: recorder.counts }
}

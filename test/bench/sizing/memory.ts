/**
 * What an issuer in Node holds: at rest, after many tokens, with many clients.
 *
 * @module
 */

import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endProcess } from '../../parties/processes.ts'
import type { LoadGenerator } from '../load.ts'
import { startServe } from './installations.ts'
import { WORKS } from './rates.ts'

/** Bytes, when all has been collected that nobody needs. */
export interface Held {
  /** What the process has of the machine's memory. */
  readonly rss: number
  /** What lives on the heap. */
  readonly heapUsed: number
}

/** What was held when. */
export interface Memory {
  readonly rest: Held
  readonly afterFew: Held
  readonly afterMany: Held
  /** After the few, with so many clients more. */
  readonly withClients: Held
}

/** How many tokens are few, how many are many, and how many clients are many. */
export interface MemoryOptions {
  readonly few: number
  readonly many: number
  readonly clients: number
}

function held(child: ChildProcess): Promise<Held> {
  return new Promise((resolve, reject) => {
    child.once('message', (said) => resolve(said as Held))
    child.send('memory', (error) => error && reject(error))
  })
}

/** Mints tokens by client credentials, and looks what is held. */
export async function memoryOf(
  built: string,
  { few, many, clients }: MemoryOptions,
  generator: LoadGenerator,
): Promise<Memory> {
  const folder = mkdtempSync(join(tmpdir(), 'bulla-memory-'))
  const guard = `sqlite:${join(folder, 'bulla.sqlite')}`
  const { path, headers, bodies } = WORKS.credentials
  const mint = async (port: number, times: number): Promise<void> => {
    const { failed } = await generator.send({ port, connections: 8, path, headers, times, bodies: await bodies(times) })
    if (failed > 0) throw new Error(`${failed} of ${times} tokens were not given`)
  }
  const large = await startServe(built, { guard, clients })
  await mint(large.port, few)
  const withClients = await held(large.child)
  await endProcess(large.child, 'SIGTERM')
  const { child, port } = await startServe(built, { guard })
  try {
    const rest = await held(child)
    await mint(port, few)
    const afterFew = await held(child)
    await mint(port, many - few)
    return { rest, afterFew, afterMany: await held(child), withClients }
  } finally {
    await endProcess(child, 'SIGTERM')
    rmSync(folder, { recursive: true })
  }
}

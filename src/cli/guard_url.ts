/**
 * Where the guard of a process is: said on the command line, or in the environment, where no other user reads it.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { findMeant } from '../../keys/did_you_mean.ts'
import type { OpenStores } from '../node/index.ts'
import { type Option, Refusal, type Values } from './command.ts'

/** The oldest Node that has what opens a guard. */
export const NODE = '22.13'

/** Before the path of a file. */
const SQLITE = 'sqlite:'

/** Where the guard is. */
export const GUARD: Option = {
  type: 'string',
  value: 'URL',
  help: 'sqlite:PATH, redis://… or postgres://… (default: GUARD_URL, or what is in the file GUARD_URL_FILE)',
}

/** What is to be done about a store that cannot be used, where its own words do not say it. */
const ADVICE: Readonly<Record<string, string>> = {
  connection: 'is it running, and is its URL right?',
  refused_by_server: 'are user, password and database right?',
}

/** A guard that can be used. */
export interface Opened {
  readonly stores: OpenStores
  /** What it is, without an address: `Redis`. */
  readonly name: string
}

/** Returns what a URL leads to, without saying where. */
function nameOf(url: string): string {
  if (url.startsWith(SQLITE)) return `SQLite, ${url.slice(SQLITE.length)}`
  return /^redis/i.test(url) ? 'Redis' : 'PostgreSQL'
}

/** Refuses a name that only looks like ours: with the usual guard in place of that one, each machine would have its own. */
function checkNames(env: NodeJS.ProcessEnv): void {
  const names = ['GUARD_URL', 'GUARD_URL_FILE']
  for (const name of Object.keys(env)) {
    const meant = names.includes(name) ? undefined : findMeant(name, names)
    if (meant !== undefined) throw new Refusal(`"${name}" is read by nobody; did you mean "${meant}"?`)
  }
}

/**
 * Opens the guard of `--guard` or the environment, and looks whether it can be used. Nothing that is said of it has its URL.
 *
 * @param usual the URL where neither says one
 * @param warn takes what the operator may not have meant
 * @throws {Refusal} when it cannot be used
 */
export async function openGuard(
  values: Values,
  usual: string | undefined,
  warn: (words: string) => void,
): Promise<Opened> {
  const { openStores, readSecret } = await import('../node/index.ts')
  const { StoreError } = await import('../stores/index.ts')
  const named = values.text('guard')
  if (named !== undefined && /^[a-z]+:\/\/(?:[^/]*:[^/]*@|.*[?&]password=)/i.test(named))
    warn('a password behind --guard can be seen by everybody on this machine (ps): GUARD_URL_FILE names a file for it')
  const said = named ?? readSecret('GUARD_URL', process.env)
  if (said === undefined) checkNames(process.env)
  const url = said ?? usual
  if (url === undefined) throw new Refusal('there is no guard: see --guard')
  // Who has no guard of his own to make looks at one that is there: a path that is misspelt would be a new one.
  if (usual === undefined && url.startsWith(SQLITE) && !existsSync(url.slice(SQLITE.length)))
    throw new Refusal(`${url.slice(SQLITE.length)} is not there`)
  let stores: OpenStores | undefined
  try {
    stores = await openStores(url)
    await stores.guard.ready()
    await stores.revocations.ready()
    return { stores, name: nameOf(url) }
  } catch (error) {
    await stores?.close()
    if (!(error instanceof StoreError)) throw error
    const advice = ADVICE[error.reason]
    throw new Refusal(`the guard cannot be used: ${error.message}${advice === undefined ? '' : `; ${advice}`}`)
  }
}

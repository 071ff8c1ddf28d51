/**
 * One settings file for every runtime: the variables as `wrangler.toml` has them, and the secrets from the environment or from files.
 *
 * @module
 */

import { createReadStream, readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { text as textOf } from 'node:stream/consumers'
import { bindingKindsOf } from '../binding_kinds.ts'
import { readBindings } from '../bindings.ts'
import { writeEvent } from '../events_on_workers.ts'
import type { IssuerSettings } from '../settings/issuer_settings.ts'
import { isSettingsUrl, LONGEST_READ, refuseUnread } from '../settings_on_workers.ts'
import { writeEventLines } from './event_lines.ts'
import { isTable, isVariablesAlone, misplacedIn, parseSettings, type Table } from './settings_text.ts'

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Returns a variable of the environment: an empty one is none, for who starts containers cannot leave one out. */
function variableOf(name: string, env: Environment): string | undefined {
  return env[name] || undefined
}

/**
 * Returns a secret of the environment, or what is in the file that it names: `KEY_RING`, or `KEY_RING_FILE`.
 *
 * @throws {TypeError} when both are there, or the file cannot be read
 * @example
 * import { readSecret } from 'bulla/node'
 *
 * const url = readSecret('GUARD_URL', process.env) ?? 'sqlite:bulla.sqlite'
 */
export function readSecret(name: string, env: Environment): string | undefined {
  const [secret, file] = [variableOf(name, env), variableOf(`${name}_FILE`, env)]
  if (file === undefined) return secret
  if (secret !== undefined) throw new TypeError(`"${name}" and "${name}_FILE" are both there; leave one`)
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new TypeError(`"${name}_FILE" expected a file that can be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** Returns the variables in a text. */
function variablesIn(text: string): Table {
  const config = parseSettings(text, /^\s*[{/]/.test(text) ? 'JSON' : 'TOML')
  const vars = isTable(config) ? (isVariablesAlone(config) ? config : (config['vars'] ?? {})) : undefined
  if (!isTable(config) || !isTable(vars)) throw new TypeError('holds no settings')
  const stray = vars === config ? undefined : Object.keys(bindingKindsOf(undefined)).find((name) => name in config)
  if (stray !== undefined)
    throw new TypeError(`"${stray}" stands outside of the variables; did you mean [vars.${stray}]?`)
  const [misplaced] = misplacedIn(config, vars, secretNames(vars))
  if (misplaced !== undefined) throw new TypeError(misplaced)
  return vars
}

/** Returns the names of secrets. */
function secretNames(vars: Table): readonly string[] {
  return Object.entries(bindingKindsOf(vars['LOGIN'])).flatMap(([name, kind]) =>
    kind === 'secret' && name !== 'PARTNER_KEY' ? [name] : [],
  )
}

/**
 * Returns the variables that are there for Workers alone: that there is no guard, for there is one; that it is for development, which no
 * file says elsewhere.
 *
 * @throws {TypeError} as `readSettings`
 */
export function passedOver(text: string): readonly string[] {
  const vars = variablesIn(text)
  return [...(vars['GUARD'] === 'none' ? ['GUARD'] : []), ...(vars['DEVELOPMENT'] === undefined ? [] : ['DEVELOPMENT'])]
}

/** Reads sealed settings in a file, and no more than they may have: whoever can write there could put anything. Nothing where there is none. */
async function readSealed(file: string): Promise<string | undefined> {
  const read = async () => {
    // A pipe that nobody writes to would hold a thread of the process for good.
    if (!(await stat(file)).isFile()) return 'no file'
    return { sealed: await textOf(createReadStream(file, { end: LONGEST_READ })) }
  }
  const found = await read().catch(({ code = 'failed' }: NodeJS.ErrnoException) => code)
  if (typeof found !== 'string') return found.sealed
  return found === 'ENOENT' ? undefined : refuseUnread(found)
}

/**
 * Returns the issuer's settings; add a guard to them, and what else you like, before `createIssuer`. What Cloudflare alone tells,
 * certificates and addresses, they do not know.
 *
 * @param text TOML or JSON, as wrangler reads it, of which `vars` counts; or the variables alone. `SETTINGS` may be the path of a file
 * @param env the environment, where each secret is itself, or in a file that `<NAME>_FILE` names
 * @throws {TypeError} when the text cannot be read, or settings are missing, misspelt or of a wrong type: all that is wrong is said; or what is
 * read from the environment stands in it, as `GUARD_URL`
 * @see {@link serve}
 */
export function readSettings(text: string, env: Environment): IssuerSettings {
  const { DEVELOPMENT: _development, SETTINGS: sealed, ...others } = variablesIn(text)
  const isFile = typeof sealed === 'string' && sealed !== '' && !isSettingsUrl(sealed)
  const vars = isFile || sealed === undefined ? others : { ...others, SETTINGS: sealed }
  const secrets = secretNames(vars).flatMap((name) => {
    const secret = readSecret(name, env)
    return secret === undefined ? [] : [[name, secret] as const]
  })
  // Elsewhere the header by which Cloudflare tells an address is the caller's to choose.
  const { certificate: _, addressOf: __, ...read } = readBindings({ ...vars, ...Object.fromEntries(secrets) })
  const settings = read.onEvent === writeEvent ? { ...read, onEvent: writeEventLines } : read
  return isFile ? { ...settings, settingsBundle: () => readSealed(sealed) } : settings
}

/**
 * One settings file for every runtime: the variables as `wrangler.toml` has them, and the secrets from the environment or from files.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { bindingKindsOf } from '../binding_kinds.ts'
import { readBindings } from '../bindings.ts'
import type { IssuerSettings } from '../settings/issuer_settings.ts'
import { isTable, isVariablesAlone, parseSettings } from './settings_text.ts'

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Returns a secret of the environment, or of the file that it names: `KEY_RING`, or `KEY_RING_FILE`. */
export function readSecret(name: string, env: Environment): string | undefined {
  const file = env[`${name}_FILE`]
  if (file === undefined) return env[name]
  if (env[name] !== undefined) throw new TypeError(`"${name}" and "${name}_FILE" are both there; leave one`)
  return readFileSync(file, 'utf8').trim()
}

/**
 * Returns the issuer's settings; add a guard to them, and what else you like, before `createIssuer`.
 *
 * @param text TOML or JSON, as wrangler reads it, of which `vars` counts; or the variables alone
 * @param env the environment, where each secret is itself, or in a file that `<NAME>_FILE` names
 * @throws {TypeError} when the text cannot be read, or settings are missing, misspelt or of a wrong type: all that is wrong is said
 */
export function readSettings(text: string, env: Environment): IssuerSettings {
  const config = parseSettings(text, /^\s*[{/]/.test(text) ? 'JSON' : 'TOML')
  if (!isTable(config)) throw new TypeError('holds no settings')
  const { DEVELOPMENT: _, ...vars } = (isVariablesAlone(config) ? config : (config['vars'] ?? {})) as Readonly<
    Record<string, unknown>
  >
  const names = Object.entries(bindingKindsOf(vars['LOGIN'])).flatMap(([name, kind]) =>
    kind === 'secret' && name !== 'PARTNER_KEY' ? [name] : [],
  )
  const secrets = names.flatMap((name) => {
    const secret = readSecret(name, env)
    return secret === undefined ? [] : [[name, secret] as const]
  })
  return readBindings({ ...vars, ...Object.fromEntries(secrets) })
}

/**
 * The settings of an issuer on Workers: the `vars` of wrangler's file, in TOML, or in JSON with comments. What commands are
 * told is held against them.
 *
 * @module
 */

import { existsSync } from 'node:fs'
import { isTable, isVariablesAlone, parseSettings, type Table } from '../node/settings_text.ts'
import { type Option, Refusal, type Values } from './command.ts'
import { readTextFile } from './secret_file.ts'

/** Where wrangler looks, in its order. */
const USUAL_SETTINGS: readonly string[] = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml']

/** Where a command has the settings from. */
export const SETTINGS: Option = {
  type: 'string',
  value: 'FILE',
  help: `the issuer's settings: TOML or JSON, as wrangler reads it, or the variables alone (default: ${USUAL_SETTINGS.join(', ')}, what is there)`,
}

/** The settings, and the file that they stand in. */
export interface SettingsFile {
  readonly file: string
  /** The variables; `ISSUER` is among them. */
  readonly vars: Table & { readonly ISSUER: string }
}

/** Takes a file apart. What is wrong is told by its line alone: the rest may be nobody's business. */
function parseFile(file: string, text: string): unknown {
  try {
    return parseSettings(text, file.endsWith('.toml') ? 'TOML' : 'JSON')
  } catch (error) {
    throw new Refusal(`${file} ${(error as Error).message}`)
  }
}

/**
 * Returns all that stands in a file: the one that is named, or wrangler's own in this folder.
 *
 * @throws {Refusal} when there is none, or it cannot be read
 */
export async function readConfig(
  named: string | undefined,
): Promise<{ readonly file: string; readonly config: Table }> {
  const file = named ?? USUAL_SETTINGS.find((one) => existsSync(one))
  if (file === undefined) throw new Refusal(`there is no ${USUAL_SETTINGS.join(', ')} here; see --settings`)
  const config = parseFile(file, await readTextFile(file))
  if (!isTable(config)) throw new Refusal(`${file} holds no settings`)
  return { file, config }
}

/**
 * Returns a table in another one; an empty one where it is not there.
 *
 * @param called what it is called for who reads of it. Default: its name
 * @throws {Refusal} when it is something else
 */
export function tableIn(table: Table, name: string, called: string = name): Table {
  const inside = table[name] ?? {}
  if (!isTable(inside)) throw new Refusal(`${called} is no table`)
  return inside
}

/**
 * Returns a table among the variables, such as `RESOURCES`; an empty one where it is not there.
 *
 * @throws {Refusal} when it is something else
 */
export function tableOf({ file, vars }: SettingsFile, name: string): Table {
  return tableIn(vars, name, `${name} in ${file}`)
}

/**
 * Returns the settings: of the file that is named, or of wrangler's own where it stands in this folder and is an issuer's.
 *
 * @throws {Refusal} when the file cannot be read, or the one that is named is no issuer's
 */
export async function readSettings(values: Values): Promise<SettingsFile | undefined> {
  const named = values.text('settings')
  if (named === undefined && !USUAL_SETTINGS.some((file) => existsSync(file))) return undefined
  const { file, config } = await readConfig(named)
  const vars = isVariablesAlone(config) ? config : config['vars']
  if (isTable(vars) && typeof vars['ISSUER'] === 'string') return { file, vars: { ...vars, ISSUER: vars['ISSUER'] } }
  if (named !== undefined) throw new Refusal(`${named} has no ISSUER among its vars`)
  return undefined
}

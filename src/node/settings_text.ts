/**
 * The text of a settings file, taken apart: TOML, or JSON with comments.
 *
 * @module
 */

import { parse, TomlError } from 'smol-toml'
import { isMembers } from '../../keys/check.ts'

/** A table of a file. */
export type Table = Readonly<Record<string, unknown>>

/** Tells whether a value of a file is a table. */
export function isTable(value: unknown): value is Table {
  return isMembers(value)
}

/** Returns JSON without its comments, and without commas after the last of a list or an object. */
function withoutComments(text: string): string {
  return text
    .replace(/("(?:\\.|[^"\\])*")|\/\/.*|\/\*[\s\S]*?\*\//g, '$1')
    .replace(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, '$1')
}

/**
 * Takes a text apart. What is wrong is told by its line alone: the rest may be nobody's business.
 *
 * @throws {TypeError} when it cannot be read
 */
export function parseSettings(text: string, language: 'TOML' | 'JSON'): unknown {
  try {
    return language === 'TOML' ? parse(text) : JSON.parse(withoutComments(text))
  } catch (error) {
    const where = error instanceof TomlError ? `: line ${error.line}` : ''
    throw new TypeError(`cannot be read as ${language}${where}`)
  }
}

/** Tells whether a file holds variables alone, and not what else wrangler wants to know. */
export function isVariablesAlone(config: Table): boolean {
  return config['vars'] === undefined && config['ISSUER'] !== undefined
}

/**
 * Returns what is wrong with a file in which something stands that is read from the environment: the operator would take it for heard.
 *
 * @param secrets the names of secrets, each of which may be in a file that the environment names
 */
export function misplacedIn(config: Table, vars: Table, secrets: readonly string[]): readonly string[] {
  const names = ['GUARD_URL', ...['GUARD_URL', ...secrets].map((name) => `${name}_FILE`)]
  const there = names.filter((name) => name in vars || name in config)
  return there.map((name) => `"${name}" is read from the environment, and never from a file of settings`)
}

/**
 * The parameters of a request: `application/x-www-form-urlencoded`, none repeated, the empty ones absent
 * (RFC 6749 §3.1, §3.2 and appendix B).
 *
 * @module
 */

import { refusal } from './error.ts'

/** Parameters that may stand in a request more than once (RFC 8707 §2, RFC 8693 §2.1). */
const REPEATABLE: ReadonlySet<string> = new Set(['resource', 'audience'])

/** URLSearchParams puts U+FFFD in place of bytes that are not UTF-8; nothing we take has it otherwise. */
const UNREADABLE = /[\0\uFFFD]/

/** The parameters of one request. */
export interface Parameters {
  /** Returns a parameter's value, or nothing when it is absent or empty. */
  get(name: string): string | undefined
  /** Returns all values of a parameter that may be repeated, without the empty ones. */
  all(name: string): readonly string[]
  /**
   * Returns a parameter's value.
   *
   * @throws {OAuthError} `invalid_request` when it is absent or empty
   */
  require(name: string): string
  /** Returns which parameters there are, without the empty ones. */
  names(): readonly string[]
  /**
   * Checks that no parameter stands there more than once: of those that are named, or of all.
   *
   * @throws {OAuthError} `invalid_request` when one does
   */
  checkOnce(...names: readonly string[]): void
}

/**
 * Reads the parameters of a form body, or of a query.
 *
 * This does NOT check whether one is repeated: `checkOnce` does.
 *
 * @throws {OAuthError} `invalid_request` when a parameter holds a NUL, or what is not UTF-8
 */
export function readParameters(encoded: string): Parameters {
  const values = new Map<string, string[]>()
  const repeated = new Set<string>()
  for (const [name, value] of new URLSearchParams(encoded)) {
    if (UNREADABLE.test(name) || UNREADABLE.test(value))
      throw refusal('invalid_request', 'malformed', 'NUL, or not UTF-8')
    const earlier = values.get(name)
    if (earlier !== undefined && !REPEATABLE.has(name)) repeated.add(name)
    const present = value === '' ? [] : [value]
    if (earlier === undefined) values.set(name, present)
    else earlier.push(...present)
  }
  const all = (name: string): readonly string[] => values.get(name) ?? []
  const get = (name: string): string | undefined => values.get(name)?.[0]
  return {
    get,
    all,
    names: () => [...values.keys()].filter((name) => get(name) !== undefined),
    require(name) {
      const value = get(name)
      if (value === undefined) throw refusal('invalid_request', 'malformed', `${name} is missing`)
      return value
    },
    checkOnce(...names) {
      const isRepeated = names.length === 0 ? repeated.size > 0 : names.some((name) => repeated.has(name))
      if (isRepeated) throw refusal('invalid_request', 'malformed', 'a parameter is repeated')
    },
  }
}

/**
 * Returns some of the parameters as a form that `readParameters` reads again. Only what must be is encoded: it goes into
 * envelopes, where length counts, and never into a URL.
 */
export function writeParameters(parameters: Parameters, names: readonly string[]): string {
  const write = (value: string): string =>
    value.replace(/[%&+]/g, (character) => encodeURIComponent(character)).replaceAll(' ', '+')
  return names.flatMap((name) => parameters.all(name).map((value) => `${name}=${write(value)}`)).join('&')
}

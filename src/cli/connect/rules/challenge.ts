/**
 * Challenges of a 401 as clients read them (RFC 9110 §11.6.1, RFC 9728 §5.1).
 *
 * @module
 */

/** One challenge: its scheme in lower case, and its parameters by their names in lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

/** A word; and, where it is a parameter, its value, quoted or not. */
const WORD = /[\s,]*([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y

/** Reads `WWW-Authenticate`; what cannot be read ends it. */
export function readChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  WORD.lastIndex = 0
  for (let word = WORD.exec(header); word !== null; word = WORD.exec(header)) {
    const [, name = '', quoted, plain] = word
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() })
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value)
  }
  return challenges
}

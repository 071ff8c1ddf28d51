/**
 * The mutants that no test can tell from the code, and why: they are counted apart. One that is killed, or gone, must go from here too.
 *
 * @module
 */

/** One or more mutants of a file that behave as the code does. */
export interface Equivalent {
  /** Path of the file, from the root. */
  readonly file: string
  /** The code that was mutated, white space as one space; where it ends in `…`, how it begins. */
  readonly code: string
  /** What stands there instead. */
  readonly becomes: string
  /** How many such mutants the file has; default 1. */
  readonly times?: number
  /** Why nobody can see a difference. */
  readonly why: string
}

export const EQUIVALENTS: readonly Equivalent[] = [
  {
    file: 'keys/base64url.ts',
    code: 'toBase64 !== undefined',
    becomes: 'false',
    why: 'what the engine writes is written without it, too, only more slowly',
  },
  {
    file: 'keys/base64url.ts',
    code: 'native.Buffer !== undefined',
    becomes: 'false',
    why: 'what the engine writes is written without it, too, only more slowly',
  },
  {
    file: 'keys/base64url.ts',
    code: '/=+$/',
    becomes: '/=+/',
    why: 'what btoa returns has padding at its end alone',
  },
]

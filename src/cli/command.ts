/**
 * The one shape of a `bulla` command.
 *
 * @module
 */

import type { RsaJwk } from '../../keys/index.ts'

/** What a command reads and writes. Data goes to `out`, words to `say`. */
export interface Io {
  /**
   * Returns all of stdin.
   *
   * @param what what a person who sits there is told to type. Default: some text
   */
  readonly stdin: (what?: string) => Promise<string>
  /** Writes a line of data to stdout. */
  readonly out: (data: string) => void
  /** Writes a line of words to stderr. */
  readonly say: (words: string) => void
  /** Shows what is done just now in place of what was before, where a person looks on; `''` takes it away. */
  readonly progress?: (words: string) => void
  /** Unix seconds. */
  readonly now: number
  /** Returns 32 random bytes. */
  readonly random: () => Uint8Array
  /** Waits so many seconds. */
  readonly wait: (seconds: number) => Promise<void>
  /** Opens an address in the person's browser, if there is one. */
  readonly open: (url: string) => void
  /** Returns a new RSA key of 2048 bits. */
  readonly makeRsaKey: () => RsaJwk
}

/** An option of a command. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly multiple?: boolean
  /** What stands for the value in the help text. */
  readonly value?: string
  /** The values that there are, where they are a few. */
  readonly choices?: readonly string[]
  /** One line for the help text. */
  readonly help: string
}

/** What somebody typed, and what that printed: both are run by a test. */
export interface Example {
  /** What is typed: `bulla keys init --out ring.json`. */
  readonly line: string
  /** What a terminal shows of it then, where that is short. */
  readonly prints?: string
}

/** For commands whose data are secret: what a shell redirects is readable by all. */
export const OUT: Option = {
  type: 'string',
  value: 'FILE',
  help: 'write into a new file that its owner alone can read, instead of stdout',
}

/** The options of a call, as they were given. */
export interface Values {
  /** Returns an option's text, or nothing. */
  text(name: string): string | undefined
  /** Returns an option's text; without it the call is wrong. */
  need(name: string): string
  /** Returns all texts of an option that may be given more than once. */
  list(name: string): readonly string[]
  /** Returns whether a switch was given. */
  has(name: string): boolean
  /** Returns an option's whole number, or nothing. */
  number(name: string): number | undefined
}

/** A command. */
export interface Command {
  /** Its words: `keys rotate`. */
  readonly call: string
  /** What it takes without an option's name: `KID`, or nothing. */
  readonly operand?: string
  /** What that can be, where it is one of a few words. */
  readonly choices?: readonly string[]
  /** What people call it who guess: `start`. */
  readonly guesses?: readonly string[]
  /** One line for the help text. */
  readonly summary: string
  /** More lines for its own help text. */
  readonly details?: string
  readonly example: Example
  readonly options: Readonly<Record<string, Option>>
  /** The options that it cannot do without, for its help text. Default: none. */
  readonly needs?: readonly string[]
  /** The oldest Node that can do it, `22.13`. Default: that of the package. */
  readonly node?: string
  /** Whether it goes on until somebody ends it, or waits for a person. Default: no */
  readonly isLasting?: boolean
  /** Does it, and returns the exit status: 0, or 1 for a plain no. */
  run(values: Values, operand: string, io: Io): Promise<number>
}

/** A call that is wrong: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  /** What was meant, as it is written; undefined where nobody can tell. */
  readonly meant: string | undefined

  constructor(message?: string, meant?: string) {
    super(message)
    this.meant = meant
  }
}

/** A call that is right, but cannot be done: exit status 1. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

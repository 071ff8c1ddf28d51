/**
 * What the operator wrote, checked in one voice: `"period" expected an integer ≥ 60, got 5`.
 *
 * A wrong type is a `TypeError`, a value out of bounds a `RangeError`. Texts are never repeated in a message: they may be secrets.
 *
 * @module
 */

import { findMeant } from './did_you_mean.ts'
import { readEach } from './faults.ts'

/** The members of an object whose shape is not known yet. */
export type Members = Readonly<Record<string, unknown>>

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return value === undefined ? 'nothing' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Tells whether a value is an object with members: no list, and not `null`. */
export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checkObject(name: string, value: unknown): asserts value is Members {
  if (!isMembers(value)) throw new TypeError(`"${name}" expected an object, got ${describe(value)}`)
}

/** Tells whether the name of a member may be said. */
function isShown(member: string): boolean {
  return /^[A-Za-z0-9_-]{1,40}$/.test(member)
}

function refuseMember(name: string, member: string, known: readonly string[], meant?: string): never {
  throw new TypeError(
    `"${name}" has no setting ${isShown(member) ? `"${member}"` : 'of that name'}; ` +
      `${meant === undefined ? 'it' : `did you mean "${meant}"? It`} knows: ${known.join(', ')}`,
  )
}

/**
 * Checks that `value` is a plain object with no member outside `known`.
 *
 * @throws {TypeError} when it is not an object, or has unknown members: all are said
 */
export function checkMembers(name: string, value: unknown, known?: readonly string[]): asserts value is Members {
  checkObject(name, value)
  if (known === undefined) return
  const unknown = Object.keys(value).filter((member) => !known.includes(member))
  readEach(unknown, (member) =>
    refuseMember(name, member, known, isShown(member) ? findMeant(member, known) : undefined),
  )
}

/**
 * Checks the same of what a program wrote, or of few members: the first that is unknown is said, and nothing of what was meant.
 *
 * @throws {TypeError} when it is not an object, or has an unknown member
 */
export function checkFewMembers(name: string, value: unknown, known: readonly string[]): asserts value is Members {
  checkObject(name, value)
  for (const member of Object.keys(value)) if (!known.includes(member)) refuseMember(name, member, known)
}

/**
 * Checks that `value` is an integer between `least` and `most`, both included.
 *
 * @throws {TypeError} when it is not an integer
 * @throws {RangeError} when it is out of bounds
 */
export function checkInteger(
  name: string,
  value: unknown,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  const bounds = most === Number.MAX_SAFE_INTEGER ? `an integer ≥ ${least}` : `an integer from ${least} to ${most}`
  if (!Number.isSafeInteger(value)) throw new TypeError(`"${name}" expected ${bounds}, got ${describe(value)}`)
  if ((value as number) < least || (value as number) > most) {
    throw new RangeError(`"${name}" expected ${bounds}, got ${value}`)
  }
}

/**
 * Checks that `value` is a text that matches `pattern`.
 *
 * @param expected what the text must be, in words, for the message
 * @throws {TypeError} when it is not a text
 * @throws {RangeError} when it does not match
 */
export function checkText(name: string, value: unknown, pattern: RegExp, expected: string): asserts value is string {
  if (typeof value !== 'string') throw new TypeError(`"${name}" expected ${expected}, got ${describe(value)}`)
  if (!pattern.test(value)) throw new RangeError(`"${name}" expected ${expected}`)
}

/**
 * Checks that `value` is one of `choices`.
 *
 * @throws {TypeError} when it is not
 */
export function checkChoice<const Choice extends string>(
  name: string,
  value: unknown,
  choices: readonly Choice[],
): asserts value is Choice {
  if (!choices.some((choice) => choice === value)) {
    throw new TypeError(
      `"${name}" expected ${choices.map((choice) => `"${choice}"`).join(' or ')}, got ${typeof value === 'string' ? 'another text' : describe(value)}`,
    )
  }
}

/**
 * Checks that each of the named members is a function, where it is there.
 *
 * @throws {TypeError} when one is anything else
 */
export function checkFunctions(value: object, names: readonly string[]): void {
  for (const name of names) {
    const member: unknown = (value as Members)[name]
    if (member !== undefined && typeof member !== 'function')
      throw new TypeError(`"${name}" expected a function, got ${describe(member)}`)
  }
}

/**
 * Checks that `value` has these methods.
 *
 * @param expected what it must be, in words, for the message
 * @throws {TypeError} when one is missing
 */
export function checkMethods(name: string, value: unknown, methods: readonly string[], expected: string): void {
  const missing = methods.find((method) => typeof (value as Members | null | undefined)?.[method] !== 'function')
  if (missing !== undefined)
    throw new TypeError(`"${name}" expected ${expected} with ${methods.join(', ')}, and has no ${missing}`)
}

/**
 * Checks that `value` is true or false.
 *
 * @throws {TypeError} when it is not
 */
export function checkBoolean(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== 'boolean') throw new TypeError(`"${name}" expected true or false, got ${describe(value)}`)
}

/**
 * Checks that `value` is a list of texts that match `pattern`, no text twice.
 *
 * @param expected what each text must be, in words, for the message
 * @throws {TypeError} when it is not a list of texts
 * @throws {RangeError} when a text does not match, or stands there twice
 */
export function checkTexts(
  name: string,
  value: unknown,
  pattern: RegExp,
  expected: string,
): asserts value is readonly string[] {
  if (!Array.isArray(value)) throw new TypeError(`"${name}" expected a list, got ${describe(value)}`)
  readEach(value, (text, index) => checkText(`${name}[${index}]`, text, pattern, expected))
  if (new Set(value).size !== value.length) throw new RangeError(`"${name}" expected each text once`)
}

/**
 * Checks that each of a list of texts is one of those that there are.
 *
 * @param expected what each must be, in words, for the message; what was meant is added
 * @throws {RangeError} all that are not
 */
export function checkKnown(name: string, texts: readonly string[], known: readonly string[], expected: string): void {
  readEach(texts, (text, index) => {
    if (known.includes(text)) return
    const meant = findMeant(text, known)
    throw new RangeError(
      `"${name}[${index}]" expected ${expected}${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    )
  })
}

/**
 * Returns `value`, which is one of `choices`.
 *
 * @throws {TypeError} as {@link checkChoice}
 */
export function readChoice<const Choice extends string>(
  name: string,
  value: unknown,
  choices: readonly Choice[],
): Choice {
  checkChoice(name, value, choices)
  return value
}

/**
 * Returns `value`, which is true or false.
 *
 * @throws {TypeError} as {@link checkBoolean}
 */
export function readBoolean(name: string, value: unknown): boolean {
  checkBoolean(name, value)
  return value
}

/**
 * Returns `value`, which is an integer between `least` and `most`.
 *
 * @throws {TypeError | RangeError} as {@link checkInteger}
 */
export function readInteger(name: string, value: unknown, least: number, most?: number): number {
  checkInteger(name, value, least, most)
  return value
}

/**
 * Returns `value`, which is a text that matches `pattern`.
 *
 * @throws {TypeError | RangeError} as {@link checkText}
 */
export function readText(name: string, value: unknown, pattern: RegExp, expected: string): string {
  checkText(name, value, pattern, expected)
  return value
}

/**
 * Returns `value`, which is a list of texts that match `pattern`, no text twice.
 *
 * @throws {TypeError | RangeError} as {@link checkTexts}
 */
export function readTexts(name: string, value: unknown, pattern: RegExp, expected: string): readonly string[] {
  checkTexts(name, value, pattern, expected)
  return value
}

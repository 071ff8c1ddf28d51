/**
 * What the operator wrote, checked in one voice: `"period" expected an integer ≥ 60, got 5`.
 *
 * A wrong type is a `TypeError`, a value out of bounds a `RangeError`. Texts are never repeated in a message: they may be secrets.
 *
 * @module
 */

/** The members of an object whose shape is not known yet. */
export type Members = Readonly<Record<string, unknown>>

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return value === undefined ? 'nothing' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/**
 * Checks that `value` is a plain object with no member outside `known`.
 *
 * @throws {TypeError} when it is not an object, or has an unknown member
 */
export function checkMembers(name: string, value: unknown, known?: readonly string[]): asserts value is Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`"${name}" expected an object, got ${describe(value)}`)
  }
  const unknown = known === undefined ? undefined : Object.keys(value).find((member) => !known.includes(member))
  if (unknown !== undefined) {
    const shown = /^[A-Za-z0-9_-]{1,40}$/.test(unknown) ? `"${unknown}"` : 'a member of another name'
    throw new TypeError(`"${name}" has no setting ${shown}; it knows: ${known?.join(', ')}`)
  }
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
  for (const [index, text] of value.entries()) checkText(`${name}[${index}]`, text, pattern, expected)
  if (new Set(value).size !== value.length) throw new RangeError(`"${name}" expected each text once`)
}

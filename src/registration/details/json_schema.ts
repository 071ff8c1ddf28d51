/**
 * A strict part of JSON Schema (2020-12): enough to say what an authorization detail may hold (RFC 9396 §5). What a schema
 * says here it says to every other validator too; what is not known here is refused when settings are built, never ignored.
 *
 * @module
 */

import { checkChoice, checkInteger, checkMembers, checkText } from '../../../keys/check.ts'
import { readEach } from '../../../keys/faults.ts'
import { readVisible } from '../../protocol/visible.ts'

/** A value without members. */
type Scalar = string | number | boolean

/** A schema, as the operator writes it. */
export interface JsonSchema {
  /** Always needed: one type, never a list of them. */
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array'
  /** What a person is told that the value is. Default: its name. */
  readonly title?: string
  /** The only values that it may have; not of objects and arrays. */
  readonly enum?: readonly Scalar[]
  /** The only value that it may have; not of objects and arrays. */
  readonly const?: Scalar
  /** Characters of a string at the least. */
  readonly minLength?: number
  /** Characters of a string at the most. */
  readonly maxLength?: number
  /** A regular expression, found anywhere in a string unless it says `^…$`. Yours alone: write none that backtracks. */
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  /** The members of an object. */
  readonly properties?: Readonly<Record<string, JsonSchema>>
  /** The members that an object must have. */
  readonly required?: readonly string[]
  /** Must be written out as `false`: an unknown member is always refused (RFC 9396 §5). */
  readonly additionalProperties?: false
  /** What each item of an array is. */
  readonly items?: JsonSchema
  readonly minItems?: number
  readonly maxItems?: number
}

/** A schema that has been checked. */
export interface Schema extends Omit<JsonSchema, 'pattern' | 'properties' | 'items'> {
  readonly pattern?: RegExp
  readonly properties?: ReadonlyMap<string, Schema>
  readonly items?: Schema
}

/** The keywords of each type, beside `type` and `title`. */
const KEYWORDS = {
  string: ['enum', 'const', 'minLength', 'maxLength', 'pattern'],
  number: ['enum', 'const', 'minimum', 'maximum'],
  integer: ['enum', 'const', 'minimum', 'maximum'],
  boolean: ['enum', 'const'],
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'minItems', 'maxItems'],
} as const satisfies Readonly<Record<JsonSchema['type'], readonly (keyof JsonSchema)[]>>

/** Objects and arrays in one another at the most: a person must be able to read it. */
const DEEPEST = 5

/** Characters of what a person may be shown as the name of a value. */
const LONGEST_TITLE = 64

/** A member's name; `__proto__` is none. */
const MEMBER = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/

function readPattern(name: string, value: unknown): RegExp {
  checkText(name, value, /^/, 'a regular expression')
  try {
    return new RegExp(value, 'u')
  } catch {
    throw new RangeError(`"${name}" expected a regular expression`)
  }
}

function readBounds(name: string, value: Readonly<Record<string, unknown>>): void {
  for (const [least, most] of [
    ['minLength', 'maxLength'],
    ['minItems', 'maxItems'],
  ] as const) {
    for (const keyword of [least, most])
      if (value[keyword] !== undefined) checkInteger(`${name}.${keyword}`, value[keyword], 0)
  }
  for (const keyword of ['minimum', 'maximum']) {
    if (value[keyword] !== undefined && !Number.isFinite(value[keyword]))
      throw new TypeError(`"${name}.${keyword}" expected a number`)
  }
}

function readProperties(name: string, value: unknown, depth: number): ReadonlyMap<string, Schema> {
  checkMembers(name, value)
  return new Map(
    readEach(Object.entries(value), ([member, schema]) => {
      checkText(`${name}'s names`, member, MEMBER, 'a letter, then letters, digits, "_" or "-"')
      return [member, readSchema(`${name}.${member}`, schema, depth + 1)] as const
    }),
  )
}

function readObject(name: string, value: Readonly<Record<string, unknown>>, depth: number): Partial<Schema> {
  const { required = [], additionalProperties } = value
  if (additionalProperties !== false) throw new TypeError(`"${name}.additionalProperties" expected false, written out`)
  const properties = readProperties(`${name}.properties`, value['properties'], depth)
  if (!Array.isArray(required)) throw new TypeError(`"${name}.required" expected a list`)
  for (const [index, member] of required.entries()) {
    checkChoice(`${name}.required[${index}]`, member, [...properties.keys()])
  }
  return { properties, required, additionalProperties }
}

/**
 * Reads a schema from the settings.
 *
 * @throws {TypeError | RangeError} when a keyword is unknown, of another type, or out of bounds
 */
export function readSchema(name: string, value: unknown, depth = 1): Schema {
  checkMembers(name, value)
  const { type, title } = value
  checkChoice(`${name}.type`, type, Object.keys(KEYWORDS) as (keyof typeof KEYWORDS)[])
  checkMembers(name, value, ['type', 'title', ...KEYWORDS[type]])
  if (title !== undefined) readVisible(`${name}.title`, title, LONGEST_TITLE)
  if (depth > DEEPEST) throw new RangeError(`"${name}" expected at most ${DEEPEST} levels`)
  readBounds(name, value)
  const { pattern, properties: _, items, ...plain } = value
  const schema: Schema = {
    ...(plain as unknown as Omit<JsonSchema, 'pattern' | 'properties' | 'items'>),
    ...(pattern === undefined ? {} : { pattern: readPattern(`${name}.pattern`, pattern) }),
    ...(type === 'object' ? readObject(name, value, depth) : {}),
    ...(type === 'array' ? { items: readSchema(`${name}.items`, items, depth + 1) } : {}),
  }
  const { enum: choices = [], const: only } = value
  if (!Array.isArray(choices)) throw new TypeError(`"${name}.enum" expected a list`)
  if (value['enum'] !== undefined && choices.length === 0) throw new RangeError(`"${name}.enum" expected a value`)
  for (const choice of only === undefined ? choices : [...choices, only]) {
    if (!isOf(schema, choice)) throw new RangeError(`"${name}" expected values of its own kind in "enum" and "const"`)
  }
  return schema
}

function isBetween(value: number, least: number | undefined, most: number | undefined): boolean {
  return value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY)
}

function isObjectOf({ properties, required = [] }: Schema, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const hasAll = required.every((member) => Object.hasOwn(value, member))
  return hasAll && Object.entries(value).every(([member, one]) => isOf(properties?.get(member), one))
}

/** Tells whether a value that came out of JSON is what a schema says; without a schema nothing is. */
export function isOf(schema: Schema | undefined, value: unknown): boolean {
  if (schema === undefined) return false
  const { enum: choices, const: only, minLength, maxLength, minimum, maximum, minItems, maxItems, pattern } = schema
  if (choices !== undefined && !choices.some((choice) => choice === value)) return false
  if (only !== undefined && only !== value) return false
  switch (schema.type) {
    case 'string':
      if (typeof value !== 'string' || !isBetween([...value].length, minLength, maxLength)) return false
      return pattern?.test(value) ?? true
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) && isBetween(value, minimum, maximum)
    case 'integer':
      return Number.isSafeInteger(value) && isBetween(value as number, minimum, maximum)
    case 'boolean':
      return typeof value === 'boolean'
    case 'array':
      if (!Array.isArray(value) || !isBetween(value.length, minItems, maxItems)) return false
      return value.every((item) => isOf(schema.items, item))
    case 'object':
      return isObjectOf(schema, value)
  }
}

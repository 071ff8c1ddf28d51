/**
 * What the operator says of a type of authorization details, and what becomes of it (RFC 9396 §2.1, §5).
 *
 * @module
 */

import { checkChoice, checkMembers, checkText, checkTexts } from '../../keys/check.ts'
import type { DetailType, DetailTypes } from './authorization_details.ts'
import { type JsonSchema, readSchema } from './json_schema.ts'
import type { Resource } from './resource.ts'
import { DISPLAY_NAME, DISPLAY_WORDS } from './resource_registration.ts'

/** A type of authorization details. */
export interface DetailTypeSettings {
  /** What a person is told that it is: `"Pay a bill"`. */
  readonly name: string
  /** What it means, in a sentence. Default: nothing. */
  readonly description?: string
  /** The URIs of the resources at which it means something; a detail's `locations` can name some of them. */
  readonly resources: readonly string[]
  /** What a detail has beside `type` and `locations`: a schema of `type: "object"`. */
  readonly schema: JsonSchema
  /**
   * `"ask"` asks a person each time, also for what was allowed before: for what is done once, such as a payment.
   * `"remember"` asks only when something is different. Default `"ask"`.
   */
  readonly consent?: 'ask' | 'remember'
}

const MEMBERS = [
  'name',
  'description',
  'resources',
  'schema',
  'consent',
] as const satisfies readonly (keyof DetailTypeSettings)[]

/**
 * Reads a type of authorization details from the settings.
 *
 * @throws {TypeError | RangeError} when a setting is missing, unknown, of a wrong type or out of bounds
 */
function readDetailType(
  type: string,
  value: unknown,
  known: { readonly resources: ReadonlyMap<string, Resource> },
): DetailType {
  checkText("authorizationDetailsTypes' names", type, /^[\x21-\x7e]{1,128}$/, '1 to 128 visible ASCII characters')
  const name = `authorizationDetailsTypes["${type}"]`
  checkMembers(name, value, MEMBERS)
  const { name: title, description, resources, consent = 'ask' } = value
  checkText(`${name}.name`, title, DISPLAY_NAME, '1 to 64 characters that can be seen')
  if (description !== undefined)
    checkText(`${name}.description`, description, DISPLAY_WORDS, '1 to 200 characters that can be seen')
  checkTexts(`${name}.resources`, resources, /^/, 'the URI of a resource')
  const unknown = resources.findIndex((uri) => !known.resources.has(uri))
  if (unknown !== -1 || resources.length === 0) {
    throw new RangeError(`"${name}.resources[${Math.max(unknown, 0)}]" expected one of the resources of these settings`)
  }
  checkChoice(`${name}.consent`, consent, ['ask', 'remember'])
  const schema = readSchema(`${name}.schema`, value['schema'])
  if (schema.type !== 'object') throw new TypeError(`"${name}.schema.type" expected "object"`)
  if (schema.properties?.has('type') || schema.properties?.has('locations')) {
    throw new RangeError(`"${name}.schema.properties" expected neither "type" nor "locations": they are the protocol's`)
  }
  return { type, name: title, description, resources, schema, isRemembered: consent === 'remember' }
}

/**
 * Reads the types of authorization details, by their name.
 *
 * @throws {TypeError | RangeError} as `readDetailType`
 */
export function readDetailTypes(
  name: string,
  given: unknown,
  known: { readonly resources: ReadonlyMap<string, Resource> },
): DetailTypes {
  checkMembers(name, given)
  return new Map(Object.entries(given).map(([type, value]) => [type, readDetailType(type, value, known)]))
}

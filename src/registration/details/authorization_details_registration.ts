/**
 * What the operator says of a type of authorization details, and what becomes of it (RFC 9396 §2.1, §5).
 *
 * @module
 */

import { checkKnown, checkMembers, checkText, readChoice, readTexts } from '../../../keys/check.ts'
import { readAll } from '../../../keys/faults.ts'
import { readVisible } from '../../protocol/visible.ts'
import { LONGEST_NAME, LONGEST_WORDS, readOwnWords } from '../own_words.ts'
import type { KnownResources } from '../resource_registration.ts'
import type { DetailType } from './authorization_details.ts'
import { type JsonSchema, readSchema } from './json_schema.ts'

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
   * What a person is told in other languages, by language (`en`, `de`, `fr`, `es`, `ja`, `ar`) and name: `"name"`, `"description"`, and for
   * the title of a member the way to it, `"schema.amount.value"`. Default: as it is said here, in every language.
   */
  readonly words?: Readonly<Record<string, Readonly<Record<string, string>>>>
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
  'words',
  'consent',
] as const satisfies readonly (keyof DetailTypeSettings)[]

function readResources(name: string, value: unknown, known: KnownResources): readonly string[] {
  const uris = readTexts(name, value, /^/, 'the URI of a resource')
  checkKnown(name, uris, [...known.keys()], 'one of the resources of these settings')
  if (uris.length === 0) throw new RangeError(`"${name}[0]" expected one of the resources of these settings`)
  return uris
}

function readDetailSchema(name: string, value: unknown): DetailType['schema'] {
  const schema = readSchema(name, value)
  if (schema.type !== 'object') throw new TypeError(`"${name}.type" expected "object"`)
  if (schema.properties?.has('type') || schema.properties?.has('locations')) {
    throw new RangeError(`"${name}.properties" expected neither "type" nor "locations": they are the protocol's`)
  }
  return schema
}

/** Returns the ways to all members of a schema; the items of a list are on the way to the list. */
function pathsOf({ properties, items }: DetailType['schema'], path: string): readonly string[] {
  const members = [...(properties ?? [])].flatMap(([member, one]) => {
    const way = `${path}.${member}`
    return [way, ...pathsOf(one, way)]
  })
  return items === undefined ? members : [...members, ...pathsOf(items, path)]
}

function readWords(name: string, value: unknown, schema: DetailType['schema']): DetailType['words'] {
  const titles = pathsOf(schema, 'schema').map((path) => [path, LONGEST_NAME] as const)
  return readOwnWords(name, value, new Map([['name', LONGEST_NAME], ['description', LONGEST_WORDS], ...titles]))
}

/**
 * Reads a type of authorization details from the settings.
 *
 * @throws {TypeError | RangeError} when settings are missing, unknown, of a wrong type or out of bounds: all are said
 */
export function readDetailType(type: string, value: unknown, resources: KnownResources): DetailType {
  checkText("authorizationDetailsTypes' names", type, /^[\x21-\x7e]{1,128}$/, '1 to 128 visible ASCII characters')
  const name = `authorizationDetailsTypes["${type}"]`
  checkMembers(name, value)
  const { name: title, description, words = {}, consent = 'ask' } = value
  const { members: _, ...read } = readAll({
    members: () => checkMembers(name, value, MEMBERS),
    name: () => readVisible(`${name}.name`, title, LONGEST_NAME),
    description: () =>
      description === undefined ? undefined : readVisible(`${name}.description`, description, LONGEST_WORDS),
    resources: () => readResources(`${name}.resources`, value['resources'], resources),
    schema: () => readDetailSchema(`${name}.schema`, value['schema']),
    isRemembered: () => readChoice(`${name}.consent`, consent, ['ask', 'remember']) === 'remember',
  })
  return { type, ...read, words: readWords(`${name}.words`, words, read.schema) }
}

/**
 * Authorization details: what a client asks for in detail, of a type that the operator has registered (RFC 9396).
 *
 * @module
 */

import { isMembers } from '../../../keys/check.ts'
import { findResource } from '../../../keys/identifier.ts'
import { OAuthError, refusal } from '../../protocol/error.ts'
import type { Language } from '../../protocol/language.ts'
import { isVisible } from '../../protocol/visible.ts'
import type { Client } from '../clients/client.ts'
import type { OwnWords } from '../own_words.ts'
import { isOf, type Schema } from './json_schema.ts'

/** One thing that is asked for, or was agreed to (RFC 9396 §2). */
export interface AuthorizationDetail {
  readonly type: string
  readonly [member: string]: unknown
}

/** A detail, and the URIs of the resources that it is for; at least one. */
export interface PlacedDetail {
  readonly detail: AuthorizationDetail
  readonly at: readonly string[]
}

/** A type of authorization details, as the issuer knows it. */
export interface DetailType {
  readonly type: string
  /** What a person is told that it is. */
  readonly name: string
  /** What a person is told that it means. */
  readonly description: string | undefined
  /** The URIs of the resources at which it means something. */
  readonly resources: readonly string[]
  /** What a detail has beside `type` and `locations`. */
  readonly schema: Schema
  /** What people are told of it in other languages, by the names of the settings. */
  readonly words: OwnWords
  /** Whether a person who allowed it once is not asked for the same again. */
  readonly isRemembered: boolean
}

/** The types of an issuer. */
export type DetailTypes = ReadonlyMap<string, DetailType>

/** Returns a schema as people are told of it, where `own` has titles by the path of a member. */
function titledBy(own: ReadonlyMap<string, string>, schema: Schema, path: string): Schema {
  const { properties, items } = schema
  const title = own.get(path) ?? schema.title
  return {
    ...schema,
    ...(title === undefined ? {} : { title }),
    ...(properties && {
      properties: new Map([...properties].map(([member, one]) => [member, titledBy(own, one, `${path}.${member}`)])),
    }),
    ...(items && { items: titledBy(own, items, path) }),
  }
}

/** Returns a type as people are told of it in a language; what is not said in it stays as it is. */
export function detailTypeIn(type: DetailType, language: Language): DetailType {
  const own = type.words.get(language)
  if (own === undefined) return type
  const { name, description, schema } = type
  return {
    ...type,
    name: own.get('name') ?? name,
    description: own.get('description') ?? description,
    schema: titledBy(own, schema, 'schema'),
  }
}

/** Characters that `authorization_details` may have: a person must be able to read it all, and envelopes to carry it. */
export const LONGEST_DETAILS = 2048

/** Details that a request may have. */
const MOST_DETAILS = 10

/** Members whose lists may be shortened: they say to what a detail extends (RFC 9396 §2.2). */
const EXTENTS: ReadonlySet<string> = new Set(['actions', 'datatypes', 'privileges'])

function refuse(detail: string): OAuthError {
  return refusal('invalid_authorization_details', 'details', detail)
}

/** Tells whether no text in a value has a character that a person cannot see, or that turns the others around. */
function areVisible(value: unknown): boolean {
  if (typeof value === 'string') return isVisible(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(areVisible)
}

/** Returns where a detail would be good: where it says, or wherever its type means something to the client. */
function placesOf({ locations }: AuthorizationDetail, type: DetailType, client: Client): readonly string[] {
  const possible = type.resources.filter((uri) => client.resources.has(uri))
  if (locations === undefined) return possible
  if (!Array.isArray(locations) || !locations.every((uri) => typeof uri === 'string'))
    throw refuse('locations is not a list of resources')
  const places = locations.flatMap((uri) => findResource(possible, uri) ?? [])
  if (places.length < locations.length) throw refuse('locations has another resource')
  if (new Set(places).size < places.length) throw refuse('locations has a resource twice')
  return places
}

/** Returns a detail with its places, if it is what its type says. */
function place(detail: unknown, client: Client, types: DetailTypes): PlacedDetail {
  if (!isMembers(detail) || typeof detail['type'] !== 'string') throw refuse('a detail without a type')
  const type = client.detailTypes.has(detail['type']) ? types.get(detail['type']) : undefined
  if (type === undefined) throw refuse('no such type for this client')
  const { type: _, locations, ...members } = detail
  if (!isOf(type.schema, members)) throw refuse('a detail is not what its type says')
  if (!areVisible(members)) throw refuse('a detail has a character that nobody can see')
  const at = placesOf(detail as AuthorizationDetail, type, client)
  if (at.length === 0) throw refuse('a detail is for none of the resources of the client')
  // The settings' spelling of a resource is the one that counts.
  const placed = locations === undefined ? detail : { ...detail, locations: at }
  return { detail: placed as AuthorizationDetail, at }
}

/**
 * Reads an `authorization_details` parameter; nothing is in it where there is none.
 *
 * @throws {OAuthError} `invalid_authorization_details` when a type is unknown or not the client's, or a detail is not what
 * its type says (RFC 9396 §5)
 */
export function readAuthorizationDetails(
  parameter: string | undefined,
  client: Client,
  types: DetailTypes,
): readonly PlacedDetail[] {
  if (parameter === undefined) return []
  if (parameter.length > LONGEST_DETAILS) throw refuse('authorization_details is too long')
  let details: unknown
  try {
    details = JSON.parse(parameter)
  } catch (cause) {
    throw refusal('invalid_authorization_details', 'details', 'authorization_details is not JSON', { cause })
  }
  if (!Array.isArray(details) || details.length === 0) throw refuse('authorization_details is not a list of details')
  if (details.length > MOST_DETAILS) throw refuse('authorization_details has too many details')
  return details.map((detail) => place(detail, client, types))
}

/** Returns the URIs of all resources that details are for. */
export function resourcesOf(details: readonly PlacedDetail[]): readonly string[] {
  return [...new Set(details.flatMap(({ at }) => at))]
}

/** Returns what of approved details the client may still have, by the settings of today. */
export function stillAllowed(
  approved: readonly PlacedDetail[],
  client: Client,
  types: DetailTypes,
): readonly PlacedDetail[] {
  return approved.flatMap(({ detail, at }) => {
    try {
      const possible = place(detail, client, types).at
      const places = at.filter((uri) => possible.includes(uri))
      return places.length === 0 ? [] : [{ detail, at: places }]
    } catch (error) {
      if (error instanceof OAuthError) return []
      throw error
    }
  })
}

/** Tells whether a member is the same, whatever the order in which its own members stand. */
function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one, index) => isSame(one, b[index]))
  if (!isMembers(a) || !isMembers(b)) return a === b
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
  )
}

function isShorter(wanted: unknown, approved: unknown): boolean {
  if (!Array.isArray(wanted) || !Array.isArray(approved)) return false
  return wanted.length > 0 && wanted.every((one) => approved.some((other) => isSame(one, other)))
}

/** Tells whether a wanted detail is for no other resources than an approved one, and says so no less. */
function isAtNoMore({ detail: { locations }, at }: PlacedDetail, approved: PlacedDetail): boolean {
  if (locations === undefined) return approved.detail['locations'] === undefined
  return at.every((uri) => approved.at.includes(uri))
}

/**
 * Tells whether a wanted detail is no more than an approved one: the same members with the same values, but that the lists
 * which say to what it extends may be shorter. What else is "less" only an API can tell: a list that is left out is mostly more.
 */
function isWithin(wanted: PlacedDetail, approved: PlacedDetail): boolean {
  const names = new Set([...Object.keys(wanted.detail), ...Object.keys(approved.detail)])
  names.delete('locations')
  const isLess = [...names].every((name) => {
    if (!Object.hasOwn(wanted.detail, name) || !Object.hasOwn(approved.detail, name)) return false
    const [a, b] = [wanted.detail[name], approved.detail[name]]
    return isSame(a, b) || (EXTENTS.has(name) && isShorter(a, b))
  })
  return isLess && isAtNoMore(wanted, approved)
}

/**
 * Returns the wanted details of an approval. Each must be within another of those that were approved: what was approved
 * once cannot be had twice (RFC 9396 §6).
 *
 * @throws {OAuthError} `invalid_authorization_details` when one is not
 */
export function narrowDetails(
  wanted: readonly PlacedDetail[],
  approved: readonly PlacedDetail[],
): readonly PlacedDetail[] {
  const left = [...approved]
  return wanted.map((one) => {
    const index = left.findIndex((other) => isWithin(one, other))
    const [found] = index === -1 ? [] : left.splice(index, 1)
    if (found === undefined) throw refuse('more details than were approved')
    return { detail: one.detail, at: one.at.filter((uri) => found.at.includes(uri)) }
  })
}

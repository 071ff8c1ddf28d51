/**
 * What is asked for, in words that a person can read.
 *
 * @module
 */

import type { ShownDetail, ShownFact, ShownResource } from '../pages/consent.ts'
import type { AuthorizationDetail, DetailType, DetailTypes } from '../protocol/authorization_details.ts'
import type { AuthorizationRequest } from '../protocol/authorization_request.ts'
import type { Schema } from '../protocol/json_schema.ts'
import type { Resource } from '../protocol/resource.ts'

/** Returns a member's name as words: `instructedAmount` and `instructed_amount` are "Instructed amount". */
function writeName(member: string): string {
  const words = member
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .trim()
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function writeScalar(value: unknown): string {
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)
}

/** Returns a value and all that is in it, each under the names that lead to it. Nothing is left out, and nothing shortened. */
function showValue(path: readonly string[], schema: Schema | undefined, value: unknown): readonly ShownFact[] {
  const label = path.join(' › ')
  if (Array.isArray(value)) {
    const isFlat = value.every((item) => typeof item !== 'object')
    if (isFlat) return [{ label, values: value.length === 0 ? ['none'] : value.map(writeScalar) }]
    return value.flatMap((item, index) => showValue([...path, String(index + 1)], schema?.items, item))
  }
  if (typeof value !== 'object' || value === null) return [{ label, values: [writeScalar(value)] }]
  const members = Object.entries(value)
  if (members.length === 0) return [{ label, values: ['none'] }]
  return members.flatMap(([member, one]) => showMember(path, schema, member, one))
}

function showMember(
  path: readonly string[],
  schema: Schema | undefined,
  member: string,
  value: unknown,
): readonly ShownFact[] {
  const own = schema?.properties?.get(member)
  return showValue([...path, own?.title ?? writeName(member)], own, value)
}

/** Returns what a person reads of a detail. Its locations are told by where it stands. */
function showDetail({ type: _, locations: __, ...members }: AuthorizationDetail, type: DetailType): ShownDetail {
  const facts = Object.entries(members).flatMap(([member, value]) => showMember([], type.schema, member, value))
  return { name: type.name, description: type.description, facts }
}

/** Returns what a person reads of a request at one resource. */
export function showResource(
  { uri, name, scopes, scopeDescriptions }: Resource,
  { scope, resources, details }: AuthorizationRequest,
  types: DetailTypes,
): ShownResource {
  const asked = resources.includes(uri) ? scope.filter((token) => scopes.includes(token)) : []
  const here = details.filter(({ at }) => at.includes(uri))
  return {
    name,
    uri,
    scopes: asked.map((token) => scopeDescriptions[token] ?? token),
    details: here.flatMap(({ detail }) => {
      const type = types.get(detail.type)
      return type === undefined ? [] : [showDetail(detail, type)]
    }),
  }
}

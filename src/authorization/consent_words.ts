/**
 * What is asked for, in words that a person can read.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import type { LoginProviders } from '../login/authenticate.ts'
import { accountOf } from '../login/person.ts'
import { OFFLINE_ACCESS } from '../openid/openid.ts'
import type { ShownDetail, ShownFact, ShownHandOver, ShownResource, ShownValue } from '../pages/asked.ts'
import type { Consent } from '../pages/consent.ts'
import type { View } from '../pages/view.ts'
import { fillText, type Words, writeSpan } from '../pages/words/words.ts'
import {
  type DetailType,
  type DetailTypes,
  detailTypeIn,
  type PlacedDetail,
  resourcesOf,
} from '../registration/details/authorization_details.ts'
import type { Schema } from '../registration/details/json_schema.ts'
import { type Resource, resourceIn } from '../registration/resource.ts'
import type { Asked } from './authorization_request.ts'
import { showPerson } from './person_words.ts'
import type { Session } from './session.ts'

/** Returns a member's name as words: `instructedAmount` and `instructed_amount` are "Instructed amount". */
function writeName(member: string): string {
  const words = member
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .trim()
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Returns what is told in place of nothing: no word of the client's. */
function tellNothing(text: string): ShownValue {
  return { text, isOurs: true }
}

function showScalar({ consent }: Words, value: unknown): ShownValue {
  const text = typeof value === 'boolean' ? (value ? consent.yes : consent.no) : String(value)
  if (text.trim() !== '') return { text, isOurs: false }
  return tellNothing(text === '' ? consent.empty : consent.spaces)
}

/** Returns a value and all that is in it under its name. Nothing is left out, and nothing shortened. */
function showValue(words: Words, label: string, schema: Schema | undefined, value: unknown): readonly ShownFact[] {
  const nothing = [tellNothing(words.consent.none)]
  if (Array.isArray(value)) {
    const isFlat = value.every((item) => typeof item !== 'object')
    if (isFlat) return [{ label, values: value.length === 0 ? nothing : value.map((one) => showScalar(words, one)) }]
    return value.flatMap((item, index) =>
      showValue(words, numbered(words, label, index, value.length), schema?.items, item),
    )
  }
  if (typeof value !== 'object' || value === null) return [{ label, values: [showScalar(words, value)] }]
  const facts = showMembers(words, schema, value)
  return [facts.length === 0 ? { label, values: nothing } : { label, facts }]
}

/** Returns which one of several it is; nothing is said of the only one. */
function whichOf({ consent }: Words, index: number, count: number): string | undefined {
  return count === 1 ? undefined : fillText(consent.which, { number: index + 1, count })
}

function numbered(words: Words, label: string, index: number, count: number): string {
  const which = whichOf(words, index, count)
  return which === undefined ? label : fillText(words.consent.detail, { detail: label, which })
}

/** Tells whether a person would take two names for one. */
function isAlike(one: string, other: string): boolean {
  const plain = (name: string): string => name.trim().replace(/\s+/g, ' ').toLowerCase()
  return plain(one) === plain(other)
}

/** Returns what to call something: where others are called alike, it says what the settings call it. */
function callApart(name: string, own: string, others: readonly string[]): string {
  return others.some((other) => isAlike(name, other)) ? `${name} (${own})` : name
}

function showMembers(words: Words, schema: Schema | undefined, value: object): readonly ShownFact[] {
  const known = [...(schema?.properties ?? [])].map(([member, { title }]) => ({
    member,
    name: title ?? writeName(member),
  }))
  return Object.entries(value).flatMap(([member, one]) => {
    const name = known.find((other) => other.member === member)?.name ?? writeName(member)
    const others = known.filter((other) => other.member !== member).map((other) => other.name)
    return showValue(words, callApart(name, member, others), schema?.properties?.get(member), one)
  })
}

/** Returns what a person reads of a detail. Its locations are told by where it stands. */
function showDetail(
  { detail }: PlacedDetail,
  type: DetailType,
  { details }: Asked,
  types: DetailTypes,
  words: Words,
): Omit<ShownDetail, 'elsewhere'> {
  const { type: _, locations: __, ...members } = detail
  const alike = details.filter((other) => other.detail.type === detail.type)
  const index = alike.findIndex((other) => other.detail === detail)
  const others = [...types.values()].filter((other) => other !== type).map(({ name }) => name)
  return {
    name: callApart(type.name, type.type, others),
    which: whichOf(words, index, alike.length),
    description: type.description,
    facts: showMembers(words, type.schema, members),
  }
}

/** Returns what a scope means at a resource. */
function showScope(asked: readonly string[], { scopeDescriptions, readOnlyScopes }: Resource): ShownResource['scopes'] {
  return asked.map((token) => ({
    token,
    words: scopeDescriptions.get(token),
    isReadOnly: readOnlyScopes.has(token),
  }))
}

/** Returns what a person reads of what a request hands over: each scope token in words of its own, or as the provider calls it. */
function showHandOver({ handOver }: Asked, providers: LoginProviders | undefined): ShownHandOver | undefined {
  if (handOver === undefined) return undefined
  const { provider, scope } = handOver
  const { label = provider, scopeDescriptions } = providers?.get(provider) ?? {}
  const wordsOf = (token: string): string => scopeDescriptions?.get(token) ?? ''
  const what = scope.map((token) => {
    const words = wordsOf(token)
    const others = scope.filter((other) => other !== token).map(wordsOf)
    return words === '' ? { token } : { words: callApart(words, token, others) }
  })
  return { at: label, what }
}

/** Returns what a person reads of a request, at each of the resources that it is about. */
function showRequest(
  places: readonly Resource[],
  request: Asked,
  types: DetailTypes,
  providers: LoginProviders | undefined,
  words: Words,
): readonly ShownResource[] {
  const { scope, resources, details } = request
  const handOver = showHandOver(request, providers)
  const callPlace = ({ uri, name }: Resource): string => {
    const others = places.filter((other) => other.uri !== uri).map((other) => other.name)
    return callApart(name, uri, others)
  }
  return places.map((resource) => {
    const { uri, name, scopes } = resource
    const asked = resources.includes(uri) ? scope.filter((token) => scopes.includes(token)) : []
    const here = details.filter(({ at }) => at.includes(uri))
    return {
      name,
      uri,
      scopes: showScope(asked, resource),
      handOver: resource.providerToken && handOver,
      details: here.flatMap((placed) => {
        const type = types.get(placed.detail.type)
        const others = places.filter((other) => other !== resource && placed.at.includes(other.uri))
        return type === undefined
          ? []
          : [{ ...showDetail(placed, type, request, types, words), elsewhere: others.map(callPlace) }]
      }),
    }
  })
}

/** What stands on the consent page of what is asked for, and by whom, and of the person. */
export type ShownQuestion = Pick<Consent, 'clientName' | 'clientHost' | 'about' | 'resources' | 'account' | 'lifetime'>

/** Returns what a person reads of a question. */
export function showQuestion(
  request: Asked,
  session: Session,
  { approvable, openid, detailTypes, authenticate }: EndpointContext['settings'],
  { words, language }: Pick<View, 'words' | 'language'>,
): ShownQuestion {
  const { client } = request.destination
  const uris = new Set([...request.resources, ...resourcesOf(request.details)])
  const wished = [...uris].flatMap((uri) => approvable.get(uri) ?? [])
  const lifetime = client.grantTypes.has('refresh_token')
    ? fillText(request.scope.includes(OFFLINE_ACCESS) ? words.consent.afterLogout : words.consent.untilLogout, {
        span: writeSpan(words, client.refreshTokenLifetime),
      })
    : writeSpan(words, Math.max(...wished.map(({ accessTokenLifetime }) => accessTokenLifetime)))
  return {
    clientName: client.name,
    clientHost: client.uri === undefined ? undefined : new URL(client.uri).host,
    about: showPerson(words, openid, request, session.claims),
    resources: showRequest(
      wished.filter(({ purpose }) => purpose === 'access').map((resource) => resourceIn(resource, language)),
      request,
      new Map([...detailTypes].map(([name, type]) => [name, detailTypeIn(type, language)])),
      authenticate?.providers,
      words,
    ),
    account: accountOf(session),
    lifetime,
  }
}

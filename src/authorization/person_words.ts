/**
 * What a client will be told of the person whom it asks to log in, in words that this person can read.
 *
 * @module
 */

import { writeClaims } from '../openid/claim_words.ts'
import { OFFLINE_ACCESS, OPENID, type Openid } from '../openid/openid.ts'
import { type Claims, told } from '../openid/told_claims.ts'
import { fillText, nameClaims, type Words, writeList } from '../pages/words/words.ts'
import type { AuthorizationRequest } from './authorization_request.ts'

type Asked = Pick<AuthorizationRequest, 'scope' | 'claims'>

/** What is named of a profile of which nothing is known. */
const USUAL = ['name', 'picture']

/** Returns the names of the claims that a request has the client told of a person: of those that are known, if any are. */
function toldOf(openid: Openid, { scope, claims }: Asked, known: Claims): readonly string[] {
  return [...told(openid, { scope, asked: claims.asked })].filter((name) => Object.hasOwn(known, name))
}

/** Returns what a client is told of a person, by what it is called in English: `name`, `picture`. */
export function tellApart(openid: Openid | undefined, request: Asked, known: Claims = {}): readonly string[] {
  return openid === undefined ? [] : writeClaims(toldOf(openid, request, known))
}

/** Returns what a person reads of what a client will be told: a sentence for each scope, and one for what is asked for beside. */
export function showPerson(
  words: Words,
  openid: Openid | undefined,
  request: Asked,
  known: Claims = {},
): readonly string[] {
  const { scope } = request
  if (openid === undefined || !scope.includes(OPENID)) return []
  const sentenceOf = (names: readonly string[]): string | undefined => {
    const here = names.filter((name) => Object.hasOwn(known, name))
    const claims = nameClaims(words, writeClaims(here.length > 0 ? here : names))
    return claims.length === 0 ? undefined : fillText(words.consent.see, { claims: writeList(words, claims) })
  }
  const byScope = scope.map((token) => {
    if (token === OPENID) return words.consent.knowYou
    if (token === OFFLINE_ACCESS) return words.consent.goOnOffline
    // All that a profile can have would be a long list of what nobody knows of this person.
    const names = openid.scopes.get(token) ?? []
    const isKnown = names.some((name) => Object.hasOwn(known, name))
    return sentenceOf(token === 'profile' && !isKnown ? names.filter((name) => USUAL.includes(name)) : names)
  })
  const ofScopes = new Set(scope.flatMap((token) => openid.scopes.get(token) ?? []))
  const beside = [...told(openid, { scope, asked: request.claims.asked })].filter((name) => !ofScopes.has(name))
  return [...byScope, sentenceOf(beside)].filter((sentence) => sentence !== undefined)
}

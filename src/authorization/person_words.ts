/**
 * What a client will be told of the person whom it asks to log in, in words that this person can read.
 *
 * @module
 */

import { writeClaims, writeSight } from '../openid/claim_words.ts'
import { OFFLINE_ACCESS, OPENID, type Openid } from '../openid/openid.ts'
import { type Claims, told } from '../openid/told_claims.ts'
import type { AuthorizationRequest } from './authorization_request.ts'

type Asked = Pick<AuthorizationRequest, 'scope' | 'claims'>

/** What is named of a profile of which nothing is known. */
const USUAL = ['name', 'picture']

/** Returns the names of the claims that a request has the client told of a person: of those that are known, if any are. */
function toldOf(openid: Openid, { scope, claims }: Asked, known: Claims): readonly string[] {
  return [...told(openid, { scope, asked: claims.asked })].filter((name) => Object.hasOwn(known, name))
}

/** Returns what a client is told of a person, in words: `name`, `picture`. */
export function tellApart(openid: Openid | undefined, request: Asked, known: Claims = {}): readonly string[] {
  return openid === undefined ? [] : writeClaims(toldOf(openid, request, known))
}

/** Returns what a person reads of what a client will be told: a sentence for each scope, and one for what is asked for beside. */
export function showPerson(openid: Openid | undefined, request: Asked, known: Claims = {}): readonly string[] {
  const { scope } = request
  if (openid === undefined || !scope.includes(OPENID)) return []
  const sentenceOf = (names: readonly string[]): string | undefined => {
    const here = names.filter((name) => Object.hasOwn(known, name))
    return writeSight(here.length > 0 ? here : names)
  }
  const byScope = scope.map((token) => {
    if (token === OPENID) return 'Know that it is you'
    if (token === OFFLINE_ACCESS) return 'Go on after you have logged out'
    // All that a profile can have would be a long list of what nobody knows of this person.
    const names = openid.scopes.get(token) ?? []
    const isKnown = names.some((name) => Object.hasOwn(known, name))
    return sentenceOf(token === 'profile' && !isKnown ? names.filter((name) => USUAL.includes(name)) : names)
  })
  const ofScopes = new Set(scope.flatMap((token) => openid.scopes.get(token) ?? []))
  const beside = [...told(openid, { scope, asked: request.claims.asked })].filter((name) => !ofScopes.has(name))
  return [...byScope, sentenceOf(beside)].filter((sentence) => sentence !== undefined)
}

/**
 * What a request hands over to its APIs: the access token of the provider at which the person logged in.
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import type { HandOver, Resource } from './resource.ts'

/**
 * Returns what a request for these resources hands over; nothing where none of them wants anything.
 *
 * @throws {OAuthError} `invalid_target` where they want tokens of two providers: nobody logs in at both
 */
export function handOverOf(resources: Iterable<Resource>): HandOver | undefined {
  const wanted = [...resources].flatMap(({ providerToken }) => providerToken ?? [])
  const [first] = wanted
  if (first === undefined) return undefined
  const { provider } = first
  if (wanted.some((one) => one.provider !== provider))
    throw refusal('invalid_target', 'target', 'the resources are handed tokens of two providers')
  return { provider, scope: [...new Set(wanted.flatMap(({ scope }) => scope))] }
}

/** Returns the URIs of those among resources that are handed something. */
export function handedAmong(resources: Iterable<Resource>): readonly string[] {
  return [...new Set(resources)].filter(({ providerToken }) => providerToken !== undefined).map(({ uri }) => uri)
}

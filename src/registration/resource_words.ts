/**
 * What people are told of a resource: what its scope tokens allow, which of them change nothing, and both in other languages.
 *
 * @module
 */

import { checkKnown, checkMembers, readTexts } from '../../keys/check.ts'
import { readEach } from '../../keys/faults.ts'
import { SCOPE_TOKEN } from '../protocol/scope.ts'
import { readVisible } from '../protocol/visible.ts'
import { LONGEST_NAME, LONGEST_WORDS, readOwnWords } from './own_words.ts'
import { type Resource, SCOPE_WORDS } from './resource.ts'

/** Reads what scope tokens of a resource allow. */
export function readScopeDescriptions(name: string, value: unknown, scopes: unknown): Resource['scopeDescriptions'] {
  checkMembers(name, value, Array.isArray(scopes) ? scopes : undefined)
  return new Map(
    readEach(Object.entries(value), ([token, words]) => [token, readVisible(name, words, LONGEST_WORDS)] as const),
  )
}

/** Reads what a resource and its scope tokens are called in other languages. */
export function readWords(name: string, value: unknown, scopes: unknown): Resource['words'] {
  const tokens = Array.isArray(scopes) ? scopes : []
  const described = tokens.map((token) => [SCOPE_WORDS + token, LONGEST_WORDS] as const)
  return readOwnWords(name, value, new Map([['resource_name', LONGEST_NAME], ...described]))
}

/** Reads which scope tokens change nothing. */
export function readReadOnlyScopes(name: string, value: unknown, scopes: unknown): Resource['readOnlyScopes'] {
  const tokens = readTexts(name, value, SCOPE_TOKEN, 'a scope token')
  if (Array.isArray(scopes)) checkKnown(name, tokens, scopes, 'one of its "scopes"')
  return new Set(tokens)
}

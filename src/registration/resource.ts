/**
 * Resources: the APIs that tokens are for, each named by its absolute URI (RFC 8707).
 *
 * @module
 */

import type { ContentEncryption, SigningAlgorithm } from '../../keys/index.ts'
import type { Language } from '../protocol/language.ts'
import type { OwnWords } from './own_words.ts'

/** Whose token an API is handed, and what it must be good for. */
export interface HandOver {
  /** What the settings call the provider. */
  readonly provider: string
  /** The provider's own scope tokens. */
  readonly scope: readonly string[]
}

/** An API, as the issuer knows it. */
export interface Resource {
  /** The purpose of the keys of its tokens; `userinfo` is the issuer's own resource alone. */
  readonly purpose: 'access' | 'userinfo'
  /** Its absolute URI: the `aud` of its tokens. */
  readonly uri: string
  /** The scope tokens that it knows. */
  readonly scopes: readonly string[]
  /** How its tokens are sealed. */
  readonly envelope: 'direct' | 'nested'
  /** The content encryption of its tokens. */
  readonly enc: ContentEncryption
  /** How the content key of its nested tokens is managed (RFC 7518 §4.1). */
  readonly encryptionAlg: 'ECDH-ES' | 'RSA-OAEP-256' | 'dir'
  /** How its nested tokens are signed (RFC 7518 §3.1). */
  readonly signingAlg: SigningAlgorithm
  /** Its public keys, where they are in the settings. */
  readonly jwks: readonly Readonly<Record<string, unknown>>[]
  /** Where it tells its public keys, if it does. */
  readonly jwksUri: string | undefined
  /** The number of the branch that its tokens are sealed under; those under the one before it open too. */
  readonly branch: number
  /** Seconds that its tokens live. */
  readonly accessTokenLifetime: number
  /** Whether its tokens can be exchanged for others. */
  readonly exchange: boolean
  /** Whether its `direct` tokens bear the mark by which the issuer knows its own: others the server can have made itself. */
  readonly marked: boolean
  /** Whether it takes tokens that name no client. */
  readonly anonymous: boolean
  /** Whose pairwise subjects its tokens have: resources of one sector call a person the same. Nothing where subjects are public. */
  readonly sector: string | undefined
  /** What it is handed of the provider at which the person logged in; nothing where it is handed nothing. */
  readonly providerToken: HandOver | undefined
  /** What a person is told that it is called. */
  readonly name: string
  /** What a person is told that a scope token allows, where there are words for it. */
  readonly scopeDescriptions: ReadonlyMap<string, string>
  /** The name, and what scope tokens allow, in other languages, by the names of the settings. */
  readonly words: OwnWords
  /** The scope tokens that change nothing, as far as that is known. */
  readonly readOnlyScopes: ReadonlySet<string>
}

/** What stands before a scope token where words of a language say what it allows. */
export const SCOPE_WORDS = 'scope_descriptions.'

/** Returns a resource as people are told of it in a language; what is not said in it stays as it is. */
export function resourceIn(resource: Resource, language: Language): Resource {
  const own = resource.words.get(language)
  if (own === undefined) return resource
  const described = resource.scopes.flatMap((token) => {
    const words = own.get(SCOPE_WORDS + token) ?? resource.scopeDescriptions.get(token)
    return words === undefined ? [] : [[token, words] as const]
  })
  return { ...resource, name: own.get('resource_name') ?? resource.name, scopeDescriptions: new Map(described) }
}

/** Tells whether the issuer can prove of a token for a resource that it is its own. */
export function isProvable({ envelope, encryptionAlg, marked }: Resource): boolean {
  return envelope === 'nested' ? encryptionAlg === 'dir' : marked
}

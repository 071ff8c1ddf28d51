/**
 * Assertions of those whose keys are known: from the settings, or from where they tell them themselves.
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import type { Log } from '../log.ts'
import type { Signer } from '../registration/signer.ts'
import { type AssertionClaims, type AssertionRules, isKeyMissing, openAssertion } from '../token/assertion.ts'
import { createRemoteDocument, type Fetch, type RemoteDocument, type TellFailed } from './document.ts'
import type { Strangers } from './public/client_documents.ts'

/** What opens assertions. */
export interface Assertions {
  /**
   * Returns the claims of an assertion that this signer signed.
   *
   * This does NOT check whether it was used before.
   *
   * @param asker from where it came, as far as the platform tells
   * @throws {TokenError} as {@link openAssertion}; `unavailable` when no keys can be had
   */
  open(jwt: string, signer: Signer, rules: AssertionRules, asker?: string): Promise<AssertionClaims>
}

/**
 * Returns what opens assertions.
 *
 * Keys that are told elsewhere are fetched when they are first needed, and anew when one is missing, but not twice in 30
 * seconds; those that are known serve for a day while they cannot be fetched.
 */
export function createAssertions(
  fetch: Fetch,
  log: Log,
  strangers?: Pick<Strangers, 'keys'>,
  tellFailed: TellFailed = () => {},
): Assertions {
  const documents = new Map<string, RemoteDocument>()

  function documentOf(url: string): RemoteDocument {
    const known = documents.get(url) ?? createRemoteDocument(url, fetch)
    documents.set(url, known)
    return known
  }

  /** Returns the JWK Set that a stranger publishes. One that can never be had is as good as one that cannot be had now. */
  async function strangersKeysOf(
    name: string,
    url: string,
    now: number,
    isLacking: boolean,
    asker: string | undefined,
  ): Promise<object> {
    const told = await strangers?.keys.get(url, { now, asker, isLacking: () => isLacking })
    if (told?.ok && !told.isUnsure) return told.document
    log({
      level: 'warn',
      event: 'signer',
      client: name,
      detail: `its keys: ${told === undefined ? 'no strangers are known' : told.ok ? 'one that they lacked a moment ago' : told.detail}`,
    })
    tellFailed('signer')
    throw new TokenError('unavailable')
  }

  /** Returns a signer's JWK Set. */
  async function keysOf(signer: Signer, now: number, isLacking: boolean, asker?: string): Promise<object> {
    const { name, jwks, jwksUri, isStrangers = false } = signer
    if (jwksUri === undefined) return jwks
    if (isStrangers) return strangersKeysOf(name, jwksUri, now, isLacking, asker)
    const fetched = await documentOf(jwksUri).get(now, isLacking)
    if (fetched.ok && Array.isArray(fetched.json['keys'])) return fetched.json
    const detail = fetched.ok ? 'no JWK Set' : fetched.detail
    log({ level: 'error', event: 'signer', detail: `the keys of ${name}: ${detail}` })
    tellFailed('signer')
    // What is no JWK Set lacks every key: it must not be kept for as long as a good one.
    throw new TokenError(fetched.ok && !isLacking ? 'key' : 'unavailable')
  }

  return {
    async open(jwt, signer, rules, asker) {
      const open = async (isLacking: boolean): Promise<AssertionClaims> =>
        openAssertion(jwt, await keysOf(signer, rules.now, isLacking, asker), rules)
      try {
        return await open(false)
      } catch (error) {
        if (signer.jwksUri === undefined || !isKeyMissing(error)) throw error
        return open(true)
      }
    },
  }
}

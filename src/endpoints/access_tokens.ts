/**
 * Access tokens in the envelope of their resource: sealed by the issuer, and as far as it can, opened again.
 *
 * @module
 */

import { OAuthError } from '../protocol/error.ts'
import type { Resource } from '../protocol/resource.ts'
import type { Recipients } from '../stores/recipients.ts'
import { openDirect, sealDirect } from '../token/direct.ts'
import type { Entitlement, Opened } from '../token/entitlement.ts'
import { TokenError } from '../token/error.ts'
import { openNested, sealNested } from '../token/nested.ts'
import { leafRecipient, type Recipient } from '../token/recipient.ts'
import type { EndpointContext } from './context.ts'
import type { PublicKeys } from './jwks.ts'
import { nameAtResource } from './pairwise_entitlement.ts'

/** The access tokens of an issuer. */
export interface AccessTokens {
  /**
   * Seals an entitlement in the envelope that its resource asks for, and never in a lesser one; with pairwise names, where
   * it asks for these.
   *
   * @throws {OAuthError} `temporarily_unavailable` when there is no key that can be used
   */
  seal(entitlement: Entitlement, now: number): Promise<string>
  /**
   * Opens a token for one of these resources; nothing when it is not good for any. What is encrypted to a resource
   * server's own key nobody else can open, the issuer neither.
   */
  open(token: string, resources: Iterable<Resource>, now: number): Promise<Opened | undefined>
}

function unavailable(detail: string): OAuthError {
  return new OAuthError('temporarily_unavailable', detail, { retryAfter: 60 })
}

/** Returns the access tokens of an issuer. */
export function createAccessTokens(
  context: EndpointContext,
  recipients: Recipients,
  publicKeys: PublicKeys,
): AccessTokens {
  const { settings, keyRing } = context
  const { issuer, resources, pairwise } = settings

  function leavesFor({ uri, enc, accessTokenLifetime }: Resource, now: number) {
    return keyRing.open(now).leavesFor('access', uri, enc, accessTokenLifetime)
  }

  async function recipientOf(resource: Resource, now: number): Promise<Recipient> {
    if (resource.encryptionAlg !== 'dir') {
      const found = await recipients.find(resource, now)
      if (found === undefined) throw unavailable('the resource has no key that can be used')
      return found
    }
    const leaf = leavesFor(resource, now).sealing(now)
    if (leaf === undefined) throw new TokenError('sealing')
    return leafRecipient(leaf)
  }

  async function openFor(resource: Resource, token: string, now: number): Promise<Opened> {
    const { uri, envelope, accessTokenLifetime: longestLife } = resource
    const expected = { issuer, resource: uri, now, clockTolerance: 0, longestLife, anonymous: true }
    const leaves = leavesFor(resource, now)
    if (envelope === 'direct') return openDirect(token, leaves, expected)
    const find = async (kid: string): Promise<Recipient | undefined> => {
      const leaf = leaves.opening(kid, now)
      return leaf === undefined ? undefined : leafRecipient(leaf)
    }
    return openNested(token, find, await publicKeys.verification(now), expected)
  }

  return {
    async seal(decided, now) {
      const resource = resources.get(decided.aud)
      if (resource === undefined) throw new RangeError('a grant decided for a resource that is not there')
      const entitlement = nameAtResource(decided, resource, pairwise, issuer)
      if (resource.envelope === 'direct') return sealDirect(entitlement, issuer, leavesFor(resource, now), now)
      const signer = keyRing.open(now).signingKeys.signing(resource.signingAlg, now)
      if (signer === undefined) throw unavailable(`the ring has no key that signs by ${resource.signingAlg}`)
      return sealNested(entitlement, issuer, signer, await recipientOf(resource, now))
    },
    async open(token, of, now) {
      for (const resource of of) {
        try {
          return await openFor(resource, token, now)
        } catch (error) {
          if (!(error instanceof TokenError)) throw error
        }
      }
      return undefined
    },
  }
}

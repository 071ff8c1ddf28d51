/**
 * Access tokens in the envelope of their resource: sealed by the issuer, and as far as it can, opened again.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { TokenError } from '../jose/error.ts'
import { leafRecipient, type Recipient } from '../jose/recipient.ts'
import { refusal } from '../protocol/error.ts'
import type { Draw } from '../randomness.ts'
import type { Resource } from '../registration/resource.ts'
import type { Recipients } from '../remote/resource_keys.ts'
import { type Expectations, MOST_TOLERANT } from '../token/claims.ts'
import { openDirect, sealDirect } from '../token/direct.ts'
import type { Entitlement, Opened } from '../token/entitlement.ts'
import { openMarked, sealMarked } from '../token/mark.ts'
import { openNested, sealNested } from '../token/nested.ts'
import { nameAtResource } from './pairwise_entitlement.ts'
import type { PublicKeys } from './public_keys.ts'

/** Characters that an access token may have that carries one of a provider: a header takes it, with all else that stands there. */
const LONGEST_HANDED = 4096

/** The access tokens of an issuer. */
export interface AccessTokens {
  /** Returns an entitlement as its resource is told it: with pairwise names, where it asks for these. */
  named(entitlement: Entitlement): Entitlement
  /**
   * Seals an entitlement, {@link named} as its resource is told it, in the envelope that this asks for, and never in a lesser one.
   *
   * @param providerToken the access token of a provider that the resource is handed
   * @param draw gives the initialization vector. Default: it is drawn for itself
   * @throws {OAuthError} `temporarily_unavailable` when there is no key that can be used; `invalid_grant` when the token of a provider
   * makes it too long: a login anew may give a shorter one
   */
  seal(named: Entitlement, now: number, providerToken?: string, draw?: Draw): Promise<string>
  /**
   * Opens a token for one of these resources; nothing when it is not good for any. What is encrypted to a resource
   * server's own key nobody else can open, the issuer neither. What a resource is handed of a provider is left out.
   *
   * Another machine of the issuer, whose clock is ahead by as much as the ring's `skew`, may have sealed it.
   *
   * @param isElsewhere whether a token that is over here is opened as long as it can live anywhere: by the clock of another
   * machine, at a verifier as tolerant as can be, and of a grant at a home that is gone. Default false
   */
  open(token: string, resources: Iterable<Resource>, now: number, isElsewhere?: boolean): Promise<Opened | undefined>
  /**
   * Opens a token for one of these resources that nobody but this issuer can have made: a `direct` one has to bear its mark,
   * for the resource server could have made it too; but at the issuer's own resource, which is no other's.
   */
  openOwn(token: string, resources: Iterable<Resource>, now: number, isElsewhere?: boolean): Promise<Opened | undefined>
}

/** Returns what was opened without what its resource is handed of a provider: that is for nobody else, the issuer neither. */
function withoutHanded({ entitlement, ...opened }: Opened): Opened {
  const { providerToken: _, ...others } = entitlement
  return { ...opened, entitlement: others }
}

type Open = (resource: Resource, token: string, now: number, isElsewhere: boolean) => Promise<Opened>

/** Returns the access tokens of an issuer. */
export function createAccessTokens(
  context: EndpointContext,
  recipients: Recipients,
  publicKeys: PublicKeys,
): AccessTokens {
  const { settings, keyRing, measure } = context
  const { issuer, approvable, pairwise, homes } = settings

  function leavesFor({ purpose, uri, enc, accessTokenLifetime, branch }: Resource, now: number) {
    return keyRing.open(now).leavesFor(purpose, purpose === 'access' ? uri : '', enc, accessTokenLifetime, branch)
  }

  async function recipientOf(resource: Resource, now: number): Promise<Recipient> {
    if (resource.encryptionAlg !== 'dir') {
      const found = await recipients.find(resource, now)
      if (found === undefined)
        throw refusal('temporarily_unavailable', 'no_key', 'the resource has no key that can be used', {
          retryAfter: 60,
        })
      return found
    }
    const leaf = leavesFor(resource, now).sealing(now)
    if (leaf === undefined) throw new TokenError('sealing')
    return leafRecipient(leaf)
  }

  /** Returns the leaves that mark the tokens of a resource: of the same roots and periods as those that seal them. */
  function marksFor({ accessTokenLifetime }: Resource, now: number) {
    return keyRing.open(now).leavesFor('mark', '', 'A256GCM', accessTokenLifetime)
  }

  function expectationsOf(
    { uri, accessTokenLifetime: longestLife }: Resource,
    now: number,
    isElsewhere: boolean,
  ): Expectations {
    const { skew } = keyRing.open(now)
    const overdue = isElsewhere ? skew + MOST_TOLERANT : 0
    return { issuer, resource: uri, now, clockTolerance: skew, overdue, longestLife, anonymous: true }
  }

  const openOwn: Open = async (resource, token, now, isElsewhere) => {
    const isOurs = resource.envelope !== 'direct' || resource.purpose === 'userinfo'
    if (isOurs) return openFor(resource, token, now, isElsewhere)
    const expected = expectationsOf(resource, now, isElsewhere)
    return openMarked(token, leavesFor(resource, now), marksFor(resource, now), expected)
  }

  const openFor: Open = async (resource, token, now, isElsewhere) => {
    const { envelope } = resource
    const expected = expectationsOf(resource, now, isElsewhere)
    const leaves = leavesFor(resource, now)
    if (envelope === 'direct') return openDirect(token, leaves, expected)
    const find = async (kid: string): Promise<Recipient | undefined> => {
      const leaf = leaves.opening(kid, now)
      return leaf === undefined ? undefined : leafRecipient(leaf)
    }
    return openNested(token, find, await publicKeys.verification(now), expected)
  }

  async function openAny(
    open: Open,
    token: string,
    of: Iterable<Resource>,
    now: number,
    isElsewhere = false,
  ): Promise<Opened | undefined> {
    for (const resource of of) {
      try {
        const opened = withoutHanded(await open(resource, token, now, isElsewhere))
        // A resource server can make a `direct` one to itself, of any grant. What is good elsewhere is so wherever its grant was.
        if (!isElsewhere && !homes.isOurs(opened.entitlement.gid)) throw new TokenError('home')
        return opened
      } catch (error) {
        if (!(error instanceof TokenError)) throw error
      }
    }
    return undefined
  }

  async function seal(entitlement: Entitlement, resource: Resource, now: number, draw?: Draw): Promise<string> {
    const leaves = leavesFor(resource, now)
    if (resource.envelope === 'direct') {
      return resource.marked
        ? sealMarked(entitlement, issuer, leaves, marksFor(resource, now), now, draw)
        : sealDirect(entitlement, issuer, leaves, now, draw)
    }
    const signer = keyRing.signer(resource.signingAlg, now)
    const recipient = await recipientOf(resource, now)
    return measure({ part: 'signing', alg: signer.alg }, () => sealNested(entitlement, issuer, signer, recipient, draw))
  }

  function resourceOf({ aud }: Entitlement): Resource {
    const resource = approvable.get(aud)
    if (resource === undefined) throw new RangeError('a grant decided for a resource that is not there')
    return resource
  }

  /** Seals an entitlement that carries the token of a provider: it is never cut, and never too long for who is to take it. */
  async function sealHanded(entitlement: Entitlement, resource: Resource, now: number, draw?: Draw): Promise<string> {
    const token = await seal(entitlement, resource, now, draw).catch((error: unknown) => {
      if (error instanceof TokenError && error.code === 'size') return undefined
      throw error
    })
    if (token !== undefined && token.length <= LONGEST_HANDED) return token
    const [length, own] = [token?.length ?? 'too many', entitlement.providerToken?.length]
    const detail = `the access token would have ${length} characters, and may have ${LONGEST_HANDED}: that of its provider has ${own}`
    throw refusal('invalid_grant', 'too_long', detail)
  }

  return {
    named: (entitlement) => nameAtResource(entitlement, resourceOf(entitlement), pairwise, issuer),
    async seal(named, now, providerToken, draw) {
      const resource = resourceOf(named)
      return providerToken === undefined
        ? seal(named, resource, now, draw)
        : sealHanded({ ...named, providerToken }, resource, now, draw)
    },
    open: (...of) => openAny(openFor, ...of),
    openOwn: (...of) => openAny(openOwn, ...of),
  }
}

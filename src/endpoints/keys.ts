/**
 * Key delivery: a resource server fetches its own leaves, the next period's too (RFC 7517 §5, §7), and the keys by which it
 * alone can tell who of its people was revoked.
 *
 * @module
 */

import { branchOfLeaf, type RootNamesKey, writeJwk } from '../../keys/index.ts'
import type { AuthenticateClient } from '../authentication/client_authentication.ts'
import { checkKind } from '../authentication/client_kind.ts'
import type { EndpointContext } from '../context.ts'
import { unlessAwaited } from '../http/awaited.ts'
import { challengeOfBasic, tellRefusal } from '../http/form_endpoint.ts'
import { readProvedRequest } from '../http/proved_request.ts'
import { type Answer, answerError } from '../http/respond.ts'
import { TokenError } from '../jose/error.ts'
import { sealKeySet, writeNamesKey } from '../jose/key_set.ts'
import { keyManagementOf, recipientOf } from '../jose/recipient.ts'
import { refusal } from '../protocol/error.ts'
import type { Client } from '../registration/clients/client.ts'
import type { ClientCertificate } from '../registration/clients/client_certificate.ts'
import type { Resource } from '../registration/resource.ts'
import { chooseResource } from '../registration/resource_indicator.ts'
import type { RevocationView } from '../stores/revocations.ts'

function isBySecret({ signer, certificate }: Client): boolean {
  return signer === undefined && certificate === undefined
}

/** Seals keys to the one that a resource server is registered with, and never gives them otherwise. */
async function sealTo(
  key: Client['jwks'][number] | undefined,
  set: { readonly keys: readonly object[] },
): Promise<string> {
  try {
    return await sealKeySet(set, await recipientOf(key ?? {}, 'A256GCM'))
  } catch (cause) {
    if (!(cause instanceof TokenError)) throw cause
    const detail = 'the key that the resource server is registered with cannot be sealed to'
    throw refusal('temporarily_unavailable', 'no_key', detail, { cause, retryAfter: 60 })
  }
}

/** What the endpoint needs beside the context. */
export interface KeysParts {
  readonly authenticateClient: AuthenticateClient
  readonly view: RevocationView
}

/** Returns the key delivery endpoint, for GET and POST. */
export function createKeysEndpoint(
  context: EndpointContext,
  { authenticateClient, view }: KeysParts,
): (request: Request, certificate: ClientCertificate | undefined) => Promise<Answer> {
  const { settings, keyRing, log, events } = context
  const { issuer, resources, revocations } = settings

  /** Returns the lowest branch of a resource whose keys are told: of the two that open, if the other still counts. */
  async function lowestOf({ uri, branch }: Resource, now: number): Promise<number> {
    // Where nobody can say that the one before counts, it does not.
    return branch === 1 ? 1 : view.lowestBranch(uri, now).catch(() => branch)
  }

  /** Returns the leaves of a resource; one with a key of its own has none, and comes for its names keys alone. */
  function leavesOf(resource: Resource, lowest: number, now: number) {
    const { envelope, encryptionAlg, uri, enc, accessTokenLifetime, branch } = resource
    if (envelope === 'direct' || encryptionAlg === 'dir') {
      const told = keyRing.open(now).leavesFor('access', uri, enc, accessTokenLifetime, branch).told(now)
      return told.filter(({ kid }) => branchOfLeaf(kid) >= lowest).map(writeJwk)
    }
    if (revocations !== undefined) return []
    throw refusal('invalid_target', 'target', 'its tokens are sealed to its own key, not under leaves')
  }

  /** Returns the names keys of a resource, of the roots and branches that its leaves are told of. */
  function namesKeysOf({ uri, branch }: Resource, lowest: number, now: number) {
    const keyring = keyRing.open(now)
    const isTold = ({ pub, del, isRevoked, branch = 1 }: RootNamesKey): boolean =>
      !isRevoked && branch >= lowest && pub <= now + keyring.skew && now < del
    return keyring.namesKeys(uri, branch).filter(isTold).map(writeNamesKey)
  }

  async function serve(request: Request, certificate: ClientCertificate | undefined): Promise<Answer> {
    const now = context.now()
    const parameters = await readProvedRequest(request)
    const client = await authenticateClient({ headers: request.headers, parameters, certificate, now })
    checkKind(client, 'resource_server')
    const resource = chooseResource(parameters.all('resource'), undefined, client, resources)
    const lowest = await lowestOf(resource, now)
    const set = { keys: leavesOf(resource, lowest, now), names_keys: namesKeysOf(resource, lowest, now) }
    const key = client.jwks.find((jwk) => keyManagementOf(jwk) !== undefined)
    // The keys that it is registered with are to seal to, unless it proves itself by them.
    const isSealed = key !== undefined || (client.jwks.length > 0 && isBySecret(client))
    const type = isSealed ? 'application/jose' : 'application/jwk-set+json'
    const body = isSealed ? await sealTo(key, set) : JSON.stringify(set)
    events.tell('keys.delivered', { resource: resource.uri })
    return { status: 200, headers: { 'Content-Type': type, 'Cache-Control': 'no-store', Pragma: 'no-cache' }, body }
  }

  return async (request, certificate) => {
    try {
      return await serve(request, certificate)
    } catch (thrown) {
      const error = unlessAwaited(thrown, context)
      tellRefusal(events, 'keys.delivered', error)
      return answerError(error, { event: 'keys', log, challenge: challengeOfBasic(request.headers, issuer) })
    }
  }
}

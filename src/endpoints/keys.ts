/**
 * Key delivery: a resource server fetches its own leaves, the next period's too (RFC 7517 §5, §7).
 *
 * @module
 */

import { writeJwk } from '../../keys/index.ts'
import { OAuthError } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'
import { chooseResource } from '../protocol/resource.ts'
import { sealKeySet } from '../token/key_set.ts'
import { keyManagementOf, recipientOf } from '../token/recipient.ts'
import type { AuthenticateClient } from './client_authentication.ts'
import type { EndpointContext } from './context.ts'
import { challengeOfBasic } from './form_endpoint.ts'
import { type Answer, answerError } from './respond.ts'

/** Returns the key delivery endpoint, for GET. */
export function createKeysEndpoint(
  context: EndpointContext,
  authenticateClient: AuthenticateClient,
): (request: Request) => Promise<Answer> {
  const { settings, keyRing, log } = context
  const { issuer, resources } = settings

  async function serve(request: Request): Promise<Answer> {
    const now = context.now()
    const parameters = readParameters(new URL(request.url).search)
    parameters.checkOnce()
    if (parameters.get('client_secret') !== undefined) throw new OAuthError('invalid_request', 'a secret in the URL')
    const client = await authenticateClient({ headers: request.headers, parameters, now })
    if (client.kind !== 'resource_server') throw new OAuthError('unauthorized_client', 'not a resource server')
    const resource = chooseResource(parameters.all('resource'), undefined, client, resources)
    const hasOwnKey = resource.envelope === 'nested' && resource.encryptionAlg !== 'dir'
    if (hasOwnKey) throw new OAuthError('invalid_target', 'its tokens are sealed to its own key, not under leaves')
    const leaves = keyRing.open(now).leavesFor('access', resource.uri, resource.enc, resource.accessTokenLifetime)
    const keys = leaves.told(now).map(writeJwk)
    const headers = { 'Cache-Control': 'no-store', Pragma: 'no-cache' }
    const key = client.jwks.find((jwk) => keyManagementOf(jwk) !== undefined)
    if (key === undefined) {
      return {
        status: 200,
        headers: { 'Content-Type': 'application/jwk-set+json', ...headers },
        body: JSON.stringify({ keys }),
      }
    }
    const body = await sealKeySet(keys, await recipientOf(key, 'A256GCM'))
    return { status: 200, headers: { 'Content-Type': 'application/jose', ...headers }, body }
  }

  return async (request) => {
    try {
      return await serve(request)
    } catch (error) {
      return answerError(error, { event: 'keys', log, challenge: challengeOfBasic(request.headers, issuer) })
    }
  }
}

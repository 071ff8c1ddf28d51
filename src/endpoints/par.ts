/**
 * The pushed authorization request endpoint (RFC 9126 §2): takes an authorization request from the client itself, by the
 * same rules as the authorization endpoint, and gives a name for it.
 *
 * @module
 */

import type { ProveClient } from '../authentication/client_authentication.ts'
import { createDpop } from '../authentication/dpop.ts'
import { readAuthorizationRequest } from '../authorization/authorization_request.ts'
import { proveDestination } from '../authorization/destination.ts'
import type { PushedRequests } from '../authorization/pushed_requests.ts'
import type { EndpointContext } from '../context.ts'
import { createFormEndpoint, type FormEndpoint } from '../http/form_endpoint.ts'
import { answerJson } from '../http/respond.ts'

/** What the endpoint needs beside the context. */
export interface ParParts {
  readonly proveClient: ProveClient
  readonly pushedRequests: PushedRequests
}

/** Returns the pushed authorization request endpoint. */
export function createParEndpoint(context: EndpointContext, { proveClient, pushedRequests }: ParParts): FormEndpoint {
  const { settings, keyRing, log } = context
  const dpop = createDpop(context)
  return createFormEndpoint(context, 'par', async ({ parameters, headers, certificate, now }) => {
    const { client, spend } = await proveClient({ headers, parameters, certificate, now })
    // It can push a request of its own alone, whatever client_id says.
    const destination = proveDestination(parameters, new Map([[client.id, client]]))
    const proof = await dpop.check({ headers, endpoint: '/par', now })
    // Who proves a key here wants the code for it (RFC 9449 §10.1).
    const pushed = { ...pushedRequests.name(now), ...(proof && { jkt: proof.jkt }) }
    const request = readAuthorizationRequest(parameters, destination, settings, pushed)
    const answer = await pushedRequests.seal(request, pushed, context.envelopes(keyRing.open(now), now), now)
    await spend()
    await proof?.spend()
    log({ level: 'info', event: 'par', client: client.id })
    return answerJson(201, answer, proof?.headers)
  })
}

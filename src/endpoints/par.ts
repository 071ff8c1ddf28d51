/**
 * The pushed authorization request endpoint (RFC 9126 §2): takes an authorization request from the client itself, by the
 * same rules as the authorization endpoint, and gives a name for it.
 *
 * @module
 */

import type { ProveClient } from '../authentication/client_authentication.ts'
import type { DocumentHolders } from '../authentication/document_client.ts'
import { createDpop } from '../authentication/dpop.ts'
import { readAuthorizationRequest } from '../authorization/authorization_request.ts'
import { checkWorthFetching, proveDestination } from '../authorization/destination.ts'
import type { PushedRequests } from '../authorization/pushed_requests.ts'
import type { RequestObjects } from '../authorization/request_object.ts'
import { toldOfRequest } from '../authorization/told_facts.ts'
import type { EndpointContext } from '../context.ts'
import { createFormEndpoint, type FormEndpoint, type ReadForm } from '../http/form_endpoint.ts'
import { createLimiting } from '../http/limiting.ts'
import { answerJson } from '../http/respond.ts'
import { refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { type Client, isPublic } from '../registration/clients/client.ts'

/** What the endpoint needs beside the context. */
export interface ParParts {
  readonly proveClient: ProveClient
  readonly documentHolders: DocumentHolders
  readonly pushedRequests: PushedRequests
  readonly requestObjects: RequestObjects
}

/** What may stand beside a request object: what proves the client (RFC 9126 §3). */
const BESIDE_OBJECT = ['request', 'client_id', 'client_secret', 'client_assertion', 'client_assertion_type']

/** Checks that nothing stands beside a request object, that could be taken for a part of it. */
function checkAlone(parameters: Parameters, id: string): void {
  if (!parameters.names().every((name) => BESIDE_OBJECT.includes(name)))
    throw refusal('invalid_request', 'request_object', 'a parameter stands beside the request object')
  if ((parameters.get('client_id') ?? id) !== id)
    throw refusal('invalid_request', 'other_client', 'client_id is of another client than the request object')
}

/** Returns the pushed authorization request endpoint. */
export function createParEndpoint(
  context: EndpointContext,
  { proveClient, documentHolders, pushedRequests, requestObjects }: ParParts,
): FormEndpoint {
  const { settings, clients, keyRing, log, events } = context
  const dpop = createDpop(context)
  const limiting = createLimiting(context)

  /** Learns about a client by a document, once its request is one; nothing where it is another client's. */
  async function meet({
    parameters,
    headers,
    address: asker,
    now,
  }: Pick<ReadForm, 'parameters' | 'headers' | 'address' | 'now'>): Promise<Client | undefined> {
    const named = documentHolders.named({ parameters, headers })
    if (named === undefined) return undefined
    checkWorthFetching(parameters)
    const redirectUri = parameters.require('redirect_uri')
    return clients.meet(named.client.id, { now, asker, where: 'par', redirectUri, kid: named.kid })
  }

  return createFormEndpoint(
    context,
    'par',
    'par.accepted',
    async ({ parameters, headers, certificate, address, now }) => {
      const met = await meet({ parameters, headers, address, now })
      const { client, spend } = await proveClient({ headers, parameters, certificate, met, address, now })
      await limiting.checkClient(client, address)
      const opened = await requestObjects.open(parameters, client, now)
      if (opened !== undefined) checkAlone(parameters, client.id)
      const asked = opened?.parameters ?? parameters
      // It can push a request of its own alone, whatever client_id says.
      const find = (id: string): Client | undefined => (id === client.id ? client : undefined)
      const destination = await proveDestination(asked, { find, meet: async (id) => find(id) }, { now })
      const proof = await dpop.check({ headers, endpoint: '/par', now })
      // Who proves a key here wants the code for it (RFC 9449 §10.1).
      const pushed = { ...(opened?.pushed ?? pushedRequests.name(now)), ...(proof && { jkt: proof.jkt }) }
      const request = readAuthorizationRequest(asked, destination, settings, pushed)
      const answer = await pushedRequests.seal(request, pushed, context.envelopes(keyRing.open(now), now), now)
      await spend?.()
      await proof?.spend()
      log({ level: 'info', event: 'par', client: client.id })
      events.tell('par.accepted', { ...toldOfRequest(request), proved: !isPublic(client) })
      return answerJson(201, answer, proof?.headers)
    },
  )
}

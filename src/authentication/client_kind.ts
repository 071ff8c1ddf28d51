/**
 * Which kind of client may ask: not every endpoint is for all who prove themselves.
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import type { Client, ClientKind } from '../registration/clients/client.ts'

/** What they are called in the log. */
const CALLED: Readonly<Record<ClientKind, string>> = {
  client: 'a client',
  resource_server: 'a resource server',
  operator: 'an operator',
}

/**
 * Checks that a client is of a kind. That it proved to be it is not looked at here.
 *
 * @throws {OAuthError} `unauthorized_client` when it is of another
 */
export function checkKind(client: Client, kind: ClientKind): void {
  if (client.kind !== kind) throw refusal('unauthorized_client', 'client_kind', `not ${CALLED[kind]}`)
}

/**
 * Who is served: the clients of the settings, and those that walk in, all of which have what one template has.
 *
 * @module
 */

import type { Client } from '../registration/clients/client.ts'
import type { WalkInPolicy } from '../registration/walk_in/walk_in.ts'

/** A client, or all that have the same. */
export interface ServedClient {
  readonly client: Client
  /** What the operator is told that it is: `the client "web"`. */
  readonly who: string
}

/** Returns all who are served: whoever may walk in needs what the configured ones need. */
export function servedClients(
  clients: ReadonlyMap<string, Client>,
  walkIns: WalkInPolicy | undefined,
): readonly ServedClient[] {
  const configured = [...clients.values()].map((client) => ({ client, who: `the client "${client.id}"` }))
  return walkIns === undefined
    ? configured
    : [...configured, { client: walkIns.template, who: 'a client that walks in' }]
}

/**
 * Who is known by a `client_id`: configured clients first, then those that walked in.
 *
 * @module
 */

import { digestText } from '../../keys/digest.ts'
import type { Client } from './clients/client.ts'
import type { DynamicMethod } from './walk_in/dynamic_id.ts'
import { type WalkInPolicy, walkInClient } from './walk_in/walk_in.ts'
import { mayRedirectTo } from './walk_in/walk_in_redirects.ts'

/** The clients of an issuer. */
export interface Clients {
  /** Returns the client of an id as far as it is known without asking anybody; nothing where there is none. */
  find(id: string): Client | undefined
}

/** Returns a client that registered, by what its id holds; nothing where it may not walk in any more. */
function findDynamic(id: string, policy: WalkInPolicy): Client | undefined {
  const opened = policy.blocked.has(id) ? undefined : policy.ids?.open(id)
  if (opened === undefined) return undefined
  const { name, redirectUris, method, grantTypes } = opened.facts
  const said = { name, grantTypes, authenticationMethods: methodsOf(method) }
  // Held to the rules of today, be it as old as it may.
  const allowed = redirectUris.filter((uri) => mayRedirectTo(uri, policy))
  const proof = method === 'none' ? {} : { secretHashes: [digestText(opened.secret())] }
  return walkInClient({ kind: 'dynamic', id, ...said, redirectUris: allowed }, policy, proof)
}

/** Returns how a client may prove itself: with a secret by the header or the form, whichever of them it registered. */
function methodsOf(method: DynamicMethod): Client['authenticationMethods'] {
  return method === 'none' ? ['none'] : ['client_secret_basic', 'client_secret_post']
}

/** What clients are known by. */
export interface KnownBy {
  /** Those of the settings. */
  readonly clients: ReadonlyMap<string, Client>
  readonly walkIns: WalkInPolicy | undefined
}

/** Returns the clients of an issuer. */
export function createClients({ clients, walkIns }: KnownBy): Clients {
  return {
    find: (id) => clients.get(id) ?? (walkIns === undefined ? undefined : findDynamic(id, walkIns)),
  }
}

/**
 * Who is known by a `client_id`: configured clients first, then those that walked in.
 *
 * @module
 */

import { digestText } from '../../keys/digest.ts'
import type { Client } from './clients/client.ts'
import { isDocumentId, unreadClient } from './walk_in/client_document.ts'
import type { DynamicMethod } from './walk_in/dynamic_id.ts'
import { type WalkInPolicy, walkInClient } from './walk_in/walk_in.ts'
import { mayRedirectTo } from './walk_in/walk_in_redirects.ts'

/** Where a client by a document is met, and what is looked for there. */
export interface Meeting {
  /** Unix seconds. */
  readonly now: number
  /**
   * `authorize`: a person came, for whom an old document will do while no other can be had. `par`: the client itself asks. `holder`:
   * somebody brought what the client was given.
   */
  readonly where: 'authorize' | 'par' | 'holder'
  /** From where it is asked, as far as the platform tells. */
  readonly asker?: string | undefined
  /** The redirect URI that it is to have. */
  readonly redirectUri?: string
  /** The key that it is to have, where its keys stand in its document. */
  readonly kid?: string | undefined
  /** How it is to prove itself, as what it was given carries it. */
  readonly proof?: string
}

/** The clients by a document. */
export interface DocumentClients {
  /**
   * Returns the client of a document, which is fetched where it has to be.
   *
   * @throws {OAuthError} `temporarily_unavailable` where it cannot be had, for whichever reason; `invalid_client` where it is no
   * good, but never to a holder; `invalid_request` for a redirect URI that none can have
   */
  meet(id: string, meeting: Meeting): Promise<Client>
  /** Returns the client of a document that is here, and still serves: nobody is asked. */
  peek(id: string, now: number): Client | undefined
}

/** The clients of an issuer. */
export interface Clients extends Pick<DocumentClients, 'peek'> {
  /**
   * Returns the client of an id as far as it is known without asking anybody; nothing where there is none. Of one by a document
   * it is what all may have: it can be answered nowhere, and prove itself by nothing.
   */
  find(id: string): Client | undefined
  /**
   * Returns the client of an id with all that is known of it; nothing where there is none.
   *
   * @throws {OAuthError} as {@link DocumentClients.meet}
   */
  meet(id: string, meeting: Meeting): Promise<Client | undefined>
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

/** Returns a client that walked in. */
function findWalkIn(id: string, policy: WalkInPolicy): Client | undefined {
  return isDocumentId(id, policy) ? unreadClient(id, policy) : findDynamic(id, policy)
}

/** Tells whether a client is known by a document alone. */
export function isByDocument(client: Client | undefined): client is Client {
  return client?.walkIn?.kind === 'document'
}

/**
 * Returns the clients of an issuer.
 *
 * @param documents those by a document. Default: there are none
 */
export function createClients({ clients, walkIns }: KnownBy, documents?: DocumentClients): Clients {
  const find = (id: string): Client | undefined => clients.get(id) ?? (walkIns && findWalkIn(id, walkIns))
  return {
    find,
    peek: (id, now) => documents?.peek(id, now),
    async meet(id, meeting) {
      const client = find(id)
      return isByDocument(client) ? documents?.meet(id, meeting) : client
    },
  }
}

/**
 * Clients by a document, where they bring what they were given. Their document is fetched for nobody else, and for those alone who
 * signed then: so nobody makes us fetch by a request that costs nothing.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { TokenError } from '../jose/error.ts'
import { refusal } from '../protocol/error.ts'
import type { Client } from '../registration/clients/client.ts'
import { isByDocument } from '../registration/known_clients.ts'
import { proofOf } from '../registration/walk_in/client_document.ts'
import type { PurposeFacts } from '../token/purpose.ts'
import { type ClientRequest, type NamedClient, readNamedClient } from './client_authentication.ts'

/** A client by a document that a request names. */
export interface NamedDocumentClient extends NamedClient {
  /** What is known of it without its document. */
  readonly client: Client
}

/** What was given to a client: a code, or a refresh token. */
export interface Artefact {
  readonly purpose: 'code' | 'refresh'
  readonly envelope: string
  /** Whether it is brought to be ended: of a client that signed nothing anybody can do that who has it. Default false. */
  readonly isToEnd?: boolean
}

/** Clients by a document. */
export interface DocumentHolders {
  /** Returns the client by a document that a request names; nothing where it names another, or none. */
  named(request: Pick<ClientRequest, 'headers' | 'parameters'>): NamedDocumentClient | undefined
  /**
   * Returns the client as it was when it was given this, with all that it proves itself by; nothing where this does not open, is
   * another's, or the client has changed how it proves itself since.
   *
   * @throws {OAuthError} `invalid_client` where it signs, and did not; `temporarily_unavailable` where its document cannot be had
   */
  meet(
    named: NamedDocumentClient,
    artefact: Artefact,
    now: number,
    asker: string | undefined,
  ): Promise<Client | undefined>
}

/** Returns the clients by a document of an issuer. */
export function createDocumentHolders(context: EndpointContext): DocumentHolders {
  const { clients, keyRing, strangers } = context

  /** Opens what was given to a client; nothing where it does not open. */
  async function open({ purpose, envelope }: Artefact, now: number): Promise<PurposeFacts | undefined> {
    try {
      return await context.envelopes(keyRing.open(now), now).open(purpose, envelope)
    } catch (error) {
      if (error instanceof TokenError) return undefined
      throw error
    }
  }

  return {
    named({ headers, parameters }) {
      if (strangers === undefined) return undefined
      const named = readNamedClient(headers, parameters)
      const client = clients.find(named.id ?? '')
      return isByDocument(client) ? { ...named, client } : undefined
    },
    async meet({ client, isSigned, kid }, artefact, now, asker) {
      const { isToEnd = false } = artefact
      const facts = await open(artefact, now)
      const proof = facts?.['client_proof']
      if (facts?.['client_id'] !== client.id || typeof proof !== 'string') return undefined
      if (proof === 'none') {
        const here = clients.peek(client.id, now)
        const isAsIs = isToEnd || (!isSigned && (here === undefined || proofOf(here) === proof))
        if (isAsIs) return { ...client, authenticationMethods: ['none'] }
        // Who signed nothing then, and does now, has changed.
        if (isSigned) return undefined
      }
      const met = await clients.meet(client.id, { now, asker, where: 'holder', kid, proof })
      if (met === undefined || proofOf(met) !== proof) return undefined
      if (proof === 'none') return met
      if (!isSigned) throw refusal('invalid_client', 'wrong_method', 'the client signs, and did not')
      return met
    },
  }
}

/**
 * The documents of clients, and the keys that these say are elsewhere.
 *
 * @module
 */

import { refusal } from '../../protocol/error.ts'
import { isRegistered } from '../../protocol/redirect_uri.ts'
import type { Client } from '../../registration/clients/client.ts'
import type { DocumentClients, Meeting } from '../../registration/known_clients.ts'
import { checkStrangersKeys, proofOf, readClientDocument } from '../../registration/walk_in/client_document.ts'
import type { WalkInPolicy } from '../../registration/walk_in/walk_in.ts'
import { mayRedirectTo } from '../../registration/walk_in/walk_in_redirects.ts'
import type { Fetch } from '../document.ts'
import { createFlights } from './flights.ts'
import { createStrangersDocuments, type StrangersDocuments } from './strangers_documents.ts'

/** A JWK Set. */
export interface StrangersKeys {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** What strangers publish. */
export interface Strangers {
  readonly clients: DocumentClients
  readonly keys: StrangersDocuments<StrangersKeys>
}

function readKeys({ keys }: Readonly<Record<string, unknown>>): StrangersKeys {
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'object' && key !== null))
    throw new RangeError('no JWK Set')
  checkStrangersKeys(keys)
  return { keys }
}

/** Tells whether a document lacks the key that is looked for. */
function isKeyLacking({ signer }: Client, { kid }: Meeting): boolean {
  // One that signs nothing any more is another client, and lacks no key.
  if (kid === undefined || signer === undefined || signer.jwksUri !== undefined) return false
  return !signer.jwks.keys.some((key) => key['kid'] === kid)
}

/** Tells whether a document lacks what is looked for: another machine may have seen a newer one. */
function isLacking(client: Client, meeting: Meeting): boolean {
  const { redirectUri, proof } = meeting
  if (redirectUri !== undefined && !isRegistered(redirectUri, client.redirectUris)) return true
  return isKeyLacking(client, meeting) || (proof !== undefined && proofOf(client) !== proof)
}

/** Seconds after which what could not be had is asked for again. */
const RETRY = 5

/**
 * Returns what strangers publish, as far as it may be fetched: all of it counts together.
 *
 * @param fetch reaches the public Internet alone
 * @param isGuarded whether there is a guard: without one no client can sign
 */
export function createStrangers(policy: WalkInPolicy, fetch: Fetch, isGuarded: boolean): Strangers {
  const flights = createFlights()
  const documents = createStrangersDocuments<Client>({
    fetch,
    flights,
    read: (json, id) => readClientDocument(json, id, policy, isGuarded),
  })
  return {
    keys: createStrangersDocuments<StrangersKeys>({ fetch, flights, read: readKeys }),
    clients: {
      peek: documents.peek,
      async meet(id, meeting) {
        const { now, asker, where, redirectUri } = meeting
        if (redirectUri !== undefined && !mayRedirectTo(redirectUri, policy))
          throw refusal('invalid_request', 'redirect_uri', 'redirect_uri is none that any document could name')
        const told = await documents.get(id, {
          ...{ now, asker, isOldTaken: where === 'authorize' },
          isLacking: (client) => isLacking(client, meeting),
        })
        const isUnsure = told.ok && told.isUnsure && where === 'holder' && isKeyLacking(told.document, meeting)
        if (told.ok && !isUnsure) return told.document
        const detail = `the document of the client: ${told.ok ? 'a key that it lacked a moment ago' : told.detail}`
        // Who holds what it was given is never told that it is unknown: it would throw all away.
        if (!told.ok && told.code === 'wrong' && where !== 'holder')
          throw refusal('invalid_client', 'client_metadata', detail)
        throw refusal('temporarily_unavailable', 'remote_down', detail, { retryAfter: RETRY })
      },
    },
  }
}

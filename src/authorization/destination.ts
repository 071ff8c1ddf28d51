/**
 * Where the answer to an authorization request may go. As long as client and redirect URI are not proved there is no
 * `Destination`, and without one no error can become a redirect: the types hold the two phases apart (RFC 6749 §4.1.2.1,
 * RFC 9700 §4.11).
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { readChallenge } from '../protocol/pkce.ts'
import { isRegistered } from '../protocol/redirect_uri.ts'
import { type ResponseMode, readResponseMode } from '../protocol/response_mode.ts'
import type { Client } from '../registration/clients/client.ts'
import { type Clients, isByDocument, type Meeting } from '../registration/known_clients.ts'

declare const proved: unique symbol

/** Where the answer to an authorization request may go: proved to be the client's. */
export interface Destination {
  readonly [proved]: true
  readonly client: Client
  /** Exactly as the request has it. */
  readonly redirectUri: string
  /** Given back as it came, unless it was repeated or is too long. */
  readonly state: string | undefined
  /** How the answer goes there: as the request names it, or by `query` where it names none that can be. */
  readonly mode: ResponseMode
}

/** Characters that `state` may have. */
export const LONGEST_STATE = 4096

/**
 * Checks a request whose client's document may have to be fetched: all that can be checked without it, so that nobody makes us
 * fetch by less than a whole request.
 *
 * @throws {OAuthError} `invalid_request`, `unsupported_response_type`, `request_not_supported`
 */
export function checkWorthFetching(parameters: Parameters): void {
  parameters.checkOnce()
  // No document says how its client signs requests, and a request that was pushed is opened before.
  if (['request', 'request_uri'].some((name) => parameters.get(name) !== undefined))
    throw refusal('request_not_supported', 'request_object', 'request is not taken of a client by a document')
  parameters.require('redirect_uri')
  if (parameters.require('response_type') !== 'code')
    throw refusal('unsupported_response_type', 'response_type', 'response_type is not code')
  readChallenge(parameters.get('code_challenge'), parameters.get('code_challenge_method'))
}

/**
 * Proves where the answer may go: phase 1. What it throws is for a page, never for a redirect.
 *
 * @throws {OAuthError} `invalid_request` or `invalid_client`; and what {@link Clients.meet} throws
 */
export async function proveDestination(
  parameters: Parameters,
  clients: Pick<Clients, 'find' | 'meet'>,
  meeting: Pick<Meeting, 'now' | 'asker'>,
): Promise<Destination> {
  parameters.checkOnce('client_id', 'redirect_uri', 'request_uri')
  const id = parameters.require('client_id')
  const found = clients.find(id)
  if (found === undefined) throw refusal('invalid_client', 'unknown_client', 'unknown client_id')
  if (isByDocument(found)) checkWorthFetching(parameters)
  const asked = parameters.get('redirect_uri')
  const client = await clients.meet(id, { ...meeting, where: 'authorize', ...(asked && { redirectUri: asked }) })
  if (client === undefined) throw refusal('invalid_client', 'unknown_client', 'unknown client_id')
  const redirectUri = parameters.require('redirect_uri')
  if (!isRegistered(redirectUri, client.redirectUris)) {
    throw refusal('invalid_request', 'redirect_uri', 'redirect_uri is not registered for this client')
  }
  /** Returns what stands there once. */
  const once = (name: string): string | undefined => {
    try {
      parameters.checkOnce(name)
      return parameters.get(name)
    } catch {
      return undefined
    }
  }
  const given = once('state')
  const state = (given ?? '').length <= LONGEST_STATE ? given : undefined
  const mode = readResponseMode(once('response_mode'), redirectUri) ?? 'query'
  return { client, redirectUri, state, mode } as Destination
}

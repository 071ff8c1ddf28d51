/**
 * A client's word that a person logged out there, and may do so here; and where the person may go afterwards (OpenID Connect
 * RP-Initiated Logout §2, §3).
 *
 * @module
 */

import type { Hint } from '../issuing/id_token_hints.ts'
import { refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { addParameters, isRegistered } from '../protocol/redirect_uri.ts'
import type { Client } from '../registration/clients/client.ts'
import type { Clients } from '../registration/known_clients.ts'
import { LONGEST_STATE } from './destination.ts'

/** The parameters of such a request. What `logout_hint` says is not looked at. */
const LOGOUT_PARAMETERS = [
  'id_token_hint',
  'client_id',
  'post_logout_redirect_uri',
  'state',
  'logout_hint',
  'ui_locales',
] as const

/** What goes on from one page to the next. */
const KEPT = ['client_id', 'post_logout_redirect_uri', 'state', 'ui_locales'] as const

/** What a client asks. */
export interface LogoutRequest {
  /** The client; nothing where the request names none. */
  readonly client: Client | undefined
  /** The ID token that it was given: it proves the client. Without one the person's yes has to. */
  readonly hint: Hint | undefined
  /** Where the person may go afterwards: registered by the client, with its `state`. */
  readonly location: string | undefined
  /** The parameters that say the same once more, without the hint. */
  readonly kept: Readonly<Record<string, string>>
}

/** What nobody asked. */
export const NO_REQUEST: LogoutRequest = { client: undefined, hint: undefined, location: undefined, kept: {} }

/**
 * Reads what a client asks.
 *
 * @param open opens an ID token of this issuer; nothing when it is none
 * @throws {OAuthError} `invalid_request` when a parameter is repeated, the hint is none of ours or another client's, or the URI
 * is not exactly one that the client has registered; `invalid_client` when the client is unknown
 */
export async function readLogoutRequest(
  parameters: Parameters,
  clients: Pick<Clients, 'find'>,
  open: (hint: string) => Promise<Hint | undefined>,
): Promise<LogoutRequest> {
  parameters.checkOnce(...LOGOUT_PARAMETERS)
  const [text, named, uri] = [
    parameters.get('id_token_hint'),
    parameters.get('client_id'),
    parameters.get('post_logout_redirect_uri'),
  ]
  const state = parameters.get('state')
  if (state !== undefined && state.length > LONGEST_STATE)
    throw refusal('invalid_request', 'too_long', 'state is too long')
  const hint = text === undefined ? undefined : await open(text)
  if (text !== undefined && hint === undefined)
    throw refusal('invalid_request', 'id_token_hint', 'id_token_hint is none of ours')
  if (hint !== undefined && named !== undefined && hint.aud !== named)
    throw refusal('invalid_request', 'id_token_hint', 'id_token_hint is for another client')
  const id = hint?.aud ?? named
  const client = id === undefined ? undefined : clients.find(id)
  if (id !== undefined && client === undefined) throw refusal('invalid_client', 'unknown_client', 'unknown client')
  // Without a client nobody can have registered it, and nobody goes there.
  const isKnown = uri !== undefined && client !== undefined
  if (isKnown && !isRegistered(uri, client.openid.postLogoutRedirectUris))
    throw refusal('invalid_request', 'redirect_uri', 'post_logout_redirect_uri is not registered for this client')
  const kept = Object.fromEntries(
    KEPT.flatMap((name) => {
      const value = name === 'client_id' ? id : parameters.get(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  return { client, hint, location: isKnown ? addParameters(uri, { state }) : undefined, kept }
}

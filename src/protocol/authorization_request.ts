/**
 * The authorization request, in two phases held apart by types: as long as client and redirect URI are not proved there
 * is no `Destination`, and without one no error can become a redirect (RFC 6749 §4.1.1, §4.1.2.1, RFC 9700 §4.11).
 *
 * @module
 */

import type { Client } from './client.ts'
import { OAuthError } from './error.ts'
import type { Parameters } from './parameters.ts'
import { readChallenge } from './pkce.ts'
import { isRegistered } from './redirect_uri.ts'
import { chooseResources, type Resource, scopesOf } from './resource.ts'
import { grantScope, readScope } from './scope.ts'

declare const proved: unique symbol

/** Where the answer to an authorization request may go: proved to be the client's. */
export interface Destination {
  readonly [proved]: true
  readonly client: Client
  /** Exactly as the request has it. */
  readonly redirectUri: string
  /** Given back as it came, unless it was repeated or is too long. */
  readonly state: string | undefined
}

/** What a client asks a person for. */
export interface AuthorizationRequest {
  readonly destination: Destination
  readonly scope: readonly string[]
  /** The URIs of the resources that the approval is for; at least one. */
  readonly resources: readonly string[]
  readonly codeChallenge: string
  readonly nonce: string | undefined
  /** The thumbprint of the DPoP key that alone may redeem the code (RFC 9449 §10). */
  readonly dpopJkt: string | undefined
  readonly prompt: ReadonlySet<Prompt>
  /** Seconds since the login at the most. */
  readonly maxAge: number | undefined
  readonly loginHint: string | undefined
}

/** What the person must be asked, or must not (OpenID Connect Core §3.1.2.1). */
export type Prompt = 'none' | 'login' | 'consent'

/** The values of `prompt`, as the metadata lists them. */
export const PROMPTS: readonly Prompt[] = ['none', 'login', 'consent']

/** The response types and modes, as the metadata lists them. */
export const RESPONSE_TYPES: readonly string[] = ['code']

/** The ways in which an answer goes back, as the metadata lists them. */
export const RESPONSE_MODES: readonly string[] = ['query']

/** Characters that `state` may have. */
const LONGEST_STATE = 4096

/** Characters that `nonce` and `login_hint` may have. */
const LONGEST_VALUE = 512

/**
 * Proves where the answer may go: phase 1. What it throws is for a page, never for a redirect.
 *
 * @throws {OAuthError} `invalid_request` or `invalid_client`
 */
export function proveDestination(parameters: Parameters, clients: ReadonlyMap<string, Client>): Destination {
  parameters.checkOnce('client_id', 'redirect_uri', 'request_uri')
  const client = clients.get(parameters.require('client_id'))
  if (client === undefined) throw new OAuthError('invalid_client', 'unknown client_id')
  const redirectUri = parameters.require('redirect_uri')
  if (!isRegistered(redirectUri, client.redirectUris)) {
    throw new OAuthError('invalid_request', 'redirect_uri is not registered for this client')
  }
  const isUsable = (): boolean => {
    try {
      parameters.checkOnce('state')
      return (parameters.get('state') ?? '').length <= LONGEST_STATE
    } catch {
      return false
    }
  }
  const state = isUsable() ? parameters.get('state') : undefined
  return { client, redirectUri, state } as Destination
}

function checkResponse(parameters: Parameters): void {
  const type = parameters.require('response_type')
  if (!RESPONSE_TYPES.includes(type)) throw new OAuthError('unsupported_response_type', 'response_type is not code')
  const mode = parameters.get('response_mode') ?? 'query'
  if (!RESPONSE_MODES.includes(mode)) throw new OAuthError('invalid_request', 'response_mode is not query')
  if (parameters.get('request') !== undefined) throw new OAuthError('request_not_supported', 'request is not taken')
  if (parameters.get('request_uri') !== undefined) {
    throw new OAuthError('request_uri_not_supported', 'request_uri is not taken')
  }
}

function readPrompt(prompt: string | undefined): ReadonlySet<Prompt> {
  const values = prompt === undefined ? [] : prompt.split(' ')
  const known = PROMPTS.filter((value) => values.includes(value))
  if (values.some((value) => !known.some((one) => one === value))) {
    throw new OAuthError('invalid_request', 'prompt has an unknown value')
  }
  if (known.includes('none') && known.length > 1) throw new OAuthError('invalid_request', 'prompt has none and more')
  return new Set(known)
}

function readMaxAge(maxAge: string | undefined): number | undefined {
  if (maxAge === undefined) return undefined
  if (!/^(0|[1-9][0-9]{0,8})$/.test(maxAge)) throw new OAuthError('invalid_request', 'max_age is no whole number')
  return Number(maxAge)
}

function readShort(parameters: Parameters, name: string): string | undefined {
  const value = parameters.get(name)
  if ((value ?? '').length > LONGEST_VALUE) throw new OAuthError('invalid_request', `${name} is too long`)
  return value
}

function readDpopJkt(parameters: Parameters): string | undefined {
  const jkt = parameters.get('dpop_jkt')
  if (jkt !== undefined && !/^[\w-]{43}$/.test(jkt))
    throw new OAuthError('invalid_request', 'dpop_jkt is no thumbprint')
  return jkt
}

/**
 * Reads what the client asks for: phase 2. What it throws may go to the destination.
 *
 * The order is fixed: repetitions, state, response type and mode, PKCE, scope and resource, prompt and age, policy.
 *
 * @throws {OAuthError} any code of RFC 6749 §4.1.2.1, RFC 8707 §2, OpenID Connect Core §3.1.2.6
 */
export function readAuthorizationRequest(
  parameters: Parameters,
  destination: Destination,
  resources: ReadonlyMap<string, Resource>,
): AuthorizationRequest {
  const { client } = destination
  parameters.checkOnce()
  if ((parameters.get('state') ?? '').length > LONGEST_STATE)
    throw new OAuthError('invalid_request', 'state is too long')
  checkResponse(parameters)
  const codeChallenge = readChallenge(parameters.get('code_challenge'), parameters.get('code_challenge_method'))
  const requested = readScope(parameters.get('scope'))
  const chosen = chooseResources(parameters.all('resource'), requested, client, resources)
  const allowed = new Set(chosen.flatMap((resource) => scopesOf(client, resource)))
  const scope = grantScope(requested, [...allowed])
  const prompt = readPrompt(parameters.get('prompt'))
  const maxAge = readMaxAge(parameters.get('max_age'))
  const dpopJkt = readDpopJkt(parameters)
  const [nonce, loginHint] = [readShort(parameters, 'nonce'), readShort(parameters, 'login_hint')]
  if (!client.grantTypes.has('authorization_code')) {
    throw new OAuthError('unauthorized_client', 'the client may not use the authorization endpoint')
  }
  return {
    destination,
    scope,
    resources: chosen.map(({ uri }) => uri),
    codeChallenge,
    nonce,
    dpopJkt,
    prompt,
    maxAge,
    loginHint,
  }
}

/**
 * This issuer as a client of its provider: how it proves itself (RFC 6749 §2.3.1), and how what it asks is sent.
 *
 * @module
 */

import * as oauth from 'oauth4webapi'
import { checkChoice, checkText } from '../../keys/check.ts'
import type { Fetch } from '../remote/document.ts'

const METHODS = ['client_secret_basic', 'client_secret_post', 'none'] as const

/** How an issuer proves itself to its provider (RFC 6749 §2.3.1). */
export type ProviderAuthMethod = (typeof METHODS)[number]

/** Who asks. */
export interface ProviderClient {
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly method: ProviderAuthMethod
}

/**
 * Checks that there is a secret where one is shown, and none where it is not.
 *
 * @throws {TypeError | RangeError}
 */
export function checkProof(secret: unknown, method: unknown): void {
  if (secret !== undefined) checkText('LOGIN_CLIENT_SECRET', secret, /./, 'the secret')
  if (method === undefined) return
  checkChoice('LOGIN.token_endpoint_auth_method', method, METHODS)
  if ((method === 'none') !== (secret === undefined))
    throw new TypeError(
      `"LOGIN.token_endpoint_auth_method" expected ${method === 'none' ? 'no' : 'a'} LOGIN_CLIENT_SECRET beside it`,
    )
}

/** Returns a client's name, as the library takes it. */
export function idOf({ clientId }: ProviderClient): oauth.Client {
  return { client_id: clientId }
}

/** Returns how a client proves itself. */
export function proofOf({ clientSecret = '', method }: ProviderClient): oauth.ClientAuth {
  if (method === 'none') return oauth.None()
  return method === 'client_secret_basic' ? oauth.ClientSecretBasic(clientSecret) : oauth.ClientSecretPost(clientSecret)
}

/** Returns how a request that the library writes is sent: in our time, and where the operator's word let it go. */
export function sentBy(fetch: Fetch, init: RequestInit = {}): oauth.TokenEndpointRequestOptions {
  const { signal = null } = init
  return {
    [oauth.customFetch]: (url, written) => fetch(url, { ...written, signal }),
    [oauth.allowInsecureRequests]: true,
  }
}

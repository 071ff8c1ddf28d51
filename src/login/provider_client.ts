/**
 * This issuer as a client of its provider: how it proves itself (RFC 6749 §2.3.1), and how what it asks is sent.
 *
 * @module
 */

import * as oauth from 'oauth4webapi'
import type { Fetch } from '../remote/document.ts'

/** How an issuer proves itself to its provider (RFC 6749 §2.3.1). */
export type ProviderAuthMethod = 'client_secret_basic' | 'client_secret_post' | 'none'

/** Who asks. */
export interface ProviderClient {
  readonly clientId: string
  readonly clientSecret: string | undefined
  readonly method: ProviderAuthMethod
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

/**
 * A request of somebody who proves itself, by GET or by a form: what it says beside the proof.
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import { type Parameters, readParameters } from '../protocol/parameters.ts'
import { readBody } from './browser.ts'
import { checkForm } from './form_endpoint.ts'

/** What proves somebody, and never stands in a URL: that ends in logs. */
const SECRET = ['client_secret', 'client_assertion']

/**
 * Returns the parameters of a request: of its query; or by POST of its form, where a client assertion belongs.
 *
 * @param mayHaveQuery whether there may be a query beside the form. Default false
 * @throws {OAuthError} `invalid_request` when they cannot be read, or a proof stands in the URL
 */
export async function readProvedRequest(request: Request, mayHaveQuery = false): Promise<Parameters> {
  const { search } = new URL(request.url)
  if (request.method === 'POST') checkForm(mayHaveQuery ? '' : request.url, request.headers)
  const parameters = readParameters(request.method === 'POST' ? await readBody(request) : search)
  parameters.checkOnce()
  if (SECRET.some((name) => new URLSearchParams(search).has(name)))
    throw refusal('invalid_request', 'malformed', 'a secret or an assertion in the URL')
  return parameters
}

/** Tells whether who asks means to prove itself; a certificate alone is none, for a request names whose it is. */
export function isProving({ method, url, headers }: Request): boolean {
  const named = new URL(url).searchParams
  return method === 'POST' || headers.has('authorization') || ['client_id', ...SECRET].some((name) => named.has(name))
}

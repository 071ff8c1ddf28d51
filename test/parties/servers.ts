/**
 * What resource servers and operators ask of an issuer.
 *
 * @module
 */

import { basic, ISSUER, SECRETS } from '../fixtures.ts'

/** Who asks: a client with its secret, or nobody. */
export type Asker = keyof typeof SECRETS | undefined

/** Returns a request with a form, right unless it is changed. */
export function formRequest(
  path: string,
  asker: Asker,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Request {
  const authorization: Record<string, string> =
    asker === undefined ? {} : { authorization: basic(asker, SECRETS[asker]) }
  return new Request(ISSUER + path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...authorization, ...headers },
    body: new URLSearchParams(form).toString(),
  })
}

/** Returns a GET request of a client. */
export function getRequest(path: string, asker: Asker, headers: Readonly<Record<string, string>> = {}): Request {
  const authorization: Record<string, string> =
    asker === undefined ? {} : { authorization: basic(asker, SECRETS[asker]) }
  return new Request(ISSUER + path, { headers: { ...authorization, ...headers } })
}

/** The header that a text in base64url holds, or the payload. */
export function readSegment(segment: string | undefined): Record<string, unknown> {
  return JSON.parse(atob((segment ?? '').replaceAll('-', '+').replaceAll('_', '/')))
}

/**
 * How a resource server is asked with a token, and how it answers (RFC 6750, RFC 9449 §7, RFC 9470, RFC 9728 §5.1).
 *
 * @module
 */

/**
 * What is wrong with a request to a resource server (RFC 6750 §3.1, RFC 9449 §7.1, RFC 9470 §3); `no_credentials` is told without an
 * error. With `temporarily_unavailable` and `server_error` it is the server that something is wrong with.
 */
export type BearerErrorCode =
  | 'no_credentials'
  | 'invalid_request'
  | 'invalid_token'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'temporarily_unavailable'
  | 'server_error'

const answers = {
  no_credentials: { status: 401, description: 'The request has no access token.' },
  invalid_request: { status: 400, description: 'The request is malformed.' },
  invalid_token: { status: 401, description: 'The access token is invalid or has expired.' },
  invalid_dpop_proof: { status: 401, description: 'The DPoP proof is missing, invalid, used, or for another request.' },
  use_dpop_nonce: { status: 401, description: 'The DPoP proof needs the nonce that comes with this answer.' },
  insufficient_scope: { status: 403, description: 'The access token lacks the scope that is needed here.' },
  insufficient_user_authentication: {
    status: 401,
    description: 'Another login, or a more recent one, is needed here.',
  },
  temporarily_unavailable: { status: 503, description: 'Access tokens cannot be checked now; try again later.' },
  server_error: { status: 500, description: 'What this request needs is not known.' },
} as const

/** How a token is shown: alone (RFC 6750), or with a proof of its key (RFC 9449 §7.1). */
export type Scheme = 'Bearer' | 'DPoP'

/** What the `Authorization` header of a request holds. */
export type BearerReading =
  | { readonly ok: true; readonly scheme: Scheme; readonly token: string }
  | { readonly ok: false; readonly scheme: Scheme | undefined; readonly code: 'no_credentials' | 'invalid_request' }

/** What is looked at of a request to find its token. */
export interface ShownRequest {
  /** The URL, or the target alone. */
  readonly url: string
  /** Returns a header, by its name in lower case; one that stands there more than once is joined. */
  header(name: string): string | undefined
}

/** Another `Authorization` header, joined to the first. */
const SECOND = /, *(?:bearer|dpop) /i

/**
 * Reads the token of a request: from the `Authorization` header, and nowhere else (OAuth 2.1 §5.1).
 *
 * Another scheme counts as no credentials. A second header, or a token in the query beside it, is a malformed request
 * (RFC 9110 §5.3, RFC 6750 §2).
 */
export function readBearer({ header, url }: ShownRequest, schemes: readonly Scheme[]): BearerReading {
  const authorization = header('authorization') ?? ''
  const scheme = schemes.find((known) => `${authorization} `.toLowerCase().startsWith(`${known} `.toLowerCase()))
  if (SECOND.test(authorization)) return { ok: false, scheme, code: 'invalid_request' }
  if (scheme === undefined) return { ok: false, scheme, code: 'no_credentials' }
  const token = /^ +([A-Za-z0-9\-._~+/]+=*) *$/.exec(authorization.slice(scheme.length))?.[1]
  const query = url.includes('access_token=') ? url.slice(url.indexOf('?') + 1) : ''
  const isTwice = new URLSearchParams(query).has('access_token')
  return token === undefined || isTwice ? { ok: false, scheme, code: 'invalid_request' } : { ok: true, scheme, token }
}

/** What a challenge says beside the error. */
export interface Challenge {
  /** The resource's URI. */
  readonly realm: string
  /** Where the resource's metadata are (RFC 9728 §5.1), if told. */
  readonly resourceMetadata: string | undefined
  /** The scope that is needed, if it is known (RFC 6750 §3). */
  readonly scope: string | undefined
  /** The contexts of which the login must be one, if they are asked for (RFC 9470 §3). */
  readonly acr?: string | undefined
  /** Seconds since the login at the most, if that is asked for. */
  readonly maxAge?: number | undefined
  /** The schemes to use; of a request that named one, that one. */
  readonly schemes: readonly Scheme[]
  /** The algorithms that a proof may be signed by (RFC 9449 §7.1), with spaces between. */
  readonly algorithms: string
  /** The nonce for the next proof. */
  readonly nonce?: string | undefined
}

/** An answer to who is not let in. */
export interface BearerAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** What a program may read instead of the challenge. Who brought nothing is told of no error (RFC 6750 §3.1). */
  readonly body: { readonly error?: BearerErrorCode; readonly error_description: string }
}

/**
 * Returns the answer to a request that is not let in: the status, and a `WWW-Authenticate` challenge (RFC 6750 §3).
 */
export function answerBearer(code: BearerErrorCode, challenge: Challenge): BearerAnswer {
  const { realm, resourceMetadata, scope, acr, maxAge, schemes, algorithms, nonce } = challenge
  const { status, description } = answers[code]
  const said = code === 'no_credentials' ? {} : { error: code }
  const body = { ...said, error_description: description }
  // Nothing that the caller could do makes a 500 better: no time is told to try again.
  if (status >= 500)
    return { status, headers: { ...(status === 503 && { 'Retry-After': '5' }), 'Cache-Control': 'no-store' }, body }
  const parts = [`realm="${realm}"`]
  if (said.error !== undefined) parts.push(`error="${code}"`, `error_description="${description}"`)
  if (code === 'insufficient_user_authentication') {
    if (acr !== undefined) parts.push(`acr_values="${acr}"`)
    if (maxAge !== undefined) parts.push(`max_age="${maxAge}"`)
  }
  if (scope !== undefined) parts.push(`scope="${scope}"`)
  if (resourceMetadata !== undefined) parts.push(`resource_metadata="${resourceMetadata}"`)
  const challenges = schemes.map((scheme) =>
    [`${scheme} ${parts.join(', ')}`, ...(scheme === 'DPoP' ? [`algs="${algorithms}"`] : [])].join(', '),
  )
  const told = { 'WWW-Authenticate': challenges.join(', '), 'Cache-Control': 'no-store' }
  const headers = nonce === undefined ? told : { ...told, 'DPoP-Nonce': nonce }
  return { status, headers, body }
}

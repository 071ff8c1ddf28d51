/**
 * How a resource server is asked with a bearer token, and how it answers (RFC 6750).
 *
 * @module
 */

/** What is wrong with a request to a resource server (RFC 6750 §3.1); `no_credentials` is told without an error. */
export type BearerErrorCode = 'no_credentials' | 'invalid_request' | 'invalid_token' | 'insufficient_scope'

const answers = {
  no_credentials: { status: 401, description: undefined },
  invalid_request: { status: 400, description: 'The request is malformed.' },
  invalid_token: { status: 401, description: 'The access token is invalid or has expired.' },
  insufficient_scope: { status: 403, description: 'The access token lacks the scope that is needed here.' },
} as const

/** What the `Authorization` header of a request holds. */
export type BearerReading =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly code: 'no_credentials' | 'invalid_request' }

/**
 * Reads the bearer token of a request: from the `Authorization` header, and nowhere else (OAuth 2.1 §5.1).
 *
 * Another scheme counts as no credentials. A token in the query beside the header is a malformed request (RFC 6750 §2).
 */
export function readBearer(request: Request): BearerReading {
  const authorization = request.headers.get('authorization')
  if (authorization === null || !/^bearer(?: |$)/i.test(authorization)) return { ok: false, code: 'no_credentials' }
  const token = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(authorization)?.[1]
  const isTwice = request.url.includes('access_token=') && new URL(request.url).searchParams.has('access_token')
  return token === undefined || isTwice ? { ok: false, code: 'invalid_request' } : { ok: true, token }
}

/**
 * Returns the answer to a request that is not let in: the status, and a `WWW-Authenticate` challenge (RFC 6750 §3).
 *
 * @param realm the resource's URI
 * @param scope the scope that is needed, named where that is what is lacking
 */
export function answerBearer(code: BearerErrorCode, realm: string, scope: readonly string[]): Response {
  const { status, description } = answers[code]
  const parts = [`realm="${realm}"`]
  if (description !== undefined) parts.push(`error="${code}"`, `error_description="${description}"`)
  if (code === 'insufficient_scope') parts.push(`scope="${scope.join(' ')}"`)
  const headers = { 'WWW-Authenticate': `Bearer ${parts.join(', ')}`, 'Cache-Control': 'no-store' }
  return new Response(null, { status, headers })
}

/**
 * Answers: the ONE place where an error becomes a response (RFC 6749 §5.2).
 *
 * @module
 */

import type { Told } from '../events/events.ts'
import { TokenError } from '../jose/error.ts'
import { explain } from '../jose/explain.ts'
import type { Log } from '../log.ts'
import { errorPage } from '../pages/error.ts'
import type { WayBack } from '../pages/leaving.ts'
import { toPageResponse } from '../pages/page.ts'
import type { View } from '../pages/view.ts'
import type { Words } from '../pages/words/words.ts'
import { OAUTH_ERRORS, OAuthError, type OAuthErrorCode, refusal } from '../protocol/error.ts'
import { essenceOf, isData } from '../protocol/media_type.ts'
import { USUAL_STRICT_TRANSPORT_SECURITY } from '../protocol/strict_transport_security.ts'

/** A response before any framework has it. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Headers of every response beside HSTS: those that mean something to whoever reads data, and no page. */
const DATA_HEADERS = { 'Cross-Origin-Resource-Policy': 'same-origin', 'X-Content-Type-Options': 'nosniff' }

/**
 * Headers of all that a browser may show, and of what it is sent on by: those of `hono/secure-headers`. Data has none of the others: it has no
 * window, frame, referrer or script, and to write them costs more than to seal a token.
 */
const PAGE_HEADERS = {
  ...DATA_HEADERS,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Referrer-Policy': 'no-referrer',
  'X-DNS-Prefetch-Control': 'off',
  'X-Download-Options': 'noopen',
  'X-Frame-Options': 'DENY',
  'X-Permitted-Cross-Domain-Policies': 'none',
  'X-XSS-Protection': '0',
}

/** Returns the headers of every response, of one with such a `Content-Type`. */
export type HeadersOf = (type: string | null | undefined) => Readonly<Record<string, string>>

/** Returns what gives them, with this policy of HSTS. Default: none. */
export function createHeadersOf(strictTransportSecurity: string | undefined): HeadersOf {
  const policy = strictTransportSecurity && { 'Strict-Transport-Security': strictTransportSecurity }
  const [data, page] = [
    { ...DATA_HEADERS, ...policy },
    { ...PAGE_HEADERS, ...policy },
  ]
  return (type) => (isData(essenceOf(type)) ? data : page)
}

/** Headers of every answer that is not for everyone to keep (RFC 6749 §5.1). */
const NO_STORE = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', Pragma: 'no-cache' }

/** Returns an answer of JSON that nobody may keep. */
export function answerJson(status: number, body: unknown, headers?: Readonly<Record<string, string>>): Answer {
  return { status, headers: { ...NO_STORE, ...headers }, body: JSON.stringify(body) }
}

/** How an error is answered beyond its code. */
export interface ErrorAnswerOptions {
  /** One word that says where it happened, for the log. */
  readonly event: string
  readonly log: Log
  /** The challenge of a 401, where the client used the `Authorization` header (RFC 6749 §5.2). */
  readonly challenge?: string | undefined
}

/** The places in a stack, without the message: that may hold what nobody should read. */
function placesOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const places = stack.split('\n').filter((line) => /^\s+at /.test(line))
  return [error instanceof Error ? error.name : typeof error, ...places.slice(0, 5).map((line) => line.trim())].join(
    ' ',
  )
}

/** Returns the error that a client gets for whatever was thrown. */
export function toOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error
  if (error instanceof TokenError && error.code === 'sealing') {
    return refusal('temporarily_unavailable', 'unexpected', explain(error.code), { retryAfter: 60 })
  }
  const detail = error instanceof TokenError ? explain(error.code) : placesOf(error)
  return refusal('server_error', 'unexpected', detail, { cause: error })
}

/** Returns the answer to a request that failed: a code, its fixed description, and nothing of the request. */
export function answerError(thrown: unknown, options: ErrorAnswerOptions): Answer {
  const error = toOAuthError(thrown)
  const { status } = error
  const { description } = OAUTH_ERRORS[error.code]
  const level = status >= 500 ? 'error' : 'warn'
  const { code, reason, message: detail } = error
  options.log({ level, event: options.event, code, reason, detail })
  return answerJson(
    status,
    { error: error.code, error_description: description },
    {
      ...(status === 401 && options.challenge !== undefined ? { 'WWW-Authenticate': options.challenge } : {}),
      ...(error.retryAfter === undefined ? {} : { 'Retry-After': String(error.retryAfter) }),
      ...(error.dpopNonce === undefined ? {} : { 'DPoP-Nonce': error.dpopNonce }),
    },
  )
}

/** What is refused before OAuth has a word for it. */
const REFUSALS = {
  404: 'There is nothing here.',
  405: 'This method is not supported here.',
  413: 'The request body is too large.',
  414: 'The URL is too long.',
  421: 'This server does not answer for this host by this scheme.',
} as const

/** Returns the answer to a request that no endpoint takes. */
export function answerRefusal(status: keyof typeof REFUSALS, headers?: Readonly<Record<string, string>>): Answer {
  return answerJson(status, { error: 'invalid_request', error_description: REFUSALS[status] }, headers)
}

/** Returns whether a status is one of those by which a request is refused before OAuth has a word for it. */
export function isRefusal(status: number): status is keyof typeof REFUSALS {
  return Object.hasOwn(REFUSALS, status)
}

/** Returns the page by which a person is told that no endpoint takes a request. */
export function answerRefusalPage(status: keyof typeof REFUSALS, view: View): Promise<Response> {
  return toPageResponse(status, errorPage(view, { ...view.words.refused[status], code: 'invalid_request' }))
}

/** Returns what a person reads for an error code: what happened, and what to do. */
function wordsFor({ failed }: Words, code: OAuthErrorCode): { readonly title: string; readonly words: string } {
  return code in failed ? failed[code as keyof typeof failed] : failed.otherwise
}

/** How a failure is shown to a person. */
export interface ErrorPageOptions extends Omit<ErrorAnswerOptions, 'challenge'> {
  readonly view: View
  /** What the settings call the provider that it was about, for the log. */
  readonly provider?: string | undefined
  /** Where to try again, if that makes sense. */
  readonly retryAt?: string | undefined
  /** What stands on the button that leads there. Default: what the error's own words say. */
  readonly press?: string | undefined
  /** The way back to the app that waits, where it is proved. */
  readonly back?: WayBack | undefined
}

/** Returns the error that a person meets for whatever was thrown: what they bring and does not open is no fault of ours. */
export function toPageError(thrown: unknown): OAuthError {
  const isStale = thrown instanceof TokenError && !['sealing', 'size'].includes(thrown.code)
  return isStale ? refusal('invalid_request', 'stale', `the state does not open: ${thrown.code}`) : toOAuthError(thrown)
}

/** Returns what an event says of a request of a person's that failed. */
export function toldOf(thrown: unknown): Told {
  const { reason, status } = toPageError(thrown)
  return { reason, outcome: status >= 500 ? 'error' : 'refused' }
}

/** Returns the page for a request that failed with nowhere to send the browser. */
export function answerErrorPage(
  thrown: unknown,
  { view, event, log, provider, retryAt, back, ...options }: ErrorPageOptions,
): Promise<Response> {
  const error = toPageError(thrown)
  const { status } = error
  const level = status >= 500 ? 'error' : 'warn'
  const { code, reason, message: detail } = error
  log({ level, event, code, reason, ...(provider === undefined ? {} : { provider }), detail })
  const press = options.press ?? (code === 'foreign_login' ? view.words.press.beginAgain : undefined)
  const headers: Record<string, string> =
    error.retryAfter === undefined ? {} : { 'Retry-After': String(error.retryAfter) }
  return toPageResponse(
    status === 401 ? 400 : status,
    errorPage(view, { ...wordsFor(view.words, code), code, retryAt, press, back }),
    headers,
  )
}

const usualHeadersOf = createHeadersOf(USUAL_STRICT_TRANSPORT_SECURITY)

/** Returns an answer as a `Response`, with the headers of every response: to set them later would cost more. */
export function toResponse({ status, headers, body }: Answer, headersOf: HeadersOf = usualHeadersOf): Response {
  // Of an empty text a runtime says that it is one; clients refuse a type that they do not expect.
  return new Response(body || null, { status, headers: { ...headersOf(headers['Content-Type']), ...headers } })
}

/** Of who has no settings nobody knows what may be said of HSTS: a year on https://localhost would bind all that is developed there. */
const headersWithoutSettingsOf = createHeadersOf(undefined)

/** Returns the answer to a request for which there is no room, before anything is done for it. */
export function answerBusy(): Response {
  const { status, description } = OAUTH_ERRORS.temporarily_unavailable
  const body = { error: 'temporarily_unavailable', error_description: description }
  return toResponse(answerJson(status, body, { 'Retry-After': '1' }), headersWithoutSettingsOf)
}

/** Returns the answer of an issuer that cannot work, to whatever is asked. `reason` stands in `/healthz` too. */
export function answerUnavailable(reason: string): Response {
  const { status, description } = OAUTH_ERRORS.temporarily_unavailable
  const body = { status: 'unavailable', reason, error: 'temporarily_unavailable', error_description: description }
  return toResponse(answerJson(status, body, { 'Retry-After': '60' }), headersWithoutSettingsOf)
}

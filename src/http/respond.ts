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

/** What a person reads in place of that: what happened, and what to do. */
const REFUSED: Readonly<Record<keyof typeof REFUSALS, readonly [title: string, words: string]>> = {
  404: ['There is nothing here', 'The link that brought you here is wrong, or what it led to is gone.'],
  405: [
    'This page cannot be opened again',
    'A browser that opens its pages again cannot bring back what was asked here, and nobody is asked at a typed address. Go back to the app and start again.',
  ],
  413: ['That was too much', 'What was sent is longer than anything that is asked here.'],
  414: [
    'This link is too long',
    'The app that made it asks for more than fits. Whoever runs the app can ask for less.',
  ],
  421: [
    'This address is not served here',
    'This server is known by another address. Go back to the app and start again.',
  ],
}

/** Returns whether a status is one of those by which a request is refused before OAuth has a word for it. */
export function isRefusal(status: number): status is keyof typeof REFUSALS {
  return Object.hasOwn(REFUSALS, status)
}

/** Returns the page by which a person is told that no endpoint takes a request. */
export function answerRefusalPage(status: keyof typeof REFUSALS, issuer: string): Promise<Response> {
  const [title, words] = REFUSED[status]
  return toPageResponse(status, errorPage({ issuer, title, words, code: 'invalid_request' }))
}

/** What a person reads for an error code: what happened, and what to do. */
const WORDS: Partial<Readonly<Record<OAuthErrorCode, readonly [title: string, words: string, press?: string]>>> = {
  invalid_client: [
    'This app is not known here',
    'The app that sent you here calls itself by a name that this server does not know, or not any more. In that app, remove this server, and add it again: then the two get to know each other anew.',
  ],
  access_denied: [
    'Nothing was allowed',
    'The login was given up, or refused where you log in. Nobody was logged in by it. You can try again.',
  ],
  login_required: [
    'This needs another login',
    'The app needs to know when you logged in, and where you did so does not tell. Nothing was allowed.',
  ],
  login_failed: ['The login did not work', 'Nobody was logged in by it. You can try again.'],
  foreign_login: [
    'This login began in another browser',
    'Nobody was logged in here. Go on in that browser, or begin again in this one. If that leads to this page again, it keeps no cookies of this server.',
    'Begin again here',
  ],
  login_too_long: [
    'This account cannot be kept here',
    'What is said about it is longer than a browser keeps. Nobody was logged in. Another account may do; the operator finds in the log what is too long.',
  ],
  foreign_form: ['This form was not sent from here', 'For your safety nothing was done.'],
  slow_down: ['Please wait a minute', 'Too many logins were begun from where you are. Nothing is lost.'],
  temporarily_unavailable: ['Please try again in a moment', 'This server cannot go on right now. Nothing is lost.'],
  server_error: ['Something went wrong here', 'This is not your fault. The operator finds in the log what it was.'],
}

const OTHERWISE: readonly [title: string, words: string, press?: string] = [
  'This link does not work',
  'It is malformed, out of date, or was made for another browser. Go back to the app and start again.',
]

/** How a failure is shown to a person. */
export interface ErrorPageOptions extends Omit<ErrorAnswerOptions, 'challenge'> {
  readonly issuer: string
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
  { issuer, event, log, provider, retryAt, back, ...words }: ErrorPageOptions,
): Promise<Response> {
  const error = toPageError(thrown)
  const { status } = error
  const level = status >= 500 ? 'error' : 'warn'
  const { code, reason, message: detail } = error
  log({ level, event, code, reason, ...(provider === undefined ? {} : { provider }), detail })
  const [title, text, press = 'Try again'] = WORDS[error.code] ?? OTHERWISE
  const headers: Record<string, string> =
    error.retryAfter === undefined ? {} : { 'Retry-After': String(error.retryAfter) }
  return toPageResponse(
    status === 401 ? 400 : status,
    errorPage({ issuer, title, words: text, code: error.code, retryAt, press: words.press ?? press, back }),
    headers,
  )
}

const usualHeadersOf = createHeadersOf(USUAL_STRICT_TRANSPORT_SECURITY)

/** Returns an answer as a `Response`, with the headers of every response: to set them later would cost more. */
export function toResponse({ status, headers, body }: Answer, headersOf: HeadersOf = usualHeadersOf): Response {
  return new Response(body, { status, headers: { ...headersOf(headers['Content-Type']), ...headers } })
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

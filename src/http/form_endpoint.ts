/**
 * What all endpoints have in common that take a form from a client (RFC 6749 §3.2).
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import type { EventType } from '../events/event.ts'
import type { Events, Told } from '../events/events.ts'
import { refusal } from '../protocol/error.ts'
import { isFormType } from '../protocol/media_type.ts'
import { type Parameters, readParameters } from '../protocol/parameters.ts'
import type { Reason } from '../protocol/reasons.ts'
import type { ClientCertificate } from '../registration/clients/client_certificate.ts'
import type { Credentials } from '../settings/issuer_settings.ts'
import type { WaitUntil } from '../wait_until.ts'
import { unlessAwaited } from './awaited.ts'
import { type Answer, answerError, answerRefusal, toOAuthError } from './respond.ts'

/** Bytes that the body of a form from a client may have. */
export const LONGEST_FORM_REQUEST = 16_384

/** A request with a form, as any framework can hand it over. */
export interface FormRequest {
  /** The URL that was asked; it may be without its origin. */
  readonly uri: string
  readonly method: string
  readonly headers: Headers | Readonly<Record<string, string>>
  /** The body as text, in UTF-8. */
  readonly body: string
  /** Facts about the request that the hooks `claims` and `response` are to see. Default: none. */
  readonly credentials?: Credentials
  /** The certificate that the client proved to have in the TLS handshake. Default: none. */
  readonly certificate?: ClientCertificate | undefined
  /** From where it comes, as far as the platform tells. Default: nobody tells. */
  readonly address?: string | undefined
  /** The request itself, for hooks that look at it. Default: they are not asked. */
  readonly request?: Request
  /** What came beside the request, for those hooks. Default: nothing. */
  readonly env?: unknown
  /** Keeps a worker awake for what goes on after the answer. Default: nothing does. */
  readonly waitUntil?: WaitUntil
}

/** What an endpoint is given of a request that has the form of one. */
export interface ReadForm {
  readonly parameters: Parameters
  readonly headers: Headers
  readonly credentials: Credentials
  readonly certificate: ClientCertificate | undefined
  readonly address: string | undefined
  readonly request: Request | undefined
  readonly env: unknown
  readonly waitUntil: WaitUntil
  /** Unix seconds; the same all through the request. */
  readonly now: number
}

/** An endpoint as a plain function. It never throws. */
export type FormEndpoint = (request: FormRequest) => Promise<Answer>

/** Checks that a request is a form in the body, with nothing in the query: that ends in logs (OAuth 2.1 §2.4.1). */
export function checkForm(uri: string, headers: Headers): void {
  if (!isFormType(headers.get('content-type'))) throw refusal('invalid_request', 'malformed', 'the body is not a form')
  if (uri.includes('?')) throw refusal('invalid_request', 'malformed', 'the URL has a query')
}

/** Returns the challenge to a client that used the `Authorization` header, and was not believed (RFC 6749 §5.2). */
export function challengeOfBasic(headers: Headers, issuer: string): string | undefined {
  return headers.has('authorization') ? `Basic realm="${issuer}", charset="UTF-8"` : undefined
}

/** What is told beside a refusal, of reasons that are the sign of a thief. */
const ALARMS: Partial<Readonly<Record<Reason, EventType>>> = {
  code_replayed: 'code.replayed',
  refresh_reused: 'refresh.reused',
}

/** Tells of a request that is refused: what was asked for, or that the client did not prove itself; at `/token` both. */
export function tellRefusal(events: Events, asked: EventType, thrown: unknown): void {
  const { code, reason, status } = toOAuthError(thrown)
  const told: Told = { reason, outcome: status >= 500 ? 'error' : 'refused' }
  const isClient = code === 'invalid_client'
  const alarm = ALARMS[reason]
  if (alarm !== undefined) events.tell(alarm, told)
  if (isClient) events.tell('client.failed', told)
  if (!isClient || asked === 'token.refused') events.tell(asked, told)
}

/** What is asked for at an endpoint: always the same, or as the form says. */
export type AskedFor = EventType | ((parameters: Parameters | undefined) => EventType)

/** Returns an endpoint that takes a form by POST. */
export function createFormEndpoint(
  context: EndpointContext,
  event: string,
  askedFor: AskedFor,
  serve: (form: ReadForm) => Promise<Answer>,
): FormEndpoint {
  const { settings, log, events } = context
  return async (asked) => {
    const { uri, method, body, credentials = {}, certificate, address, request, env, waitUntil = () => {} } = asked
    const headers = asked.headers instanceof Headers ? asked.headers : new Headers(asked.headers)
    if (method !== 'POST') return answerRefusal(405, { Allow: 'POST' })
    if (body.length > LONGEST_FORM_REQUEST) return answerRefusal(413)
    let parameters: Parameters | undefined
    try {
      const now = context.now()
      checkForm(uri, headers)
      parameters = readParameters(body)
      parameters.checkOnce()
      return await serve({ parameters, headers, credentials, certificate, address, request, env, waitUntil, now })
    } catch (thrown) {
      const error = unlessAwaited(thrown, context)
      tellRefusal(events, typeof askedFor === 'string' ? askedFor : askedFor(parameters), error)
      return answerError(error, { event, log, challenge: challengeOfBasic(headers, settings.issuer) })
    }
  }
}

/**
 * The plain way to the endpoints that take forms: what programs send, as nearly all of them send it, is answered without the app. It answers as
 * the app would; whatever is odd goes there.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import type { IssuerSettings } from '../settings/issuer_settings.ts'
import { createFollow, REQUEST_ID } from './following.ts'
import { type FormEndpoint, LONGEST_FORM_REQUEST } from './form_endpoint.ts'
import type { FormRequests } from './form_request.ts'
import { isOverTls, isSaidAtMost, isSecured, type LimitFailure } from './middleware.ts'
import { type Answer, answerError, createHeadersOf, toResponse } from './respond.ts'
import { type Execution, waitUntilBy } from './wait_until.ts'

/** Answers a request without the app; nothing where it is for the app. */
export type PlainWay = (
  request: Request,
  env: unknown,
  execution: Execution | undefined,
) => Promise<Response> | undefined

/** What answers there. */
export interface PlainWayParts extends Pick<FormRequests, 'readFormRequest'> {
  /** The endpoints by their paths. */
  readonly forms: ReadonlyMap<string, FormEndpoint>
  readonly limitFailure: LimitFailure
}

/** Returns the plain way. */
export function createPlainWay(
  context: EndpointContext,
  settings: IssuerSettings,
  { forms, readFormRequest, limitFailure }: PlainWayParts,
): PlainWay {
  const { log } = context
  const issuer = new URL(context.settings.issuer)
  const isSecure = isSecured(issuer)
  const origins = ['https', 'http'].map((scheme) => `${scheme}://${issuer.host}`)
  const follow = createFollow(context, settings)
  const headersOf = createHeadersOf(context.settings.strictTransportSecurity)

  /** Tells whether a client asked by the scheme of the issuer. */
  function isByOurScheme(request: Request, env: unknown): boolean {
    try {
      return isOverTls(request, env, settings.scheme) || !isSecure
    } catch {
      // What becomes of a hook that fails, the app knows.
      return false
    }
  }

  /** Returns what takes a request, whose URL is written as ours are: by http, too, from what ends TLS before us. */
  function endpointOf(request: Request, env: unknown): FormEndpoint | undefined {
    const { method, url, headers } = request
    const origin = method === 'POST' ? origins.find((origin) => url.startsWith(`${origin}/`)) : undefined
    const form = origin === undefined ? undefined : forms.get(url.slice(origin.length))
    // A page of another origin asks what it may read.
    return form !== undefined &&
      !headers.has('origin') &&
      isSaidAtMost(LONGEST_FORM_REQUEST, headers) &&
      isByOurScheme(request, env)
      ? form
      : undefined
  }

  async function answer(form: FormEndpoint, ...asked: Parameters<typeof readFormRequest>): Promise<Answer> {
    let answered: Answer
    try {
      answered = await form(await readFormRequest(...asked))
    } catch (error) {
      answered = answerError(error, { event: 'request', log })
    }
    const [request, env] = asked
    return (answered.status === 401 ? await limitFailure(request, env) : undefined) ?? answered
  }

  return (request, env, execution) => {
    const form = endpointOf(request, env)
    if (form === undefined) return undefined
    const waitUntil = waitUntilBy(() => execution)
    return follow(request, env, waitUntil, async (id) => {
      const { status, headers, body } = await answer(form, request, env, waitUntil)
      return toResponse({ status, headers: { ...headers, [REQUEST_ID]: id }, body }, headersOf)
    })
  }
}

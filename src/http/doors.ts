/**
 * The doors of an issuer: what stands before each kind of endpoint, be it a form of clients, a document for everybody, or a page
 * of people.
 *
 * @module
 */

import type { Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { etag, RETAINED_304_HEADERS } from 'hono/etag'
import type { EndpointContext } from '../context.ts'
import { readText } from '../jose/strict_json.ts'
import type { ClientCertificate } from '../registration/clients/client_certificate.ts'
import type { IssuerSettings } from '../settings/issuer_settings.ts'
import { LONGEST_FORM, readBytes } from './browser.ts'
import { REQUEST_ID } from './following.ts'
import { type FormEndpoint, LONGEST_FORM_REQUEST } from './form_endpoint.ts'
import { createFormRequests } from './form_request.ts'
import { takingLanguage } from './language.ts'
import { atMost, corsWhereAsked, createLimitFailure, limitFailures, only } from './middleware.ts'
import { createPlainWay, type PlainWay } from './plain_way.ts'
import { type Answer, toResponse } from './respond.ts'
import { waitUntilOf } from './wait_until.ts'

/** Headers that mean nothing here (MCP, W3C Trace Context, W3C Baggage, and others' own). */
const BESIDE = ['MCP-Protocol-Version', 'Traceparent', 'Tracestate', 'Baggage', 'Sentry-Trace', 'X-Requested-With']

/** Browsers may ask, from any page but a nameless one, and never with cookies. */
const CORS = {
  origin: (origin: string) => (origin === 'null' ? null : '*'),
  allowMethods: ['POST'],
  // Beside what is read here: what tracing and old libraries put on every request of a page.
  allowHeaders: ['Authorization', 'Content-Type', 'DPoP', ...BESIDE],
  exposeHeaders: ['DPoP-Nonce', 'WWW-Authenticate', 'Retry-After', REQUEST_ID],
  maxAge: 600,
}

/** Everybody may read, from any page. */
const OPEN = { origin: '*', allowMethods: ['GET'], exposeHeaders: [REQUEST_ID] }

/** Whoever has a copy already must be let read it as well (Fetch Standard, CORS check). */
const tagged = () => etag({ retainedHeaders: [...RETAINED_304_HEADERS, 'access-control-allow-origin'] })

/** Bytes that a registration may have. */
const LONGEST_REGISTRATION = 16_384

/** A registration as it came. */
export interface RegistrationCall {
  readonly headers: Headers
  /** The body as text; nothing where it is not UTF-8. */
  readonly body: string | undefined
  /** Tells whether more may come from where it comes. */
  isAllowed(): Promise<boolean>
}

/** The doors of an issuer. Each takes what answers there, and its path. */
export interface Doors {
  /** Answers a form as nearly all send it, without the app; nothing for all else. */
  readonly plainly: PlainWay
  /** Takes a form from a client, a resource server or an operator. */
  form(path: string, answer: FormEndpoint): void
  /** Takes a form from a client that may be a page of another origin. */
  formOfPages(path: string, answer: FormEndpoint): void
  /** Takes JSON from a client that nobody knows yet, and that may be a page of another origin. */
  registration(path: string, answer: (call: RegistrationCall) => Promise<Answer>): void
  /** Tells everybody the same; with a form beside it where one path has both. */
  document(path: string, answer: () => Answer | Promise<Answer>, form?: FormEndpoint): void
  /** Takes whatever a server that proves itself asks for, by GET and POST, and by these methods. */
  proved(
    path: string,
    answer: (request: Request, certificate: ClientCertificate | undefined) => Promise<Answer>,
    ...methods: readonly string[]
  ): void
  /** Takes a token in the header, from a page of another origin too. */
  resource(
    path: string,
    answer: (request: Request, certificate: ClientCertificate | undefined) => Promise<Answer>,
  ): void
  /** Shows a person a page, and takes its form, by these methods. */
  page(path: string, answer: (c: Context) => Response | Promise<Response>, ...methods: readonly string[]): void
  /** Does so where a page can be asked for again, as it is: in another language, too. */
  lastingPage(path: string, answer: (c: Context) => Response | Promise<Response>, ...methods: readonly string[]): void
}

/** Returns the doors of an app. */
export function createDoors(app: Hono, context: EndpointContext, settings: IssuerSettings): Doors {
  const limitFailure = createLimitFailure(context, settings)
  const limit = limitFailures(limitFailure)
  const { certificateOf, readFormRequest } = createFormRequests(context, settings)
  const handlerOf = (answer: FormEndpoint) => async (c: Context) =>
    toResponse(await answer(await readFormRequest(c.req.raw, c.env, waitUntilOf(c))))
  const taking = (answer: FormEndpoint) => [limit, atMost(LONGEST_FORM_REQUEST), handlerOf(answer)] as const
  const forms = new Map<string, FormEndpoint>()
  const speakLanguage = takingLanguage(context.settings.issuer)
  return {
    plainly: createPlainWay(context, settings, { forms, readFormRequest, limitFailure }),
    form(path, answer) {
      app.all(path, ...taking(answer))
      forms.set(path, answer)
    },
    formOfPages(path, answer) {
      app.all(path, corsWhereAsked(CORS), ...taking(answer))
      forms.set(path, answer)
    },
    registration(path, answer) {
      app.all(path, corsWhereAsked(CORS), only('POST'), atMost(LONGEST_REGISTRATION), async ({ req: { raw }, env }) => {
        const isAllowed = async (): Promise<boolean> => (await settings.allowRegistration?.(raw, env)) !== false
        return toResponse(await answer({ headers: raw.headers, body: readText(await readBytes(raw)), isAllowed }))
      })
    },
    document(path, answer, form) {
      if (form !== undefined) app.post(path, ...taking(form))
      const methods = ['GET', 'HEAD', ...(form === undefined ? [] : ['POST'])]
      app.all(path, cors(OPEN), only(...methods), tagged(), async (c) => {
        const { status, headers, body } = await answer()
        return c.body(body, status as 200, headers)
      })
    },
    proved(path, answer, ...methods) {
      const handler = async (c: Context) => toResponse(await answer(c.req.raw, certificateOf(c.req.raw, c.env)))
      app.all(path, only('GET', 'POST', ...methods), limit, atMost(LONGEST_FORM_REQUEST), handler)
    },
    resource(path, answer) {
      const handler = async (c: Context) => toResponse(await answer(c.req.raw, certificateOf(c.req.raw, c.env)))
      app.all(
        path,
        corsWhereAsked({ ...CORS, allowMethods: ['GET', 'HEAD', 'POST'] }),
        only('GET', 'HEAD', 'POST'),
        atMost(LONGEST_FORM_REQUEST),
        handler,
      )
    },
    page: (path, answer, ...methods) => void app.all(path, only(...methods), atMost(LONGEST_FORM), answer),
    lastingPage: (path, answer, ...methods) =>
      void app.all(path, only(...methods), atMost(LONGEST_FORM), speakLanguage, answer),
  }
}

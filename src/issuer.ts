/**
 * The issuer as a Hono app: one line per endpoint.
 *
 * @module
 */

import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { etag, RETAINED_304_HEADERS } from 'hono/etag'
import { isLoopback } from '../keys/identifier.ts'
import {
  type AuthenticateClient,
  createClientAuthentication,
  type ProveClient,
  spendingAtOnce,
} from './authentication/client_authentication.ts'
import { createAllowedApps } from './authorization/allowed_apps.ts'
import { createCodes } from './authorization/authorization_response.ts'
import { createConsents } from './authorization/consent.ts'
import { createLogins } from './authorization/login.ts'
import { createOpenedRequests } from './authorization/opened_requests.ts'
import { createPushedRequests } from './authorization/pushed_requests.ts'
import { createRememberedConsents } from './authorization/remembered_consents.ts'
import { createSessions } from './authorization/session.ts'
import { createWays } from './authorization/ways.ts'
import { createContext, type EndpointContext } from './context.ts'
import { createAppsEndpoint } from './endpoints/apps.ts'
import { createAuthorizeEndpoint } from './endpoints/authorize.ts'
import { createDemo } from './endpoints/demo.ts'
import { createIntrospectEndpoint } from './endpoints/introspect.ts'
import { createJwksAnswer } from './endpoints/jwks.ts'
import { createKeysEndpoint } from './endpoints/keys.ts'
import { createLogoutEndpoint } from './endpoints/logout.ts'
import { describeIssuer, metadataPath } from './endpoints/metadata.ts'
import { createParEndpoint } from './endpoints/par.ts'
import { createOperatorEndpoint, createRevocationsEndpoint } from './endpoints/revocations.ts'
import { createRevokeEndpoint } from './endpoints/revoke.ts'
import { createStartEndpoint } from './endpoints/start.ts'
import { createTokenEndpoint } from './endpoints/token.ts'
import { LONGEST_FORM, readBody } from './http/browser.ts'
import { createCookies } from './http/cookies.ts'
import { type FormEndpoint, type FormRequest, LONGEST_FORM_REQUEST } from './http/form_endpoint.ts'
import { atMost, corsWhereAsked, limitFailures, only, onlyForUs, securely, showingRefusals } from './http/middleware.ts'
import { type Answer, answerError, answerJson, answerRefusal, toResponse } from './http/respond.ts'
import { type AccessTokens, createAccessTokens } from './issuing/access_tokens.ts'
import { createPublicKeys, type PublicKeys } from './issuing/public_keys.ts'
import { createRevoking, type Revoking } from './issuing/revoking.ts'
import { type Assertions, createAssertions } from './remote/assertions.ts'
import { createRecipients } from './remote/recipients.ts'
import type { IssuerSettings } from './settings/settings.ts'
import { createRevocationView, type RevocationView } from './stores/revocations.ts'

/** An issuer: a Hono app, and the token endpoint as a plain function beside it. */
export interface Issuer extends Hono {
  /**
   * Answers a token request without a framework: the same checks and the same answer as `POST /token`, but for CORS and
   * the headers that every response of the app bears. It never throws.
   */
  createTokenResponse(request: FormRequest): Promise<Answer>
}

/** Headers that mean nothing here (W3C Trace Context, W3C Baggage, and others' own). */
const BESIDE = ['Traceparent', 'Tracestate', 'Baggage', 'Sentry-Trace', 'X-Requested-With']

/** Browsers may ask, from any page but a nameless one, and never with cookies. */
const CORS = {
  origin: (origin: string) => (origin === 'null' ? null : '*'),
  allowMethods: ['POST'],
  // Beside what is read here: what tracing and old libraries put on every request of a page.
  allowHeaders: ['Authorization', 'Content-Type', 'DPoP', ...BESIDE],
  exposeHeaders: ['DPoP-Nonce', 'WWW-Authenticate', 'Retry-After'],
  maxAge: 600,
}

/** Everybody may read, from any page. */
const OPEN = { origin: '*', allowMethods: ['GET'] }

/** Whoever has a copy already must be let read it as well (Fetch Standard, CORS check). */
const tagged = () => etag({ retainedHeaders: [...RETAINED_304_HEADERS, 'access-control-allow-origin'] })

/** Headers of what everyone may keep for a while. */
const CACHEABLE = { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' }

/** Returns what reads the certificate of a request, where some client needs one. */
function readCertificates({ settings }: EndpointContext, { certificate }: IssuerSettings) {
  return ({ req, env }: Context) => (settings.hasCertificates ? certificate?.(req.raw, env) : undefined)
}

/** Returns an endpoint that takes a form from a client as a Hono handler. */
function formHandler(
  answer: FormEndpoint,
  context: EndpointContext,
  settings: IssuerSettings,
): (c: Context) => Promise<Response> {
  const certificateOf = readCertificates(context, settings)
  return async (c) => {
    const { raw } = c.req
    const { url: uri, method, headers } = raw
    const credentials = settings.credentials?.(raw) ?? {}
    const certificate = certificateOf(c)
    return toResponse(await answer({ uri, method, headers, body: await readBody(raw), credentials, certificate }))
  }
}

/** What several endpoints share. */
interface Parts {
  readonly proveClient: ProveClient
  readonly authenticateClient: AuthenticateClient
  readonly accessTokens: AccessTokens
  readonly assertions: Assertions
  readonly publicKeys: PublicKeys
  readonly revoking: Revoking
  readonly view: RevocationView
}

/** Mounts what a person meets. */
function mountPages(
  app: Hono,
  base: string,
  context: EndpointContext,
  { revoking, view }: Parts,
  token: FormEndpoint,
  isDemo: boolean,
): void {
  const cookies = createCookies(context.settings.issuer)
  const sessions = createSessions(context, cookies, view)
  const pushedRequests = createPushedRequests(context)
  const ways = createWays(context, pushedRequests)
  const logins = createLogins(context, { cookies, sessions, pushedRequests, ways })
  const codes = createCodes(context, pushedRequests, view)
  const allowed = createAllowedApps(context, cookies)
  const remembered = createRememberedConsents(context, cookies)
  const consents = createConsents(context, { remembered, sessions, codes, allowed, ways })
  const page = [only('GET', 'POST'), atMost(LONGEST_FORM)] as const
  const openedRequests = createOpenedRequests(cookies)
  const authorizing = { sessions, logins, consents, codes, pushedRequests, openedRequests, allowed }
  app.all(`${base}/authorize`, ...page, createAuthorizeEndpoint(context, authorizing))
  app.all(`${base}/login`, ...page, logins.resume)
  app.all(`${base}/login/callback`, only('GET'), logins.resume)
  app.all(`${base}/consent`, only('POST'), atMost(LONGEST_FORM), consents.take)
  app.all(`${base}/logout`, ...page, createLogoutEndpoint(context, sessions, cookies))
  app.all(`${base}/apps`, ...page, createAppsEndpoint(context, { cookies, sessions, allowed, revoking }))
  if (isDemo) app.all(`${base}/demo`, ...page, createDemo(context, cookies, token))
}

/** Mounts what clients, resource servers and operators use by themselves. */
function mountForServers(
  app: Hono,
  base: string,
  context: EndpointContext,
  settings: IssuerSettings,
  { proveClient, authenticateClient, accessTokens, publicKeys, revoking, view }: Parts,
): void {
  const { revocations, authenticate } = context.settings
  const limit = limitFailures(context, settings)
  const keys = createKeysEndpoint(context, authenticateClient, view)
  const form = (endpoint: FormEndpoint) =>
    [limit, atMost(LONGEST_FORM_REQUEST), formHandler(endpoint, context, settings)] as const
  app.all(`${base}/jwks`, cors(OPEN), only('GET', 'HEAD'), tagged(), async (c) => {
    const { status, headers, body } = await createJwksAnswer(context, publicKeys)
    return c.body(body, status as 200, headers)
  })
  const certificateOf = readCertificates(context, settings)
  const keysHandler = async (c: Context) => toResponse(await keys(c.req.raw, certificateOf(c)))
  app.all(`${base}/keys`, only('GET', 'POST'), limit, atMost(LONGEST_FORM_REQUEST), keysHandler)
  app.all(`${base}/introspect`, ...form(createIntrospectEndpoint(context, { authenticateClient, accessTokens, view })))
  app.all(
    `${base}/revoke`,
    corsWhereAsked(CORS),
    ...form(createRevokeEndpoint(context, { authenticateClient, accessTokens, revocations, revoking })),
  )
  if (authenticate !== undefined) {
    const parts = { proveClient, pushedRequests: createPushedRequests(context) }
    app.all(`${base}/par`, corsWhereAsked(CORS), ...form(createParEndpoint(context, parts)))
  }
  if (revocations === undefined) return
  const bundle = createRevocationsEndpoint(context, revocations)
  app.post(`${base}/revocations`, ...form(createOperatorEndpoint(context, { authenticateClient, revoking })))
  app.all(`${base}/revocations`, cors(OPEN), only('GET', 'HEAD', 'POST'), tagged(), async (c) => {
    const { status, headers, body } = await bundle()
    return c.body(body, status as 200, headers)
  })
}

/**
 * Makes an issuer.
 *
 * @throws {TypeError} when a setting is missing, unknown or of a wrong type
 * @throws {RangeError} when a setting is out of bounds
 */
export function createIssuer(settings: IssuerSettings): Issuer {
  const context = createContext(settings)
  const { log, now, keyRing } = context
  const issuer = new URL(context.settings.issuer)
  const base = issuer.pathname.replace(/\/$/, '')
  const isDemo = settings.isDemo === true && isLoopback(issuer.href)
  const metadata = JSON.stringify(describeIssuer(context.settings))
  const publicKeys = createPublicKeys(context)
  const fetch = settings.fetch ?? ((url: string, init?: RequestInit) => globalThis.fetch(url, init))
  const recipients = createRecipients(fetch, log)
  const assertions = createAssertions(fetch, log)
  const accessTokens = createAccessTokens(context, recipients, publicKeys)
  const view = createRevocationView(context.settings.revocations, log, (resource, at) =>
    keyRing.open(at).namesKeys(resource, context.settings.resources.get(resource)?.branch),
  )
  const revoking = createRevoking(context, context.settings.revocations, view)
  const proveClient = createClientAuthentication(context, assertions)
  const authenticateClient = spendingAtOnce(proveClient)
  const parts = { proveClient, authenticateClient, accessTokens, assertions, publicKeys, revoking, view }
  const createTokenResponse = createTokenEndpoint(context, parts)
  const app = new Hono()

  app.use(
    securely(context.settings),
    showingRefusals(context.settings.issuer),
    onlyForUs(issuer, { except: `${base}/healthz`, scheme: settings.scheme, log }),
  )
  app.all(
    `${base}/token`,
    corsWhereAsked(CORS),
    limitFailures(context, settings),
    atMost(LONGEST_FORM_REQUEST),
    formHandler(createTokenResponse, context, settings),
  )
  app.all(metadataPath(issuer.href), cors(OPEN), only('GET', 'HEAD'), tagged(), (c) => c.body(metadata, 200, CACHEABLE))
  app.all(`${base}/healthz`, only('GET', 'HEAD'), () => {
    const status = keyRing.status(now())
    return toResponse(answerJson(status.status === 'ok' ? 200 : 503, status))
  })
  app.all(base === '' ? '/' : base, only('GET', 'HEAD'), createStartEndpoint(context, isDemo))
  mountForServers(app, base, context, settings, parts)
  if (context.settings.authenticate !== undefined) mountPages(app, base, context, parts, createTokenResponse, isDemo)
  app.notFound(() => toResponse(answerRefusal(404)))
  app.onError((error) => toResponse(answerError(error, { event: 'request', log })))
  return Object.assign(app, { createTokenResponse })
}

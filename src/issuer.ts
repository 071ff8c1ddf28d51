/**
 * The issuer as a Hono app: what is mounted where.
 *
 * @module
 */

import { type Context, Hono } from 'hono'
import { isLoopback } from '../keys/identifier.ts'
import { createContext, type EndpointContext, type Standing } from './context.ts'
import { createAdminSettingsEndpoint } from './endpoints/admin_settings.ts'
import { createAppsEndpoint } from './endpoints/apps.ts'
import { createAuthorizeEndpoint } from './endpoints/authorize.ts'
import { createDemo } from './endpoints/demo.ts'
import { createDeviceEndpoint } from './endpoints/device.ts'
import { createDeviceAuthorizationEndpoint } from './endpoints/device_authorization.ts'
import { createHealthEndpoint, isInsideAsked } from './endpoints/healthz.ts'
import { createIntrospectEndpoint } from './endpoints/introspect.ts'
import { createJwksAnswer } from './endpoints/jwks.ts'
import { createKeysEndpoint } from './endpoints/keys.ts'
import { createLogoutEndpoint, createLogoutReturn } from './endpoints/logout.ts'
import { createMetadataAnswer, metadataPaths } from './endpoints/metadata.ts'
import { createParEndpoint } from './endpoints/par.ts'
import { createRegisterEndpoint } from './endpoints/register.ts'
import { createOperatorEndpoint, createRevocationsEndpoint } from './endpoints/revocations.ts'
import { createRevokeEndpoint } from './endpoints/revoke.ts'
import { createStartEndpoint } from './endpoints/start.ts'
import { createTokenEndpoint } from './endpoints/token.ts'
import { createUserinfoEndpoint } from './endpoints/userinfo.ts'
import { tellingBy } from './events/events_of.ts'
import { createDoors } from './http/doors.ts'
import { following, followingForm } from './http/following.ts'
import type { FormEndpoint, FormRequest } from './http/form_endpoint.ts'
import { answeringAll, onlyForUs, securely, showingRefusals } from './http/middleware.ts'
import { type Answer, answerError, answerRefusal, toResponse } from './http/respond.ts'
import { waitUntilOf } from './http/wait_until.ts'
import { createLiveSettings, type LiveSettings } from './live_settings.ts'
import { createParts, createPersonalParts } from './parts.ts'
import { DEVICE_CODE } from './protocol/grant_type.ts'
import { measureFetch } from './remote/measured_fetch.ts'
import type { IssuerSettings } from './settings/issuer_settings.ts'

/** An issuer: a Hono app, and the token endpoint as a plain function beside it. */
export interface Issuer extends Hono {
  /**
   * Answers a token request without a framework: the same checks and the same answer as `POST /token`, but for CORS and
   * the headers that every response of the app bears; of these it has `Request-Id`. It never throws.
   */
  createTokenResponse(request: FormRequest): Promise<Answer>
}

/** Returns what a platform handed over beside the request; nothing where it did not. */
function executionOf(c: Context): Context['executionCtx'] | undefined {
  try {
    return c.executionCtx
  } catch {
    return undefined
  }
}

/** Returns an issuer that answers by the settings of now. */
function answerByNow(live: LiveSettings<{ readonly issuer: Issuer }>): Issuer {
  const app = new Hono()
  const nothing = new WeakMap<Request, Response>()
  app.use(async function byNowMiddleware(c, next) {
    const { issuer } = await live.current(waitUntilOf(c))
    const answer = await issuer.fetch(c.req.raw, c.env, executionOf(c))
    if (answer.status !== 404) return answer
    // An app of which this one is a part may have something there.
    nothing.set(c.req.raw, answer)
    return next()
  })
  app.notFound((c) => nothing.get(c.req.raw) ?? toResponse(answerRefusal(404)))
  return Object.assign(app, {
    async createTokenResponse(request: FormRequest) {
      const { issuer } = await live.current(request.waitUntil ?? (() => undefined))
      return issuer.createTokenResponse(request)
    },
  })
}

/**
 * Makes an issuer.
 *
 * @throws {TypeError} when a setting is missing, unknown or of a wrong type
 * @throws {RangeError} when a setting is out of bounds
 * @example
 * import { createIssuer, createMemoryGuard, createMemoryRevocations } from 'bulla'
 *
 * const issuer = createIssuer({
 *   issuer: 'https://auth.example.com',
 *   keyRing: process.env['KEY_RING'],
 *   resources: { 'https://api.example.com': { scopes: ['notes:read'] } },
 *   clients: {},
 *   guard: createMemoryGuard(undefined, { single: true }),
 *   revocations: createMemoryRevocations('a salt of this list', undefined, { single: true }),
 * })
 * export default { fetch: issuer.fetch }
 */
export function createIssuer(settings: IssuerSettings): Issuer {
  const make = (of: IssuerSettings, standing?: Standing) => {
    const context = createContext(of, standing)
    return { context, issuer: tellingBy(mount(context, of), context.events) }
  }
  const { settingsBundle } = settings
  if (settingsBundle === undefined) return make(settings).issuer
  const live = createLiveSettings({ ...settings, settingsBundle }, make)
  return tellingBy(answerByNow(live), live.events)
}

/** Returns the app of an issuer, whose settings stay as they are. */
function mount(context: EndpointContext, settings: IssuerSettings): Issuer {
  const { log } = context
  const { issuer, authenticate, revocations, openid, userinfo, walkIns, grants } = context.settings
  const fetch = settings.fetch ?? ((url, init) => globalThis.fetch(url, init))
  const parts = createParts(context, measureFetch(fetch, context.measure))
  const answerToken = createTokenEndpoint(context, parts)
  const createTokenResponse: FormEndpoint = (asked) => {
    const request = context.events.requestId()
    const part = { part: 'token', method: asked.method, url: `${issuer}/token`, request } as const
    return context.measure(part, () => answerToken(asked))
  }
  const isDemo = settings.isDemo === true && isLoopback(issuer)
  const base = new URL(issuer).pathname.replace(/\/$/, '')

  const app = new Hono()
  const doors = createDoors(app, context, settings)
  const { form, formOfPages, registration, document, proved, resource, page, lastingPage } = doors
  const { scheme } = settings
  app.use(
    following(context, settings),
    securely(context.settings),
    showingRefusals(context.settings),
    answeringAll(log),
    onlyForUs(new URL(issuer), { except: `${base}/healthz`, unless: isInsideAsked, scheme, log }),
  )

  const metadata = createMetadataAnswer(context.settings)
  for (const path of metadataPaths(issuer)) document(path, metadata)
  if (openid !== undefined && userinfo !== undefined)
    resource(`${base}/userinfo`, createUserinfoEndpoint(context, parts, userinfo, openid))
  document(`${base}/jwks`, () => createJwksAnswer(context, parts.publicKeys))
  proved(`${base}/healthz`, createHealthEndpoint(context, parts), 'HEAD')
  proved(`${base}/admin/settings`, createAdminSettingsEndpoint(context, parts))
  formOfPages(`${base}/token`, createTokenResponse)
  formOfPages(`${base}/revoke`, createRevokeEndpoint(context, parts))
  form(`${base}/introspect`, createIntrospectEndpoint(context, parts))
  proved(`${base}/keys`, createKeysEndpoint(context, parts))
  if (revocations !== undefined) {
    const bundle = createRevocationsEndpoint(context, revocations)
    document(`${base}/revocations`, bundle, createOperatorEndpoint(context, parts))
  }

  if (walkIns?.isRegistering && walkIns.ids !== undefined)
    registration(`${base}/register`, createRegisterEndpoint(context, walkIns, walkIns.ids))

  lastingPage(base === '' ? '/' : base, createStartEndpoint(context, isDemo), 'GET', 'HEAD')
  if (authenticate !== undefined) {
    const personal = createPersonalParts(context, parts)
    const { logins, consents } = personal
    formOfPages(`${base}/par`, createParEndpoint(context, parts))
    lastingPage(`${base}/authorize`, createAuthorizeEndpoint(context, personal), 'GET', 'POST')
    page(`${base}/login`, logins.resume, 'GET', 'POST')
    page(`${base}/login/callback`, (c) => logins.takeAnswer(c), 'GET')
    for (const [name, { isPosted }] of authenticate.providers ?? []) {
      const methods = isPosted ? ['GET', 'POST'] : ['GET']
      page(`${base}/login/callback/${name}`, (c) => logins.takeAnswer(c, name), ...methods)
    }
    page(`${base}/consent`, consents.take, 'POST')
    lastingPage(`${base}/logout`, createLogoutEndpoint(context, personal), 'GET', 'POST')
    if (personal.providerLogout.isWanted)
      page(`${base}/logout/callback`, createLogoutReturn(context, personal.providerLogout), 'GET')
    lastingPage(`${base}/apps`, createAppsEndpoint(context, personal), 'GET', 'POST')
    if (grants.has(DEVICE_CODE)) {
      formOfPages(`${base}/device_authorization`, createDeviceAuthorizationEndpoint(context, parts, settings))
      lastingPage(`${base}/device`, createDeviceEndpoint(context, personal), 'GET', 'POST')
    }
    if (isDemo) page(`${base}/demo`, createDemo(context, personal.cookies, createTokenResponse), 'GET', 'POST')
  }

  app.notFound(() => toResponse(answerRefusal(404)))
  app.onError((error) => toResponse(answerError(error, { event: 'request', log })))
  const { fetch: byApp } = app
  return Object.assign(app, {
    fetch: ((request, env, execution) =>
      doors.plainly(request, env, execution) ?? byApp(request, env, execution)) satisfies Issuer['fetch'],
    createTokenResponse: followingForm(context, createTokenResponse),
  })
}

/**
 * The issuer as a Hono app: one line per endpoint.
 *
 * @module
 */

import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { secureHeaders } from 'hono/secure-headers'
import { encodeBase64url } from '../keys/base64url.ts'
import type { EndpointContext } from './endpoints/context.ts'
import { describeIssuer, metadataPath } from './endpoints/metadata.ts'
import { type Answer, answerError, answerJson, answerRefusal, toResponse } from './endpoints/respond.ts'
import { createTokenEndpoint, LONGEST_TOKEN_REQUEST, type TokenRequest } from './endpoints/token.ts'
import type { LogEntry } from './log.ts'
import { OAuthError } from './protocol/error.ts'
import { checkSettings, type IssuerSettings, isLoopback } from './settings.ts'
import { createKeyRing } from './stores/key_ring.ts'

/** An issuer: a Hono app, and the token endpoint as a plain function beside it. */
export interface Issuer extends Hono {
  /**
   * Answers a token request without a framework: the same checks and the same answer as `POST /token`, but for CORS and
   * the headers that every response of the app bears. It never throws.
   */
  createTokenResponse(request: TokenRequest): Promise<Answer>
}

/** Characters that a URL may have. */
const LONGEST_URL = 8192

/** Browsers may ask, from any page but a nameless one, and never with cookies. */
const CORS = {
  origin: (origin: string) => (origin === 'null' ? null : '*'),
  allowMethods: ['POST'],
  allowHeaders: ['Authorization', 'Content-Type', 'DPoP'],
  exposeHeaders: ['DPoP-Nonce', 'WWW-Authenticate', 'Retry-After'],
  maxAge: 600,
}

const HEADERS = { strictTransportSecurity: 'max-age=31536000; includeSubDomains; preload', xFrameOptions: 'DENY' }

function writeLog(entry: LogEntry): void {
  console[entry.level](JSON.stringify(entry))
}

function createContext(settings: IssuerSettings): EndpointContext {
  const { claims, response, keyRing, keyRingNext } = settings
  const checked = checkSettings(settings)
  const write = settings.log ?? writeLog
  const log = (entry: LogEntry): void => {
    try {
      write(entry)
    } catch {
      // A log that is down must not take the issuer with it.
    }
  }
  const lives = [...checked.resources.values()].map((resource) => resource.accessTokenLifetime)
  const longestLife = lives.reduce((longest, life) => Math.max(longest, life), 0)
  return {
    settings: checked,
    hooks: { ...(claims && { claims }), ...(response && { response }) },
    keyRing: createKeyRing({ texts: { ring: keyRing, next: keyRingNext }, issuer: checked.issuer, longestLife, log }),
    log,
    now: settings.now ?? (() => Math.floor(Date.now() / 1000)),
    newId: () => encodeBase64url(crypto.getRandomValues(new Uint8Array(16))),
  }
}

/** Headers of what everyone may keep for a while. */
const CACHEABLE = { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' }

function onlyGet(): Response {
  return toResponse(answerRefusal(405, { Allow: 'GET, HEAD' }))
}

/** Tells whether a request was meant for this issuer; on a loopback issuer any loopback name will do. */
function isOwnHost(url: string, issuer: URL): boolean {
  const { host, port } = new URL(url)
  return host === issuer.host || (isLoopback(issuer.href) && isLoopback(url) && port === issuer.port)
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
  const metadata = JSON.stringify(describeIssuer(context.settings))
  const createTokenResponse = createTokenEndpoint(context)
  const app = new Hono()
  const failed = { event: 'token', log }

  app.use(secureHeaders(HEADERS))
  app.use(async (c, next) => {
    if (c.req.url.length > LONGEST_URL) return toResponse(answerRefusal(414))
    if (!isOwnHost(c.req.url, issuer) && c.req.path !== `${base}/healthz`) return toResponse(answerRefusal(421))
    return next()
  })

  app.use(
    `${base}/token`,
    cors(CORS),
    bodyLimit({ maxSize: LONGEST_TOKEN_REQUEST, onError: () => toResponse(answerRefusal(413)) }),
  )
  app.all(`${base}/token`, async (c) => {
    const { url: uri, method, headers } = c.req.raw
    const credentials = settings.credentials?.(c.req.raw) ?? {}
    const body = new TextDecoder('utf-8', { ignoreBOM: true }).decode(await c.req.arrayBuffer())
    const answer = await createTokenResponse({ uri, method, headers, body, credentials })
    const isTooMany = answer.status === 401 && (await settings.allowFailure?.(c.req.raw)) === false
    return toResponse(
      isTooMany ? answerError(new OAuthError('slow_down', 'too many failures', { retryAfter: 60 }), failed) : answer,
    )
  })

  const metadataAt = metadataPath(issuer.href)
  app.use(metadataAt, cors({ origin: '*', allowMethods: ['GET'] }), etag())
  app.get(metadataAt, (c) => c.body(metadata, 200, CACHEABLE))
  app.all(metadataAt, onlyGet)

  app.get(`${base}/healthz`, () => {
    const status = keyRing.status(now())
    return toResponse(answerJson(status.status === 'ok' ? 200 : 503, status))
  })
  app.all(`${base}/healthz`, onlyGet)

  app.notFound(() => toResponse(answerRefusal(404)))
  app.onError((error) => toResponse(answerError(error, { event: 'request', log })))
  return Object.assign(app, { createTokenResponse })
}

/**
 * What stands before the endpoints: for every one the headers of its kind and the same host; for some a method, a length, a limit.
 *
 * @module
 */

import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { isLoopback } from '../../keys/identifier.ts'
import type { EndpointContext } from '../context.ts'
import type { Log } from '../log.ts'
import { essenceOf, isPreferred } from '../protocol/media_type.ts'
import type { IssuerSettings } from '../settings/issuer_settings.ts'
import type { CheckedSettings } from '../settings/settings.ts'
import { brokenOff, LONGEST_URL } from './browser.ts'
import { createLimiting, tooMany } from './limiting.ts'
import { isOpenerKept } from './popup.ts'
import {
  type Answer,
  answerError,
  answerRefusal,
  answerRefusalPage,
  createHeadersOf,
  type HeadersOf,
  isRefusal,
  toResponse,
} from './respond.ts'
import { viewOf } from './view.ts'

const JSON_TYPE = 'application/json'

/**
 * Tells whether a request was meant for this issuer; on a loopback issuer any loopback name will do. Which port may be left
 * out, or written, is of the scheme by which the client asked, not of the one behind its proxy (RFC 9110 §4.2.3).
 */
function isOwnHost(url: string, isTls: boolean, issuer: URL): boolean {
  // As nearly all write it: to parse each URL would cost more.
  if (url.startsWith(`//${issuer.host}/`, url.indexOf(':') + 1)) return true
  const asked = new URL(isTls ? url.replace(/^http:/i, 'https:') : url)
  if (asked.host === issuer.host) return true
  return isLoopback(issuer.href) && isLoopback(url) && asked.port === issuer.port
}

/** Tells a browser what it may ask, and read; nobody else sends an `Origin`. */
export function corsWhereAsked(options: Parameters<typeof cors>[0]): MiddlewareHandler {
  const handle = cors(options)
  return function corsWhereAskedMiddleware(c, next) {
    return c.req.raw.headers.has('origin') ? handle(c, next) : next()
  }
}

/** Tells whether an answer is for everybody: what sends a browser on, or gives it a cookie, is for that browser alone. */
function isForEverybody(headers: Headers): boolean {
  const isPublic = headers.get('Cache-Control')?.startsWith('public') === true
  return isPublic && !headers.has('Location') && !headers.has('Set-Cookie')
}

/** What pages of ours say themselves: nobody is told an address, or an app the origin of the form that is posted there. */
const KEPT_REFERRERS: ReadonlySet<string> = new Set(['no-referrer', 'origin'])

/** Gives a response the headers of its kind: ours have them from the beginning, and to read costs less than to write. */
function secure(headers: Headers, headersOf: HeadersOf): void {
  const type = headers.get('Content-Type')
  const referrers = headers.get('Referrer-Policy')
  for (const [name, value] of Object.entries(headersOf(type))) if (headers.get(name) !== value) headers.set(name, value)
  // An operator's own page may have a form for `/login`: without a referrer its `Origin` would be `null`.
  if (essenceOf(type) === 'text/html')
    headers.set('Referrer-Policy', referrers && KEPT_REFERRERS.has(referrers) ? referrers : 'same-origin')
}

/**
 * Gives every response the headers of its kind; and nobody keeps it, unless it is made for everybody
 * and says so: codes, states and cookies travel in redirects and pages, an operator's own login page too (RFC 6749 §5.1).
 */
export function securely({ strictTransportSecurity }: CheckedSettings): MiddlewareHandler {
  const headersOf = createHeadersOf(strictTransportSecurity)
  return async function securelyMiddleware(c, next) {
    await next()
    const { headers } = c.res
    if (headers.get('Cache-Control') !== 'no-store' && !isForEverybody(headers))
      headers.set('Cache-Control', 'no-store')
    secure(headers, headersOf)
    if (isOpenerKept(c)) headers.set('Cross-Origin-Opener-Policy', 'unsafe-none')
    if (strictTransportSecurity === undefined) headers.delete('Strict-Transport-Security')
  }
}

/**
 * Shows a person the page where what was asked is refused before OAuth has a word for it: browsers that go to an address say
 * that they would rather have one. Programs that ask get JSON.
 */
export function showingRefusals(settings: CheckedSettings): MiddlewareHandler {
  return async function showingRefusalsMiddleware(c, next) {
    await next()
    const { status, headers } = c.res
    if (!isRefusal(status) || essenceOf(headers.get('Content-Type')) !== JSON_TYPE) return
    headers.append('Vary', 'Accept')
    // What is set here keeps the headers that are there.
    if (isPreferred(c.req.header('accept'), 'text/html', JSON_TYPE))
      c.res = await answerRefusalPage(status, viewOf(c, settings))
  }
}

/** Answers whatever a hook throws that is no error: Hono answers errors alone, and the rest would be the platform's to answer. */
export function answeringAll(log: Log): MiddlewareHandler {
  return async function answeringAllMiddleware(_, next) {
    try {
      return await next()
    } catch (thrown) {
      if (thrown instanceof Error) throw thrown
      return toResponse(answerError(thrown, { event: 'request', log }))
    }
  }
}

/** Tells whether a client asked by TLS. A scheme has no case (RFC 3986 §3.1). */
export function isOverTls(request: Request, env: unknown, scheme: IssuerSettings['scheme']): boolean {
  return scheme === undefined ? request.url.startsWith('https:') : scheme(request, env)?.toLowerCase() === 'https'
}

/** Tells whether nobody may ask an issuer but by TLS. */
export function isSecured(issuer: URL): boolean {
  return issuer.protocol === 'https:' && !isLoopback(issuer.href)
}

/** What else is to be known of who may ask. */
export interface OnlyForUsOptions {
  /** The path that may be asked by whichever name and scheme: health checks come from inside. */
  readonly except: string
  /** Tells whether a request there is none of these after all. */
  readonly unless: (request: Request) => boolean
  /** As the setting of this name. */
  readonly scheme: IssuerSettings['scheme']
  readonly log: Log
}

/**
 * Refuses what was meant for another host, what did not come by TLS where the issuer is https, and URLs that are too long
 * (RFC 9110 §15.5.20: 421 is about scheme and authority).
 */
export function onlyForUs(issuer: URL, { except, unless, scheme, log }: OnlyForUsOptions): MiddlewareHandler {
  const isSecure = isSecured(issuer)
  let hasToldOfHttp = false

  /** Says so once: it is a mistake of a client, or of whoever set this up. */
  function tellOfHttp(): void {
    if (hasToldOfHttp) return
    const why =
      scheme === undefined
        ? 'where TLS ends before the issuer, its option "scheme" tells'
        : 'what stands before the issuer did not say that the client came by https (`bulla serve` goes by X-Forwarded-Proto)'
    const detail = `plain http is not served: ${why}`
    log({ level: 'warn', event: 'request', detail })
    hasToldOfHttp = true
  }

  return async function onlyForUsMiddleware(c, next) {
    if (c.req.url.length > LONGEST_URL) return toResponse(answerRefusal(414))
    if (c.req.path === except && !unless(c.req.raw)) return next()
    const isTls = isOverTls(c.req.raw, c.env, scheme)
    if (!isOwnHost(c.req.url, isTls, issuer)) return toResponse(answerRefusal(421))
    if (isTls || !isSecure) return next()
    tellOfHttp()
    return toResponse(answerRefusal(421))
  }
}

/** Refuses every method but these; browsers' preflights, where they are taken, come before. */
export function only(...methods: readonly string[]): MiddlewareHandler {
  return async function onlyMiddleware(c, next) {
    return methods.includes(c.req.method) ? next() : toResponse(answerRefusal(405, { Allow: methods.join(', ') }))
  }
}

/** Tells whether a body is said to have no more than so many bytes: of one whose length is said no more is ever read. */
export function isSaidAtMost(maxSize: number, headers: Headers): boolean {
  return !headers.has('transfer-encoding') && Number(headers.get('content-length') ?? Number.NaN) <= maxSize
}

/** Refuses bodies over a number of bytes, whatever their length is said to be. */
export function atMost(maxSize: number): MiddlewareHandler {
  const count = bodyLimit({ maxSize, onError: () => toResponse(answerRefusal(413)) })
  return async function atMostMiddleware(c, next) {
    // To count it would make a stream of what is there already.
    if (isSaidAtMost(maxSize, c.req.raw.headers)) return next()
    let isRead = false
    const goOn = (): Promise<void> => {
      isRead = true
      return next()
    }
    try {
      return await count(c, goOn)
    } catch (error) {
      throw isRead ? error : brokenOff(error)
    }
  }
}

/** Returns what is answered in place of a failed client authentication; nothing where it may be answered itself. */
export type LimitFailure = (request: Request, env: unknown) => Promise<Answer | undefined>

/** Returns what limits failed client authentications, by where requests come from. */
export function createLimitFailure(
  context: EndpointContext,
  { allowFailure, addressOf, limits }: IssuerSettings,
): LimitFailure {
  const { log, events } = context
  const { mayFail } = createLimiting(context)
  const isAllowed = async (request: Request, env: unknown): Promise<boolean> => {
    if ((await allowFailure?.(request, env)) === false) return false
    return limits?.address === undefined || mayFail(addressOf?.(request, env))
  }
  return async (request, env) => {
    try {
      if (await isAllowed(request, env)) return undefined
    } catch (error) {
      // Thrown on, the challenge would stand beside it.
      return answerError(error, { event: 'request', log })
    }
    return answerError(tooMany(events, 'failures', 'too many failures'), { event: 'client', log })
  }
}

/** Answers 429 in place of a failed client authentication when there were too many from where the request comes. */
export function limitFailures(limit: LimitFailure): MiddlewareHandler {
  return async function limitFailuresMiddleware(c, next) {
    await next()
    const instead = c.res.status === 401 ? await limit(c.req.raw, c.env) : undefined
    if (instead === undefined) return
    c.res.headers.delete('WWW-Authenticate')
    c.res = toResponse(instead)
  }
}

/**
 * `GET /healthz`: whether the issuer can work, and each root's state and age; nothing secret. `?deep` asks its stores, too, and
 * tells an operator when something has to be done.
 *
 * @module
 */

import { type RotationDue, writeInstant } from '../../keys/index.ts'
import type { AuthenticateClient } from '../authentication/client_authentication.ts'
import { checkKind } from '../authentication/client_kind.ts'
import type { EndpointContext } from '../context.ts'
import { unlessAwaited } from '../http/awaited.ts'
import { challengeOfBasic } from '../http/form_endpoint.ts'
import { isProving, readProvedRequest } from '../http/proved_request.ts'
import { type Answer, answerError, answerJson, answerRefusal, toOAuthError } from '../http/respond.ts'
import type { PublicKeys } from '../issuing/public_keys.ts'
import type { ClientCertificate } from '../registration/clients/client_certificate.ts'
import type { BundleStatus } from '../settings/bundle_source.ts'
import { createStoresHealth, type StoresHealth } from '../stores/stores_health.ts'
import { VERSION } from '../version.ts'

const DAY = 86_400

/** Seconds before nobody can open sealed settings any more, by which they should be sealed anew: seven days. */
const SEALED_ANEW = 7 * DAY

/** What the endpoint needs beside the context. */
export interface HealthParts {
  readonly authenticateClient: AuthenticateClient
  readonly publicKeys: PublicKeys
}

/** How an issuer is. */
interface Health {
  readonly status: 'ok' | 'unavailable'
  readonly reason?: string
  readonly parts?: Readonly<Record<string, string>>
}

/** Tells whether more is asked than whether it lives. */
function isDeep({ url }: Request): boolean {
  return new URL(url).searchParams.has('deep')
}

/** Tells whether somebody means to prove to be the operator: to us alone, and where nobody can listen. */
export function isInsideAsked(request: Request): boolean {
  return isDeep(request) && isProving(request)
}

/** Returns when something is due, and whether it should have been done. */
function writeDue({ due, until }: RotationDue, now: number) {
  return { due: writeInstant(due), days_left: Math.floor((until - now) / DAY), overdue: now >= due }
}

/** Returns how sealed settings are: of what age, until when their root opens them, and what is refused since when. */
function writeBundle({ seq, issued_at, read_at, opens_until: until, refused }: BundleStatus, now: number) {
  return {
    ...(seq !== undefined && { seq }),
    ...(issued_at !== undefined && { issued_at: writeInstant(issued_at) }),
    ...(read_at !== undefined && { age: now - read_at }),
    ...(until !== undefined && writeDue({ due: until - SEALED_ANEW, until }, now)),
    ...(refused && { refused: { reason: refused.reason, since: writeInstant(refused.since) } }),
  }
}

/**
 * Returns the endpoint, for GET; with `?deep` also for POST, where an operator's assertion belongs.
 *
 * 503 where nothing can be sealed, and with `?deep` where a store does not answer: `reason` names it. What some clients or
 * resources ask for and no key can do is said beside 200, for all others are served.
 */
export function createHealthEndpoint(
  context: EndpointContext,
  { authenticateClient, publicKeys }: HealthParts,
): (request: Request, certificate: ClientCertificate | undefined) => Promise<Answer> {
  const { settings, keyRing, log } = context
  const lookAtStores = createStoresHealth(settings)

  function liveness(now: number): Health {
    const status = keyRing.status(now)
    if (status.status !== 'ok') return status
    const missing = publicKeys.missing(now)
    return { ...status, ...(missing.length > 0 ? { missing } : {}) }
  }

  /** Returns how settings are that come sealed: those of before go on while new ones are refused; before any, what they know is 503. */
  function bundleHealth(): { readonly settings?: 'ok' | 'refused' | 'unavailable' } {
    const bundle = context.bundle()
    if (bundle === undefined) return {}
    return { settings: bundle.seq === undefined ? 'unavailable' : bundle.refused === undefined ? 'ok' : 'refused' }
  }

  function withParts(health: Health, stores: StoresHealth): Health {
    const parts = { ...stores, ...bundleHealth() }
    const [down] = Object.entries(parts).filter(([, how]) => how === 'unavailable')
    const isWorse = health.status === 'ok' && down !== undefined
    return { ...health, ...(isWorse && { status: 'unavailable', reason: down[0] }), parts }
  }

  /** Returns what an operator has to know, and nobody else. */
  function inside(now: number) {
    const { roots, rsa } = keyRing.rotation(now) ?? {}
    const bundle = context.bundle()
    return {
      version: VERSION,
      time: writeInstant(now),
      ...(roots && { rotation: writeDue(roots, now) }),
      ...(rsa && { rsa: { keys: rsa.keys, ...writeDue(rsa, now) } }),
      ...(bundle && { settings: writeBundle(bundle, now) }),
    }
  }

  /** Tells whether an operator asks. @throws {OAuthError} for whoever else proves to be somebody, or does not prove it */
  async function isOperator(request: Request, certificate: ClientCertificate | undefined, stores: StoresHealth) {
    if (!isProving(request)) return false
    const parameters = await readProvedRequest(request, true)
    try {
      const client = await authenticateClient({
        headers: request.headers,
        parameters,
        certificate,
        now: context.now(),
      })
      checkKind(client, 'operator')
      return true
    } catch (error) {
      // An assertion is spent at the guard: when that is down, what everybody is told says so.
      if (stores.guard === 'unavailable' && toOAuthError(error).status === 503) return false
      throw error
    }
  }

  async function deep(request: Request, certificate: ClientCertificate | undefined): Promise<Answer> {
    const stores = await lookAtStores(context.now())
    const isInside = await isOperator(request, certificate, stores)
    const now = context.now()
    const health = withParts(liveness(now), stores)
    return answer({ ...health, ...(isInside && inside(now)) }, now)
  }

  function answer(health: Health, now: number): Answer {
    // By this clock tokens begin and end: not by that of whatever sends the answer.
    return answerJson(health.status === 'ok' ? 200 : 503, health, { Date: new Date(now * 1000).toUTCString() })
  }

  return async (request, certificate) => {
    try {
      if (isDeep(request)) return await deep(request, certificate)
      if (request.method === 'POST') return answerRefusal(405, { Allow: 'GET, HEAD' })
      const now = context.now()
      return answer(liveness(now), now)
    } catch (error) {
      return answerError(unlessAwaited(error, context), {
        event: 'healthz',
        log,
        challenge: challengeOfBasic(request.headers, settings.issuer),
      })
    }
  }
}

/**
 * `GET /healthz`: whether the issuer can work, and each root's state and age; nothing secret. `?deep` asks its stores, too, and
 * tells an operator when something has to be done.
 *
 * @module
 */

import { type RotationDue, writeInstant } from '../../keys/index.ts'
import type { AuthenticateClient } from '../authentication/client_authentication.ts'
import type { EndpointContext } from '../context.ts'
import { challengeOfBasic } from '../http/form_endpoint.ts'
import { isProving, readProvedRequest } from '../http/proved_request.ts'
import { type Answer, answerError, answerJson, answerRefusal, toOAuthError } from '../http/respond.ts'
import type { PublicKeys } from '../issuing/public_keys.ts'
import { refusal } from '../protocol/error.ts'
import type { ClientCertificate } from '../registration/clients/client_certificate.ts'
import { createStoresHealth, type StoresHealth } from '../stores/stores_health.ts'
import { VERSION } from '../version.ts'

const DAY = 86_400

/** What the endpoint needs beside the context. */
export interface HealthParts {
  readonly authenticateClient: AuthenticateClient
  readonly publicKeys: PublicKeys
}

/** How an issuer is. */
interface Health {
  readonly status: 'ok' | 'unavailable'
  readonly reason?: string
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

  function withStores(health: Health, stores: StoresHealth): Health {
    const [down] = Object.entries(stores).filter(([, how]) => how !== 'ok')
    const isWorse = health.status === 'ok' && down !== undefined
    return { ...health, ...(isWorse && { status: 'unavailable', reason: down[0] }), ...{ parts: stores } }
  }

  /** Returns what an operator has to know, and nobody else. */
  function inside(now: number) {
    const { roots, rsa } = keyRing.rotation(now) ?? {}
    return {
      version: VERSION,
      time: writeInstant(now),
      ...(roots && { rotation: writeDue(roots, now) }),
      ...(rsa && { rsa: { keys: rsa.keys, ...writeDue(rsa, now) } }),
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
      if (client.kind !== 'operator') throw refusal('unauthorized_client', 'client_kind', 'not an operator')
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
    const health = withStores(liveness(now), stores)
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
      return answerError(error, {
        event: 'healthz',
        log,
        challenge: challengeOfBasic(request.headers, settings.issuer),
      })
    }
  }
}

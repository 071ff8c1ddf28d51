/**
 * What a person answers to a device: put in the place of the question, once (RFC 8628 §3.3).
 *
 * @module
 */

import type { Context } from 'hono'
import type { EndpointContext } from '../context.ts'
import type { Waiting, WaitingDevices } from '../grants/waiting_devices.ts'
import { withCookies } from '../http/cookies.ts'
import { viewOf } from '../http/view.ts'
import { REVOKED_FOR } from '../issuing/revocation_names.ts'
import { deviceAnsweredPage, deviceOverPage } from '../pages/device.ts'
import { toPageResponse } from '../pages/page.ts'
import { refusal } from '../protocol/error.ts'
import type { RevocationView } from '../stores/revocations.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import type { AllowedApps } from './allowed_apps.ts'
import { type Approve, grantIdOf } from './approve.ts'
import type { DeviceRequest } from './device_request.ts'
import type { Session, Sessions } from './session.ts'
import { toldOfPerson, toldOfRequest } from './told_facts.ts'

/** What is handed on within one request of a browser. */
export interface Visit {
  readonly c: Context
  readonly session: Session | undefined
  readonly envelopes: PurposeEnvelopes
  readonly devices: WaitingDevices
  /** Unix seconds. */
  readonly now: number
}

/** A visit of somebody who is logged in. */
export type LoggedIn = Visit & { readonly session: Session }

export function isLoggedIn(visit: Visit): visit is LoggedIn {
  return visit.session !== undefined
}

/** Tells whether a request can still be answered. */
export function isOpen({ facts: { state, exp } }: Waiting, now: number): boolean {
  return state === 'asked' && now < exp
}

/** What is needed beside the context. */
export interface DeviceDecisionParts {
  readonly sessions: Sessions
  readonly approve: Approve
  readonly allowed: AllowedApps
  readonly view: RevocationView
}

/**
 * Puts the answer in the place of the question. The first counts; the same again leads on again.
 *
 * @throws {OAuthError} `access_denied` where the app was revoked just now
 */
export type DecideDevice = (
  visit: LoggedIn,
  decision: 'allow' | 'deny',
  waiting: Waiting,
  request: DeviceRequest,
) => Promise<Response>

/** Returns what takes the answers. */
export function createDecideDevice(
  { settings, log, events }: EndpointContext,
  { sessions, approve, allowed, view }: DeviceDecisionParts,
): DecideDevice {
  async function put(
    { session, devices, now }: LoggedIn,
    decision: 'allow' | 'deny',
    waiting: Waiting,
    request: DeviceRequest,
  ): Promise<boolean> {
    if (decision === 'deny') return devices.replace(waiting, { state: 'denied' })
    // For some seconds after an app, or a client, was revoked what it is given is dead too.
    if (await view.hits({ sub: session.sub, client_id: request.destination.client.id, iat: now }, now))
      throw refusal('access_denied', 'grant_ended', 'the app was revoked just now', { retryAfter: REVOKED_FOR })
    return devices.replace(waiting, {
      state: 'approved',
      approval: approve(request, session, waiting.facts.jti, now),
    })
  }

  return async (visit, decision, waiting, request) => {
    const { c, session, devices, envelopes, now } = visit
    const { client } = request.destination
    const { sub, sid } = session
    const told = { ...toldOfRequest(request), ...toldOfPerson(session) }
    const answered = deviceAnsweredPage(viewOf(c, settings), decision, client.name)
    const isFirst = isOpen(waiting, now) && (await put(visit, decision, waiting, request))
    if (!isFirst) {
      const { state, approval } = (await devices.find(waiting.userCode))?.facts ?? {}
      const isSame = decision === 'deny' ? state === 'denied' : approval?.sid === session.sid && approval.sub === sub
      if (!isSame) {
        events.tell('authorization.refused', { ...told, reason: 'stale' })
        return withCookies(c, await toPageResponse(409, deviceOverPage(viewOf(c, settings))))
      }
    }
    // Again, too: the first answer, with its cookies, may have been lost.
    if (decision === 'allow') {
      await allowed.note(c, request, session, envelopes, now)
      await sessions.note(c, request, session, envelopes, now)
    }
    if (isFirst) {
      log({ level: 'info', event: 'device', code: decision, client: client.id })
      if (decision === 'deny') events.tell('consent.denied', { ...told, reason: 'person_denied', method: 'device' })
      else events.tell('consent.given', { ...told, gid: grantIdOf(sid, waiting.facts.jti), method: 'device' })
    }
    return withCookies(c, await toPageResponse(200, answered))
  }
}

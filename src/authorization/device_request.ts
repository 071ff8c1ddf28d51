/**
 * What a device asks a person for, read by the rules of an authorization request: at first, and whenever it is looked at again, for
 * the settings may have changed (RFC 8628 §3.1, RFC 8707 §2, RFC 9396 §3).
 *
 * @module
 */

import { isNewEnough } from '../login/person.ts'
import { NO_CLAIMS } from '../openid/claims_request.ts'
import { OPENID } from '../openid/openid.ts'
import { refusal } from '../protocol/error.ts'
import { DEVICE_CODE } from '../protocol/grant_type.ts'
import { type Parameters, writeParameters } from '../protocol/parameters.ts'
import type { Client } from '../registration/clients/client.ts'
import type { Asked } from './authorization_request.ts'
import { usualMaxAge } from './prompt.ts'
import type { Session } from './session.ts'
import { readWishes, type WishPolicy } from './wishes.ts'

/** What a device asks for. */
export interface DeviceRequest extends Asked {
  /** All of it that counts, as a form. */
  readonly parameters: string
  /** Seconds since the login at the most, as the client registered it. */
  readonly maxAge: number | undefined
}

/** The parameters that mean something here, beside those that prove the client. */
const PARAMETERS: readonly string[] = ['scope', 'resource', 'authorization_details']

/**
 * Reads what a device asks for.
 *
 * @throws {OAuthError} `unauthorized_client`, `invalid_scope`, `invalid_target`, `invalid_authorization_details`
 */
export function readDeviceRequest(parameters: Parameters, client: Client, policy: WishPolicy): DeviceRequest {
  if (!client.grantTypes.has(DEVICE_CODE))
    throw refusal('unauthorized_client', 'grant_type', 'the client may not ask for device codes')
  const wishes = readWishes(parameters, client, policy)
  // Its person is logged in before anybody knows what it asks for.
  if (wishes.handOver !== undefined)
    throw refusal('invalid_target', 'target', 'a device asks for a resource that is handed the token of a provider')
  return {
    ...wishes,
    claims: NO_CLAIMS,
    destination: { client },
    parameters: writeParameters(parameters, PARAMETERS),
    maxAge: wishes.scope.includes(OPENID) ? usualMaxAge(client.openid, NO_CLAIMS) : undefined,
  }
}

/**
 * Tells whether a session is as new as the client wants it: one of a login since the device asked is.
 *
 * @param since when it asked. Unix seconds
 */
export function isNewForDevice(session: Session, { maxAge }: DeviceRequest, since: number, now: number): boolean {
  if (maxAge === undefined || (session.auth_time !== undefined && now - session.auth_time <= maxAge)) return true
  return isNewEnough(session, { begunAt: since, isFresh: true, maxAge, now })
}

/**
 * The client registration endpoint (RFC 7591 §3): gives a client an id that holds what it registered. Nothing is stored, and
 * nothing can be read, changed or deleted here afterwards (RFC 7592).
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import type { RegistrationCall } from '../http/doors.ts'
import { tellRefusal } from '../http/form_endpoint.ts'
import { tooMany } from '../http/limiting.ts'
import { type Answer, answerError, answerJson } from '../http/respond.ts'
import { refusal } from '../protocol/error.ts'
import { essenceOf } from '../protocol/media_type.ts'
import { type DynamicIds, LONGEST_DYNAMIC_ID } from '../registration/walk_in/dynamic_id.ts'
import { describeRegistration, readRegistrationRequest } from '../registration/walk_in/registration_request.ts'
import type { WalkInPolicy } from '../registration/walk_in/walk_in.ts'

/** Characters of a name that are in an id: 66 random bits, so that the same registered twice gives two ids. */
const RANDOM = 11

/** Returns the client registration endpoint. */
export function createRegisterEndpoint(
  { events, log, now: clock, newId }: EndpointContext,
  policy: WalkInPolicy,
  ids: DynamicIds,
): (call: RegistrationCall) => Promise<Answer> {
  async function register({ headers, body, isAllowed }: RegistrationCall): Promise<Answer> {
    if (!(await isAllowed())) throw tooMany(events, 'registrations', 'too many registrations')
    if (essenceOf(headers.get('content-type')) !== 'application/json')
      throw refusal('invalid_client_metadata', 'client_metadata', 'the body is not JSON')
    const request = readRegistrationRequest(body, policy)
    const now = clock()
    const id = ids.make({ random: newId().slice(0, RANDOM), hour: Math.floor(now / 3600), ...request })
    if (id.length > LONGEST_DYNAMIC_ID) throw refusal('invalid_redirect_uri', 'too_long', 'the id would be too long')
    const secret = request.method === 'none' ? undefined : ids.open(id)?.secret()
    log({ level: 'info', event: 'register', client: id })
    events.tell('client.registered', { client: id })
    return answerJson(201, describeRegistration(id, secret, request, now))
  }

  return async (call) => {
    try {
      return await register(call)
    } catch (error) {
      tellRefusal(events, 'client.registered', error)
      return answerError(error, { event: 'register', log })
    }
  }
}

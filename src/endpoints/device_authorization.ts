/**
 * The device authorization endpoint (RFC 8628 §3.1, §3.2): takes what a device asks for, and gives it a code to show, and one to ask
 * by.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import type { ProveClient } from '../authentication/client_authentication.ts'
import { createDpop } from '../authentication/dpop.ts'
import { checkProvable } from '../authorization/choose_provider.ts'
import { readDeviceRequest } from '../authorization/device_request.ts'
import type { EndpointContext } from '../context.ts'
import { INTERVAL } from '../grants/device_counts.ts'
import { createWaitingDevices, type WaitingDevices } from '../grants/waiting_devices.ts'
import { createFormEndpoint, type FormEndpoint, type ReadForm } from '../http/form_endpoint.ts'
import { tooMany } from '../http/limiting.ts'
import { answerJson } from '../http/respond.ts'
import { DEVICE_LIFE, showUserCode } from '../protocol/user_code.ts'
import type { IssuerSettings } from '../settings/issuer_settings.ts'
import { keepingGuardOf, spendFirst, spendOnce } from '../stores/guard.ts'

/** What the endpoint needs beside the context. */
export interface DeviceAuthorizationParts {
  readonly proveClient: ProveClient
}

/** Returns the device authorization endpoint. */
export function createDeviceAuthorizationEndpoint(
  context: EndpointContext,
  { proveClient }: DeviceAuthorizationParts,
  { allowDevice }: Pick<IssuerSettings, 'allowDevice'>,
): FormEndpoint {
  const { settings, keyRing, events, log, newId } = context
  const { issuer, guard } = settings
  const dpop = createDpop(context)

  /** Checks that a client may have one code more; one that it may not have is not counted. */
  async function checkAllowed({ request, env }: ReadForm, clientId: string, devices: WaitingDevices): Promise<void> {
    const counted: string[] = []
    const countOpen = (where: string): Promise<number> => {
      counted.push(digestLabels('device open', clientId, where))
      return devices.countOpen(counted.at(-1) ?? '')
    }
    if (request === undefined || (await allowDevice?.(request, clientId, countOpen, env)) !== false) return
    await Promise.all(counted.map((name) => devices.forgetOpen(name)))
    throw tooMany(events, 'devices', 'too many codes of this client and address')
  }

  return createFormEndpoint(context, 'device_authorization', 'device.started', async (form) => {
    const { parameters, headers, certificate, now } = form
    const { client, spend } = await proveClient({ headers, parameters, certificate, now })
    const asked = readDeviceRequest(parameters, client, settings)
    if (asked.maxAge !== undefined) checkProvable(settings.authenticate)
    const proof = await dpop.check({ headers, endpoint: '/device_authorization', now })
    const spendProofs = spendOnce(async () => {
      await spend?.()
      await proof?.spend()
    })
    const devices = createWaitingDevices({
      guard: keepingGuardOf(spendFirst(keepingGuardOf(guard), spendProofs)),
      envelopes: context.envelopes(keyRing.open(now), now),
      now,
      newId,
    })
    await checkAllowed(form, client.id, devices)
    const waiting = { client_id: client.id, parameters: asked.parameters }
    const { userCode, deviceCode } = await devices.leave(waiting, proof && { jkt: proof.jkt })
    log({ level: 'info', event: 'device_authorization', client: client.id })
    events.tell('device.started')
    const shown = showUserCode(userCode)
    const answer = {
      device_code: deviceCode,
      user_code: shown,
      verification_uri: `${issuer}/device`,
      verification_uri_complete: `${issuer}/device?user_code=${shown}`,
      expires_in: DEVICE_LIFE,
      interval: INTERVAL,
    }
    return answerJson(200, answer, proof?.headers)
  })
}

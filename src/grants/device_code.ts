/**
 * The device code grant (RFC 8628 §3.4, §3.5): what a device gets once a person, in a browser elsewhere, has let it.
 *
 * @module
 */

import { TokenError } from '../jose/error.ts'
import { refusal } from '../protocol/error.ts'
import { DEVICE_CODE } from '../protocol/grant_type.ts'
import type { Parameters } from '../protocol/parameters.ts'
import type { Client } from '../registration/clients/client.ts'
import { keepingGuardOf } from '../stores/guard.ts'
import {
  type ApprovalContext,
  checkApproval,
  checkConfirmed,
  checkNotEnded,
  endApproval,
  entitle,
  nameOfKeys,
} from './approval.ts'
import { type Approval, approvalOf } from './approval_facts.ts'
import type { Decision, Grant } from './grant.ts'
import { tellPerson } from './login_facts.ts'
import {
  createWaitingDevices,
  type DeviceCodeFacts,
  GRACE,
  type Waiting,
  type WaitingDevices,
} from './waiting_devices.ts'

function devicesOf({ guard, approvals, now, newId }: ApprovalContext): WaitingDevices {
  return createWaitingDevices({ guard: keepingGuardOf(guard), envelopes: approvals.envelopes, now, newId })
}

async function openCode(deviceCode: string, devices: WaitingDevices): Promise<DeviceCodeFacts> {
  try {
    return await devices.openCode(deviceCode)
  } catch (cause) {
    if (!(cause instanceof TokenError)) throw cause
    throw refusal(
      'invalid_grant',
      cause.code === 'expired' ? 'code_expired' : 'code_unopened',
      `the device code does not open: ${cause.code}`,
      { cause },
    )
  }
}

/** Tells a device whose person has not answered yet to ask again; later, if it asked too early. */
async function keepWaiting(code: DeviceCodeFacts, devices: WaitingDevices): Promise<never> {
  const { isTooEarly, interval } = await devices.notePoll(code)
  if (!isTooEarly) throw refusal('authorization_pending', 'device_pending', 'nobody has answered yet')
  // A word of this protocol here, and no refusal of the whole server (RFC 8628 §3.5, RFC 6749 §5.2).
  const options = { status: 400, retryAfter: interval }
  throw refusal('slow_down', 'device_early', `asked before ${interval} seconds were over`, options)
}

/** Returns what a person let the device have; whoever asks before that, or for too long, is told so. */
async function approvalFor(code: DeviceCodeFacts, devices: WaitingDevices, now: number): Promise<Approved> {
  const waiting = await devices.find(code.user_code)
  if (waiting === undefined || waiting.facts.jti !== code.jti)
    throw refusal('expired_token', 'code_expired', 'nothing waits under its user code')
  const { state, approval } = waiting.facts
  if (now >= code.exp && state !== 'given')
    throw refusal('expired_token', 'code_expired', 'the device code has expired')
  if (state === 'denied') throw refusal('access_denied', 'person_denied', 'the person said no')
  if (approval === undefined) return keepWaiting(code, devices)
  return { waiting, approval }
}

/** A request that a person said yes to. */
interface Approved {
  readonly waiting: Waiting
  readonly approval: Approval
}

/**
 * Hands out what was approved: once, and for a while again to who has the same keys. Whoever comes later has a copy of the device
 * code, or the first one had: all that came of it ends, as with a code (RFC 6749 §4.1.2).
 */
async function give({ waiting, approval }: Approved, devices: WaitingDevices, context: ApprovalContext): Promise<void> {
  const { now, confirmation } = context
  const to = nameOfKeys(confirmation)
  let lying: Waiting | undefined = waiting
  if (waiting.facts.state === 'approved') {
    if (await devices.replace(waiting, { state: 'given', given_at: now, given_to: to })) return
    // Somebody was faster with the same code.
    lying = await devices.find(waiting.userCode)
  }
  const { given_at: at = Number.NaN, given_to } = lying?.facts ?? {}
  if (Math.abs(now - at) <= GRACE && given_to === to) return
  await endApproval(approval, context)
  throw refusal('invalid_grant', 'code_replayed', 'the device code was used before: all that came of it has ended')
}

/** Everything is checked before the device code is used: a wrong request must not burn it. */
async function decide(parameters: Parameters, client: Client, context: ApprovalContext): Promise<Decision> {
  const devices = devicesOf(context)
  const code = await openCode(parameters.require('device_code'), devices)
  if (code.client_id !== client.id) throw refusal('invalid_grant', 'other_client', 'it was issued to another client')
  checkConfirmed(code.cnf, context)
  const approved = await approvalFor(code, devices, context.now)
  const { approval } = approved
  checkApproval(approval, client, context.now)
  // The approval has the scope.
  const wish = {
    resources: parameters.all('resource'),
    scope: undefined,
    details: parameters.get('authorization_details'),
  }
  const entitlement = entitle(approval, wish, client, context)
  await checkNotEnded(approval, context)
  return {
    entitlement,
    ...tellPerson(approval, approval.scope, client, context.approvals),
    ...(client.grantTypes.has('refresh_token') ? { refresh: { ...approvalOf(approval), generation: 0 } } : {}),
    spend: () => give(approved, devices, context),
  }
}

/** Gives a refresh token to clients that may use one. */
export const deviceCode: Grant = { type: DEVICE_CODE, decide }

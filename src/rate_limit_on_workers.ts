/**
 * How often may be asked from one address, as Workers count it.
 *
 * @module
 */

import { lineOf } from './protocol/address_line.ts'
import type { AllowDevice } from './settings/allow_device.ts'
import type { CountedBy } from './settings/limits.ts'

/** A rate limit as Workers bind it: it counts a call, and tells whether there may be more. */
export interface RateLimit {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>
}

/** Returns the address that Cloudflare itself saw; elsewhere the header would be the caller's to choose (H65). */
export function addressOf(request: Request): string | undefined {
  return request.headers.get('cf-connecting-ip') ?? undefined
}

/** Returns what is counted of a request: the line that it comes from. */
function callerOf(request: Request): string | undefined {
  const address = addressOf(request)
  return address === undefined ? undefined : lineOf(address)
}

/** Counts by the address, of IPv6 by the line. */
export function allowBy(limits: RateLimit): (request: Request) => Promise<boolean> {
  return async (request) => {
    const key = callerOf(request)
    return key === undefined || (await limits.limit({ key })).success
  }
}

/** Returns what counts by a key: a rate limit of Workers, or what does so already. */
export function countedBy(limits: RateLimit | CountedBy): CountedBy {
  return typeof limits === 'function' ? limits : async (key) => (await limits.limit({ key })).success
}

/** Codes for devices that a client may have at one address at a time. */
const MOST_OPEN = 20

/**
 * Counts the codes for devices by client and address: a limit of Workers, which counts no longer than a minute, stands before the
 * guard, which counts as long as a code lives.
 */
export function allowDeviceBy(limits: RateLimit): AllowDevice {
  return async (request, clientId, countOpen) => {
    const address = callerOf(request)
    if (address === undefined) return true
    return (await limits.limit({ key: `${address} ${clientId}` })).success && (await countOpen(address)) <= MOST_OPEN
  }
}

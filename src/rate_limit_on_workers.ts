/**
 * How often may be asked from one address, as Workers count it.
 *
 * @module
 */

import type { AllowDevice } from './settings/allow_device.ts'

/** A rate limit as Workers bind it: it counts a call, and tells whether there may be more. */
export interface RateLimit {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>
}

/** Returns the address that Cloudflare itself saw; elsewhere the header would be the caller's to choose (H65). */
export function addressOf(request: Request): string | undefined {
  return request.headers.get('cf-connecting-ip') ?? undefined
}

/** Counts by the address. */
export function allowBy(limits: RateLimit): (request: Request) => Promise<boolean> {
  return async (request) => {
    const key = addressOf(request)
    return key === undefined || (await limits.limit({ key })).success
  }
}

/** Codes for devices that a client may have at one address at a time. */
const MOST_OPEN = 20

/**
 * Counts the codes for devices by client and address: a limit of Workers, which counts no longer than a minute, stands before the
 * guard, which counts as long as a code lives.
 */
export function allowDeviceBy(limits: RateLimit): AllowDevice {
  return async (request, clientId, countOpen) => {
    const address = addressOf(request)
    if (address === undefined) return true
    return (await limits.limit({ key: `${address} ${clientId}` })).success && (await countOpen(address)) <= MOST_OPEN
  }
}

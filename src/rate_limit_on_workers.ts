/**
 * How often may be asked from one address, as Workers count it.
 *
 * @module
 */

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

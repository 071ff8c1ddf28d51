/**
 * What the issuer sealed for itself, and a browser keeps in a cookie.
 *
 * @module
 */

import type { Context } from 'hono'
import type { Cookies } from '../http/cookies.ts'
import { TokenError } from '../jose/error.ts'
import type { PurposeEnvelopes, PurposeFacts } from '../token/purpose.ts'

/**
 * Returns what is in a cookie that has the name of its purpose; nothing where there is none, or it does not open.
 *
 * This does NOT check whose it is.
 */
export async function openCookie(
  c: Context,
  cookies: Cookies,
  kind: 'session' | 'remember' | 'apps',
  envelopes: PurposeEnvelopes,
): Promise<PurposeFacts | undefined> {
  const envelope = cookies.get(c, kind)
  if (envelope === undefined) return undefined
  try {
    return await envelopes.open(kind, envelope)
  } catch (error) {
    if (error instanceof TokenError) return undefined
    throw error
  }
}

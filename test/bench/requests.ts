/**
 * The requests that are measured, and what a person let a client have, sealed as the issuer would.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { encodeBase64url } from '../../keys/base64url.ts'
import { createKeyring, type Ring } from '../../keys/index.ts'
import { sealPurpose } from '../../src/token/purpose.ts'
import { CLIENT } from './oidc_provider.ts'
import { API, ISSUER, ring } from './tokens.ts'

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
export const REDIRECT_URI = 'https://app.example.com/cb'
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXkQ8xZb0aT7s3v5'
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
export const SCOPE = 'orders:read orders:write'

export const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` })
/** The issuer is an https one: workerd is told that TLS ended before it, as it does on Workers. */
export const HEADERS = {
  ...FORM,
  host: new URL(ISSUER).host,
  'x-forwarded-proto': 'https',
  ...basic(CLIENT.id, CLIENT.secret),
}

export function form(parameters: Readonly<Record<string, string>>): string {
  return new URLSearchParams(parameters).toString()
}

/** What a person let the client have. */
export async function sealGrant(
  purpose: 'code' | 'refresh',
  more: Readonly<Record<string, unknown>>,
  of: Ring = ring,
): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const leaves = createKeyring(of, ISSUER).leavesFor(purpose, '', 'A256GCM', 86_400)
  const id = (): string => encodeBase64url(crypto.getRandomValues(new Uint8Array(16)))
  const approval = {
    gid: id(),
    sid: id(),
    sub: 'alice',
    client_id: CLIENT.id,
    scope: SCOPE.split(' '),
    resources: [API],
    auth_time: now,
    approved_at: now,
    grant_end: now + 86_400,
  }
  const exp = purpose === 'code' ? now + 60 : now + 86_400
  return sealPurpose(purpose, { jti: id(), iat: now, exp, ...approval, ...more }, leaves, now)
}

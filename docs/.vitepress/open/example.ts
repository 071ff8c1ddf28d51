/**
 * An example that opens now: a ring that lives as long as this call, the keys of one API of it, and a token of five minutes.
 *
 * @module
 */

import { createLeaves, createRing, exportKeys, writeKeys } from '../../../keys/index.ts'
import { sealDirect } from '../../../src/token/direct.ts'

const ISSUER = 'https://login.example.com'
const API = 'https://api.example.com'

/** Returns a token, and the keys that open it. */
export async function makeExample(now: number): Promise<{ readonly token: string; readonly keys: string }> {
  const random = (bytes: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(bytes))
  const ring = createRing({ now, key: random(32) })
  const keys = exportKeys(ring, { issuer: ISSUER, resource: API, now })
  const name = (): string =>
    btoa(String.fromCharCode(...random(15)))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
  const token = await sealDirect(
    {
      sub: 'ada',
      client_id: 'acme-desk',
      aud: API,
      scope: ['orders:read', 'orders:write'],
      iat: now,
      exp: now + 300,
      jti: name(),
      gid: name(),
      auth_time: now - 40,
      claims: { plan: 'gold' },
    },
    ISSUER,
    createLeaves({ ...keys, longestLife: 86_400 }),
    now,
  )
  return { token, keys: JSON.stringify(JSON.parse(writeKeys(keys)), undefined, 1) }
}

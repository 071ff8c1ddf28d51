/**
 * Of the issuer of all tests what a resource server knows: its name, the time, its ring. What needs no issuer reads this alone, and is
 * fast.
 *
 * @module
 */

import { createRing, type Ring } from '../keys/index.ts'
import type { Entitlement } from '../src/token/entitlement.ts'

export const ISSUER = 'https://as.example'
export const API = 'https://api1.example'
export const API2 = 'https://api2.example'

/** The instant at which tests without a real clock begin. */
export const NOW = 1_800_000_000

/** What alice let an app do, as a token says it that is of this instant. */
export const ENTITLEMENT: Entitlement = {
  sub: 'alice',
  client_id: 'app',
  aud: API,
  scope: ['read'],
  iat: NOW,
  exp: NOW + 600,
  jti: 'AAAAAAAAAAAAAAAAAAAAAA',
  claims: {},
}

/** A key that is no secret: the bytes 0 to 31, turned by `turn`. */
export function testKey(turn = 0): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => (index * 7 + turn * 11 + 1) % 256)
}

/** Names the new roots of a ring r1, r2 and so on, and its RSA keys s1, s2: so tests can speak of them. */
export function named(ring: Ring): Ring {
  const given = [...ring.roots, ...(ring.rsa ?? [])].map(({ kid }) => kid).concat(ring.revoked)
  const next = Math.max(0, ...given.map((kid) => Number(/^[rs](\d{1,3})$/.exec(kid)?.[1] ?? 0))) + 1
  const nameIt = <Key extends { readonly kid: string }>(key: Key): Key =>
    /^[rs]\d{1,3}$/.test(key.kid) ? key : { ...key, kid: `${key.kid[0]}${next}` }
  const [roots, rsa] = [ring.roots.map(nameIt), ring.rsa?.map(nameIt)]
  return { ...ring, roots, ...(rsa === undefined ? {} : { rsa }) }
}

/** A ring whose only root, `r1`, seals from `now` on. */
export function testRing(now: number): Ring {
  return named(createRing({ now, key: testKey() }))
}

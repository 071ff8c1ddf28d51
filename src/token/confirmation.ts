/**
 * Keys that tokens are bound to (RFC 7800 §3.1): what a request proves, held against what a token asks for.
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import type { Confirmation, Entitlement } from './entitlement.ts'

/** What a request proves, of all that a token may be bound to. */
export type ProvedKeys = Readonly<Partial<Record<keyof Confirmation, string | undefined>>>

/** Tells whether all that `bound` asks for was proved. What is bound to nothing is proved by everyone. */
export function isConfirmedBy(bound: Confirmation, proved: ProvedKeys): boolean {
  return (['jkt', 'x5t#S256'] as const).every((way) => bound[way] === undefined || bound[way] === proved[way])
}

/**
 * Tells whether a token is shown as it must be: what is bound to a DPoP key with a proof of it, anything else without one
 * (RFC 9449 §7.2), and with all else that it is bound to.
 */
export function isShownRightly(bound: Confirmation | undefined = {}, proved: ProvedKeys): boolean {
  return (bound.jkt !== undefined) === (proved.jkt !== undefined) && isConfirmedBy(bound, proved)
}

/** Returns how a token of this entitlement is to be shown (RFC 9449 §5): what TLS alone confirms is shown as a bearer's. */
export function tokenTypeOf({ cnf }: Entitlement): 'DPoP' | 'Bearer' {
  return cnf?.jkt === undefined ? 'Bearer' : 'DPoP'
}

/**
 * Returns a SHA-256 fingerprint in hexadecimal, as TLS stacks tell it, as base64url (RFC 8705 §3.1); nothing when it is
 * none. Colons between the bytes do not count.
 */
export function readFingerprint(hex: unknown): string | undefined {
  const digits = typeof hex === 'string' ? hex.replaceAll(':', '') : ''
  if (!/^[0-9a-f]{64}$/i.test(digits)) return undefined
  return encodeBase64url(Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)))
}

/**
 * Public keys that belong to nobody: whoever sees one can sign by it. Whether a platform takes them differs, so it is decided here.
 *
 * @module
 */

import { decodeBase64url } from '../../keys/base64url.ts'

/**
 * The points of small order on the curve of Ed25519, as 32 bytes in hexadecimal without the sign of x: of order 4, 1, 2, and 8; and
 * the first two as some write them, with the prime added (RFC 8032 §5.1.7 leaves it to who verifies; WebCrypto refuses them).
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

function readBytes(text: string): Uint8Array {
  try {
    return decodeBase64url(text)
  } catch {
    return new Uint8Array()
  }
}

/** Tells whether anybody can sign by a key: one of Ed25519 on a point of small order, or of RSA with the exponent 1, or that is unreadable. */
export function isAnybodys({ kty, crv, x, e }: Readonly<Record<string, unknown>>): boolean {
  if (kty === 'RSA') {
    const exponent = readBytes(String(e))
    return exponent.at(-1) === undefined || (exponent.at(-1) === 1 && exponent.slice(0, -1).every((byte) => byte === 0))
  }
  if (crv !== 'Ed25519') return false
  const point = readBytes(String(x))
  const bytes = [...point.slice(0, -1), (point.at(-1) ?? 0) & 0x7f]
  return point.length !== 32 || SMALL_ORDER.has(bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(''))
}

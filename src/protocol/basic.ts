/**
 * HTTP Basic as OAuth uses it: each half form-encoded before it is joined (RFC 6749 §2.3.1, RFC 7617).
 *
 * @module
 */

import { refusal } from './error.ts'

/** What a client says of itself. */
export interface ClientCredentials {
  readonly id: string
  readonly secret: string
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function decodeHalf(half: string): string {
  return decodeURIComponent(half.replaceAll('+', ' '))
}

/**
 * Reads an `Authorization` header of scheme Basic. The scheme's case does not matter; the base64 is strict.
 *
 * @throws {OAuthError} `invalid_client` when it is of another scheme or malformed
 */
export function readBasic(authorization: string): ClientCredentials {
  const token = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1] ?? ''
  try {
    const text = utf8.decode(Uint8Array.from(atob(token), (one) => one.charCodeAt(0)))
    const colon = text.indexOf(':')
    if (colon < 1) throw new RangeError('no colon, or nothing before it')
    return { id: decodeHalf(text.slice(0, colon)), secret: decodeHalf(text.slice(colon + 1)) }
  } catch (cause) {
    throw refusal('invalid_client', 'malformed', 'Authorization is not of scheme Basic, or malformed', { cause })
  }
}

/** Returns an `Authorization` header of scheme Basic. */
export function writeBasic({ id, secret }: ClientCredentials): string {
  const [one, other] = [id, secret].map((half) => new URLSearchParams({ half }).toString().slice('half='.length))
  return `Basic ${btoa(`${one}:${other}`)}`
}

/**
 * Randomness of a request: its names and initialization vectors come of one draw, for each draw of the platform's costs as much
 * as to seal. Each byte is handed out once, and none is kept for another request: of a process that is restored twice from one
 * snapshot both would seal under one initialization vector.
 *
 * @module
 */

import { encodeBase64url } from '../keys/base64url.ts'

/** Hands out random bytes, each once. */
export type Draw = (bytes: number) => Uint8Array<ArrayBuffer>

/** Bytes that are drawn at once: of the names of a request, its event and two tokens, and the initialization vectors of these. */
const AT_ONCE = 96

/** Draws just as many bytes as are asked for. */
export const drawAnew: Draw = (bytes) => crypto.getRandomValues(new Uint8Array(bytes))

/** Returns the randomness of one request. Nothing is drawn before it is asked for. */
export function createDraw(): Draw {
  let drawn: Uint8Array<ArrayBuffer> | undefined
  let at = 0
  return (bytes) => {
    if (drawn === undefined || at + bytes > drawn.length) {
      drawn = drawAnew(Math.max(bytes, AT_ONCE))
      at = 0
    }
    at += bytes
    return drawn.subarray(at - bytes, at)
  }
}

/** Makes a name: 128 random bits, base64url. */
export function nameBy(draw: Draw): string {
  return encodeBase64url(draw(16))
}

/**
 * JSON that has exactly one spelling.
 *
 * @module
 */

import { isMembers, type Members } from '../../keys/check.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads strict UTF-8, a byte order mark as a letter; nothing when it is none. */
export function readText(bytes: Uint8Array | ArrayBuffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * Parses JSON of an object, and nothing that our own side would have written otherwise: no member twice, no white space.
 *
 * @returns nothing when it is anything else
 */
export function parseText(text: string): Members | undefined {
  try {
    const json: unknown = JSON.parse(text)
    if (!isMembers(json) || Object.hasOwn(json, '__proto__') || JSON.stringify(json) !== text) return undefined
    return json
  } catch {
    return undefined
  }
}

/**
 * Parses the bytes of what {@link parseText} takes.
 *
 * @returns nothing when it is anything else
 */
export function parseStrictly(bytes: Uint8Array | ArrayBuffer): Members | undefined {
  const text = readText(bytes)
  return text === undefined ? undefined : parseText(text)
}

/**
 * Parses JSON of an object as others write it, white space and all, but no member twice: two readers could differ over it.
 *
 * @returns nothing when it is anything else
 */
export function parseUnique(text: string): Members | undefined {
  try {
    let count = 0
    const json: unknown = JSON.parse(text, function (this: unknown, _, value: unknown) {
      if (!Array.isArray(this)) count++
      return value
    })
    // One more than there are members: the whole itself is counted.
    const written = text.replace(/"(?:[^"\\]|\\.)*"/g, '').split(':').length
    return isMembers(json) && written === count ? json : undefined
  } catch {
    return undefined
  }
}

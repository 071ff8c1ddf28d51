/**
 * JSON that has exactly one spelling.
 *
 * @module
 */

/**
 * Parses JSON of an object, and nothing that our own side would have written otherwise: no member twice, no white space,
 * strict UTF-8, no byte order mark.
 *
 * @returns nothing when it is anything else
 */
export function parseStrictly(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const json: unknown = JSON.parse(text)
    const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
    if (!isObject || Object.hasOwn(json, '__proto__') || JSON.stringify(json) !== text) return undefined
    return json as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}

/** Returns the bytes that a segment in canonical form spells. */
export function decodeSegment(segment: string): Uint8Array<ArrayBuffer> {
  const binary = atob(segment.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

/**
 * JSON that has exactly one spelling.
 *
 * @module
 */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Parses JSON of an object, and nothing that our own side would have written otherwise: no member twice, no white space,
 * strict UTF-8, no byte order mark.
 *
 * @returns nothing when it is anything else
 */
export function parseStrictly(bytes: Uint8Array | ArrayBuffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = utf8.decode(bytes)
    const json: unknown = JSON.parse(text)
    const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
    if (!isObject || Object.hasOwn(json, '__proto__') || JSON.stringify(json) !== text) return undefined
    return json as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}

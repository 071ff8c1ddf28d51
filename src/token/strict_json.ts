/**
 * JSON that has exactly one spelling.
 *
 * @module
 */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

type Members = Readonly<Record<string, unknown>>

/** Parses the text of an object; throws, or gives nothing, when it is none. */
function parseObject(text: string): Members | undefined {
  const json: unknown = JSON.parse(text)
  const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
  if (!isObject || Object.hasOwn(json, '__proto__') || JSON.stringify(json) !== text) return undefined
  return json as Members
}

/**
 * Parses JSON of an object, and nothing that our own side would have written otherwise: no member twice, no white space,
 * strict UTF-8, no byte order mark.
 *
 * @param recognise reads texts that it knows by sight, to the very same result, and gives nothing for all others
 * @returns nothing when it is anything else
 */
export function parseStrictly(
  bytes: Uint8Array | ArrayBuffer,
  recognise?: (text: string) => Members | undefined,
): Members | undefined {
  try {
    const text = utf8.decode(bytes)
    return recognise?.(text) ?? parseObject(text)
  } catch {
    return undefined
  }
}
